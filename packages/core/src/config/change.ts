import { discoverConfigFile } from './discovery.js';
import { EnvctlError, type EventEmitter, type EventFields } from '../contract/index.js';
import { parseAssignments } from './assignments.js';
import { requireConfigFile } from './bootstrap.js';
import { loadConfig, type LoadConfigOptions } from './load.js';
import type { ConfigModel } from './model.js';
import { parsePayload } from './payload.js';
import { cancelled, type ConfigPrompts } from './prompts.js';
import { saveConfig, type SaveConfigOptions, type SaveConfigResult } from './save.js';
import { runConfigWizard } from './wizard.js';

/** What a save needs beside what a load needs. */
export interface SaveContext extends Pick<SaveConfigOptions, keyof LoadConfigOptions | 'exclusive' | 'refiners' | 'seam'> {
  /** Told what becomes of a set-up or a change (contracts, section 2.6). */
  readonly events?: EventEmitter;
}

export interface ConfigDialogue {
  /** True when nobody can be asked. */
  readonly headless: boolean;
  /** Called only when somebody is asked. */
  readonly prompts: () => Promise<ConfigPrompts>;
}

export interface ConfigChange extends ConfigDialogue {
  /** Words of `--set`. */
  readonly set: readonly string[];
  /** Reads the document of `--stdin-json`; absent without that flag. */
  readonly stdinJson?: () => Promise<string>;
}

/** What a change came to. Being told no by the user is not a failure. */
export type ConfigChangeResult = SaveConfigResult | { readonly saved: false; readonly reason: 'cancelled'; readonly path: string };

/** What `config` answers with; `running`: something runs, with the settings it was started with. */
export type ConfigAnswer = (SaveConfigResult & { readonly running: boolean }) | Extract<ConfigChangeResult, { readonly saved: false }>;

/**
 * The `config` command: saves the given assignments, or asks for them in a terminal. `--set` comes after
 * `--stdin-json`. Throws ENVCTL_E_ARGV_INVALID when there is nothing to save and nobody to ask, and what
 * {@link saveConfig} throws.
 */
export async function changeConfig(options: SaveContext, change: ConfigChange): Promise<ConfigChangeResult> {
  const model = loadConfig(options);
  options.events?.emit('config.command.open', factsOf(model));
  const answer = await answerOf(options, model, change);
  if (answer.saved) options.events?.emit('config.command.saved', { ...factsOf(model), saved_path: answer.path, changed: answer.changed });
  else options.events?.emit('config.command.cancelled', factsOf(model));
  return answer;
}

async function answerOf(options: SaveContext, model: ConfigModel, change: ConfigChange): Promise<ConfigChangeResult> {
  const document = change.stdinJson === undefined ? undefined : await parsePayload(await change.stdinJson(), model);
  if (document !== undefined || change.set.length > 0) {
    return saveConfig({ ...options, assignments: [...(document ?? []), ...parseAssignments(change.set)] });
  }
  if (change.headless) {
    throw new EnvctlError('ENVCTL_E_ARGV_INVALID', 'envctl config has nothing to save and no interactive TTY to ask in.', {
      hints: ['envctl config --set KEY=VALUE', 'envctl show-config --json'],
    });
  }
  return ask(options, model, await change.prompts());
}

/** True when the repository has an `.envctl`: the cheap question before `ensureConfigFile`. */
export function hasConfigFile(options: Pick<SaveContext, 'repositoryRoot' | 'env'>): boolean {
  return discoverConfigFile(options.repositoryRoot, options.env).exists;
}

/**
 * The model for a command that needs an `.envctl`: asks for one in a terminal when there is none. Throws
 * ENVCTL_E_CONFIG_MISSING when there is nobody to ask or they would rather not.
 */
export async function ensureConfigFile(options: SaveContext, dialogue: ConfigDialogue): Promise<ConfigModel> {
  const model = loadConfig(options);
  if (model.exists) return model;
  options.events?.emit('config.bootstrap.required', { ...factsOf(model), reason: dialogue.headless ? 'nobody to ask' : 'asked in the terminal' });
  if (dialogue.headless) requireConfigFile(model);
  const answer = await ask(options, model, await dialogue.prompts());
  if (!answer.saved) {
    options.events?.emit('config.bootstrap.cancelled', { ...factsOf(model), reason: answer.reason });
    throw new EnvctlError('ENVCTL_E_CONFIG_MISSING', `The set-up was cancelled; ${model.path} was not written.`, { hints: ['envctl config'], data: { path: model.path } });
  }
  options.events?.emit('config.bootstrap.saved', { ...factsOf(model), saved_path: answer.path });
  return loadConfig(options);
}

/** Where the configuration came from before anything was saved. */
function factsOf({ path, source, exists }: ConfigModel): EventFields {
  return { path, source, exists };
}

async function ask(options: SaveContext, model: ConfigModel, prompts: ConfigPrompts): Promise<ConfigChangeResult> {
  const assignments = await runConfigWizard(model, prompts);
  if (assignments === cancelled) {
    prompts.outro('Nothing was saved.');
    return { saved: false, reason: 'cancelled', path: model.path };
  }
  const result = await saveConfig({ ...options, assignments });
  prompts.outro(`Saved ${result.path}`);
  return result;
}
