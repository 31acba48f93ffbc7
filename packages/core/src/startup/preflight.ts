import { isEnvctlError, type Mode } from '../contract/index.js';
import type { ConfigModel } from '../config/read-only.js';
import type { CompleteRoute } from '../routing/index.js';
import type { StartPlan } from './plan.js';
import { hasSelectors } from './start-target.js';

/** The document of `preflight --json`: whether a start would go ahead now, and what it would do. */
export interface PreflightReport {
  readonly surface: 'preflight';
  readonly command: 'start';
  readonly mode: Mode;
  /** What `<MODE>_STARTUP_ENABLE` says. */
  readonly startup_enabled: boolean;
  /** Whether a start without a terminal would have to be told which projects. */
  readonly selection_required: boolean;
  readonly startup: PreflightStartup;
}

/** `plan` is the very plan that start executes; `problem` the error it would end with instead. */
export type PreflightStartup =
  | { readonly ready: true; readonly plan: StartPlan; readonly problem: null }
  | { readonly ready: false; readonly plan: null; readonly problem: { readonly code: string; readonly message: string; readonly hints: readonly string[] } };

/** What `plan` gives, or why it cannot, as `redact` lets it be told. Rejects only with what is no error of the user's. */
export async function attemptPlan(plan: () => Promise<StartPlan>, redact: (text: string) => string): Promise<PreflightStartup> {
  try {
    return { ready: true, plan: await plan(), problem: null };
  } catch (error) {
    if (!isEnvctlError(error) || error.kind === 'bug' || error.kind === 'cancelled') throw error;
    return { ready: false, plan: null, problem: { code: error.code, message: redact(error.message), hints: error.hints.map(redact) } };
  }
}

export function toPreflightReport(config: Pick<ConfigModel, 'profile'>, route: CompleteRoute, startup: PreflightStartup): PreflightReport {
  return {
    surface: 'preflight',
    command: 'start',
    mode: route.mode,
    startup_enabled: config.profile(route.mode).startupEnabled,
    selection_required: route.mode === 'trees' && !hasSelectors(route),
    startup,
  };
}
