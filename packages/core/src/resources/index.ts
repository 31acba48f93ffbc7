export * from './acquirer.js';
export * from './describe-remains.js';
export * from './recorded-launches.js';
export { recordedNeeds, releaseInOrder, toStopOrder } from './stop-order.js';
