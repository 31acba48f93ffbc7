/** The light door of the room: texts of the hot inspection commands. */
export { renderExplanation } from './render-explanation.js';
export { renderPlan } from './render-plan.js';
export { renderShowConfig } from './render-config.js';
