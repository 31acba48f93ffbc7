/** The light door of the room: process and listener truth of recorded services. */
export { examineServices, namedServices, type RecordedServiceTruth } from './examine-services.js';
export { foreseeDependencies } from './foresee-dependencies.js';
export { examineServers, type ServerStatus } from './server-truth.js';
export { warnOfLeftRunning } from './left-running.js';
export { readTruthMode } from './truth-mode.js';
export type { ServiceTruth } from './service-truth.js';
export { describeStale, portsOfProject, staleAddresses, type PortsByName, type SeenPorts } from './stale-addresses.js';
export { isGoodStatus } from './status-level.js';
