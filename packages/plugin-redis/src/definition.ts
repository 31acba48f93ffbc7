import type { ConfigReader, DependencyDefinition, DriverName, ProgramFinder } from '@envctl/core';
import { toOutcome } from '@envctl/core';
import { externalUrl, probeExternal } from './external.js';
import { passwordName, probeNative, startNative } from './native.js';
import { projectNative, projectUrl } from './projection.js';
import { findServerProgram } from './server.js';

/** The Redis dependency: a small native server per project, or one that already runs elsewhere. */
export function createRedisDependency(): DependencyDefinition {
  return {
    drivers: findDrivers,
    plan: ({ driver }) => ({ share: 'project', ports: driver === 'external' ? [] : ['primary'] }),
    start: (ctx) => toOutcome(ctx.signal, 'redis_connection_failed', () => (ctx.instance.driver === 'external' ? probeExternal(ctx) : startNative(ctx))),
    probe: (ctx) => toOutcome(ctx.signal, 'redis_connection_failed', () => (ctx.instance.driver === 'external' ? probeExternal(ctx) : probeNative(ctx))),
    credentials: ({ driver }) => (driver === 'external' ? [] : [passwordName]),
    project: (ctx) => {
      if (ctx.driver !== 'external') return projectNative(ctx.ports['primary'] ?? 0, ctx.credentials[passwordName] ?? '');
      const url = externalUrl(ctx.config);
      return url === undefined ? {} : projectUrl(url);
    },
  };
}

async function findDrivers(ctx: { readonly config: ConfigReader; readonly findProgram: ProgramFinder }): ReturnType<DependencyDefinition['drivers']> {
  const native: DriverName[] = (await findServerProgram(ctx.findProgram)) === undefined ? [] : ['native'];
  const external: DriverName[] = externalUrl(ctx.config) === undefined ? [] : ['external'];
  return {
    // A URL is a clear wish, so it comes first.
    available: [...external, ...native],
    missing: [
      ...(native.length > 0 ? [] : ['native: install redis-server or valkey-server (Debian: apt-get install redis-server)']),
      ...(external.length > 0 ? [] : ['external: set ENVCTL_REDIS_URL=redis://:password@host:port/0']),
    ],
  };
}
