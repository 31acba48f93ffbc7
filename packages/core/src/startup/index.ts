export * from './legacy-resume.js';
export * from './plan.js';
export * from './start.js';
export * from './summary.js';
