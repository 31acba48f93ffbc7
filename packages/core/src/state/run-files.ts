import { join } from 'node:path';
import type { Mode } from '../contract/index.js';
import { type FileToWrite, formatJson } from '../fs/index.js';
import type { ErrorReport, PortsManifest, ReadinessReport } from './artifact-schema.js';
import { notApplicableReadiness } from './readiness.js';
import { fingerprint } from './run-index.js';
import { toRunStateDocument } from './run-state-document.js';
import type { RunState } from './run-state-schema.js';
import { toRuntimeMap } from './runtime-map.js';
import { artifactNames, type ArtifactName } from './state-paths.js';

/** What a start adds to a state; what is not given gets its neutral form. */
export interface RunArtifacts {
  readonly portsManifest?: PortsManifest;
  readonly errorReport?: ErrorReport;
  readonly readiness?: ReadinessReport;
}

/** Content of the artifacts of one run, by name; `events` is not content but a file that grows. */
export type RunContents = Readonly<Record<Exclude<ArtifactName, 'events'>, string>>;

/** The five documents of a run as they are written. */
export function toRunContents(state: RunState, artifacts: RunArtifacts, now: number): RunContents {
  return {
    runState: formatJson(toRunStateDocument(state)),
    runtimeMap: formatJson(toRuntimeMap(state)),
    portsManifest: formatJson(artifacts.portsManifest ?? emptyManifest(state.run_id, state.mode)),
    errorReport: formatJson(artifacts.errorReport ?? { run_id: state.run_id, errors: [], generated_at: new Date(now).toISOString() }),
    readiness: formatJson(artifacts.readiness ?? notApplicableReadiness()),
  };
}

/** SHA-256, hex, of the file that is written for a state; the index has the same. */
export function fingerprintState(state: RunState): string {
  return fingerprint(formatJson(toRunStateDocument(state)));
}

/** SHA-256, hex, of the runtime map that is written for a state. */
export function fingerprintRuntimeMap(state: RunState): string {
  return fingerprint(formatJson(toRuntimeMap(state)));
}

/**
 * The files that put a run's artifacts into `directory`; the state itself comes last, so that it never
 * stands beside older companions. `area` names the writes at the seam: `run`, `latest`.
 */
export function artifactFiles(directory: string, contents: Partial<RunContents>, events: string | undefined, area: string): readonly FileToWrite[] {
  const order = ['runtimeMap', 'portsManifest', 'errorReport', 'readiness', 'runState'] as const;
  const documents = order.flatMap((name): FileToWrite[] => {
    const content = contents[name];
    return content === undefined ? [] : [{ path: join(directory, artifactNames[name]), content, point: `state.${area}-${artifactNames[name]}` }];
  });
  const path = join(directory, artifactNames.events);
  const eventFiles: FileToWrite[] = events === undefined || events === path ? [] : [{ path, source: events, point: `state.${area}-${artifactNames.events}` }];
  return [...eventFiles, ...documents];
}

/** The manifest of this run joined with what `previous` says about projects that are still in the state. */
export function mergeManifests(previous: PortsManifest | undefined, next: PortsManifest, projects: readonly string[]): PortsManifest {
  const named = new Set(next.projects.map((item) => item.project));
  const kept = (previous?.projects ?? []).filter((item) => !named.has(item.project) && projects.includes(item.project));
  return { ...next, projects: [...kept, ...next.projects].sort((left, right) => (left.project < right.project ? -1 : 1)) };
}

/** A manifest without projects. */
export function emptyManifest(runId: string, mode: Mode): PortsManifest {
  return { run_id: runId, mode, projects: [] };
}
