import { isEnvctlError, type EnvctlError, type Mode } from '../contract/index.js';
import { missingConfigFile, type ConfigModel } from '../config/read-only.js';
import type { CompleteRoute } from '../routing/index.js';
import type { StartPlan } from './plan.js';
import { hasSelectors } from './start-target.js';
import { toStartOptions } from './start-options.js';

/** The document of `explain-startup --json`: what the configuration says of a start, and the very plan that a start executes. */
export interface StartupExplanation {
  readonly command: 'start';
  readonly mode: Mode;
  /** Whether there is an `.envctl`. */
  readonly configured: boolean;
  /** What `<MODE>_STARTUP_ENABLE` says. */
  readonly startup_enabled: boolean;
  /** Why a start would not go ahead; null when it would. */
  readonly reason: 'not_configured' | 'config_startup_disabled' | null;
  /** What a start would say of it where nobody can be asked. */
  readonly problem: { readonly code: string; readonly message: string; readonly hints: readonly string[] } | null;
  /** `required`: whether a start without a terminal would have to be told which projects. */
  readonly selection: { readonly required: boolean; readonly selected_projects: readonly string[] };
  /** The services that are configured for the mode, and whether each is switched on. */
  readonly services: Readonly<Record<string, boolean>>;
  /** The dependencies that are switched on for the mode. */
  readonly dependencies: readonly string[];
  /** `workers`: how many projects are started at once; null: all. */
  readonly parallel_trees: { readonly enabled: boolean; readonly workers: number | null };
  /** Null where there is no plan. */
  readonly decision: StartPlan['decision'] | null;
  readonly projects: StartPlan['projects'];
  readonly edges: StartPlan['edges'];
}

type Configuration = Pick<ConfigModel, 'profile' | 'services' | 'exists' | 'path' | 'repositoryRoot' | 'legacyPath'>;

/** @param refusal what the plan was refused with, see {@link isExplained} */
export function toStartupExplanation(config: Configuration, route: CompleteRoute, plan: StartPlan | undefined, refusal?: EnvctlError): StartupExplanation {
  const { mode } = route;
  const profile = config.profile(mode);
  const problem = profile.startupEnabled ? missingConfigFile(config) : refusal;
  const { projectsAtOnce } = toStartOptions(route);
  return {
    command: 'start',
    mode,
    configured: config.exists,
    startup_enabled: profile.startupEnabled,
    reason: !profile.startupEnabled ? 'config_startup_disabled' : config.exists ? null : 'not_configured',
    problem: problem === undefined ? null : { code: problem.code, message: problem.message, hints: problem.hints },
    selection: { required: mode === 'trees' && !hasSelectors(route), selected_projects: (plan?.projects ?? []).map(({ name }) => name) },
    services: Object.fromEntries(config.services(mode).map(({ slug, enabled }) => [slug, enabled.enabled])),
    dependencies: Object.entries(profile.dependencies).flatMap(([id, { enabled }]) => (enabled ? [id] : [])),
    parallel_trees: { enabled: projectsAtOnce !== 1, workers: projectsAtOnce ?? null },
    decision: plan?.decision ?? null,
    projects: plan?.projects ?? [],
    edges: plan?.edges ?? [],
  };
}

/** Whether a refused plan is an answer: runs that are switched off, and a repository without `.envctl` where no command is found. */
export function isExplained(error: unknown, config: Pick<ConfigModel, 'exists'>): error is EnvctlError {
  return isEnvctlError(error) && (error.code === 'ENVCTL_E_RUNS_DISABLED' || (error.code === 'ENVCTL_E_SERVICE_COMMAND_MISSING' && !config.exists));
}
