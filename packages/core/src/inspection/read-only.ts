/** The light door of the room: the hot inspection commands. */
export * from './endpoints.js';
export * from './show-state.js';
