/**
 * Clearing logs. A service that runs keeps its log open for appending: its file is cut, never replaced, and the next line it writes is the
 * first. Older files of the log are removed.
 */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { errorMessage, type Mode } from '../contract/index.js';
import { errnoOf } from '../fs/index.js';
import { listGenerations } from '../services/index.js';
import type { RunState, ServiceRecord } from '../state/index.js';

/** The document of `clear-logs --json`. */
export interface ClearLogsReport {
  readonly run_id: string;
  readonly mode: Mode;
  readonly summary: { readonly cleared: number; readonly missing: number; readonly unavailable: number; readonly failed: number };
  readonly services: readonly ClearedLog[];
  readonly ok: boolean;
}

export interface ClearedLog {
  readonly name: string;
  readonly log_path: string | null;
  /** `unavailable`: none is recorded. `missing`: there is none. `failed`: `error` says why. */
  readonly status: 'cleared' | 'missing' | 'unavailable' | 'failed';
  /** Older files of the log that were removed. */
  readonly removed: number;
  readonly error: string | null;
}

export async function clearLogs(state: RunState, selected: readonly ServiceRecord[]): Promise<ClearLogsReport> {
  const services = await Promise.all(selected.map(clearLog));
  const count = (status: ClearedLog['status']): number => services.filter((service) => service.status === status).length;
  const summary = { cleared: count('cleared'), missing: count('missing'), unavailable: count('unavailable'), failed: count('failed') };
  return { run_id: state.run_id, mode: state.mode, summary, services, ok: summary.failed === 0 };
}

async function clearLog({ name, log_path: path }: ServiceRecord): Promise<ClearedLog> {
  const base = { name, log_path: path, removed: 0, error: null };
  if (path === null) return { ...base, status: 'unavailable' };
  try {
    const [older, wasThere] = [(await listGenerations(path)).filter((file) => file !== path), await cut(path)];
    await Promise.all(older.map((file) => rm(file, { force: true })));
    return { ...base, status: wasThere || older.length > 0 ? 'cleared' : 'missing', removed: older.length };
  } catch (error) {
    return { ...base, status: 'failed', error: errorMessage(error) };
  }
}

/** False when there is no such file. A link is not followed: what it points to is no log of ours. */
async function cut(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
      await file.truncate();
      return true;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
