import path from 'node:path';
import type { DetectionFiles } from '../detection-files.js';
import type { DetectionProblem, PlannedEnvFile, ServiceCommand } from '../service-command.js';
import { parseEnvFile } from './parse-env-file.js';

export interface EnvFileInput {
  /** Slug of the service. */
  readonly service: string;
  readonly command: Pick<ServiceCommand, 'cwd'>;
  readonly projectRoot: string;
  /** A project other than Main does not get Main's file. */
  readonly isMain: boolean;
  /** BACKEND_ENV_FILE_OVERRIDE, MAIN_ENV_FILE_PATH and those of the frontend; an empty text counts as unset. */
  readonly setting: (key: string) => string | undefined;
  /** SKIP_LOCAL_DB_ENV. */
  readonly skipsLocalDatabase: boolean;
  readonly files: DetectionFiles;
}

export interface EnvFilePlan {
  readonly file?: PlannedEnvFile;
  readonly problem?: DetectionProblem;
}

const keys: Readonly<Record<string, { readonly override: string; readonly main: string }>> = {
  backend: { override: 'BACKEND_ENV_FILE_OVERRIDE', main: 'MAIN_ENV_FILE_PATH' },
  frontend: { override: 'FRONTEND_ENV_FILE_OVERRIDE', main: 'MAIN_FRONTEND_ENV_FILE_PATH' },
};

/** Which env file a service gets: the one it is told, else for Main the one of Main, else `.env` where it is started. */
export function planEnvFile(input: EnvFileInput): EnvFilePlan {
  const named = keys[input.service];
  const override = named === undefined ? undefined : settingOf(input, named.override);
  const main = named === undefined || !input.isMain ? undefined : settingOf(input, named.main);
  const asked = override ?? main;
  if (asked !== undefined && !input.files.isFile(asked.path)) return { problem: absent(input, asked) };
  const file = asked?.path ?? path.join(input.command.cwd, '.env');
  const text = input.files.readText(file);
  if (text === undefined) return {};
  const variables = parseEnvFile(text);
  // What the application's own loader may do better stays with it: values of a more specific file beside it, and values made of others.
  const others = asked === undefined ? namesBeside(input.files, file) : new Set<string>();
  const names = variables.filter(({ name, refers }) => asked !== undefined || (!refers && !others.has(name))).map(({ name }) => name);
  return { file: { path: file, names, overrides: override !== undefined || input.skipsLocalDatabase } };
}

/** The values of a planned file, read again. */
export function readEnvFile(files: Pick<DetectionFiles, 'readText'>, file: PlannedEnvFile): Readonly<Record<string, string>> {
  const wanted = new Set(file.names);
  return Object.fromEntries(parseEnvFile(files.readText(file.path) ?? '').filter(({ name }) => wanted.has(name)).map(({ name, value }) => [name, value]));
}

interface Setting {
  readonly key: string;
  readonly path: string;
}

function settingOf({ setting, projectRoot }: EnvFileInput, key: string): Setting | undefined {
  const text = setting(key)?.trim();
  return text === undefined || text === '' ? undefined : { key, path: path.resolve(projectRoot, text) };
}

/** `.env.local`, `.env.development` and their kin; samples are not read by anything. */
function namesBeside(files: DetectionFiles, file: string): ReadonlySet<string> {
  const directory = path.dirname(file);
  const beside = files.list(directory).filter((name) => name.startsWith('.env.') && !/\.(?:example|sample|template|dist|defaults?|schema|vault|enc|bak)$/.test(name));
  return new Set(beside.flatMap((name) => parseEnvFile(files.readText(path.join(directory, name)) ?? '').map((variable) => variable.name)));
}

function absent({ service }: EnvFileInput, { key, path: file }: Setting): DetectionProblem {
  return { service, code: 'ENVCTL_E_CONFIG_INVALID', reasonCode: 'env_file_missing', message: `${key} names ${file}, and there is no such file.`, hints: [`envctl config --set ${key}=`, `ls -l ${file}`] };
}
