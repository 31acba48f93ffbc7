/** The light door of the room: what ports would be tried, without leases. */
export { createPortPreference } from './port-preference.js';
