/**
 * Every launch of the scope: those on the ledger, and those whose line is damaged or lost. A launch directory is proof
 * enough; where something does not add up, so is a living runner of a directory that is gone.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { examineLaunch, findRunningLaunches, readLaunchSync, readProcessTable, recoverLaunch, toRecord, type Launch, type LaunchRecord, type LedgeredLaunch, type ProcessTable } from '../processes/index.js';
import { ledgerIdOf, namesIn, type DamagedEntry, type LedgerEntry } from '../state/index.js';
import type { EngineContext } from '../scope/index.js';

export interface RecordedLaunch {
  readonly entryId: string | undefined;
  readonly project: string | null;
  readonly runId: string | null;
  readonly launchId: string;
  readonly directory: string;
  /** From the record, else from the intent; undefined when both are lost. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  /** Absent when its directory does not tell: nothing was spawned, or the record is damaged or gone. */
  readonly state: Launch | undefined;
  readonly token: string | undefined;
  readonly ports: readonly number[];
  /** What the ledger knows of it beside. */
  readonly ledgered: LedgeredLaunch | undefined;
}

export interface RecordedLaunches {
  readonly launches: readonly RecordedLaunch[];
  /** Lines of the ledger, of whatever resource, that cannot be read. */
  readonly damaged: readonly DamagedEntry[];
}

type LaunchesContext = Pick<EngineContext, 'ledger' | 'paths'>;

/** `thorough`: looks for living runners also where nothing tells that one is missing. */
export async function readRecordedLaunches(context: LaunchesContext, { thorough = false }: { readonly thorough?: boolean } = {}): Promise<RecordedLaunches> {
  // Directories first: a launch has its line before its directory, and until after it.
  const directories = listDirectories(context);
  const { entries, damaged } = await context.ledger.list();
  const listed = entries.map(fromLedger).filter((launch) => launch !== undefined);
  const known = new Set(listed.map(({ directory }) => directory));
  const unlisted = directories.filter((directory) => !known.has(directory)).map(fromDirectory).filter((launch) => launch !== undefined);
  const launches = [...listed, ...unlisted];
  const addsUp = damaged.length === 0 && launches.every(({ state }) => state !== undefined);
  return { launches: addsUp && !thorough ? launches : withRunning(context, launches), damaged };
}

/** The launches of `directories`; one that nothing is known of is named all the same, to be looked for. */
export function launchesAt(launches: readonly RecordedLaunch[], directories: readonly string[]): readonly RecordedLaunch[] {
  return [...new Set(directories)].map((directory) => launches.find((launch) => launch.directory === directory) ?? toUnlisted(directory, undefined));
}

/** Whether anything of it lives; of a launch without a record, whether a process carries its token. */
export function isLaunchAlive({ state, directory }: RecordedLaunch, table: ProcessTable): boolean {
  const launch = state ?? recoverLaunch(directory, table);
  return launch !== undefined && examineLaunch(launch, table, { listeners: new Map() }).alive;
}

function listDirectories({ paths }: LaunchesContext): readonly string[] {
  return [paths.launches, paths.storeLaunches].flatMap((parent) => namesIn(parent).map((name) => join(parent, name)));
}

function fromLedger({ id, project, runId, kind, phase, step, owner }: LedgerEntry): RecordedLaunch | undefined {
  if (step.kind !== 'process') return undefined;
  const state = readLaunchSync(step.directory);
  const record = state?.record ?? toRecord(step.launch?.record);
  return {
    entryId: id,
    project,
    runId,
    launchId: step.launchId,
    directory: step.directory,
    name: record?.name ?? step.name,
    kind: record?.kind ?? kind,
    state,
    token: record?.token,
    ports: record?.ports ?? [],
    ledgered: { ...step.launch, spawned: phase === 'confirmed', bootId: owner.bootId },
  };
}

/** `undefined`: it was given back while we looked. */
function fromDirectory(directory: string): RecordedLaunch | undefined {
  const state = readLaunchSync(directory);
  if (state === undefined && !existsSync(directory)) return undefined;
  return toUnlisted(directory, state);
}

function toUnlisted(directory: string, state: Launch | undefined): RecordedLaunch {
  const launchId = basename(directory);
  return { ...describe(state?.record), entryId: ledgerIdOf({ kind: 'process', launchId, directory }), runId: null, launchId, directory, state, ledgered: undefined };
}

function describe(record: LaunchRecord | undefined): Pick<RecordedLaunch, 'project' | 'name' | 'kind' | 'token' | 'ports'> {
  return { project: record?.project ?? null, name: record?.name, kind: record?.kind, token: record?.token, ports: record?.ports ?? [] };
}

/** With the launches of which only the runner is left, and with the token of each that a process tells. */
function withRunning({ paths }: LaunchesContext, launches: readonly RecordedLaunch[]): readonly RecordedLaunch[] {
  const table = readProcessTable();
  const known = new Set(launches.map(({ launchId }) => launchId));
  const running = findRunningLaunches([paths.launches, paths.storeLaunches], table).filter((directory) => !known.has(basename(directory)));
  return [...launches, ...running.map((directory) => toUnlisted(directory, undefined))].map((launch) =>
    launch.token !== undefined ? launch : { ...launch, token: recoverLaunch(launch.directory, table)?.record.token },
  );
}
