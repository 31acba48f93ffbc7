export { browserRefusedPorts } from './browser-refused-ports.js';
export { type KernelListener, readKernelListeners } from './kernel-listeners.js';
export { lastPort } from './lease-errors.js';
export type { LeaseRequest } from './lease-request.js';
export { createLeaseTable, type LeaseGrant, type LeaseTable, type LeaseTableOptions } from './lease-table.js';
export type { LeaseOwner, LeaseView } from './lease-view.js';
export { createPortPreference } from './port-preference.js';
export { portSpan, preferredPort, type PreferredPortRequest, type PreferredPortStrategy, projectSlot } from './preferred-port.js';
