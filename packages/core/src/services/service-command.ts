import type { ErrorCode } from '../contract/index.js';

/** The services that are looked for; additional ones have names of their own. */
export type ServiceName = 'backend' | 'frontend';

/**
 * How one service of a project is started. Plain data: the port is not known yet and stands as `{port}`
 * in `command`, `env` values and `healthUrl`.
 */
export interface ServiceCommand {
  /** `backend`, `frontend`, or the name of an additional service. */
  readonly type: string;
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  /** Absolute working directory. */
  readonly cwd: string;
  /** Where the port goes: an argument of its own (`flag`), or PORT alone (`env`). PORT is set in both cases. */
  readonly portMode: 'flag' | 'env';
  readonly env: Readonly<Record<string, string>>;
  /** Answers 2xx when the service is healthy. */
  readonly healthUrl?: string;
  readonly source: 'configured' | 'autodetected';
  /** The env file it gets beside everything else. */
  readonly envFile?: PlannedEnvFile;
  /** Id of the rule that decided. */
  readonly rule: string;
  /** True when the application is known to have code of its own on the server, which may use the dependencies. */
  readonly serverCode?: boolean;
  /** True when the command compiles the application before it starts it, which takes minutes the first time. */
  readonly compiles?: boolean;
  /** What decided: absolute paths, and what stands there. */
  readonly evidence?: readonly { readonly path: string; readonly text: string }[];
}

/** An env file of the project whose variables a service gets. */
export interface PlannedEnvFile {
  /** Absolute. */
  readonly path: string;
  /** Of the variables that it gets; never a value. */
  readonly names: readonly string[];
  /** True when they win over what dependencies project. */
  readonly overrides: boolean;
}

/** Why a decision was made: shown by explain-startup. */
export interface DetectionEvidence {
  readonly service: string;
  readonly rule: string;
  /** Absolute path of the file or program that decided. */
  readonly path: string;
  readonly text: string;
}

/** What would keep a service from starting, found before anything is started. */
export interface DetectionProblem {
  readonly service: string;
  readonly code: ErrorCode;
  /** A short machine word, as the original knew it where it had one: `missing_command_executable`. */
  readonly reasonCode: string;
  readonly message: string;
  readonly hints: readonly string[];
}

/** The URL that is asked whether a service is healthy: a path is asked for on the service's own port. */
export function healthUrlOf(text: string): string {
  return text.startsWith('/') ? `http://127.0.0.1:{port}${text}` : text;
}

/** Puts the port in the place of every `{port}`; without a port nothing is replaced. */
export function substitutePort(text: string, port: number | null): string {
  return port === null ? text : text.replaceAll('{port}', String(port));
}

/** The command as it is started on `port`. */
export function commandOnPort(service: ServiceCommand, port: number | null): {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly healthUrl: string | undefined;
} {
  const [program, ...rest] = service.command;
  return {
    command: [substitutePort(program, port), ...rest.map((word) => substitutePort(word, port))],
    env: Object.fromEntries(Object.entries(service.env).map(([name, value]) => [name, substitutePort(value, port)])),
    healthUrl: service.healthUrl === undefined ? undefined : substitutePort(service.healthUrl, port),
  };
}
