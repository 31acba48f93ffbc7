import type { ConfigReader, DependencyDefinition, DriverName, ProgramFinder } from '@envctl/core';
import { toOutcome } from '@envctl/core';
import { externalTarget, probeExternal, projectExternal } from './external.js';
import { toPasswordName, toRoleName } from './names.js';
import { projectNative } from './projection.js';
import { findServers } from './server/find.js';
import { probeNative, startNative } from './native.js';
import { tearDown } from './teardown.js';

/** The Postgres dependency: a native server shared by the scope, or one that already runs elsewhere. */
export function createPostgresDependency(): DependencyDefinition {
  return {
    drivers: findDrivers,
    plan: ({ project, config, driver }) => {
      if (driver === 'external') return { share: 'project', ports: [] };
      const name = toRoleName(project.slug);
      return {
        share: config.string('ENVCTL_POSTGRES_ISOLATION') === 'server' ? 'project' : 'scope',
        ports: ['primary'],
        resources: { database: name, role: name },
      };
    },
    start: (ctx) => toOutcome(ctx.signal, 'database_connection_failed', () => (ctx.instance.driver === 'external' ? probeExternal(ctx) : startNative(ctx))),
    probe: (ctx) => toOutcome(ctx.signal, 'database_connection_failed', () => (ctx.instance.driver === 'external' ? probeExternal(ctx) : probeNative(ctx))),
    credentials: ({ project, driver }) => (driver === 'external' ? [] : [toPasswordName(project.slug)]),
    project: (ctx) => (ctx.driver === 'external' ? projectExternal(ctx.config) : projectNative(ctx)),
    teardown: tearDown,
  };
}

async function findDrivers(ctx: { readonly config: ConfigReader; readonly findProgram: ProgramFinder }): ReturnType<DependencyDefinition['drivers']> {
  const servers = await findServers(ctx);
  const url = ctx.config.string('ENVCTL_POSTGRES_URL');
  const native: DriverName[] = servers.length > 0 ? ['native'] : [];
  const external: DriverName[] = externalTarget(ctx.config) === undefined ? [] : ['external'];
  return {
    // A URL is a clear wish; a bare DB_HOST may be left over from another tool.
    available: url === undefined ? [...native, ...external] : [...external, ...native],
    missing: [
      ...(native.length > 0 ? [] : ['native: npm install --include=optional @envctl/plugin-postgres, or install a Postgres server (Debian: apt-get install postgresql)']),
      ...(external.length > 0 ? [] : ['external: set ENVCTL_POSTGRES_URL=postgresql://user:password@host:port/database']),
    ],
  };
}
