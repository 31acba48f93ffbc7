import type { Route } from '../routing/index.js';
import { forwardedVariables } from '../services/read-only.js';
import type { StartOptions } from './predict-start.js';
import { readStartScope } from './start-scope.js';

/** What the flags of a start, restart, resume or explanation say about the way of the start; absent flags leave it open. */
export function toStartOptions(route: Pick<Route, 'flags' | 'services'>): StartOptions {
  const { flags } = route;
  const { alone, dependenciesOnly } = readStartScope(route);
  const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const max = flags['parallel-trees-max'];
  const fresh = flags['no-resume'] === true;
  return {
    alone,
    dependenciesOnly,
    servicesInParallel: flags['service-parallel'] !== false,
    preparationsInParallel: flags['service-prep-parallel'] !== false,
    refreshCache: flags['refresh-cache'] === true,
    projectsAtOnce: flags['parallel-trees'] === false ? 1 : typeof max === 'number' ? max : undefined,
    fresh,
    forgetPorts: flags['clear-port-state'] === true,
    forwarded: forwardedVariables({
      logLevel: text('log-level'),
      logProfile: text('log-profile'),
      backendLogLevel: text('backend-log-level'),
      backendLogProfile: text('backend-log-profile'),
      frontendLogLevel: text('frontend-log-level'),
      frontendLogProfile: text('frontend-log-profile'),
      fast: flags['fast'] === true,
      refreshCache: flags['refresh-cache'] === true,
      fresh,
    }),
  };
}
