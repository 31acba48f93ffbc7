import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { EnvctlError, type FaultSeam, noSeam, type ProcessIdentity } from '../contract/index.js';
import { createLockDirectory, type LockHolder } from './lock-directory.js';
import { firstLockStep, type LockReply, type LockRequest, nextLockStep, toLockRequest } from './lock-steps.js';

export interface GenerationLockOptions {
  /** Directory of the lock; made when it is missing. Never remove it while envctl may run. */
  readonly directory: string;
  /** Any text; locks of different names are independent. */
  readonly name: string;
  /** Who takes the lock. */
  readonly identity: ProcessIdentity;
  /** False only when the holder is surely gone: its lock is then taken over. */
  readonly isAlive: (identity: ProcessIdentity) => boolean;
  readonly seam?: FaultSeam;
  /** Told once a hold when another process keeps it waiting for longer than a moment. */
  readonly onWait?: (holder: LockWait) => void;
}

/** Who keeps a command waiting. */
export interface LockWait {
  readonly identity: ProcessIdentity;
  readonly purpose: string;
}

export interface HoldOptions {
  /** Longest wait for the lock; `work` itself is not limited. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface GenerationLock {
  /** Where the lock lives. */
  readonly path: string;
  /**
   * Runs `work` while this process alone holds the lock. Not reentrant: the same process waits for itself.
   * Throws ENVCTL_E_LOCK_TIMEOUT (holder's pid, purpose and path in message and data), ENVCTL_E_CANCELLED
   * when aborted while waiting, ENVCTL_E_STATE_WRITE, and whatever `work` throws.
   */
  hold<T>(purpose: string, options: HoldOptions, work: () => Promise<T>): Promise<T>;
}

const shortestWaitMs = 2;
const longestWaitMs = 50;
/** Shorter waits are not worth a word. */
const tellAfterMs = 300;

/** A lock between processes that survives the death of its holder; see lock-steps.ts for the protocol. */
export function createGenerationLock(options: GenerationLockOptions): GenerationLock {
  const path = join(options.directory, `${encodeURIComponent(options.name)}.lock`);
  const seam = options.seam ?? noSeam;
  return {
    path,
    async hold(purpose, holdOptions, work) {
      const disk = createLockDirectory({ path, identity: options.identity, isAlive: options.isAlive, purpose });
      seam('lock.take.before-effect');
      const generation = await takeOrGiveUp(disk, path, options, holdOptions);
      seam('lock.take.after-effect');
      try {
        if (holdOptions.signal?.aborted === true) throw cancelled(path, undefined);
        return await work();
      } finally {
        seam('lock.release.before-effect');
        disk.release(generation);
        seam('lock.release.after-effect');
      }
    },
  };
}

type LockDirectory = ReturnType<typeof createLockDirectory>;

/** A failure on the way (a disk error) must not leave a generation that this living process seems to hold. */
async function takeOrGiveUp(disk: LockDirectory, path: string, lock: GenerationLockOptions, options: HoldOptions): Promise<number> {
  try {
    return await take(disk, path, lock, options);
  } catch (error) {
    disk.releaseAll();
    throw error;
  }
}

async function take(disk: LockDirectory, path: string, { name, identity, onWait }: GenerationLockOptions, options: HoldOptions): Promise<number> {
  const startedMs = performance.now();
  const deadline = startedMs + options.timeoutMs;
  let isTold = false;
  let step = firstLockStep;
  let holder: LockHolder | undefined;
  let waitMs = shortestWaitMs;
  for (;;) {
    const request = toLockRequest(step);
    if (request.op === 'enter') return request.generation;
    if (request.op === 'wait') {
      if (performance.now() >= deadline) throw timedOut({ path, name, identity }, holder, options.timeoutMs);
      if (!isTold && holder !== undefined && performance.now() - startedMs > tellAfterMs) {
        isTold = true;
        onWait?.(holder);
      }
      await waitFor(waitMs, options.signal, () => cancelled(path, holder));
      waitMs = Math.min(longestWaitMs, waitMs * 1.6);
    }
    const answer = carryOut(disk, request);
    holder = answer.holder ?? holder;
    step = nextLockStep(step, answer.reply);
  }
}

function carryOut(disk: LockDirectory, request: LockRequest): { reply: LockReply; holder?: LockHolder | undefined } {
  switch (request.op) {
    case 'list': return { reply: { generations: disk.list() } };
    case 'judge': {
      const { verdict, holder } = disk.judge(request.generation);
      return { reply: { verdict }, holder };
    }
    case 'create': return { reply: { created: disk.create(request.generation) } };
    case 'remove':
      disk.remove(request.generation);
      return { reply: { done: true } };
    case 'wait':
    case 'enter': return { reply: { done: true } };
  }
}

async function waitFor(milliseconds: number, signal: AbortSignal | undefined, toError: () => EnvctlError): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw toError();
  }
}

/** `holder`: who was waited for; undefined when the lock was free. */
function cancelled(path: string, holder: LockHolder | undefined): EnvctlError {
  const message = holder === undefined ? 'Cancelled.' : `Cancelled while waiting for ${describeHolder(holder)}, which holds the lock ${path}.`;
  return new EnvctlError('ENVCTL_E_CANCELLED', message, { kind: 'cancelled', data: { path, ...toHolderData(holder) } });
}

function describeHolder({ identity, purpose }: LockHolder): string {
  return `process ${identity.pid} (${purpose})`;
}

function toHolderData(holder: LockHolder | undefined): Readonly<Record<string, unknown>> {
  return holder === undefined ? {} : { pid: holder.identity.pid, purpose: holder.purpose };
}

function timedOut(lock: { readonly path: string; readonly name: string; readonly identity: ProcessIdentity }, holder: LockHolder | undefined, timeoutMs: number): EnvctlError {
  const { path, name } = lock;
  const who = holder === undefined ? 'another process' : describeHolder(holder);
  return new EnvctlError('ENVCTL_E_LOCK_TIMEOUT', `The lock "${name}" is held by ${who} for more than ${timeoutMs} ms: ${path}.`, {
    kind: 'environment',
    hints: [mendOf(path, lock.identity, holder)],
    data: { path, timeoutMs, ...toHolderData(holder) },
  });
}

function mendOf(path: string, self: ProcessIdentity, holder: LockHolder | undefined): string {
  if (holder === undefined) return 'Wait for the other command to end, then try again.';
  if (holder.identity.pidNamespace === self.pidNamespace) return `See what it does: ps -fp ${holder.identity.pid}`;
  return `It was taken in another container. Once that is gone: rm -r '${path}'`;
}
