import type { ServiceContainer } from './container.js';

/** A container that shares nothing with another; loads the container library. */
export async function createContainer(): Promise<ServiceContainer> {
  return (await import('./container.js')).createContainer();
}
