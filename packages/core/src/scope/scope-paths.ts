import { join } from 'node:path';

/** Where everything of one repository is kept. All paths are absolute. */
export interface ScopePaths {
  readonly runtimeRoot: string;
  /** Machine-wide port leases, shared by all scopes of the runtime root. */
  readonly leases: string;
  /** The six latest artifacts, pointers and the folders below. */
  readonly scope: string;
  readonly runs: string;
  readonly ledger: string;
  readonly launches: string;
  readonly instances: string;
  /** What is known of installed packages, one record each. */
  readonly preparations: string;
  readonly locks: string;
  /** Durable data of this scope's dependencies. */
  readonly store: string;
  /** Launch directories of processes that run as the data user. */
  readonly storeLaunches: string;
}

export interface ScopePathInputs {
  readonly runtimeRoot: string;
  readonly storeRoot: string;
  readonly scopeId: string;
}

/** `<runtime root>/engine/<scope id>`: the artifacts, runs and ledger of one repository. */
export function toScopeDirectory({ runtimeRoot, scopeId }: Pick<ScopePathInputs, 'runtimeRoot' | 'scopeId'>): string {
  return join(runtimeRoot, 'engine', scopeId);
}

export function toScopePaths({ runtimeRoot, storeRoot, scopeId }: ScopePathInputs): ScopePaths {
  const scope = toScopeDirectory({ runtimeRoot, scopeId });
  const store = join(storeRoot, scopeId);
  return {
    runtimeRoot,
    leases: join(runtimeRoot, 'leases'),
    scope,
    runs: join(scope, 'runs'),
    ledger: join(scope, 'ledger'),
    launches: join(scope, 'launches'),
    instances: join(scope, 'instances'),
    preparations: join(scope, 'preparations'),
    locks: join(scope, 'locks'),
    store,
    storeLaunches: join(store, 'launches'),
  };
}
