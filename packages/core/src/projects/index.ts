export * from './provider.js';
export * from './repository.js';
export * from './selection.js';
