/* The whole way: oclif's plugins, one command, and the only place that prints errors and ends the process. */
import { isatty } from 'node:tty';
import type { HelpOptions } from '@oclif/core/interfaces';
import type { Config } from '@oclif/core/config';
import type { EnvctlError } from '../contract/index.js';
import { createRoutingTables, normaliseArgv, type CommandLine, type RoutingTables } from '../routing/index.js';
import { describeError, toEnvctlError } from './describe-error.js';
import { cacheDoorManifest, oclifDirectories, pluginSetKey, toDoorManifest, type DoorManifest } from './door-manifest.js';
import { readFaultSeam } from './fault-seam.js';
import { attachInvocation, isCommandExit, type Invocation, type RuntimeFactory, type TerminalFacts } from './invocation.js';
import { printJson, toFailureDocument } from './json-document.js';
import { guardOutput } from './output.js';
import { refuseUnsupportedPlatform } from './platform.js';
import { installSignals } from './signals.js';

export interface OclifRunOptions {
  readonly packageRoot: string;
  readonly argv: readonly string[];
}

/** Runs the line and ends the process with the command's exit code. Never rejects. */
export async function runThroughOclif(options: OclifRunOptions): Promise<void> {
  const env = Object.freeze({ ...process.env });
  const asksForJson = options.argv.includes('--json');
  const output = guardOutput(process, asksForJson);
  const context: { commandId?: string; tables?: RoutingTables; json: boolean; foreign?: boolean; signal?: AbortSignal } = { json: asksForJson };
  let exitCode: number;
  try {
    refuseUnsupportedPlatform(process.platform);
    const config = await loadConfig(options.packageRoot);
    const manifest = mergeManifest(config, env);
    const tables = createRoutingTables(manifest.commands);
    context.tables = tables;
    const line = normaliseArgv(options.argv, tables);
    context.commandId = line.id;
    context.foreign = line.foreign;
    context.json = line.foreign ? asksForJson : line.json;
    if (!context.json || line.foreign) output.release();
    exitCode = line.foreign || line.help ? await runForeign(config, line) : await runOurs(config, line, manifest);
  } catch (thrown) {
    exitCode = report(thrown);
  }
  await output.flush();
  // A plugin's forgotten timer or socket must not keep the command from ending.
  process.exit(exitCode);

  async function runOurs(oclif: Config, line: CommandLine, manifest: DoorManifest): Promise<number> {
    const cancellation = installSignals(process, (text) => output.stderr(`${text}\n`), () => void endAtOnce());
    context.signal = cancellation.signal;
    const invocation: Invocation = {
      line, env, manifest,
      cwd: process.cwd(),
      terminal: terminalFacts(env),
      startedAt: Date.now() - process.uptime() * 1000,
      signal: cancellation.signal,
      outputClosed: output.closed,
      seam: readFaultSeam(env),
      now: Date.now,
      stdout: output.stdout,
      stderr: output.stderr,
      undertakeCancellation: cancellation.undertake,
      createRuntime,
    };
    attachInvocation(oclif, invocation);
    const result: unknown = await oclif.runCommand(line.id, [...line.args]);
    return isCommandExit(result) ? result.exitCode : 0;
  }

  /** Nobody holds anything that has to be undone. */
  async function endAtOnce(): Promise<void> {
    const code = report(context.signal?.reason);
    await output.flush();
    process.exit(code);
  }

  function report(thrown: unknown): number {
    if (isExit(thrown)) return thrown.oclif.exit;
    const error = toEnvctlError(thrown, context);
    if (context.json) output.stdout(printJson(toFailureDocument(context.commandId, error)));
    output.stderr(describeError(error));
    if (env['ENVCTL_DEBUG'] === '1') output.stderr(stackOf(error, thrown));
    return error.exitCode;
  }
}

async function loadConfig(packageRoot: string): Promise<Config> {
  const [{ Config: OclifConfig }, { settings }] = await Promise.all([import('@oclif/core/config'), import('@oclif/core/settings')]);
  // Else a shell with NODE_ENV=development makes oclif look for TypeScript sources.
  settings.enableAutoTranspile = false;
  return OclifConfig.load({ root: packageRoot });
}

async function runForeign(config: Config, line: CommandLine): Promise<number> {
  if (line.id === 'help' || line.help) {
    const { loadHelpClass } = await import('@oclif/core/help');
    const Help = await loadHelpClass(config);
    const options = (config.pjson.oclif.helpOptions ?? config.pjson.helpOptions) as Partial<HelpOptions> | undefined;
    const help = new Help(config, options);
    await help.showHelp(line.help ? [line.id] : [...line.args]);
    return 0;
  }
  await config.runHook('init', { argv: [...line.args], id: line.id });
  await config.runCommand(line.id, [...line.args]);
  return typeof process.exitCode === 'number' ? process.exitCode : 0;
}

/** The manifest of what was loaded; kept for the fast door when plugins beyond the bundled ones are there. */
function mergeManifest(config: Config, env: Readonly<Record<string, string | undefined>>): DoorManifest {
  const directories = oclifDirectories(env, process.platform);
  const host = { version: config.version, root: config.root };
  const key = directories === undefined ? undefined : pluginSetKey(directories, host);
  const manifest = toDoorManifest(config.getPluginsList(), { version: config.version, key: key ?? '' });
  if (directories !== undefined && key !== undefined && key !== '') cacheDoorManifest(directories, manifest, process.pid);
  return manifest;
}

const createRuntime: RuntimeFactory = async (request) => {
  // Resolved at run time: the facade is the heaviest part and most commands of other rooms never need it.
  const specifier = new URL('../runtime/index.js', import.meta.url).href;
  const facade = (await import(specifier)) as { createRuntime: RuntimeFactory };
  return facade.createRuntime(request);
};

function terminalFacts(env: Readonly<Record<string, string | undefined>>): TerminalFacts {
  const stdout = isatty(1);
  const stderr = isatty(2);
  const columns = stdout ? process.stdout.columns : stderr ? process.stderr.columns : undefined;
  return { stdin: isatty(0), stdout, stderr, columns, colour: (stdout || stderr) && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' };
}

function isExit(thrown: unknown): thrown is { oclif: { exit: number } } {
  return thrown instanceof Error && (thrown as { code?: unknown }).code === 'EEXIT' && typeof (thrown as { oclif?: { exit?: unknown } }).oclif?.exit === 'number';
}

function stackOf(error: EnvctlError, thrown: unknown): string {
  const source = error.cause ?? thrown;
  return source instanceof Error ? `${source.stack ?? source.message}\n` : '';
}
