/**
 * Temporary files say in their name who writes them, so that the ones a killed process left can be told
 * from the ones in use without opening them.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, toWriteError } from './write-error.js';

const prefix = '.envctl-tmp-';
const pattern = /^\.envctl-tmp-(\d+)-(\d+)-([0-9a-f]+)-(.*)$/s;
const longestName = 255;

/** The process that writes a temporary file. */
export interface TemporaryOwner {
  readonly pid: number;
  /** Clock ticks since boot, decimal digits; `0` where the system does not tell. */
  readonly startTicks: string;
}

/** A fresh path beside `path`: `.envctl-tmp-<pid>-<startTicks>-<rand>-<base>`. */
export function temporaryName(path: string, owner: TemporaryOwner = currentOwner()): string {
  const head = `${prefix}${owner.pid}-${owner.startTicks}-${randomBytes(6).toString('hex')}-`;
  return join(dirname(path), head + truncated(basename(path), longestName - head.length));
}

/** Owner and final name of a temporary file; `undefined` for any other name. */
export function parseTemporaryName(name: string): { readonly owner: TemporaryOwner; readonly base: string } | undefined {
  const [, pid, startTicks, , base] = pattern.exec(name) ?? [];
  if (pid === undefined || startTicks === undefined || base === undefined) return undefined;
  return { owner: { pid: Number(pid), startTicks }, base };
}

/**
 * Removes the temporary files (and half-built temporary directories) in `directory` whose writer is gone.
 * Gives the removed paths; a missing directory has none. Throws ENVCTL_E_STATE_WRITE.
 */
export async function sweepTemporaryFiles(
  directory: string,
  isAlive: (pid: number, startTicks: string) => boolean,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await namesIn(directory)) {
    const parsed = parseTemporaryName(name);
    if (parsed === undefined || isAlive(parsed.owner.pid, parsed.owner.startTicks)) continue;
    const path = join(directory, name);
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw toWriteError(path, error);
    }
    removed.push(path);
  }
  return removed;
}

/** Names in a directory; none when it is missing. Throws ENVCTL_E_STATE_WRITE. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toWriteError(directory, error);
  }
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
