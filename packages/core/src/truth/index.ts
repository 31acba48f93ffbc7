export * from './examine-services.js';
export * from './foresee-dependencies.js';
export * from './legacy-truth.js';
export * from './reconcile.js';
export * from './server-truth.js';
export * from './service-truth.js';
export * from './status-level.js';
export * from './truth-mode.js';
