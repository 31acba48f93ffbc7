/* The launches on the ledger, without a schema library. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../contract/index.js';
import type { LedgeredLaunch } from '../processes/read-only.js';

export interface LedgeredProcess {
  readonly directory: string;
  readonly name: string | undefined;
  readonly project: string | null;
  /** The command that launched it; undefined where the line does not tell. */
  readonly owner: ProcessIdentity | undefined;
  readonly ledgered: LedgeredLaunch;
}

/** Never throws; a line that cannot be read is passed over. */
export function readLedgeredProcesses(scopeDirectory: string): readonly LedgeredProcess[] {
  const ledger = join(scopeDirectory, 'ledger');
  return namesIn(ledger).filter((name) => /^process-.*\.json$/.test(name)).flatMap((name) => readLine(join(ledger, name)) ?? []);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

interface Line {
  readonly project?: unknown;
  readonly owner?: Partial<ProcessIdentity>;
  readonly step?: { readonly directory?: unknown; readonly name?: unknown; readonly launch?: Pick<LedgeredLaunch, 'record' | 'runner'> };
}

function readLine(path: string): LedgeredProcess | undefined {
  try {
    const { project, owner, step } = JSON.parse(readFileSync(path, 'utf8')) as Line;
    if (typeof step?.directory !== 'string') return undefined;
    return {
      directory: step.directory,
      name: typeof step.name === 'string' ? step.name : undefined,
      project: typeof project === 'string' ? project : null,
      owner: typeof owner?.pid === 'number' ? (owner as ProcessIdentity) : undefined,
      ledgered: { ...step.launch, spawned: true, bootId: '' },
    };
  } catch {
    return undefined;
  }
}
