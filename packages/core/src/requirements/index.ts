export { resolveDataUser } from './data-user.js';
export { createProgramFinder } from './programs.js';
export { withCommand } from './command-driver.js';
export * from './instance-store.js';
export type { InstanceRecord } from './instance-schema.js';
export * from './orchestrator.js';
export * from './secret-store.js';
export * from './teardown.js';
export * from './secret-variables.js';
