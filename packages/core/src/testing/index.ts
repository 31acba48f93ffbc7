export { createWorld } from './world/create-world.js';
export type { Attempt, Disturbance, World, WorldEvent, WorldOptions, WorldRecord } from './world/types.js';
export { freePort } from './world/free-port.js';
