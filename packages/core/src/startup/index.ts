export * from './plan.js';
export * from './start.js';
export * from './summary.js';
