import { statSync } from 'node:fs';
import path from 'node:path';
import type { Mode } from '../contract/index.js';
import type { Assignment } from './assignments.js';
import { toEffectiveConfig } from './effective.js';
import type { ConfigModel } from './model.js';
import { cancelled, type Cancelled, type Choice, type ConfigPrompts } from './prompts.js';
import { parseValue } from './values.js';

/** Answers so far, by managed key. */
type Answers = Map<string, string>;
type Preset = 'standard' | 'apps_only' | 'disabled';
const modes: readonly Mode[] = ['main', 'trees'];

/**
 * Asks for the managed settings, the simple way by presets or the advanced way one by one, and gives the
 * assignments to save. An existing file opens the advanced way. Writes nothing.
 */
export async function runConfigWizard(model: ConfigModel, prompts: ConfigPrompts): Promise<readonly Assignment[] | Cancelled> {
  const start = new Map(Object.entries(toEffectiveConfig(model).managed_keys));
  const answers: Answers = new Map(start);
  prompts.intro(`envctl configuration of ${model.repositoryRoot}`);
  if (model.legacyPath !== null) prompts.note(`Values of ${model.legacyPath} are the starting point.`, 'Older configuration');
  const way = model.exists ? 'advanced' : await prompts.select({ message: 'How do you want to set it up?', choices: ways, initial: 'simple' });
  if (way === cancelled) return cancelled;
  const steps = way === 'simple' ? [askDefaultMode, askPresets] : [askDefaultMode, askProfiles, askDirectories, askPorts];
  for (const step of steps) if ((await step(model, prompts, answers)) === cancelled) return cancelled;
  return review(model, prompts, start, answers);
}

type Step = (model: ConfigModel, prompts: ConfigPrompts, answers: Answers) => Promise<Cancelled | undefined>;

const ways: readonly Choice<'simple' | 'advanced'>[] = [
  { value: 'simple', label: 'Simple', hint: 'a preset for each mode' },
  { value: 'advanced', label: 'Advanced', hint: 'components, directories and ports' },
];

const askDefaultMode: Step = async (_model, prompts, answers) => {
  const mode = await prompts.select<Mode>({
    message: 'Which mode do commands mean that name none?',
    choices: [
      { value: 'main', label: 'main', hint: 'this checkout' },
      { value: 'trees', label: 'trees', hint: 'its worktrees' },
    ],
    initial: answers.get('ENVCTL_DEFAULT_MODE') === 'trees' ? 'trees' : 'main',
  });
  if (mode === cancelled) return cancelled;
  answers.set('ENVCTL_DEFAULT_MODE', mode);
  return undefined;
};

/** The dependencies of the preset `standard`, of those that are installed. */
const standardDependencies: Readonly<Record<Mode, readonly string[]>> = { main: ['postgres', 'redis'], trees: ['postgres', 'redis', 'n8n'] };

const askPresets: Step = async (model, prompts, answers) => {
  for (const mode of modes) {
    const standard = componentsOf(model, mode).filter((component) => !isDependency(component) || standardDependencies[mode].includes(component));
    const preset = await prompts.select<Preset>({
      message: `What runs in mode ${mode}?`,
      choices: [
        { value: 'standard', label: 'Standard', hint: standard.join(', ') },
        { value: 'apps_only', label: 'Applications only', hint: 'backend, frontend' },
        { value: 'disabled', label: 'Nothing' },
      ],
      initial: 'standard',
    });
    if (preset === cancelled) return cancelled;
    const chosen = preset === 'disabled' ? [] : preset === 'standard' ? standard : ['backend', 'frontend'];
    applyComponents(model, answers, mode, chosen);
  }
  return undefined;
};

const askProfiles: Step = async (model, prompts, answers) => {
  for (const mode of modes) {
    const components = componentsOf(model, mode);
    const chosen = await prompts.multiselect({
      message: `What runs in mode ${mode}? Nothing chosen: the mode is off.`,
      choices: components.map((component) => ({ value: component, label: labelOf(component) })),
      initial: answers.get(`${mode.toUpperCase()}_STARTUP_ENABLE`) === 'false' ? [] : components.filter((component) => answers.get(switchOf(model, mode, component)) === 'true'),
    });
    if (chosen === cancelled) return cancelled;
    applyComponents(model, answers, mode, chosen);
  }
  return undefined;
};

const askDirectories: Step = async (model, prompts, answers) => {
  for (const component of ['backend', 'frontend'] as const) {
    const key = `${component.toUpperCase()}_DIR`;
    if (!isEnabledSomewhere(model, answers, component)) continue;
    const directory = await prompts.text({
      message: `Directory of the ${component}`,
      initial: answers.get(key) ?? component,
      check: (answer) => (isDirectory(path.resolve(model.repositoryRoot, answer.trim())) && answer.trim() !== '' ? undefined : `There is no directory ${answer} in ${model.repositoryRoot}.`),
    });
    if (directory === cancelled) return cancelled;
    answers.set(key, directory.trim());
  }
  return undefined;
};

const askPorts: Step = async (model, prompts, answers) => {
  for (const key of model.keys.filter((candidate) => candidate.managed && candidate.section === 'ports' && candidate.components !== undefined)) {
    if (key.components?.some((component) => isEnabledSomewhere(model, answers, component)) !== true) continue;
    const port = await prompts.text({
      message: key.description,
      initial: answers.get(key.key) ?? key.default ?? '',
      check: (answer) => {
        const parsed = parseValue(key, answer.trim(), { repositoryRoot: model.repositoryRoot, home: '/' });
        return parsed.ok ? undefined : `Expected ${parsed.expected}.`;
      },
    });
    if (port === cancelled) return cancelled;
    answers.set(key.key, port.trim());
  }
  return undefined;
};

async function review(model: ConfigModel, prompts: ConfigPrompts, start: ReadonlyMap<string, string>, answers: Answers): Promise<readonly Assignment[] | Cancelled> {
  const changes = [...answers].filter(([key, value]) => start.get(key) !== value).map(([key, value]) => ({ key, value }));
  prompts.note(changes.map(({ key, value }) => `${key}=${value}`).join('\n') || 'Everything stays as it is.', 'Changes');
  const agreed = await prompts.confirm({ message: `Save to ${model.path}?`, initial: true });
  if (agreed === cancelled || !agreed) return cancelled;
  return changes;
}

function applyComponents(model: ConfigModel, answers: Answers, mode: Mode, chosen: readonly string[]): void {
  answers.set(`${mode.toUpperCase()}_STARTUP_ENABLE`, String(chosen.length > 0));
  // A mode that is off keeps its components, so that switching it on again brings them back.
  if (chosen.length === 0) return;
  for (const component of componentsOf(model, mode)) answers.set(switchOf(model, mode, component), String(chosen.includes(component)));
}

function componentsOf(model: ConfigModel, mode: Mode): string[] {
  return ['backend', 'frontend', ...Object.keys(model.profile(mode).dependencies)];
}

function switchOf(model: ConfigModel, mode: Mode, component: string): string {
  return model.keys.find((key) => key.managed && key.enables?.component === component && key.enables.modes.includes(mode))?.key ?? '';
}

function isEnabledSomewhere(model: ConfigModel, answers: Answers, component: string): boolean {
  return modes.some((mode) => answers.get(`${mode.toUpperCase()}_STARTUP_ENABLE`) === 'true' && answers.get(switchOf(model, mode, component)) === 'true');
}

function isDependency(component: string): boolean {
  return component !== 'backend' && component !== 'frontend';
}

function labelOf(component: string): string {
  return isDependency(component) ? `${component} (dependency)` : component;
}

function isDirectory(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isDirectory() === true;
}
