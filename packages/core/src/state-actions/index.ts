export * from './clear-logs.js';
export * from './errors.js';
export { followLogs, type FollowOptions, type LogRecord } from './follow-logs.js';
export * from './health.js';
export * from './log-filter.js';
export * from './logs.js';
export * from './wait.js';
