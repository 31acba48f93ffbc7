/** The light door of the room. */
export { resolveRepository } from './repository.js';
