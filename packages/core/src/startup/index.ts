export * from './legacy-resume.js';
export * from './plan.js';
export * from './predict-start.js';
export * from './preflight.js';
export * from './start.js';
export * from './start-options.js';
export * from './start-target.js';
export * from './summary.js';
