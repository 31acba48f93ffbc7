/**
 * The hooks of a project: `.envctl.hooks.mjs` in its root exports `setupInfrastructure` and `defineServices`, or the object of
 * {@link defineHooks} as its default. They run in a process of their own while the project comes up.
 */

/** What a hook is told. */
export interface HookContext {
  /** Root of the repository that owns the configuration. */
  readonly repo_root: string;
  /** `Main`, or the name of the worktree. */
  readonly project_name: string;
  /** Where the project's files are; the working directory of the hook. */
  readonly project_root: string;
  /** The mode of the start. */
  readonly mode: 'main' | 'trees';
  readonly run_id: string;
  /** Ports leased for the services of the project, by service: `backend`, `frontend`, … */
  readonly ports: Readonly<Record<string, number>>;
  /** Variables of the dependencies that are up, secrets among them; empty for `setupInfrastructure`, which comes before them. */
  readonly env: Readonly<Record<string, string>>;
}

/** A dependency that the hook looked after. */
export interface HookRequirement {
  /** Default true. */
  readonly success?: boolean;
  /** The port it is on. */
  readonly final?: number | null;
  readonly retries?: number;
  readonly simulated?: boolean;
  /** Variables for the project's services; given to no frontend. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface SetupInfrastructureResult {
  /** True: envctl starts none of its own dependencies; `requirements` says what is there instead. */
  readonly skip_default_requirements?: boolean;
  /** By id of the dependency. */
  readonly requirements?: Readonly<Record<string, HookRequirement>>;
}

/** A service of the project: one that envctl starts (`command`), or one that runs already (`pid`), which is shown and never signalled. */
export interface DefinedService {
  readonly name: string;
  /** Default: the name without that of the project before it, in small letters, with `-` for what is no letter or digit. */
  readonly type?: string;
  /** Relative to the root of the project; default: the root. */
  readonly cwd?: string;
  /** Program and arguments, or one line of words (no shell); `{port}` is replaced. */
  readonly command?: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly pid?: number | null;
  /** The port it should have; absent = it has none. */
  readonly port?: number | null;
  readonly requested_port?: number | null;
  /** Of a service that runs already. */
  readonly actual_port?: number | null;
  readonly status?: string;
  readonly log_path?: string | null;
  /** A URL or path that answers 2xx when it is healthy. */
  readonly health_url?: string | null;
}

export interface DefineServicesResult {
  /** They replace the services envctl would find, if there is one. */
  readonly services?: readonly DefinedService[];
  /** Says that it is meant so; without a service it is an error. */
  readonly skip_default_services?: boolean;
}

type HookResult<T> = T | null | undefined | void;

export interface Hooks {
  /** Before the dependencies start. */
  readonly setupInfrastructure?: (context: HookContext) => HookResult<SetupInfrastructureResult> | Promise<HookResult<SetupInfrastructureResult>>;
  /** When the dependencies are ready, before services start. */
  readonly defineServices?: (context: HookContext) => HookResult<DefineServicesResult> | Promise<HookResult<DefineServicesResult>>;
}

/** Gives the hooks back as they are; for their types in an editor: `export default defineHooks({ … })`. */
export function defineHooks(hooks: Hooks): Hooks {
  return hooks;
}
