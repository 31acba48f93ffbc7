/** The light door of the room. */
export { formatJson } from './format-json.js';
export { makeDirectoriesSync } from './make-directories.js';
