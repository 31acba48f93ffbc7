/** Every status a service or a dependency may be shown with, and how good that is. The list is closed. */
export type StatusLevel = 'ok' | 'warn' | 'bad';

export const serviceStatuses = {
  /** It lives, and listens where it is expected to. */
  running: 'ok',
  /** A job that has ended well. */
  completed: 'ok',
  /** Told by a hook of the original. */
  healthy: 'ok',
  /** It runs with an address of another service or a dependency that has moved since. */
  outdated: 'warn',
  /** Something that its command left behind listens on its port: the command ended badly, or what listens is of an earlier start of it. */
  orphaned: 'warn',
  /** It lives and has not listened yet; young enough for that. */
  starting: 'warn',
  /** It lives and does not listen, or its health URL says no. */
  unreachable: 'bad',
  /** It ended, without being asked to. */
  stale: 'bad',
  /** A job that ended badly, or a service that a start went on without. */
  failed: 'bad',
  /** A start that failed ended it: it had started it, or could not start it again. */
  stopped: 'bad',
  /** Nobody can tell from here, or something of it runs and its launch record cannot be read. */
  unknown: 'bad',
  /** A placeholder of the original. */
  simulated: 'bad',
} as const satisfies Readonly<Record<string, StatusLevel>>;

export const dependencyStatuses = {
  healthy: 'ok',
  disabled: 'ok',
  /** It answers, and an optional part is missing. */
  degraded: 'warn',
  starting: 'warn',
  unreachable: 'bad',
  unhealthy: 'bad',
  failed: 'bad',
  unknown: 'bad',
} as const satisfies Readonly<Record<string, StatusLevel>>;

export type ServiceStatus = keyof typeof serviceStatuses;

/** What is not critical is never worse than a warning. A status that nobody knows is bad. */
export function serviceLevel(status: string, { critical }: { readonly critical: boolean }): StatusLevel {
  const level = levelIn(serviceStatuses, status);
  return level === 'bad' && !critical ? 'warn' : level;
}

/** As {@link serviceLevel}. */
export function dependencyLevel(status: string, { critical }: { readonly critical: boolean }): StatusLevel {
  const level = levelIn(dependencyStatuses, status);
  return level === 'bad' && !critical ? 'warn' : level;
}

/** True for a status in which nothing is left to be done for a service. */
export function isGoodStatus(status: string): boolean {
  return levelIn(serviceStatuses, status) === 'ok';
}

/** True for a status in which no process of a service is left. */
export function isEndedStatus(status: string): boolean {
  return ['stale', 'completed', 'failed', 'stopped'].includes(status);
}

function levelIn(table: Readonly<Record<string, StatusLevel>>, status: string): StatusLevel {
  return Object.hasOwn(table, status) ? table[status]! : 'bad';
}
