export * from './create-progress.js';
export * from './progress.js';
export * from './render-health.js';
export * from './render-logs.js';
export * from './render-explanation.js';
export * from './render-plan.js';
export * from './render-start.js';
export * from './render-stop.js';
export { renderConfigAnswer, renderShowConfig } from './render-config.js';
