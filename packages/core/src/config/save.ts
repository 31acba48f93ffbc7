import { statSync } from 'node:fs';
import { EnvctlError, type FaultSeam } from '../contract/index.js';
import { quoteForShell } from '../processes/index.js';
import { assertConfig } from './assert.js';
import type { Assignment } from './assignments.js';
import { resolveAssignments } from './assignments.js';
import { type ConfigFile, discoverConfigFile, homeOf } from './discovery.js';
import { type EffectiveConfig, toEffectiveConfig } from './effective.js';
import { parseConfigText } from './grammar.js';
import { loadConfig, type LoadConfigOptions } from './load.js';
import { mergeConfig } from './merge.js';
import type { AbsentKeyOfFile } from './model.js';
import { type ConfigRefiner, refineConfig } from './refine.js';
import { createKeyRegistry } from './registry.js';
import { listedServices, servicesKey } from './service-names.js';
import { writeConfigFile } from './write-config-file.js';

export interface SaveConfigOptions extends LoadConfigOptions {
  readonly assignments: readonly Assignment[];
  /** Asked before anything is written, in every mode. */
  readonly refiners?: readonly ConfigRefiner[];
  readonly seam?: FaultSeam;
  /** Runs the read-modify-write while no other envctl saves; absent: changes of others are noticed just before the rename. */
  readonly exclusive?: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface SaveConfigResult {
  readonly saved: true;
  readonly path: string;
  /** False when the file already said all of it. */
  readonly changed: boolean;
  /** Kept from the original: no other file is ever touched. */
  readonly ignore_updated: false;
  /** That git ignores the file, in words. */
  readonly ignore_warning: string | null;
  /** Keys saved now that an environment variable overrules in this shell. */
  readonly overridden_by_environment: readonly string[];
  /** Keys of a legacy file that this version cannot carry over. */
  readonly not_carried: readonly string[];
  /** Keys of packages that are not installed: they stay in the file. */
  readonly absent_plugin_keys: readonly AbsentKeyOfFile[];
  /** What was saved all the same and is not well; `hint` is a command that can be pasted. */
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
  readonly config: EffectiveConfig;
}

/**
 * Writes `assignments` into the managed block of the repository's `.envctl`; every other byte and the
 * mode of the file stay, no other file is touched. The first save of a repository with a legacy file
 * takes its values along. Refuses before writing: ENVCTL_E_CONFIG_INVALID, ENVCTL_E_CONFIG_UNKNOWN_KEY.
 */
export async function saveConfig(options: SaveConfigOptions): Promise<SaveConfigResult> {
  return options.exclusive === undefined ? save(options) : options.exclusive(() => save(options));
}

async function save(options: SaveConfigOptions): Promise<SaveConfigResult> {
  // An editor may save between reading and renaming: then the change is made again, from what they left.
  for (let attempt = 0; attempt < 5; attempt++) {
    const file = discoverConfigFile(options.repositoryRoot, options.env);
    refuseMissing(file);
    const registry = createKeyRegistry({ ...options, services: servicesBeforeAndAfter(file, options.assignments) });
    const { content, current, outcome, notCarried } = mergeConfig({ ...options, home: homeOf(options.env), registry, file });
    const given = new Set([...resolveAssignments(options.assignments, registry).keys()].map((key) => key.key));
    assertConfig(await refineConfig(outcome, options.refiners ?? [], { modes: ['main', 'trees'], saving: { current, given } }), { for: 'save' });
    const expected = file.source === 'envctl' ? file.content : undefined;
    const changed = expected === undefined || !expected.equals(content);
    const secrets = registry.keys.filter((key) => key.secret === true && outcome.values.get(key.key)?.origin === 'file').map((key) => key.key);
    const newMode = secrets.length > 0 ? 0o600 : 0o644;
    if (changed && !(await writeConfigFile(file.path, content, { newMode, expected, ...(options.seam === undefined ? {} : { seam: options.seam }) }))) continue;

    const model = loadConfig(options);
    const overridden = [...resolveAssignments(options.assignments, registry).keys()].filter((key) => model.values.get(key.key)?.origin === 'env').map((key) => key.key);
    return {
      saved: true,
      path: file.path,
      changed,
      ignore_updated: false,
      ignore_warning: null,
      overridden_by_environment: overridden,
      not_carried: notCarried,
      absent_plugin_keys: model.absentKeys,
      warnings: secrets.length > 0 ? exposureWarnings(file.path, secrets) : [],
      config: toEffectiveConfig(model),
    };
  }
  throw new EnvctlError('ENVCTL_E_CONFIG_UNREADABLE', `The configuration file of ${options.repositoryRoot} keeps changing while it is saved.`, {
    kind: 'environment',
    hints: ['Close the program that writes .envctl, then run the command again.'],
  });
}

/** A file keeps its mode, also one that lets others read the secrets in it. */
function exposureWarnings(path: string, secrets: readonly string[]): SaveConfigResult['warnings'] {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
  if ((mode & 0o044) === 0) return [];
  return [{ message: `${path} holds the value of ${secrets.join(', ')} and can be read by other users (mode 0${mode.toString(8)})`, hint: `chmod 600 ${quoteForShell(path)}` }];
}

/** The keys of a service can be given together with its name, and taken back together with it. */
function servicesBeforeAndAfter(file: ConfigFile, assignments: readonly Assignment[]): readonly string[] {
  const given = assignments.filter(({ key }) => key === servicesKey).map(({ key, value }) => ({ key, value, line: 0, managed: false }));
  return listedServices({}, { entries: [...parseConfigText(file.content.toString('utf8')).entries, ...given] });
}

/** A legacy file given by name beside an existing `.envctl` would be saved over it. */
function refuseMissing(file: ConfigFile): void {
  if (file.missing !== undefined) {
    throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `ENVCTL_CONFIG_FILE names ${file.missing}, which does not exist.`, { hints: ['unset ENVCTL_CONFIG_FILE'] });
  }
  if (file.source === 'legacy_prefill' && file.exists) {
    throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `ENVCTL_CONFIG_FILE names ${file.readFrom ?? ''}, but ${file.path} exists and is what would be saved.`, {
      hints: ['unset ENVCTL_CONFIG_FILE'],
    });
  }
}
