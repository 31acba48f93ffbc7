/** The light door of the room: process and listener truth of recorded services. */
export { examineServices, type RecordedServiceTruth } from './examine-services.js';
export { examineLegacyService } from './legacy-truth.js';
export { readTruthMode } from './truth-mode.js';
export { examineService, type ServiceTruth } from './service-truth.js';
