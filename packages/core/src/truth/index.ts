export * from './reconcile.js';
export * from './service-truth.js';
