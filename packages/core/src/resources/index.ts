export * from './acquirer.js';
export * from './recorded-launches.js';
