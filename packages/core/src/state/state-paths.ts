import { join } from 'node:path';
import type { Mode } from '../contract/index.js';

/** The six artifacts, latest and per run. */
export const artifactNames = {
  runState: 'run_state.json',
  runtimeMap: 'runtime_map.json',
  portsManifest: 'ports_manifest.json',
  errorReport: 'error_report.json',
  events: 'events.jsonl',
  readiness: 'runtime_readiness_report.json',
} as const;

export type ArtifactName = keyof typeof artifactNames;

export const indexName = 'run_index.json';
export const indexBackupName = 'run_index.backup.json';
const pointerName = '.last_state';
const mainPointerName = '.last_state.main';
const treePointerPrefix = '.last_state.trees.';

export function runsDirectory(scopeDirectory: string): string {
  return join(scopeDirectory, 'runs');
}

export function runDirectory(scopeDirectory: string, runId: string): string {
  return join(scopeDirectory, 'runs', runId);
}

/** Absolute paths of the six artifacts in `directory`, by the names a state's `pointers` use. */
export function artifactPointers(directory: string): Readonly<Record<string, string>> {
  return {
    run_state: join(directory, artifactNames.runState),
    runtime_map: join(directory, artifactNames.runtimeMap),
    ports_manifest: join(directory, artifactNames.portsManifest),
    error_report: join(directory, artifactNames.errorReport),
    events: join(directory, artifactNames.events),
    runtime_readiness_report: join(directory, artifactNames.readiness),
  };
}

export function isPointerName(name: string): boolean {
  return name === pointerName || name === mainPointerName || name.startsWith(treePointerPrefix);
}

/** Names of the pointers a state of `mode` with these projects has. */
export function pointerNamesFor(mode: Mode, projects: readonly string[]): readonly string[] {
  if (mode === 'main') return [pointerName, mainPointerName];
  const trees = projects.filter((project) => project.toLowerCase() !== 'main');
  return [pointerName, ...trees.map((project) => `${treePointerPrefix}${encodeURIComponent(project)}`)];
}

/** True for a pointer that only a state of `mode` has. */
export function isPointerOfMode(name: string, mode: Mode): boolean {
  return mode === 'main' ? name === mainPointerName : name.startsWith(treePointerPrefix);
}

/** The pointers of a directory listing in the order a reader of `mode` tries them. */
export function orderPointers(names: readonly string[], mode: Mode | undefined): readonly string[] {
  const trees = names.filter((name) => name.startsWith(treePointerPrefix)).sort();
  const generic = names.filter((name) => name === pointerName);
  const main = names.filter((name) => name === mainPointerName);
  switch (mode) {
    case 'main': return [...main, ...generic, ...trees];
    case 'trees': return [...trees, ...generic, ...main];
    case undefined: return [...main, ...trees, ...generic];
  }
}
