export * from './errors.js';
export * from './health.js';
export * from './logs.js';
export * from './wait.js';
