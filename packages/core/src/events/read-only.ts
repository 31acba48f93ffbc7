/** The light door of the room: what names say, without recorder and sinks. */
export { secretNameStrength } from './secret-names.js';
