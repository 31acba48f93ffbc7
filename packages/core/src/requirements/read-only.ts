/** The light door of the room. */
export { resolveDataUser } from './data-user.js';
export { hasDrivers, type FindsPackage } from './foresee-drivers.js';
export * from './instance-sketch.js';
