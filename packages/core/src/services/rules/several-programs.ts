import path from 'node:path';
import { quoteForShell, splitShellWords } from '../../processes/read-only.js';
import type { AppDirectory } from '../detection-rules.js';
import { detectPackageManager, packageRunner, runScriptCommand } from '../package-manager.js';
import { frameworkOf, frameworkScripts, startsOthers, withoutOptions } from './framework-call.js';
import { readPackage, type PackageFacts } from './package-json.js';
import { lastCommandOf } from './script-command.js';

/** A script that starts several programs, or those of other directories, is no service: what is told instead. */
export interface SeveralPrograms {
  readonly command: undefined;
  readonly problems: readonly [];
  readonly notes: readonly string[];
}

/** One of the programs, as the script has it. */
interface Part {
  readonly text: string;
  /** The script that has it for its text. */
  readonly script?: string;
}

/** What of such a script would be `app.service`, with the command that configures it; undefined when there is no such script, or nothing of it is. */
export function severalPrograms(app: AppDirectory): SeveralPrograms | undefined {
  const facts = readPackage(app);
  const name = facts === undefined ? undefined : frameworkScripts.find((candidate) => facts.scripts[candidate] !== undefined && startsOthers(facts.scripts[candidate]));
  // Of a workspace its packages say more.
  if (facts === undefined || name === undefined || facts.isWorkspaceRoot) return undefined;
  const parts = partsOf(facts, { text: facts.scripts[name]!, script: name });
  const settings = parts.flatMap((part) => settingFor(app, facts, part) ?? []);
  const of = settings.find(({ service }) => service === app.service);
  const begin = `${facts.file}: the script ${name} (${facts.scripts[name]!}) starts other programs, and envctl starts each by itself`;
  if (of !== undefined) return { command: undefined, problems: [], notes: [`${begin}. The ${app.service}: envctl config --set ${of.setting}`] };
  const known = settings.length > 0;
  return known ? undefined : { command: undefined, problems: [], notes: [`${begin}. Say how the ${app.service} is started: envctl config --set ENVCTL_${app.service.toUpperCase()}_START_CMD='<command>'`] };
}

/** True when a script starts a development server beside others, which gets no port so. */
export function hidesFramework(facts: PackageFacts, name: string): boolean {
  return partsOf(facts, { text: facts.scripts[name]!, script: name }).some((part) => takesArguments(facts, part));
}

/** True when the script starts one server of this package and helpers, none of which has to be told a port. */
export function isOneServer(facts: PackageFacts, name: string): boolean {
  const parts = partsOf(facts, { text: facts.scripts[name]!, script: name });
  return parts.filter(isServerOf).length === 1 && parts.every((part) => directoryIn(part.text) === undefined && !startsOthers(part.text) && !takesArguments(facts, part));
}

function takesArguments(facts: PackageFacts, { text }: Part): boolean {
  const call = lastCommandOf(text);
  const framework = call === undefined ? undefined : frameworkOf(call, facts);
  return framework !== undefined && framework.beside !== true && framework.args.length > 0;
}

/** The programs of `concurrently`, `npm-run-all`, `run-p` and `run-s`, scripts followed; else the script itself. */
function partsOf(facts: PackageFacts, whole: Part, depth = 0): readonly Part[] {
  const words = splitShellWords(whole.text);
  const at = words.ok ? words.words.findIndex((word) => /^(?:concurrently|conc|npm-run-all|run-p|run-s)$/.test(word)) : -1;
  if (!words.ok || at === -1) return [whole];
  const isShorthand = /^(?:concurrently|conc)$/.test(words.words[at]!);
  const named = argumentsOf(words.words.slice(at + 1)).flatMap((word): readonly Part[] => {
    const script = isShorthand ? /^(?:npm|yarn|pnpm|bun):(\S+)$/.exec(word)?.[1] : word;
    if (script === undefined) return [followed(facts, { text: word })];
    const pattern = new RegExp(`^${script.split('*').map((part) => part.replace(/[^\w]/g, '\\$&')).join('[^:]*')}$`);
    return Object.keys(facts.scripts).filter((candidate) => pattern.test(candidate)).map((candidate) => followed(facts, { text: facts.scripts[candidate]!, script: candidate }));
  });
  return depth > 2 ? named : named.flatMap((part) => (part.text === whole.text ? [] : partsOf(facts, part, depth + 1)));
}

/** What is neither an option nor the value of one. */
function argumentsOf(words: readonly string[]): readonly string[] {
  const valued = new Set(['-n', '--names', '-c', '--prefix-colors', '-p', '--prefix', '-l', '--prefix-length', '-s', '--success', '-m', '--max-processes', '--restart-tries', '--restart-after', '--kill-signal', '-i', '--default-input-target']);
  const takesValue = (word: string | undefined): boolean => word !== undefined && valued.has(word);
  return words.filter((word, index) => !word.startsWith('-') && !takesValue(words[index - 1]));
}

/** `npm run server` is the script of that name. */
function followed(facts: PackageFacts, part: Part): Part {
  const script = /^(?:npm run|npm|pnpm(?: run)?|yarn(?: run)?|bun run)\s+([\w:.-]+)$/.exec(part.text.trim())?.[1];
  const text = script === undefined ? undefined : facts.scripts[script];
  return text === undefined ? part : { text, script: script! };
}

function settingFor(app: AppDirectory, facts: PackageFacts, { text, script }: Part): { readonly service: 'backend' | 'frontend'; readonly setting: string } | undefined {
  const directory = directoryIn(text);
  if (directory !== undefined) return settingOfDirectory(app, directory);
  const call = lastCommandOf(text);
  if (call === undefined) return undefined;
  const framework = frameworkOf(call, facts);
  const manager = detectPackageManager(app);
  if (framework?.beside === true) return undefined;
  if (framework !== undefined) {
    const words = script === undefined ? [...packageRunner(manager), call.program, ...withoutOptions(call.args, framework.overrides), ...framework.args] : runScriptCommand(manager, script, framework.args);
    return { service: framework.inRoot, setting: toSetting(framework.inRoot, words.join(' ')) };
  }
  if (!isServerOf({ text })) return undefined;
  const words = script !== undefined ? runScriptCommand(manager, script, []).join(' ') : `${/^(?:node|bun|deno)\s/.test(text) ? '' : `${packageRunner(manager).join(' ')} `}${text.trim()}`;
  return { service: 'backend', setting: toSetting('backend', words) };
}

/** A file that is run, or a program that runs one again when it changes. */
export function isServerOf({ text }: Part): boolean {
  const call = lastCommandOf(text);
  return call !== undefined && (/\.[cm]?[jt]sx?$/.test(call.program) || ['tsx', 'ts-node', 'ts-node-dev', 'nodemon', 'nest'].includes(call.program));
}

/** The directory that a script changes to: `--prefix client`, `cd client && …`. */
function directoryIn(text: string): string | undefined {
  return (/(?:--prefix|--cwd|-C)[ =]([\w./-]+)/.exec(text) ?? /^cd\s+([\w./-]+)\s*(?:&&|;)/.exec(text.trim()))?.[1];
}

function settingOfDirectory(app: AppDirectory, directory: string): { readonly service: 'backend' | 'frontend'; readonly setting: string } | undefined {
  const place = path.resolve(app.directory, directory);
  const facts = readPackage({ ...app, directory: place });
  if (facts === undefined) return undefined;
  const framework = frameworkScripts.flatMap((name) => lastCommandOf(facts.scripts[name] ?? '') ?? []).map((call) => frameworkOf(call, facts)).find((found) => found !== undefined);
  const service = framework?.inRoot ?? 'backend';
  return { service, setting: `${service.toUpperCase()}_DIR=${quoteForShell(path.relative(app.projectRoot, place))}` };
}

function toSetting(service: string, command: string): string {
  return `ENVCTL_${service.toUpperCase()}_START_CMD=${quoteForShell(command)}`;
}
