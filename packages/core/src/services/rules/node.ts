import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { detectPackageManager, runScriptCommand, type PackageManager } from '../package-manager.js';
import { nodeFrameworks, type NodeFramework } from './node-frameworks.js';
import { findPackageProgram, installationProblems, readPackage, type PackageFacts } from './package-json.js';
import { lastCommandOf, programsOf, type LastCommand } from './script-command.js';

/** Rules for applications with a package.json, in the order in which they are tried. */
export const frameworkRules: readonly DetectionRule[] = nodeFrameworks.map((framework) => ({
  id: framework.id,
  services: ['backend', 'frontend'],
  inRoot: framework.inRoot,
  about: {
    name: framework.name,
    evidence: `a script of \`package.json\` runs ${framework.starts.map((word) => `\`${`${framework.programs[0]} ${word}`.trim()}\``).join(' or ')}${framework.dependsOn === undefined ? '' : `, and it depends on \`${framework.dependsOn.join('` or `')}\``}`,
    command: `\`${['<pm> run dev', ...(framework.args.length === 0 ? [] : ['--', ...framework.args])].join(' ')}\``,
    port: framework.args.length === 0 ? 'variable `PORT`' : `option \`${framework.args[0]}\``,
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

/** In the order in which they are asked for: a development server before a built one. */
const frameworkScripts = ['dev', 'start:dev', 'develop', 'serve', 'start'];
const serverScripts = ['dev', 'start:dev', 'start'];
/** What builds, checks or shows something, and never answers on a port that it is given. */
const noServers = new Set(['tsc', 'tsup', 'tsdown', 'rollup', 'esbuild', 'babel', 'unbuild', 'vitest', 'jest', 'mocha', 'eslint', 'prettier', 'storybook', 'electron', 'echo', 'exit', 'true']);

function matchFramework(app: AppDirectory, framework: NodeFramework): RuleMatch | undefined {
  const facts = readPackage(app);
  if (facts === undefined) return undefined;
  const script = findFrameworkScript(framework, facts);
  if (script === undefined || (app.isRoot && startsOthers(script.text))) return undefined;
  const manager = detectPackageManager(app);
  const { command, takesPort } = frameworkCommand(app, framework, manager, script);
  return toMatch({ app, facts, manager, script, rule: framework.id }, {
    command,
    portMode: takesPort ? 'flag' : 'env',
    env: framework.env ?? {},
    serverCode: framework.serverCode,
    program: framework.programs[0],
    notes: takesPort || framework.args.length === 0 ? [] : [`${facts.file}: the script ${script.name} leaves no place for ${framework.args[0]} after ${framework.programs[0]}; ${framework.name} gets its port in PORT alone.`],
  });
}

function matchScript(app: AppDirectory): RuleMatch | undefined {
  const facts = readPackage(app);
  if (facts === undefined || nodeFrameworks.some((framework) => findFrameworkScript(framework, facts) !== undefined)) return undefined;
  const name = serverScripts.find((candidate) => facts.scripts[candidate] !== undefined && mayServe(facts.scripts[candidate]));
  if (name === undefined) return undefined;
  const text = facts.scripts[name]!;
  // In the root, a script that starts other packages would start the same application twice.
  if (app.isRoot && (facts.isWorkspaceRoot || startsOthers(text))) return undefined;
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
  if (framework.dependsOn !== undefined && !framework.dependsOn.some((name) => facts.dependencies.has(name))) return undefined;
  const scripts = frameworkScripts.flatMap((name) => {
    const text = facts.scripts[name];
    return text === undefined ? [] : [followScript(facts, name, text)];
  });
  for (const { name, text } of scripts) {
    const call = lastCommandOf(text);
    if (call !== undefined && framework.programs.includes(call.program) && framework.starts.includes(subcommandOf(call))) return { name, text, call };
  }
  const inner = scripts.slice(0, 1).find(({ text }) => framework.starts.includes('') && programsOf(text).includes(framework.programs[0]!));
  return inner === undefined || lastCommandOf(inner.text)?.program === framework.programs[0] ? undefined : { ...inner, call: undefined };
}

/** `dev: npm run dev:web` is the script it names: the one command that leads on cannot be given options. */
function followScript(facts: PackageFacts, name: string, text: string): { readonly name: string; readonly text: string } {
  const named = /^(?:npm run|pnpm(?: run)?|yarn(?: run)?|bun run)\s+([\w:.-]+)$/.exec(text.trim())?.[1];
  const next = named === undefined || named === name ? undefined : facts.scripts[named];
  return next === undefined ? { name, text } : { name: named!, text: next };
}

function subcommandOf(call: LastCommand): string {
  const first = call.args[0] ?? '';
  return /^[-./]/.test(first) ? '' : first;
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

function withoutOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  return args.filter((word, index) => {
    if (options.includes(word.split('=')[0]!)) return false;
    const before = args[index - 1];
    return !(before !== undefined && options.includes(before) && !word.startsWith('-'));
  });
}

function mayServe(script: string): boolean {
  const call = lastCommandOf(script);
  return call === undefined || !noServers.has(call.program);
}

function startsOthers(script: string): boolean {
  return /\b(?:concurrently|turbo|nx|lerna|npm-run-all|run-p|run-s)\b|--workspaces?\b|--prefix\b|\bcd\s/.test(script);
}
