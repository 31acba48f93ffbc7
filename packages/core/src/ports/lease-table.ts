import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventEmitter, FaultSeam, ProcessIdentity } from '../contract/index.js';
import { type EnvctlError, noSeam } from '../contract/index.js';
import { canBind } from './bind-probe.js';
import { browserRefusedPorts } from './browser-refused-ports.js';
import { type KernelListener, readKernelListeners } from './kernel-listeners.js';
import { busyError, conflictError, exhaustedError, lastPort, strangerError } from './lease-errors.js';
import type { LeaseRecord, StoreRecord } from './lease-schema.js';
import type { LeaseRequest } from './lease-request.js';
import { createLeaseStore, type LeaseStamp, unreadablePrefix } from './lease-store.js';
import { isHeld, isOwnedBy, type LeaseOwner, leaseOf, type LeaseView, toLeaseView } from './lease-view.js';
import { publish, read, replace, type ReplaceOutcome } from './store-protocol.js';

export interface LeaseGrant {
  readonly port: number;
  /** `remembered`: the port this owner had before, wanted from the same preferred port. */
  readonly source: 'preferred' | 'remembered' | 'walk';
}

export interface LeaseTableOptions {
  /** One directory for all repositories of the user. */
  readonly directory: string;
  readonly self: ProcessIdentity;
  readonly isAlive: (identity: ProcessIdentity) => boolean;
  readonly seam?: FaultSeam;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly events?: EventEmitter;
  /** Unique ids of records; never the same twice. */
  readonly newId?: () => string;
  /** Instead of the kernel's own tables. */
  readonly procRoot?: string;
}

export interface LeaseTable {
  /**
   * Leases a port that nobody else holds and nobody listens on. Throws ENVCTL_E_PORT_EXHAUSTED when the
   * walk finds none, ENVCTL_E_PORT_CONFLICT when the `exact` port is not to be had.
   */
  acquire(request: LeaseRequest): Promise<LeaseGrant>;
  /**
   * Leases the preferred port, which the runner's own service listens on already: it moved there by itself. A reservation of
   * somebody else yields. Throws ENVCTL_E_PORT_CONFLICT when somebody else holds it, or no browser would open it.
   */
  adopt(request: Omit<LeaseRequest, 'avoid' | 'exact'>, runner: ProcessIdentity): Promise<void>;
  /**
   * Gives a lease on to another launch of the same service, with the runner that holds it: whoever listens there goes on until its
   * successor begins. False when the lease is not that of `from`, or another port than `preferred` was wanted for it.
   */
  pass(port: number, tokens: { readonly from: string; readonly to: string }, preferred?: number): Promise<boolean>;
  /** Keeps the lease held while the runner lives. Throws ENVCTL_E_PORT_CONFLICT when the lease is not the token's. */
  bindRunner(port: number, token: string, runner: ProcessIdentity): Promise<void>;
  /** Gives the port back; with `keepReserved` it stays reserved for its owner. False when the lease is not the token's (it is left alone). */
  release(port: number, token: string, options: { readonly keepReserved: boolean }): Promise<boolean>;
  /** The port this owner has or had. */
  find(owner: LeaseOwner): Promise<number | undefined>;
  list(): Promise<LeaseView[]>;
  /** Removes the scope's reservations and dead leases, damaged leases of ports nobody listens on, and what killed commands left behind; returns the ports. */
  drop(scopeId: string): Promise<number[]>;
}

type Attempt = 'leased' | 'taken' | 'yields';

/** Opens the machine-wide table of port leases. Nothing is read or written before the first call. */
export function createLeaseTable(options: LeaseTableOptions): LeaseTable {
  const { self, isAlive, now, events } = options;
  const seam = options.seam ?? noSeam;
  const newId = options.newId ?? (() => randomBytes(16).toString('hex'));
  const store = createLeaseStore({ directory: options.directory, self, isAlive, newId });
  const stampOf = (port: number): LeaseStamp | undefined => store.run(read<StoreRecord>(store.path(port)));
  const swap = (port: number, expectedId: string, next: LeaseRecord | undefined): Promise<ReplaceOutcome> =>
    patiently(() => store.run(replace<StoreRecord>(store.path(port), expectedId, next)));

  /** Every lease on record, by ascending port. */
  const leases = (): LeaseRecord[] => store.ports().flatMap((port) => leaseOf(stampOf(port)) ?? []);

  const tryPort = async (port: number, request: LeaseRequest, underPressure: boolean): Promise<Attempt> => {
    if (request.avoid?.has(port) === true || (request.http && browserRefusedPorts.has(port))) return 'taken';
    for (;;) {
      const found = stampOf(port);
      const verdict = judge(found, request, underPressure);
      if (verdict !== 'free') return verdict;
      const lease = newLease(port, request);
      seam('lease.acquire.before-effect');
      if (found === undefined) {
        if (!store.run(publish<StoreRecord>(store.path(port), lease))) continue;
      } else {
        const outcome = await swap(port, found.id, lease);
        if (outcome === 'busy') return 'taken';
        if (outcome === 'changed') continue;
      }
      seam('lease.acquire.after-effect');
      if (await isFree(port)) {
        tell(port, request, found);
        seam('lease.acquire.after-confirm');
        return 'leased';
      }
      await swap(port, lease.id, putBack(leaseOf(found)));
      return 'taken';
    }
  };

  const judge = (found: LeaseStamp | undefined, request: LeaseRequest, underPressure: boolean): 'free' | Attempt => {
    if (found === undefined) return 'free';
    if (found.id.startsWith(unreadablePrefix)) return 'taken';
    const lease = leaseOf(found);
    if (lease === undefined) return 'free';
    if (isOwnedBy(lease, request.owner)) return lease.token === request.token || !isHeld(lease, isAlive) ? 'free' : 'taken';
    if (isHeld(lease, isAlive)) return 'taken';
    return underPressure ? 'free' : 'yields';
  };

  const listeners = (): readonly KernelListener[] => readKernelListeners(options.procRoot === undefined ? {} : { procRoot: options.procRoot });

  const isFree = async (port: number): Promise<boolean> => !listeners().some((listener) => listener.port === port) && (await canBind(port));

  const newLease = (port: number, request: LeaseRequest): LeaseRecord => ({
    version: 1,
    kind: 'lease',
    id: newId(),
    port,
    state: 'held',
    token: request.token,
    owner: {
      scope_id: request.owner.scopeId,
      project: request.owner.project,
      service: request.owner.service,
      repository_root: request.owner.repositoryRoot,
    },
    holder: self,
    runner: null,
    preferred: request.preferred,
    http: request.http,
    created_at: now(),
    updated_at: now(),
  });

  /** A reservation that was borrowed for a look goes back to its owner. */
  const putBack = (lease: LeaseRecord | undefined): LeaseRecord | undefined =>
    lease === undefined ? undefined : { ...lease, id: newId(), state: 'reserved', runner: null };

  const tell = (port: number, request: LeaseRequest, found: LeaseStamp | undefined): void => {
    const common = { port, owner: ownerText(request.owner), session: sessionText(request.token) };
    const previous = leaseOf(found);
    if (found !== undefined) {
      events?.emit('port.lock.reclaim', {
        ...common,
        reclaimed_owner: previous === undefined ? 'damaged' : `${previous.owner.project}:${previous.owner.service}`,
        reclaimed_session: previous === undefined ? null : sessionText(previous.token),
        reclaimed_pid: previous?.holder.pid ?? null,
        damaged: previous === undefined,
      });
    }
    events?.emit('port.lock.acquire', common);
    events?.emit('port.reserved', { project: request.owner.project, service: request.owner.service, port });
  };

  const acquire = async (request: LeaseRequest): Promise<LeaseGrant> => {
    if (request.exact !== undefined) {
      if ((await tryPort(request.exact, request, true)) === 'leased') return { port: request.exact, source: request.exact === request.preferred ? 'preferred' : 'remembered' };
      throw conflict(request, request.exact);
    }
    const remembered = leases().filter((lease) => isOwnedBy(lease, request.owner) && lease.preferred === request.preferred);
    for (const { port } of remembered) {
      if ((await tryPort(port, request, false)) === 'leased') return { port, source: 'remembered' };
    }
    const yielding: number[] = [];
    for (let port = Math.max(request.preferred, 1); port <= lastPort; port += 1) {
      const attempt = await tryPort(port, request, false);
      if (attempt === 'leased') return { port, source: port === request.preferred ? 'preferred' : 'walk' };
      if (attempt === 'yields') yielding.push(port);
    }
    for (const port of oldestFirst(yielding)) {
      if ((await tryPort(port, request, true)) === 'leased') return { port, source: port === request.preferred ? 'preferred' : 'walk' };
    }
    throw exhausted(request);
  };

  const adopt = async (request: LeaseRequest, runner: ProcessIdentity): Promise<void> => {
    const port = request.preferred;
    for (;;) {
      const found = stampOf(port);
      if ((request.http && browserRefusedPorts.has(port)) || judge(found, request, true) !== 'free') throw conflict(request, port);
      const lease: LeaseRecord = { ...newLease(port, request), runner };
      seam('lease.adopt.before-effect');
      const outcome = found === undefined ? (store.run(publish<StoreRecord>(store.path(port), lease)) ? 'done' : 'changed') : await swap(port, found.id, lease);
      if (outcome === 'busy') throw busyError(port, store.path(port), claimPatienceMs);
      if (outcome === 'changed') continue;
      seam('lease.adopt.after-effect');
      tell(port, request, found);
      return;
    }
  };

  const oldestFirst = (ports: readonly number[]): number[] => {
    const age = new Map(ports.map((port) => [port, leaseOf(stampOf(port))?.updated_at ?? 0]));
    return [...ports].sort((a, b) => (age.get(a) ?? 0) - (age.get(b) ?? 0));
  };

  const exhausted = (request: LeaseRequest): EnvctlError => {
    const error = exhaustedError(request);
    events?.emit('port.reservation.failed', {
      project: request.owner.project,
      service: request.owner.service,
      start_port: request.preferred,
      max_port: lastPort,
      availability_mode: 'lease',
      lock_inventory: store.ports().length,
      error: error.message,
    });
    return error;
  };

  const conflict = (request: LeaseRequest, port: number): EnvctlError => {
    const lease = leaseOf(stampOf(port));
    return conflictError(request, port, lease !== undefined && isHeld(lease, isAlive) ? lease : undefined);
  };

  const pass: LeaseTable['pass'] = async (port, { from, to }, preferred) => {
    seam('lease.pass.before-effect');
    for (;;) {
      const stamp = stampOf(port);
      const lease = leaseOf(stamp);
      if (stamp === undefined || lease?.token !== from || (preferred !== undefined && lease.preferred !== preferred)) return false;
      const outcome = await swap(port, stamp.id, { ...lease, id: newId(), state: 'held', token: to, holder: self, updated_at: now() });
      if (outcome === 'busy') throw busyError(port, store.path(port), claimPatienceMs);
      if (outcome === 'changed') continue;
      seam('lease.pass.after-effect');
      return true;
    }
  };

  const bindRunner = async (port: number, token: string, runner: ProcessIdentity): Promise<void> => {
    seam('lease.bind.before-effect');
    for (;;) {
      const stamp = stampOf(port);
      const lease = leaseOf(stamp);
      if (stamp === undefined || lease?.token !== token) {
        throw strangerError(port);
      }
      const outcome = await swap(port, stamp.id, { ...lease, id: newId(), state: 'held', runner, updated_at: now() });
      if (outcome === 'busy') throw busyError(port, store.path(port), claimPatienceMs);
      if (outcome === 'done') break;
    }
    seam('lease.bind.after-effect');
  };

  const release = async (port: number, token: string, { keepReserved }: { readonly keepReserved: boolean }): Promise<boolean> => {
    seam('lease.release.before-effect');
    for (;;) {
      const stamp = stampOf(port);
      const lease = leaseOf(stamp);
      if (stamp === undefined || lease?.token !== token) return false;
      const outcome = await swap(port, stamp.id, keepReserved ? { ...lease, id: newId(), state: 'reserved', runner: null, updated_at: now() } : undefined);
      if (outcome === 'busy') throw busyError(port, store.path(port), claimPatienceMs);
      if (outcome === 'changed') continue;
      seam('lease.release.after-effect');
      events?.emit('port.lock.release', { port, owner: `${lease.owner.project}:${lease.owner.service}`, session: sessionText(token) });
      return true;
    }
  };

  const drop = async (scopeId: string): Promise<number[]> => {
    const dropped: number[] = [];
    const busyPorts = new Set(listeners().map((listener) => listener.port));
    for (const port of store.ports()) {
      const stamp = stampOf(port);
      if (stamp === undefined || stamp.id.startsWith(unreadablePrefix)) continue;
      const lease = leaseOf(stamp);
      const goes = lease === undefined ? !busyPorts.has(port) : lease.owner.scope_id === scopeId && !isHeld(lease, isAlive);
      if (!goes) continue;
      seam('lease.drop.before-effect');
      if ((await swap(port, stamp.id, undefined)) === 'done') dropped.push(port);
      seam('lease.drop.after-effect');
    }
    store.sweep();
    return dropped;
  };

  return {
    acquire,
    adopt,
    pass,
    bindRunner,
    release,
    find: async (owner) => leases().find((lease) => isOwnedBy(lease, owner))?.port,
    list: async () =>
      store.ports().flatMap((port) => {
        const stamp = stampOf(port);
        return stamp === undefined ? [] : [toLeaseView(port, store.path(port), stamp, isAlive)];
      }),
    drop,
  };
}

const claimPatienceMs = 2000;

/** Retries while a living process is in the middle of its change; that takes microseconds unless it is stopped. */
async function patiently(attempt: () => ReplaceOutcome): Promise<ReplaceOutcome> {
  let waitedMs = 0;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
    const outcome = attempt();
    if (outcome !== 'busy' || waitedMs >= claimPatienceMs) return outcome;
    await delay(pauseMs);
    waitedMs += pauseMs;
  }
}

function ownerText(owner: LeaseOwner): string {
  return `${owner.project}:${owner.service}`;
}

/** A launch token proves ownership, so events show its digest. */
function sessionText(token: string): string {
  return `session-${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;
}
