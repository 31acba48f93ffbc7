/** The light door of the room: texts of the hot inspection commands. */
export { renderShowConfig } from './render-config.js';
