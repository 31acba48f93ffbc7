import { explainStructure, normaliseRunStateDocument, toRunState } from '../run-state-document.js';
import type { RunState } from '../run-state-schema.js';
import { withoutUrlPasswords } from '../without-url-passwords.js';
import { parseShellState } from './shell-state.js';

export type LegacyFormat = 'python' | 'shell';

type Fields = Readonly<Record<string, unknown>>;
type Loaded = { readonly state: RunState } | { readonly problem: string };

export interface LegacyText {
  readonly text: string;
  readonly format: LegacyFormat;
  /** Absolute path of the file, noted in the state. */
  readonly path: string;
  /** Name of the run when the text has none: the file's name without its ending. */
  readonly stem: string;
}

/** The state that a file of the original says, marked as legacy, or why it is none. Pure. `explain`: a further check of the document. */
export function loadLegacyState({ text, format, path, stem }: LegacyText, explain?: (document: unknown) => string | undefined): Loaded {
  const parsed = format === 'shell' ? parseShellState(text, stem) : parsePythonState(text);
  if ('problem' in parsed) return parsed;
  const document = normaliseRunStateDocument(parsed.document);
  const problem = explainStructure(document) ?? explain?.(document);
  return problem === undefined ? { state: markLegacy(toRunState(document), format, path) } : { problem };
}

/** True for a state that the original recorded: nothing in it proves anything. */
export function isLegacyState(state: Pick<RunState, 'metadata'>): boolean {
  return state.metadata['legacy_state'] === true;
}

/** The warning beside a state of the original. */
export function describeLegacyState(path: string): string {
  return `Warning: this is what the original envctl recorded in ${path}; nothing in it proves whose process is whose.`;
}

/** The state without any pid: what the original recorded is no proof of who a process is. `pids`: how many were dropped. */
export function withoutLegacyPids(state: RunState): { readonly state: RunState; readonly pids: number } {
  const services = Object.values(state.services);
  const pids = services.reduce((count, { pid, listener_pids: listeners }) => count + (pid === null ? 0 : 1) + (listeners?.length ?? 0), 0);
  return {
    pids,
    state: {
      ...state,
      services: Object.fromEntries(services.map((service) => [service.name, { ...service, pid: null, listener_pids: null }])),
      metadata: { ...state.metadata, legacy_pids_sanitized: true },
    },
  };
}

/** `run_state.json` of the Python engine, which knew one version: 1. */
function parsePythonState(text: string): { readonly document: Fields } | { readonly problem: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    return { problem: text.trim() === '' ? 'the file is empty' : `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { problem: 'not a JSON object' };
  const document = raw as Fields;
  return document['schema_version'] === 1 ? { document } : { problem: 'schema_version is not 1' };
}

/** What only our own records can say (a launch and its directory) is never taken from a file of the original. */
function markLegacy(state: RunState, format: LegacyFormat, path: string): RunState {
  const services = Object.entries(state.services).map(([name, service]) => [name, { ...service, launch_id: null, launch_directory: null }] as const);
  const requirements = Object.entries(state.requirements).map(([project, result]) => {
    const components = Object.entries(result.components).map(([id, component]) => [id, { ...component, instance_id: null, launch_id: null, launch_directory: null }] as const);
    return [project, { ...result, components: Object.fromEntries(components) }] as const;
  });
  return withoutUrlPasswords({
    ...state,
    services: Object.fromEntries(services),
    requirements: Object.fromEntries(requirements),
    pointers: { ...state.pointers, legacy_state_path: path },
    metadata: { ...state.metadata, legacy_state: true, legacy_format: format },
  });
}
