/** The light door of the room: the hot inspection commands. */
export * from './endpoints.js';
export * from './explain-startup.js';
export * from './list-targets.js';
export type { ConfiguredInputs } from './read-config.js';
export * from './show-config.js';
export * from './show-state.js';
