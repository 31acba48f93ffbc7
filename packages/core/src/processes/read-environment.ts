import { readFileSync } from 'node:fs';
import { livenessOf } from './liveness.js';
import { launchTokenVariable, type Launch } from './launch-spec.js';

/**
 * The environment a launch was started with, as long as its runner lives, or at least its command: it is in the memory of these
 * alone, since it may hold secrets. Undefined when neither can be read.
 */
export function readLaunchEnvironment({ runner, child }: Launch): Readonly<Record<string, string>> | undefined {
  for (const identity of [runner, child]) {
    const env = identity === undefined || livenessOf(identity) !== 'alive' ? undefined : readEnvironment(identity.pid);
    if (env !== undefined) return env;
  }
  return undefined;
}

function readEnvironment(pid: number): Readonly<Record<string, string>> | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter((word) => word.includes('='));
    const entries = words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
    return words.length === 0 ? undefined : Object.fromEntries(entries.filter(([name]) => name !== launchTokenVariable));
  } catch {
    return undefined;
  }
}
