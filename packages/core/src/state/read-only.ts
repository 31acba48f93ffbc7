/** The light door of the room: recorded state without the schema library and without a lock. */
export { warnOfDamagedRecords } from './damaged-records.js';
export { describePassedOver } from './find-state.js';
export { describeLegacyState, isLegacyState } from './legacy/legacy-state.js';
export { type StateCompatMode, toLegacyPlaces } from './legacy/legacy-places.js';
export { inspectLatestState, readLatestState } from './read-latest-state.js';
export type { RequirementsResult, RunState, ServiceRecord } from './run-state-schema.js';
export { serviceName } from './service-naming.js';
