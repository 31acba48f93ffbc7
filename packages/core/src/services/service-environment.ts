import type { ProjectedVariable } from '../contract/index.js';
import { standardServices } from '../config/read-only.js';
import { callerCredentials } from './caller-credentials.js';

/** Whose rules hold for the variables of a service: what goes to a frontend may go to a browser. */
export type EnvironmentAudience = 'backend' | 'frontend';

export interface ServiceEnvironmentInput {
  readonly service: string;
  readonly audience: EnvironmentAudience;
  /** The environment envctl was called with: it is the user's, and a backend keeps it. */
  readonly processEnv: Readonly<Record<string, string | undefined>>;
  readonly projectName: string;
  /** null: it gets no PORT. */
  readonly port: number | null;
  /** What the command line says to the services; above the caller's own variables. */
  readonly forwarded?: Readonly<Record<string, string>>;
  /** Variables of the start command itself, port already in place. */
  readonly commandEnv: Readonly<Record<string, string>>;
  /** What the dependencies that the service waited for offer. */
  readonly dependencies: Readonly<Record<string, ProjectedVariable>>;
  /** Names by which dependencies hand out credentials, whether or not the project has them and they are up yet. */
  readonly secretNames: readonly string[];
  /** Variables of the launch env sections of `.envctl`, filled in. */
  readonly sections: Readonly<Record<string, string>>;
  /** Of the project's env file; `overrides`: above what dependencies project, else below the caller's own. */
  readonly envFile?: { readonly path: string; readonly values: Readonly<Record<string, string>>; readonly overrides: boolean } | undefined;
  /** Base URLs of the project's services, without a slash at the end; absent when the service is not part of it. */
  readonly urls: Readonly<Partial<Record<string, string>>>;
}

/**
 * The whole environment of a service, the later the stronger: the project's env file, the caller's, what dependencies project, the
 * addresses of other services, an env file that overrides, the start command's own, the sections of `.envctl`, PORT and ENVCTL_PROJECT_NAME.
 * The URL of another database in the caller's shell must not reach the service; a frontend gets
 * no variable that may carry a credential from a dependency or the caller, but what the project sets for it itself.
 */
export function serviceEnvironment(input: ServiceEnvironmentInput): Record<string, string> {
  const dependencies = Object.entries(input.dependencies);
  const secretNames = [...input.secretNames, ...dependencies.filter(([, variable]) => variable.secret).map(([name]) => name)];
  const withheld = new Set(input.audience === 'frontend' ? [...secretNames, ...callerCredentials(input.processEnv, secretNames)] : []);
  const inherited = Object.entries(input.processEnv).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !withheld.has(entry[0]) && !isPrivate(entry[0]),
  );
  const projected = dependencies.filter(([name]) => !withheld.has(name)).map(([name, variable]) => [name, variable.value] as const);
  const { envFile } = input;
  return {
    ...(envFile?.overrides === false ? envFile.values : {}),
    ...Object.fromEntries(inherited),
    ...input.forwarded,
    ...Object.fromEntries(projected),
    ...peerVariables(input.service, input.urls),
    ...(envFile?.overrides === true ? envFile.values : {}),
    ...(envFile === undefined || input.audience === 'frontend' ? {} : { APP_ENV_FILE: envFile.path }),
    ...input.commandEnv,
    ...input.sections,
    ...(input.port === null ? {} : { PORT: String(input.port) }),
    ENVCTL_PROJECT_NAME: input.projectName,
  };
}

/** Names of what envctl itself sets for a service, when `addressed` services of the project have a URL. */
export function ownVariableNames(service: string, addressed: readonly string[], hasPort = true): string[] {
  const urls = Object.fromEntries(standardServices.filter((type) => addressed.includes(type)).map((type) => [type, '']));
  return [...(hasPort ? ['PORT'] : []), 'ENVCTL_PROJECT_NAME', ...Object.keys(peerVariables(service, urls))];
}

/** Names of the variables in which envctl itself tells a service where `peer` is. */
export function peerVariableNames(service: string, peer: string): readonly string[] {
  return service === peer ? [] : Object.keys(peerVariables(service, { [peer]: '' }));
}

/** How one service finds the others; those of additional services are sources of the launch env sections. */
function peerVariables(service: string, urls: ServiceEnvironmentInput['urls']): Record<string, string> {
  const { backend, frontend } = urls;
  if (service === 'frontend') return backend === undefined ? {} : { VITE_BACKEND_URL: backend, VITE_API_URL: `${backend}/api/v1` };
  return { ...(frontend === undefined ? {} : { FRONTEND_URL: frontend }), ...(service === 'backend' || backend === undefined ? {} : { BACKEND_URL: backend }) };
}

/** Variables that steer envctl's own tests, or mark the process of another launch. */
function isPrivate(name: string): boolean {
  return name.startsWith('ENVCTL_TEST_') || name === 'ENVCTL_LAUNCH_TOKEN';
}
