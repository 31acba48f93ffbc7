/** The light door of the room: paths alone. */
export { toScopeDirectory } from './scope-paths.js';
