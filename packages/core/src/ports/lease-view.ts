import type { ProcessIdentity } from '../contract/index.js';
import type { LeaseRecord } from './lease-schema.js';
import type { LeaseStamp } from './lease-store.js';

/** Whom a port is for. The same owner gets the same port again. */
export interface LeaseOwner {
  readonly scopeId: string;
  readonly project: string;
  /** Service slug, or `<dependency>.<resource>`. */
  readonly service: string;
  readonly repositoryRoot: string;
}

/** One lease file, as an outsider may see it. */
export interface LeaseView {
  readonly port: number;
  readonly path: string;
  /** `held`: the CLI or the runner lives; `reserved`: kept for its owner, yields under pressure; `damaged`: cannot be read. */
  readonly state: 'held' | 'reserved' | 'damaged';
  readonly owner?: LeaseOwner;
  readonly token?: string;
  readonly holder?: ProcessIdentity;
  readonly runner?: ProcessIdentity;
  /** Epoch milliseconds of the last change. */
  readonly updatedAt?: number;
  /** What is wrong with a damaged lease. */
  readonly message?: string;
}

/** The lease in a stamp; undefined when the file is damaged or is no lease. */
export function leaseOf(stamp: LeaseStamp | undefined): LeaseRecord | undefined {
  return stamp?.record?.kind === 'lease' ? stamp.record : undefined;
}

/** True while the lease keeps everybody else away. */
export function isHeld(lease: LeaseRecord, isAlive: (identity: ProcessIdentity) => boolean): boolean {
  return lease.state === 'held' && (isAlive(lease.holder) || (lease.runner !== null && isAlive(lease.runner)));
}

/** True when the lease is for this very service. */
export function isOwnedBy(lease: LeaseRecord, owner: LeaseOwner): boolean {
  return lease.owner.scope_id === owner.scopeId && lease.owner.project === owner.project && lease.owner.service === owner.service;
}

/** A stamp as a view. */
export function toLeaseView(port: number, path: string, stamp: LeaseStamp, isAlive: (identity: ProcessIdentity) => boolean): LeaseView {
  const lease = leaseOf(stamp);
  if (lease === undefined) return { port, path, state: 'damaged', message: `the lease file ${path} cannot be read as a lease` };
  return {
    port,
    path,
    state: isHeld(lease, isAlive) ? 'held' : 'reserved',
    owner: {
      scopeId: lease.owner.scope_id,
      project: lease.owner.project,
      service: lease.owner.service,
      repositoryRoot: lease.owner.repository_root,
    },
    token: lease.token,
    holder: lease.holder,
    ...(lease.runner === null ? {} : { runner: lease.runner }),
    updatedAt: lease.updated_at,
  };
}
