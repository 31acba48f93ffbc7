/** The light door of the room: what names and URLs say, without recorder and sinks. */
export { createRedactor, type Redactor } from './redaction.js';
export { secretNameStrength } from './secret-names.js';
export { hasUrlPassword, scrubText } from './text-scrub.js';
