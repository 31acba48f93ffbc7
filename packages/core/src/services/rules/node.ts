import { quoteForShell } from '../../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { detectPackageManager, packageRunner, runScriptCommand, type PackageManager } from '../package-manager.js';
import { calls, frameworkScripts, mayBeOf, startsOthers, withoutOptions } from './framework-call.js';
import { nodeFrameworks, type NodeFramework } from './node-frameworks.js';
import { findPackageProgram, installationProblems, readPackage, type PackageFacts } from './package-json.js';
import { lastCommandOf, programsOf, type LastCommand } from './script-command.js';
import { hidesFramework, isOneServer, isServerOf } from './several-programs.js';

/** Rules for applications with a package.json, in the order in which they are tried. */
export const frameworkRules: readonly DetectionRule[] = nodeFrameworks.map((framework) => ({
  id: framework.id,
  services: ['backend', 'frontend'],
  inRoot: framework.inRoot,
  about: {
    name: framework.name,
    evidence: `a script of \`package.json\` runs ${callsOf(framework).join(' or ')}${framework.dependsOn === undefined ? '' : `, and it depends on \`${framework.dependsOn.join('` or `')}\``}`,
    command: `\`${['<pm> run dev', ...(framework.args.length === 0 ? [] : ['--', ...framework.args])].join(' ')}\``,
    port: framework.args.length === 0 ? 'variable `PORT`' : `option \`${framework.args[0]!.split('=')[0]}\``,
  },
  match: (app) => matchFramework(app, framework),
}));

/** Any other server that a script starts; it has to listen on PORT. */
export const scriptRule: DetectionRule = {
  id: 'package-script',
  services: ['backend', 'frontend'],
  inRoot: 'backend',
  about: {
    name: 'Express, Fastify and other servers of a script',
    evidence: '`package.json` has a script `dev`, `start:dev` or `start` that is no compiler, test or build',
    command: '`<pm> run dev`',
    port: 'variable `PORT`',
  },
  match: matchScript,
};

interface FoundScript {
  readonly name: string;
  readonly text: string;
  /** The call of the framework; undefined when other commands come after it. */
  readonly call: LastCommand | undefined;
}

const serverScripts = ['dev', 'start:dev', 'start'];
/** What builds, checks or shows something, and never answers on a port that it is given. */
const noServers = new Set(['tsc', 'tsup', 'tsdown', 'rollup', 'webpack', 'webpack-cli', 'rspack', 'parcel', 'eleventy', 'esbuild', 'babel', 'unbuild', 'vitest', 'jest', 'mocha', 'eslint', 'prettier', 'storybook', 'electron', 'echo', 'exit', 'true']);

function callsOf({ programs, starts, servesBy }: NodeFramework): readonly string[] {
  return programs.filter((program) => !program.endsWith('.js')).flatMap((program) => starts.map((word) => `\`${[program, word, servesBy ?? ''].filter((part) => part !== '').join(' ')}\``));
}

function matchFramework(app: AppDirectory, framework: NodeFramework): RuleMatch | undefined {
  const facts = readPackage(app);
  if (facts === undefined || (framework.beside === true && app.isRoot && facts.isWorkspaceRoot)) return undefined;
  const script = findFrameworkScript(framework, facts);
  if (script === undefined || (app.isRoot && startsOthers(script.text))) return undefined;
  const manager = detectPackageManager(app);
  const { command, takesPort } = frameworkCommand(app, framework, manager, script);
  return toMatch({ app, facts, manager, script, rule: framework.id }, {
    command,
    portMode: takesPort ? 'flag' : 'env',
    env: framework.env ?? {},
    serverCode: framework.serverCode,
    program: script.call === undefined || script.call.program.endsWith('.js') ? framework.programs[0] : script.call.program,
    notes: takesPort || framework.args.length === 0 ? [] : [`${facts.file}: the script ${script.name} leaves no place for ${framework.args[0]} after ${framework.programs[0]}; ${framework.name} gets its port in PORT alone. To give it the option: envctl config --set ENVCTL_${app.service.toUpperCase()}_START_CMD=${quoteForShell([...packageRunner(manager), framework.programs[0]!, ...framework.starts.slice(0, 1).filter((word) => word !== ''), ...framework.args].join(' '))}`],
  });
}

function matchScript(app: AppDirectory): RuleMatch | undefined {
  const facts = readPackage(app);
  if (facts === undefined || nodeFrameworks.some((framework) => findFrameworkScript(framework, facts) !== undefined)) return undefined;
  const name = serverScripts.find((candidate) => facts.scripts[candidate] !== undefined && mayServe(facts.scripts[candidate]));
  if (name === undefined) return undefined;
  const text = facts.scripts[name]!;
  // In the root, a script that starts other packages would start the same application twice.
  if ((app.isRoot && facts.isWorkspaceRoot) || (startsOthers(text) && (app.isRoot ? !isOneServer(facts, name) : hidesFramework(facts, name)))) return undefined;
  const manager = detectPackageManager(app);
  return toMatch({ app, facts, manager, script: { name, text }, rule: 'package-script' }, { command: runScriptCommand(manager, name, []), portMode: 'env', env: {}, serverCode: false, program: undefined, notes: [] });
}

interface Matched {
  readonly app: AppDirectory;
  readonly facts: PackageFacts;
  readonly manager: PackageManager;
  readonly script: { readonly name: string; readonly text: string };
  readonly rule: string;
}

interface ScriptCommand {
  readonly command: readonly [string, ...string[]];
  readonly portMode: 'flag' | 'env';
  readonly env: Readonly<Record<string, string>>;
  readonly serverCode: boolean;
  readonly program: string | undefined;
  readonly notes: readonly string[];
}

function toMatch({ app, facts, manager, script, rule }: Matched, { program, notes, serverCode, ...command }: ScriptCommand): RuleMatch {
  return {
    command: { type: app.service, ...command, cwd: app.directory, source: 'autodetected', rule, ...(serverCode ? { serverCode } : {}) },
    evidence: [
      { path: facts.file, text: `scripts.${script.name}: ${script.text}` },
      ...(manager.decidedBy === undefined ? [] : [{ path: manager.decidedBy, text: `package manager: ${manager.name}` }]),
    ],
    problems: installationProblems(app, facts, manager, program),
    notes: [...notes, ...(manager.instead === undefined ? [] : [`${facts.file}: ${manager.instead.askedBy} is for ${manager.instead.name}, which is not on PATH; npm is used instead.`])],
  };
}

/** The first script whose last command is the framework's server; else one that calls it before other commands. */
function findFrameworkScript(framework: NodeFramework, facts: PackageFacts): FoundScript | undefined {
  if (!mayBeOf(framework, facts) || (framework.beside === true && startsServer(facts))) return undefined;
  const scripts = frameworkScripts.flatMap((name) => {
    const text = facts.scripts[name];
    return text === undefined ? [] : [followScript(facts, name, text)];
  });
  for (const { name, text } of scripts) {
    const call = lastCommandOf(text);
    if (call !== undefined && calls(framework, call)) return { name, text, call };
  }
  // The end of the script is a script of its own, which hands no options on.
  const ending = scripts.find(({ text }) => {
    const call = lastCommandOf(facts.scripts[lastScriptOf(text) ?? ''] ?? '');
    return call !== undefined && calls(framework, call);
  });
  if (ending !== undefined) return { ...ending, call: undefined };
  const inner = scripts.slice(0, 1).find(({ text }) => framework.starts.includes('') && programsOf(text).includes(framework.programs[0]!));
  return inner === undefined || lastCommandOf(inner.text)?.program === framework.programs[0] ? undefined : { ...inner, call: undefined };
}

function startsServer({ scripts }: PackageFacts): boolean {
  return serverScripts.some((name) => scripts[name] !== undefined && isServerOf({ text: scripts[name] }));
}

/** `dev: npm run dev:web` is the script it names: the one command that leads on cannot be given options. */
function followScript(facts: PackageFacts, name: string, text: string): { readonly name: string; readonly text: string } {
  const named = /^(?:npm run|pnpm(?: run)?|yarn(?: run)?|bun run)\s+([\w:.-]+)$/.exec(text.trim())?.[1];
  const next = named === undefined || named === name ? undefined : facts.scripts[named];
  return next === undefined ? { name, text } : { name: named!, text: next };
}

/** `npm run db && npm run dev:web` ends with the script `dev:web`. */
function lastScriptOf(text: string): string | undefined {
  return /(?:npm run|pnpm(?: run)?|yarn(?: run)?|bun run)\s+([\w:.-]+)$/.exec(text.trim())?.[1];
}

/**
 * The script with the framework's arguments at its end. A script that says some of them itself, to a framework
 * that does not let the last one count, is called without the package manager, and without those.
 */
function frameworkCommand(app: AppDirectory, framework: NodeFramework, manager: PackageManager, script: FoundScript): { readonly command: readonly [string, ...string[]]; readonly takesPort: boolean } {
  const { call } = script;
  const plain = { command: runScriptCommand(manager, script.name, []), takesPort: false };
  if (call === undefined || framework.args.length === 0) return plain;
  const kept = withoutOptions(call.args, framework.overrides);
  if (framework.lastOptionWins || kept.length === call.args.length) return { command: runScriptCommand(manager, script.name, framework.args), takesPort: true };
  if (!call.isWhole || Object.keys(call.assignments).length > 0) return plain;
  const program = findPackageProgram(app, call.program) ?? `./node_modules/.bin/${call.program}`;
  return { command: [program, ...kept, ...framework.args], takesPort: true };
}

function mayServe(script: string): boolean {
  const call = lastCommandOf(script);
  return call === undefined || !noServers.has(call.program);
}
