/* The whole way: oclif's plugins, one command, and the only place that prints errors and ends the process. */
import { isatty } from 'node:tty';
import type { HelpOptions } from '@oclif/core/interfaces';
import type { Config } from '@oclif/core/config';
import { errorMessage, type EnvctlError } from '../contract/index.js';
import { formatJson } from '../fs/read-only.js';
import { closeInheritedDescriptors } from '../processes/read-only.js';
import { createRoutingTables, normaliseArgv, type CommandEntry, type CommandLine, type RoutingTables } from '../routing/index.js';
import { describeError, toEnvctlError } from './describe-error.js';
import { cacheDoorManifest, oclifDirectories, pluginSetKey, toDoorManifest, type DoorManifest } from './door-manifest.js';
import { readFaultSeam } from './fault-seam.js';
import { attachInvocation, isCommandExit, type Invocation, type RuntimeFactory, type TerminalFacts } from './invocation.js';
import { toHelpDocument } from './help-document.js';
import { toFailureDocument, toResultDocument } from './json-document.js';
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
  const context: { commandId?: string; tables?: RoutingTables; json: boolean; outsider?: string | undefined; signal?: AbortSignal } = { json: asksForJson };
  const secrets = new Set<string>();
  let exitCode: number;
  try {
    refuseUnsupportedPlatform(process.platform);
    const config = await loadConfig(options.packageRoot, (warning) => output.stderr(`Warning: ${warning}\n`));
    const manifest = mergeManifest(config, env);
    const tables = createRoutingTables(manifest.commands);
    context.tables = tables;
    for (const { word, keeps, loses } of tables.clashes) {
      output.stderr(`Warning: ${word} is claimed twice: ${keeps} keeps it, ${loses} is reached by its other names. [ENVCTL_E_PLUGIN_CLASH]\n`);
    }
    const line = normaliseArgv(options.argv, tables);
    context.commandId = line.id;
    context.json = line.foreign ? asksForJson : line.json;
    if (!context.json || line.foreign) output.release();
    const entry = tables.commands.get(line.id)?.entry;
    context.outsider = entry === undefined || manifest.plugins.some(({ name, origin }) => name === entry.plugin && origin === 'core') ? undefined : entry.plugin;
    exitCode = line.foreign || line.help ? await runForeign(config, line, entry, manifest) : await runOurs(config, line, entry, manifest);
  } catch (thrown) {
    exitCode = await report(thrown);
  }
  await output.flush();
  // A plugin's forgotten timer or socket must not keep the command from ending.
  process.exit(exitCode);

  async function runOurs(oclif: Config, line: CommandLine, entry: CommandEntry | undefined, manifest: DoorManifest): Promise<number> {
    // What the caller left open must not live on in a service.
    closeInheritedDescriptors();
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
      secrets,
      now: Date.now,
      stdout: output.stdout,
      stderr: output.stderr,
      claimStderr: output.claimStderr,
      undertakeCancellation: cancellation.undertake,
      createRuntime,
    };
    attachInvocation(oclif, invocation);
    const result: unknown = await runCommand(oclif, line, entry);
    return isCommandExit(result) ? result.exitCode : 0;
  }

  /** Nobody holds anything that has to be undone. */
  async function endAtOnce(): Promise<void> {
    const code = await report(context.signal?.reason);
    await output.flush();
    process.exit(code);
  }

  async function runForeign(oclif: Config, line: CommandLine, entry: CommandEntry | undefined, manifest: DoorManifest): Promise<number> {
    if ((line.id === 'help' || line.help) && asksForJson) {
      const asked = line.help ? line.id : line.args.filter((word) => !word.startsWith('-')).join(':');
      output.stdout(formatJson(toResultDocument('help', 1, true, toHelpDocument(manifest, asked === '' ? undefined : asked))));
      return 0;
    }
    return runForeignCommand(oclif, line, entry);
  }

  async function report(thrown: unknown): Promise<number> {
    if (isExit(thrown)) return thrown.oclif.exit;
    const error = toEnvctlError(thrown, context);
    const { createRedactor } = await import('../events/index.js');
    const redactor = createRedactor({ secrets: () => secrets, home: env['HOME'] ?? '' });
    if (context.json) output.stdout(formatJson(redactor.value(toFailureDocument(context.commandId, error))));
    output.stderr(redactor.text(describeError(error)));
    if (env['ENVCTL_DEBUG'] === '1') output.stderr(redactor.text(stackOf(error, thrown)));
    return error.exitCode;
  }
}

/** The command of the plugin our own order chose; oclif would let an installed plugin take the id of a bundled one. */
async function runCommand(config: Config, line: CommandLine, entry: CommandEntry | undefined): Promise<unknown> {
  const plugin = entry === undefined ? undefined : config.plugins.get(entry.plugin);
  const command = plugin?.commands.find((one) => one.id === line.id) ?? null;
  return config.runCommand(line.id, [...line.args], command);
}

/** oclif tells of plugins it could not load by process warnings, several lines with a stack: here each is one line. */
async function loadConfig(packageRoot: string, warn: (warning: string) => void): Promise<Config> {
  const { Config: OclifConfig, settings } = await import('./oclif.js');
  // Else a shell with NODE_ENV=development makes oclif look for TypeScript sources.
  settings.enableAutoTranspile = false;
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = ((warning: string | Error) => warn(errorMessage(warning)));
  try {
    return await OclifConfig.load({ root: packageRoot });
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function runForeignCommand(config: Config, line: CommandLine, entry: CommandEntry | undefined): Promise<number> {
  if (line.id === 'help' || line.help) {
    const { loadHelpClass } = await import('./oclif.js');
    const Help = await loadHelpClass(config);
    const options = (config.pjson.oclif.helpOptions ?? config.pjson.helpOptions) as Partial<HelpOptions> | undefined;
    const help = new Help(config, options);
    await help.showHelp(line.help ? [line.id] : [...line.args]);
    return 0;
  }
  await config.runHook('init', { argv: [...line.args], id: line.id });
  await runCommand(config, line, entry);
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

/** Imported when it is asked for: the facade is the heaviest part, and inspection of the argv never needs it. */
const createRuntime: RuntimeFactory = async (request) => (await import('../runtime/index.js')).createRuntime(request);

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
