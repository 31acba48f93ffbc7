/* What the product does with each item of the original's inventory, found out by running it. */
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Finished } from '../packaging/run.js';
import { runOrThrow } from '../packaging/run.js';
import { createWorld, type CallOptions, type World } from '../e2e/world.js';
import { atOnce, contracts, type Observation } from './observation.js';

export interface Original {
  readonly commands: readonly {
    readonly command: string;
    readonly aliases: readonly string[];
    readonly family: string;
    readonly statePolicy: string;
    readonly worksWithoutConfiguration: boolean;
    readonly json: boolean;
    readonly exitCodes: readonly number[];
  }[];
  readonly modeTokens: Readonly<Record<'main' | 'trees', readonly string[]>>;
  readonly booleanFlags: readonly Flag[];
  readonly specialFlags: readonly (Flag & { readonly value: boolean })[];
  readonly valueFlags: readonly Flag[];
  readonly pairFlags: readonly Flag[];
  readonly assignments: readonly { readonly key: string; readonly kind: 'value' | 'boolean' | 'true-or-false' | 'only-true' }[];
  readonly launcherWords: readonly string[];
  readonly keys: readonly { readonly key: string; readonly default: string | null; readonly managed: boolean; readonly places: readonly ('environment' | 'file')[] }[];
  readonly artifacts: readonly { readonly name: string; readonly latest: boolean; readonly perRun: boolean; readonly fields?: readonly string[] }[];
  /** `fields`: `a.b` of an object, `a[]` each entry of a list, `*` each value of a map. */
  readonly documents: readonly { readonly command: string; readonly situation: string; readonly fields: readonly string[] }[];
  readonly texts: readonly { readonly situation: string; readonly begins: string; readonly exitCode: number }[];
}

interface Flag {
  readonly flag: string;
  readonly tokens: readonly string[];
}

interface CommandRow {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly envctl: { readonly family: string; readonly bootstrap: string; readonly statePolicy: string; readonly assignments?: object; readonly flagTokens?: object } | null;
  readonly flags: readonly { readonly name: string; readonly char?: string; readonly aliases: readonly string[]; readonly allowNo: boolean }[];
}

const { commands, global_flags: globalFlags } = contracts('commands.json') as { commands: readonly CommandRow[]; global_flags: CommandRow['flags'] };

/** What one call says of a word, an option or an assignment. */
function verdict({ code, stdout }: Finished): string {
  const document = JSON.parse(stdout) as { readonly ok: boolean; readonly code?: string; readonly package?: string; readonly command?: string | null };
  if (document.package !== undefined) return `comes with ${document.package}`;
  if (document.code === 'ENVCTL_E_ARGV_UNKNOWN_OPTION' || document.code === 'ENVCTL_E_ARGV_UNKNOWN_COMMAND') return 'unknown';
  return code === 0 ? `reaches ${document.command ?? 'help'}` : `ends with ${document.code ?? String(code)}`;
}

/** Words and tokens of commands, and the launcher's own. */
export async function observeWords(world: World, original: Original): Promise<readonly Observation[]> {
  const words = original.commands.flatMap(({ command, aliases }) => aliases.map((word) => ({ command, word })));
  const commandWords = await atOnce(words, async ({ command, word }) => {
    const isHelp = command === 'help';
    return { item: `word ${word}`, original: `reaches ${command}`, found: verdict(await world.envctl([word, ...(isHelp ? [] : ['--help']), '--json'])) };
  });
  const launcher = await atOnce(original.launcherWords, async (word) => {
    const found = verdict(await world.envctl([word, ...(word.startsWith('-') ? [] : ['--help']), '--json']));
    return { item: `launcher word ${word}`, original: `reaches ${word.startsWith('-') ? 'help' : word}`, found };
  });
  return [...commandWords, ...launcher];
}

export async function observeModes(world: World, original: Original): Promise<readonly Observation[]> {
  const tokens = (['main', 'trees'] as const).flatMap((mode) => original.modeTokens[mode].map((token) => ({ mode, token })));
  return atOnce(tokens, async ({ mode, token }) => {
    const { mode: found } = JSON.parse((await world.envctl(['show-state', token, '--json'])).stdout) as { readonly mode?: string };
    return { item: `mode ${token}`, original: mode, found: found ?? 'no mode' };
  });
}

/**
 * Every option and assignment. Those that the product's own list names are tried all at once beside one of their commands; the
 * others alone, so that each says why it is not there.
 */
export async function observeOptions(world: World, original: Original): Promise<readonly Observation[]> {
  const options = [
    ...[...original.booleanFlags, ...original.specialFlags].flatMap(({ tokens }) => tokens.map((token) => ({ item: `flag ${token}`, words: [token], name: token }))),
    ...original.valueFlags.flatMap(({ flag, tokens }) => tokens.map((token) => ({ item: `flag ${token}`, words: [`${token}=${valueFor(flag, world)}`], name: token }))),
    ...original.pairFlags.flatMap(({ tokens }) => tokens.map((token) => ({ item: `flag ${token}`, words: [token, 'feature', '2'], name: token }))),
    ...original.assignments.flatMap(({ key, kind }) =>
      [key, key.toLowerCase().replaceAll('_', '-')].map((name) => ({ item: `assignment ${name}`, words: [`${name}=${kind === 'value' ? '2' : 'true'}`], name: key })),
    ),
  ];
  const alone = options.filter(({ name }) => ownerOf(name) === undefined);
  const owners = [...new Set(options.map(({ name }) => ownerOf(name)).filter((owner) => owner !== undefined))];
  const found = new Map<string, string>();
  await atOnce(owners, async (owner) => {
    const mine = options.filter(({ name }) => ownerOf(name) === owner);
    const together = await world.envctl([owner, ...mine.flatMap(({ words }) => words), '--help', '--json']);
    for (const { item } of mine) if (together.code === 0) found.set(item, 'accepted');
    if (together.code !== 0) await atOnce(mine, async ({ item, words }) => found.set(item, accepted(verdict(await world.envctl([owner, ...words, '--help', '--json'])))));
  });
  await atOnce(alone, async ({ item, words }) => found.set(item, accepted(verdict(await world.envctl(['start', ...words, '--help', '--json'])))));
  return options.map(({ item }) => ({ item, original: 'accepted', found: found.get(item) ?? 'not tried' }));
}

function accepted(found: string): string {
  return found.startsWith('reaches') ? 'accepted' : found;
}

/** A value that any command takes for the flag. */
function valueFor(flag: string, world: World): string {
  if (flag === 'repo') return world.repository;
  if (flag === 'command') return 'start';
  return /_(?:tail|duration|max)$|^timeout$/.test(flag) ? '2' : 'x';
}

/** A command whose own list has the option or assignment; undefined when none has. */
function ownerOf(name: string): string | undefined {
  if (globalFlags.some((flag) => spellings(flag).includes(name)) || name === '--command' || name === '--action') return 'start';
  return commands.find(({ flags, envctl }) => flags.some((flag) => spellings(flag).includes(name)) || Object.hasOwn(envctl?.assignments ?? {}, name) || Object.hasOwn(envctl?.flagTokens ?? {}, name))?.id;
}

function spellings({ name, char, aliases, allowNo }: CommandRow['flags'][number]): readonly string[] {
  return [`--${name}`, ...(char === undefined ? [] : [`-${char}`]), ...aliases.map((alias) => `--${alias}`), ...(allowNo ? [`--no-${name}`] : [])];
}

/** Families, state policies, JSON and life without a configuration, of the commands that are here. */
export async function observeCommands(world: World, original: Original): Promise<readonly Observation[]> {
  const unconfigured = await unconfiguredRepository(world, 'commands');
  const here = original.commands.filter(({ command }) => commands.some(({ id, envctl }) => id === command && envctl !== null));
  const rows = await atOnce(here, async ({ command, family, statePolicy, worksWithoutConfiguration, json }) => {
    const own = commands.find(({ id }) => id === command)!.envctl!;
    const { stdout } = await world.envctl([command, '--json', ...(command === 'config' ? ['--set', 'BACKEND_DIR='] : [])], { cwd: unconfigured });
    const answer = JSON.parse(stdout === '' ? '{}' : stdout) as { readonly contract_version?: string; readonly code?: string };
    return [
      { item: `family ${command}`, original: family, found: own.family },
      { item: `state policy ${command}`, original: statePolicy, found: own.statePolicy },
      { item: `json ${command}`, original: json ? 'a document' : 'none', found: answer.contract_version === undefined ? 'none' : 'a document' },
      { item: `unconfigured ${command}`, original: worksWithoutConfiguration ? 'works' : 'refused', found: answer.code === 'ENVCTL_E_CONFIG_MISSING' ? 'refused' : 'works' },
    ];
  });
  return rows.flat();
}

/**
 * The exit code of each command in each situation, and which of its codes came about. Commands that only look are run all at
 * once; those that start and stop one after the other, as they share one repository.
 */
export async function observeExitCodes(world: World, original: Original): Promise<readonly Observation[]> {
  const unconfigured = await unconfiguredRepository(world, 'codes');
  const here = original.commands.filter(({ command }) => commands.some(({ id, envctl }) => id === command && envctl !== null) || command === 'help');
  const words = (command: string): readonly string[] => (command === 'config' ? ['config', '--set', 'REDIS_PORT=6379'] : command === 'help' || original.commands.some(({ aliases }) => aliases.includes(command)) ? [command] : [`--${command}`]);
  const isLooking = (command: string): boolean => ['direct_inspection', 'help'].includes(original.commands.find((one) => one.command === command)!.family) || ['logs', 'health', 'errors'].includes(command);
  const seen: { readonly command: string; readonly situation: string; readonly code: number | null }[] = [];
  const inSituation = async (situation: string, names: readonly string[], options: CallOptions): Promise<void> => {
    const call = async (command: string) => seen.push({ command, situation, code: (await world.envctl(words(command), options)).code });
    await atOnce(names.filter(isLooking), call);
    for (const command of names.filter((name) => !isLooking(name))) await call(command);
  };
  const all = here.map(({ command }) => command);
  await inSituation('where nothing is configured', all, { cwd: unconfigured });
  await inSituation('where runs are disabled', all, { env: { MAIN_STARTUP_ENABLE: 'false' } });
  await inSituation('where nothing runs', all.filter(isLooking), {});
  await inSituation('where it can be done', ['start'], {});
  await inSituation('where it can be done', [...all.filter(isLooking), 'restart', 'clear-logs', 'resume', 'stop', 'start', 'stop-all', 'start'], {});
  for (const wrong of [['stop', 'nothing'], ['config', '--set', 'REDIS_PORT=none']]) seen.push({ command: wrong[0]!, situation: 'asked wrongly', code: (await world.envctl(wrong)).code });
  await inSituation('where it can be done', ['blast-all'], {});
  const hooks = path.join(world.repository, '.envctl.sh');
  await writeFile(hooks, `envctl_setup_infrastructure() {\n  export ENVCTL_HOOK_JSON='{"skip_default_requirements":true}'\n}\n`);
  await inSituation('where it can be done', ['migrate-hooks'], {});
  await rm(hooks);
  await rm(path.join(world.repository, '.envctl.hooks.mjs'), { force: true });
  for (const command of ['start', 'restart']) seen.push({ command, situation: 'interrupted', code: (await interrupted(world, command)).code });
  await world.envctl(['blast-all']);
  return here.flatMap(({ command, exitCodes }) => {
    const mine = seen.filter((one) => one.command === command);
    const expected = exitCodes.join(' or ');
    const situations = [...new Set(mine.map(({ situation }) => situation))];
    return [
      ...situations.map((situation) => {
        const codes = mine.filter((one) => one.situation === situation).map(({ code }) => code);
        return { item: `exit code of ${command} ${situation}`, original: expected, found: codes.every((code) => code !== null && exitCodes.includes(code)) ? expected : codes.join(', ') };
      }),
      { item: `exit codes of ${command}`, original: exitCodes.join(' '), found: [...new Set(mine.map(({ code }) => String(code)))].sort().join(' ') },
    ];
  });
}

/** After a real start. */
export async function observeArtifacts(world: World, original: Original): Promise<readonly Observation[]> {
  const { run_id: run } = await world.succeed(['start']);
  const scope = world.files('state', 'engine', world.scopeId).filter((file) => !file.startsWith('runs/'));
  const runs = world.files('state', 'engine', world.scopeId, 'runs', run);
  await world.succeed(['stop-all']);
  const has = (files: readonly string[], name: string): string => (files.some((file) => matches(file, name)) ? 'written' : 'not written');
  return original.artifacts.flatMap(({ name, latest, perRun }) => [
    ...(latest ? [{ item: `latest artifact ${name}`, original: 'written', found: has(scope, name) }] : []),
    ...(perRun ? [{ item: `artifact of a run ${name}`, original: 'written', found: has(runs, name) }] : []),
  ]);
}

function matches(file: string, name: string): boolean {
  const pattern = name.replaceAll('.', '\\.').replace('<port>', '\\d+').replaceAll(/<\w+>/g, '[^/]+');
  return new RegExp(`^${pattern}(?:/|$)`).test(file);
}

/** Each text, by bringing its situation about. A situation that needs a package which is not here gives that package's error. */
export async function observeTexts(world: World, original: Original): Promise<readonly Observation[]> {
  const unconfigured = await unconfiguredRepository(world, 'texts');
  const call = (...words: readonly string[]) => (options?: CallOptions) => world.envctl(words, options);
  const provoke: Readonly<Record<string, () => Promise<Finished>>> = {
    'no repository': () => call('stop')({ cwd: world.directory }),
    'a --repo that is no repository': call('stop', '--repo', '/nowhere'),
    'an unknown option': call('stop', '--bogus'),
    'an unknown word': call('bogus'),
    'a missing value': call('stop', '--project'),
    'no configuration and no terminal': () => call('start')({ cwd: unconfigured }),
    'a missing program': () => call('start')({ env: { PATH: '/nowhere' } }),
    'a disabled mode': () => call('start')({ env: { MAIN_STARTUP_ENABLE: 'false' } }),
    'a mode without a component': () => call('start')({ env: { MAIN_BACKEND_ENABLE: 'false', MAIN_FRONTEND_ENABLE: 'false' } }),
    'local and remote services at once': call('start', '--main-services-local', '--main-services-remote'),
    'worktrees to choose and no terminal': call('start', '--trees'),
    'plans to choose and no terminal': call('plan'),
    'a plan that does not exist': call('plan', 'nosuch'),
    'no project for the mode': call('start', '--trees'),
    'no worktree selected': call('plan', 'nosuch'),
    'a failing start': () => call('start')({ env: { ENVCTL_BACKEND_START_CMD: 'false' } }),
    'no free port': () => withoutFreePort(world),
    'resume without a state': call('resume'),
    'resume without services': () => resumeWithoutServices(world),
    'stop without a state': call('stop'),
    'a state action without a state': call('health'),
    'a dashboard without a state': call('dashboard'),
    'delete-worktree --all without --yes': call('delete-worktree', '--all'),
    'an action that succeeds': call('test'),
    'an action that fails': call('test'),
    'a debug report before there is a bundle': call('debug-last'),
    'a debug pack of a run without a session': call('debug-pack', '--run-id', 'x'),
    'an interrupt': () => interrupted(world),
  };
  /** While something runs; the last one ends it. */
  const running: Readonly<Record<string, readonly string[]>> = {
    'logs without a target': ['logs'],
    'an unknown target': ['logs', 'bogus'],
    'stop without a match': ['stop', 'bogus'],
    resume: ['resume'],
    'stop of a selection': ['stop', 'backend'],
    stop: ['stop'],
  };
  const whileRunning = new Map<string, Finished>();
  await world.succeed(['start']);
  for (const [situation, words] of Object.entries(running)) whileRunning.set(situation, await world.envctl(words));
  const observations: Observation[] = [];
  // One after the other: they share one repository.
  for (const { situation, begins, exitCode } of original.texts) {
    const expected = `${exitCode} ${begins}`;
    const finished = whileRunning.get(situation) ?? (await provoke[situation]?.());
    if (finished === undefined) observations.push({ item: `text of ${situation}`, original: expected, found: 'cannot come about' });
    else observations.push({ item: `text of ${situation}`, original: expected, found: shortened(finished, begins) });
  }
  return observations;
}

/** Exit code and what was said first, as far as the original says it; else the first words. */
function shortened({ code, stdout, stderr }: Finished, begins: string): string {
  const said = [...stderr.split('\n'), ...stdout.split('\n')].map((line) => line.replace(/^Error: /, '')).filter((line) => line !== '');
  const line = said.find((one) => one.startsWith(begins)) ?? said.find((one) => !/^(?:Main|waiting|dependencies|\s)/.test(one)) ?? '';
  return `${code ?? 'none'} ${line.startsWith(begins) ? begins : line.replaceAll(/run-\S+/g, 'run-…').replaceAll(/\d{4,}|(?<=^starting )\d+/g, '…').slice(0, 70)}`;
}

/** The highest base there is, and somebody on it. */
async function withoutFreePort(world: World): Promise<Finished> {
  const stranger = createServer().on('error', () => undefined);
  await new Promise<void>((resolve) => stranger.once('error', () => resolve()).listen(65_000, '127.0.0.1', resolve));
  const finished = await world.envctl(['start', 'backend'], { env: { BACKEND_PORT_BASE: '65000' } });
  stranger.close();
  return finished;
}

async function resumeWithoutServices(world: World): Promise<Finished> {
  await world.succeed(['start']);
  const file = path.join(world.directory, 'state/engine', world.scopeId, 'run_state.json');
  const state = JSON.parse(readFileSync(file, 'utf8')) as object;
  await world.succeed(['stop-all']);
  await writeFile(file, JSON.stringify({ ...state, services: {}, requirements: {}, pointers: {} }));
  const finished = await world.envctl(['resume']);
  await world.succeed(['blast-all']);
  return finished;
}

async function interrupted(world: World, command = 'start'): Promise<Finished> {
  const started = world.spawn([command, ...(command === 'start' ? ['backend'] : [])], { env: { ENVCTL_BACKEND_START_CMD: 'sleep 1000' } });
  await started.said(/backend/);
  started.process.kill('SIGINT');
  return started.finished;
}

/** A new one for each: `config` configures it. */
export async function unconfiguredRepository(world: World, name: string): Promise<string> {
  const directory = path.join(world.directory, `unconfigured-${name}`);
  await mkdir(directory, { recursive: true });
  await runOrThrow('git', ['init', '-q', directory], { cwd: world.directory });
  return directory;
}

export function createInventoryWorld(): Promise<World> {
  return createWorld('inventory');
}
