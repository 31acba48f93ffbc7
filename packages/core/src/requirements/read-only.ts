/** The light door of the room. */
export { resolveDataUser } from './data-user.js';
export * from './instance-sketch.js';
