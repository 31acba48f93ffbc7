export * from './list-targets.js';
