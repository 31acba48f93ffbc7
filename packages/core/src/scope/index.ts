export * from './engine-context.js';
export * from './scope-paths.js';
export * from './hold-all.js';
