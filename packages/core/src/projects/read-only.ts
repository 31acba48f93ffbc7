/** The light door of the room. */
export { createMainProvider, discoverProjects } from './provider.js';
export { resolveRepository } from './repository.js';
