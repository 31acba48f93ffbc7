/** The light door of the room. */
export { createMainProvider, discoverProjects, mainProjectName } from './provider.js';
export { resolveRepository } from './repository.js';
export { selectProjects, unknownTarget } from './selection.js';
