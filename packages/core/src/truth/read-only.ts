/** The light door of the room: process and listener truth of recorded services. */
export { examineLegacyService } from './legacy-truth.js';
export { examineService, type ServiceTruth } from './service-truth.js';
