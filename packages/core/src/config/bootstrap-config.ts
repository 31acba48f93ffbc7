import type { Mode } from '../contract/index.js';
import { toScopeDirectory } from '../scope/read-only.js';
import { coreKeys } from './core-keys.js';
import { discoverConfigFile, type Environment, homeOf } from './discovery.js';
import { parseConfigText } from './grammar.js';
import { defaultRuntimeDirectory, deriveScopeId, legacyRuntimeDirectory, scopeIdPattern } from './locations.js';
import type { ConfigValue, StateCompatMode, TruthSettings } from './model.js';
import { listedServices } from './service-names.js';
import { invalidValueError, invalidValueProblem, parseValue } from './values.js';

/** The few values a command needs before it reads recorded state. */
export interface BootstrapConfig {
  /** Absolute. */
  readonly runtimeDirectory: string;
  readonly defaultMode: Mode;
  readonly scopeId: string;
  /** `<runtimeDirectory>/engine/<scopeId>` */
  readonly scopeDirectory: string;
  /** Absolute; where the original keeps its state. */
  readonly legacyRuntimeDirectory: string;
  readonly stateCompatMode: StateCompatMode;
  readonly truth: TruthSettings;
  /** Names of the services beside backend and frontend that the environment or the file lists. */
  readonly additionalServices: readonly string[];
  /** Whether the repository has an `.envctl`. */
  readonly exists: boolean;
}

/**
 * The keys of the fast door, without registry or plugins; the same answers as the model. Throws
 * ENVCTL_E_CONFIG_INVALID for an invalid one of them, ENVCTL_E_CONFIG_UNREADABLE.
 */
export function readBootstrapConfig(repositoryRoot: string, env: Environment): BootstrapConfig {
  const file = discoverConfigFile(repositoryRoot, env);
  const text = parseConfigText(file.content.toString('utf8'));
  const lines = new Map(text.entries.map((entry) => [entry.key, entry]));
  const base = { repositoryRoot, home: homeOf(env) };
  const read = (name: string, lenient = false): string | undefined => {
    const key = coreKeys.find((candidate) => candidate.key === name);
    if (key === undefined) return undefined;
    const names = [key.key, ...(key.aliases ?? [])];
    const set = names.find((candidate) => env[candidate] !== undefined);
    const entry = names.map((candidate) => lines.get(candidate)).find((candidate) => candidate !== undefined);
    const value: ConfigValue | undefined =
      set !== undefined
        ? { value: (env[set] ?? '').trim(), origin: 'env', setAs: set }
        : entry === undefined
          ? undefined
          : { value: entry.value, origin: 'file', setAs: entry.key, path: file.readFrom ?? file.path, line: entry.line };
    if (value === undefined || (value.value === '' && key.type === 'string')) return key.default;
    const parsed = parseValue(key, value.value, base);
    if (!parsed.ok && lenient) return key.default;
    if (!parsed.ok) throw invalidValueError(invalidValueProblem(key, value, parsed.expected));
    if (name === 'ENVCTL_RUNTIME_SCOPE_ID' && !scopeIdPattern.test(value.value)) {
      throw invalidValueError(invalidValueProblem(key, value, 'letters, digits, dots, dashes and underscores, at most 64'));
    }
    return String(parsed.value);
  };
  const runtimeDirectory = read('ENVCTL_RUNTIME_DIR') ?? defaultRuntimeDirectory(env);
  const scopeId = read('ENVCTL_RUNTIME_SCOPE_ID') ?? deriveScopeId(repositoryRoot);
  return {
    runtimeDirectory,
    defaultMode: read('ENVCTL_DEFAULT_MODE', true) === 'trees' ? 'trees' : 'main',
    scopeId,
    scopeDirectory: toScopeDirectory({ runtimeRoot: runtimeDirectory, scopeId }),
    legacyRuntimeDirectory: legacyRuntimeDirectory(env['RUN_SH_RUNTIME_DIR']?.trim() ?? lines.get('RUN_SH_RUNTIME_DIR')?.value, base),
    stateCompatMode: read('ENVCTL_STATE_COMPAT_MODE', true) as StateCompatMode,
    truth: {
      mode: read('ENVCTL_RUNTIME_TRUTH_MODE', true) as TruthSettings['mode'],
      graceMs: Number(read('ENVCTL_SERVICE_STARTUP_GRACE_SECONDS', true)) * 1000,
      reboundMaxDelta: Number(read('ENVCTL_SERVICE_REBOUND_MAX_DELTA', true)),
    },
    additionalServices: listedServices(env, text),
    exists: file.exists,
  };
}
