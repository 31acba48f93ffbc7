import { readLaunch, type Launch } from '../processes/index.js';
import type { LedgerEntry } from '../state/index.js';
import type { EngineContext } from '../scope/index.js';

export interface RecordedLaunch {
  readonly entryId: string | undefined;
  readonly project: string | null;
  readonly runId: string | null;
  readonly launchId: string;
  readonly directory: string;
  /** From the record, else from the intent: one of them is there before anything runs. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** Absent when envctl died before the launch record was written: nothing was spawned. */
  readonly state: Launch | undefined;
  readonly token: string | undefined;
  readonly ports: readonly number[];
}

/** Every process on the scope's ledger, with what its launch directory tells. */
export async function readRecordedLaunches(context: Pick<EngineContext, 'ledger'>): Promise<{ readonly launches: readonly RecordedLaunch[]; readonly damaged: readonly { readonly path: string; readonly message: string }[] }> {
  const { entries, damaged } = await context.ledger.list();
  const launches = await Promise.all(entries.map(toRecordedLaunch));
  return { launches: launches.filter((launch) => launch !== undefined), damaged };
}

async function toRecordedLaunch(entry: LedgerEntry): Promise<RecordedLaunch | undefined> {
  if (entry.step.kind !== 'process') return undefined;
  const state = await readLaunch(entry.step.directory);
  return {
    entryId: entry.id,
    project: entry.project,
    runId: entry.runId,
    launchId: entry.step.launchId,
    directory: entry.step.directory,
    name: state?.record.name ?? entry.step.name,
    kind: state?.record.kind ?? entry.kind,
    state,
    token: state?.record.token,
    ports: state?.record.ports ?? [],
  };
}
