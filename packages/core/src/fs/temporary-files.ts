/**
 * Temporary files say in their name who writes them, so that the ones a killed process left can be told
 * from the ones in use without opening them. Process numbers mean something in one boot and pid namespace only: the
 * name carries a digest of both, because containers may share a state directory.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, toWriteError } from './write-error.js';

const prefix = '.envctl-tmp-';
const pattern = /^\.envctl-tmp-(\d+)-(\d+)-([0-9a-f]{8})[0-9a-f]+-(.*)$/s;
const longestName = 255;

/** The process that writes a temporary file. */
export interface TemporaryOwner {
  readonly pid: number;
  /** Clock ticks since boot, decimal digits; `0` where the system does not tell. */
  readonly startTicks: string;
  /** Boot and pid namespace in which `pid` counts; absent: those of this process. */
  readonly bootId?: string;
  readonly pidNamespace?: string;
}

export interface TemporaryFile {
  readonly owner: { readonly pid: number; readonly startTicks: string };
  /** Digest of the owner's boot and pid namespace, 8 hex digits. */
  readonly world: string;
  readonly base: string;
}

/** A fresh path beside `path`: `.envctl-tmp-<pid>-<startTicks>-<world><rand>-<base>`. */
export function temporaryName(path: string, owner: TemporaryOwner = currentOwner()): string {
  const head = `${prefix}${owner.pid}-${owner.startTicks}-${worldOf(owner)}${randomBytes(6).toString('hex')}-`;
  return join(dirname(path), head + truncated(basename(path), longestName - head.length));
}

/** Owner and final name of a temporary file; `undefined` for any other name. */
export function parseTemporaryName(name: string): TemporaryFile | undefined {
  const [, pid, startTicks, world, base] = pattern.exec(name) ?? [];
  if (pid === undefined || startTicks === undefined || world === undefined || base === undefined) return undefined;
  return { owner: { pid: Number(pid), startTicks }, world, base };
}

/**
 * Removes the temporary files (and half-built temporary directories) in `directory` whose writer is gone: by
 * `isAlive` when it wrote in this boot and pid namespace, else when the file is older than this boot. Gives the removed paths; a missing directory has none. Throws ENVCTL_E_STATE_WRITE.
 */
export async function sweepTemporaryFiles(
  directory: string,
  isAlive: (pid: number, startTicks: string) => boolean,
): Promise<string[]> {
  const removed: string[] = [];
  const here = worldOf(currentOwner());
  const bootMs = bootedAtMs();
  for (const name of namesIn(directory)) {
    const parsed = parseTemporaryName(name);
    if (parsed === undefined) continue;
    const path = join(directory, name);
    const isInUse = parsed.world === here ? isAlive(parsed.owner.pid, parsed.owner.startTicks) : (await changedMs(path)) >= bootMs;
    if (isInUse) continue;
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw toWriteError(path, error);
    }
    removed.push(path);
  }
  return removed;
}

/**
 * Takes its name from a file or directory that is to be removed, so that a command that is killed while it removes leaves it whole under
 * its name or in parts under a temporary one, which is swept. Gives that; undefined when there is nothing. Throws ENVCTL_E_STATE_WRITE.
 */
export async function takeName(path: string): Promise<string | undefined> {
  const doomed = temporaryName(path);
  try {
    await rename(path, doomed);
    return doomed;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw toWriteError(path, error);
  }
}

/** Names in a directory; none when it is missing. Throws ENVCTL_E_STATE_WRITE. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toWriteError(directory, error);
  }
}

function worldOf({ bootId = readWord('/proc/sys/kernel/random/boot_id'), pidNamespace = ownNamespace() }: TemporaryOwner): string {
  return createHash('sha256').update(`${bootId} ${pidNamespace}`).digest('hex').slice(0, 8);
}

function readWord(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}

function ownNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Epoch milliseconds; 0, before every file, where the system does not tell. */
function bootedAtMs(): number {
  return Number(/^btime (\d+)$/m.exec(readWord('/proc/stat'))?.[1] ?? 0) * 1000;
}

async function changedMs(path: string): Promise<number> {
  return stat(path).then((facts) => facts.mtimeMs, () => Infinity);
}

function currentOwner(): TemporaryOwner {
  return { pid: process.pid, startTicks: ownStartTicks() };
}

function ownStartTicks(): string {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The second field, the program's name, may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}

function truncated(name: string, bytes: number): string {
  const buffer = Buffer.from(name);
  if (buffer.length <= bytes) return name;
  return buffer.subarray(0, bytes).toString('utf8').replace(/\uFFFD+$/, '');
}
