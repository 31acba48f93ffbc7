/** The light door of the room: what names and URLs say, without recorder and sinks. */
export { secretNameStrength } from './secret-names.js';
export { hasUrlPassword } from './text-scrub.js';
