/**
 * The journal of every resource that envctl acquired, or may have acquired, and has not given back. Write
 * early: the intent is on the disk before the effect, so that a process killed at any point leaves an
 * entry from which the next command finds the resource.
 */
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FaultSeam, noSeam, type ProcessIdentity } from '../contract/index.js';
import { ensureDirectory, namesIn, readJsonFile, syncDirectory, toWriteError, writeJsonAtomic } from '../fs/index.js';
import { ledgerIdOf } from './ledger-id.js';
import { type LedgerEntry, parseLedgerEntry } from './ledger-schema.js';
import type { TeardownStep } from './teardown-step.js';

export interface LedgerOptions {
  /** `<scope directory>/ledger`. */
  readonly directory: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly self: ProcessIdentity;
  readonly seam?: FaultSeam;
}

export interface LedgerIntent {
  /** What the resource is to people: service, dependency, task; default the kind of the step. */
  readonly kind?: string;
  readonly project: string | null;
  readonly runId: string | null;
  readonly step: TeardownStep;
  /** The resource outlives a power cut: so does the entry. */
  readonly durable: boolean;
}

export interface DamagedEntry {
  readonly path: string;
  readonly message: string;
}

export interface Ledger {
  /** Puts a resource on record before it is acquired. The same resource has one entry, however often it is intended. */
  intent(intent: LedgerIntent): Promise<LedgerEntry>;
  /** The resource was acquired. `patch` adds to the step what is only known now. */
  confirm(id: string, patch?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The resource is gone: so is its entry. Fine when it is gone already. */
  release(id: string): Promise<void>;
  /** All entries, the newest first: the order of teardown. Damaged ones are told apart, never lost. */
  list(): Promise<{ readonly entries: readonly LedgerEntry[]; readonly damaged: readonly DamagedEntry[] }>;
  /** Sets a damaged file aside under `damaged/`; gives its new path. */
  quarantine(path: string): Promise<string>;
}

/** The ledger in a directory. Its writing methods throw ENVCTL_E_STATE_WRITE. */
export function createLedger(options: LedgerOptions): Ledger {
  const { directory, now, self, seam = noSeam } = options;
  /** What this process put on record: a stop that ran beside it may have removed the file. */
  const own = new Map<string, LedgerEntry>();
  let lastCreated = 0;
  const pathOf = (id: string): string => join(directory, `${id}.json`);

  const read = async (id: string): Promise<LedgerEntry | undefined> => {
    const file = await readJsonFile(pathOf(id));
    const parsed = file.ok ? parseLedgerEntry(file.value) : undefined;
    return parsed !== undefined && 'entry' in parsed ? parsed.entry : undefined;
  };

  const write = async (entry: LedgerEntry): Promise<void> => {
    own.set(entry.id, entry);
    await writeJsonAtomic(pathOf(entry.id), entry, { durable: entry.durable });
  };

  return {
    async intent({ kind, project, runId, step, durable }) {
      ensureDirectory(directory);
      const id = ledgerIdOf(step);
      const known = await read(id);
      lastCreated = Math.max(now(), lastCreated + 1);
      const entry: LedgerEntry = {
        ...known,
        schemaVersion: 1, id, phase: known?.phase ?? 'intent', kind: kind ?? step.kind, project, runId,
        step: { ...known?.step, ...step },
        durable, createdAt: known?.createdAt ?? lastCreated, owner: self,
      };
      seam(`ledger.${step.kind}.before-intent`);
      await write(entry);
      seam(`ledger.${step.kind}.before-effect`);
      return entry;
    },

    async confirm(id, patch = {}) {
      const entry = await read(id) ?? own.get(id);
      if (entry === undefined) return;
      seam(`ledger.${entry.step.kind}.after-effect`);
      ensureDirectory(directory);
      await write({ ...entry, phase: 'confirmed', step: { ...entry.step, ...patch, kind: entry.step.kind } as TeardownStep });
      seam(`ledger.${entry.step.kind}.after-confirm`);
    },

    async release(id) {
      const kind = id.slice(0, id.indexOf('-'));
      seam(`ledger.${kind}-release.before-effect`);
      try {
        // A directory that somebody put in its place goes too.
        await rm(pathOf(id), { force: true, recursive: true });
      } catch (error) {
        throw toWriteError(pathOf(id), error);
      }
      own.delete(id);
      seam(`ledger.${kind}-release.after-effect`);
    },

    async list() {
      const names = namesIn(directory).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
      const results = await Promise.all(names.map((name) => readEntry(join(directory, name))));
      const entries = results.flatMap((result) => (result !== undefined && 'entry' in result ? [result.entry] : []));
      const damaged = results.flatMap((result) => (result !== undefined && 'message' in result ? [result] : []));
      return { entries: entries.sort(newestFirst), damaged };
    },

    async quarantine(path) {
      const target = join(directory, 'damaged', basename(path));
      try {
        ensureDirectory(join(directory, 'damaged'));
        await rename(path, target);
        await syncDirectory(directory);
      } catch (error) {
        throw toWriteError(target, error);
      }
      return target;
    },
  };
}

/** `undefined`: released while we listed. */
async function readEntry(path: string): Promise<{ readonly entry: LedgerEntry } | DamagedEntry | undefined> {
  const file = await readJsonFile(path);
  if (!file.ok) return file.reason === 'missing' ? undefined : { path, message: file.message };
  const parsed = parseLedgerEntry(file.value);
  if ('problem' in parsed) return { path, message: parsed.problem };
  // A copied or renamed file would be torn down under one id and stay under the other.
  return `${parsed.entry.id}.json` === basename(path) ? parsed : { path, message: `it holds the entry ${parsed.entry.id}` };
}

function newestFirst(left: LedgerEntry, right: LedgerEntry): number {
  return right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1);
}
