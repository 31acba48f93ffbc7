import type { RefineConfig } from '../config/read-only.js';
import type { Route } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';

/** What a pure inspection function may look at. */
export interface HotContext {
  readonly route: Route;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly manifest: DoorManifest;
  readonly now: () => number;
  /** Directory of the distribution; absent where no plan is made. */
  readonly packageRoot?: string;
  /** Lets plugins judge the configuration; absent where no plugin code may run. */
  readonly refine?: RefineConfig;
}

/** `json` is the data of the document, without the envelope; `text` the same for people. */
export interface HotResult {
  readonly exitCode: 0 | 1 | 2;
  readonly json: object;
  readonly text: string;
  /** Lines for stderr. */
  readonly warnings?: readonly string[];
}

/** Undefined: it takes plugin code to answer, which has no place here: a judgement without `refine`, or a server that must be asked. */
export type HotCommand = (context: HotContext) => Promise<HotResult | undefined>;

/**
 * Commands the fast door answers itself. Each is the same function its oclif command calls (a plan: the same as the engine's),
 * imported only when asked for; it loads neither oclif, nor the container, nor plugin code.
 */
export const hotCommands: Readonly<Record<string, HotCommand>> = {
  version: async (context) => (await import('./version.js')).showVersion(context),
  completion: async (context) => (await import('./completion.js')).showCompletion(context),
  'list-commands': async (context) => (await import('./list-commands.js')).listCommands(context),
  'explain-startup': async (context) => (await import('./hot-plan.js')).explainStartup(context),
  preflight: async (context) => (await import('./hot-plan.js')).preflight(context),
  'show-state': async (context) => (await import('./hot-inspection.js')).showState(context),
  'list-targets': async (context) => (await import('./hot-inspection.js')).showTargets(context),
  'show-config': async (context) => (await import('./hot-inspection.js')).showConfig(context),
  endpoints: async (context) => (await import('./hot-inspection.js')).showEndpoints(context),
};
