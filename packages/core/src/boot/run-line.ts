/* The whole way of a line: the only place that prints errors and ends the process. */
import { isatty } from 'node:tty';
import type { EnvctlError } from '../contract/index.js';
import { formatJson } from '../fs/read-only.js';
import { closeInheritedDescriptors } from '../processes/read-only.js';
import { createRoutingTables, type CommandEntry, type CommandLine, type RoutingTables } from '../routing/index.js';
import { describeError, toEnvctlError } from './describe-error.js';
import type { DoorManifest } from './door-manifest.js';
import { explainLine } from './explain-line.js';
import { readFaultSeam } from './fault-seam.js';
import type { OpenedLine } from './front-door.js';
import { attachInvocation, isCommandExit, type Invocation, type RuntimeFactory } from './invocation.js';
import { renderCommandList } from './command-list.js';
import { renderOtherNames, renderTopicExamples, toHelpDocument } from './help-document.js';
import { helpTargetOf } from './help-target.js';
import { toFailureDocument, toResultDocument } from './json-document.js';
import { toCommandConfig } from './manifest-config.js';
import type { OclifHost } from './oclif-host.js';
import { guardOutput } from './output.js';
import { ownCommands } from './own-commands.js';
import { refuseUnsupportedPlatform } from './platform.js';
import { installSignals } from './signals.js';
import { type StandardStreams, toTerminalFacts } from './terminal-facts.js';

export interface LineOptions {
  readonly packageRoot: string;
  readonly argv: readonly string[];
  /** The line as the merged manifest explains it; with it a command of core needs nothing of oclif's plugins. */
  readonly opened: OpenedLine | undefined;
  /** Why the line is none, where the merged manifest can tell. */
  readonly refused: EnvctlError | undefined;
}

/** Who runs the command of a line, and what is known of the plugins. */
interface Prepared {
  readonly line: CommandLine;
  readonly manifest: DoorManifest;
  readonly tables: RoutingTables;
  /** What the command class is given as oclif's Config. */
  readonly config: object;
  /** Runs the line's own command. */
  readonly run: (entry: CommandEntry | undefined) => Promise<unknown>;
  /** Undefined when the line is a command of core and oclif was not asked. */
  readonly oclif: OclifHost | undefined;
}

/** Runs the line and ends the process with the command's exit code. Never rejects. */
export async function runLine(options: LineOptions): Promise<void> {
  const env = Object.freeze({ ...process.env });
  const asksForJson = options.argv.includes('--json');
  const output = guardOutput(process, asksForJson);
  const context: { commandId?: string; tables?: RoutingTables; original?: readonly string[]; json: boolean; outsider?: string | undefined; signal?: AbortSignal } = { json: asksForJson };
  const secrets = new Set<string>();
  let exitCode: number;
  try {
    refuseUnsupportedPlatform(process.platform);
    if (options.refused !== undefined) throw options.refused;
    const prepared = prepareOwn(options) ?? (await prepareThroughOclif(options, env, context, (warning) => output.stderr(`Warning: ${warning}\n`)));
    const { line, manifest, tables } = prepared;
    context.tables = tables;
    for (const { word, keeps, loses } of tables.clashes) {
      output.stderr(`Warning: ${word} is claimed twice: ${keeps} keeps it, ${loses} is reached by its other names. [ENVCTL_E_PLUGIN_CLASH]\n`);
    }
    if (prepared.oclif === undefined) for (const warning of manifest.setAside) output.stderr(`Warning: ${warning}\n`);
    context.commandId = line.id;
    context.original = line.original;
    context.json = line.foreign ? asksForJson : line.json;
    const isEnveloped = context.json && (line.foreign ? isPluginCommand(line.id) : true);
    if (!isEnveloped) output.release();
    const entry = tables.commands.get(line.id)?.entry;
    context.outsider = entry === undefined || manifest.plugins.some(({ name, origin }) => name === entry.plugin && origin === 'core') ? undefined : entry.plugin;
    exitCode = prepared.oclif !== undefined && (line.foreign || line.help) ? await runForeign(prepared.oclif, line, entry, manifest, tables) : await runOurs(prepared, entry);
  } catch (thrown) {
    exitCode = await report(thrown);
  }
  await output.flush();
  // A plugin's forgotten timer or socket must not keep the command from ending.
  process.exit(exitCode);

  async function runOurs({ line, manifest, config, run }: Prepared, entry: CommandEntry | undefined): Promise<number> {
    // What the caller left open must not live on in a service.
    closeInheritedDescriptors();
    const cancellation = installSignals(process, (text) => output.stderr(`${text}\n`), () => void endAtOnce());
    context.signal = cancellation.signal;
    const invocation: Invocation = {
      line, env, manifest,
      cwd: process.cwd(),
      terminal: toTerminalFacts(env, standardStreams()),
      startedAt: Date.now() - process.uptime() * 1000,
      signal: cancellation.signal,
      outputClosed: output.closed,
      seam: readFaultSeam(env),
      secrets,
      now: Date.now,
      stdout: output.stdout,
      stdoutReady: output.stdoutReady,
      stderr: output.stderr,
      claimStderr: output.claimStderr,
      undertakeCancellation: cancellation.undertake,
      createRuntime,
    };
    attachInvocation(config, invocation);
    const result = await run(entry);
    return isCommandExit(result) ? result.exitCode : 0;
  }

  /** Nobody holds anything that has to be undone. */
  async function endAtOnce(): Promise<void> {
    const code = await report(context.signal?.reason);
    await output.flush();
    process.exit(code);
  }

  async function runForeign(oclif: OclifHost, line: CommandLine, entry: CommandEntry | undefined, manifest: DoorManifest, tables: RoutingTables): Promise<number> {
    if (!asksForHelp(line)) return asksForJson && isPluginCommand(line.id) ? runPluginCommand(oclif, line, entry) : (await oclif.runForeign(line, entry)).exitCode;
    const asked = helpTargetOf(line, tables);
    if (asksForJson) output.stdout(formatJson(toResultDocument('help', 1, true, toHelpDocument(manifest, asked, oclif.pageOf))));
    else if (asked === undefined) output.stdout(renderCommandList(manifest, process.stdout.columns));
    else {
      await oclif.showHelp(asked);
      output.stdout(renderTopicExamples(manifest, asked, oclif.pageOf) + renderOtherNames(tables.commands.get(asked)?.entry));
    }
    return 0;
  }

  /** An oclif command of the topic `plugins` with --json: what it found or changed, in the envelope. */
  async function runPluginCommand(oclif: OclifHost, line: CommandLine, entry: CommandEntry | undefined): Promise<number> {
    const { readInstalledPlugins, toInspection, toPluginChanges, withoutJsonFlag } = await import('./plugin-document.js');
    const before = readInstalledPlugins(oclif.config.dataDir);
    const { exitCode, result } = await oclif.runForeign({ ...line, args: withoutJsonFlag(line.args) }, entry);
    const data = line.id === 'plugins:inspect' ? toInspection(result, oclif.manifest.plugins) : toPluginChanges(before, readInstalledPlugins(oclif.config.dataDir));
    output.stdout(formatJson(toResultDocument(line.id, 1, exitCode === 0, data)));
    return exitCode;
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

/** The line as it stands, when it is a command of core that the merged manifest explains without a doubt. */
function prepareOwn({ opened, packageRoot }: LineOptions): Prepared | undefined {
  if (opened === undefined) return undefined;
  const { line, manifest, tables, directories } = opened;
  if (line.foreign || line.help || tables.commands.get(line.id)?.entry.plugin !== '@envctl/core' || !Object.hasOwn(ownCommands, line.id)) return undefined;
  const config = toCommandConfig(manifest, packageRoot, directories.data);
  const run = async (): Promise<unknown> => {
    const { default: command } = (await ownCommands[line.id]?.()) ?? {};
    if (command === undefined) throw new Error(`core has no command ${line.id}`);
    command.id = line.id;
    return command.run([...line.args], config as never);
  };
  return { line, manifest, tables, config, run, oclif: undefined };
}

async function prepareThroughOclif({ packageRoot, argv }: LineOptions, env: Readonly<Record<string, string | undefined>>, context: { tables?: RoutingTables }, warn: (warning: string) => void): Promise<Prepared> {
  const { loadOclif } = await import('./oclif-host.js');
  const oclif = await loadOclif({ packageRoot, env, warn });
  const { manifest, config } = oclif;
  const tables = createRoutingTables(manifest.commands);
  context.tables = tables;
  const line = await explainLine(argv, tables, manifest);
  return { line, manifest, tables, config, run: (entry) => oclif.run(line, entry), oclif };
}

/** Imported when it is asked for: the facade is the heaviest part, and inspection of the argv never needs it. */
const createRuntime: RuntimeFactory = async (request) => (await import('../runtime/index.js')).createRuntime(request);

function standardStreams(): StandardStreams {
  const stdout = isatty(1);
  const stderr = isatty(2);
  return { stdin: isatty(0), stdout, stderr, columns: stdout ? process.stdout.columns : stderr ? process.stderr.columns : undefined, screenLines: stderr ? process.stderr.rows : undefined };
}

/** An oclif command whose answer has our envelope all the same. */
function isPluginCommand(id: string): boolean {
  return id.startsWith('plugins:');
}

/** Also of an oclif command, whose words are its own: only --help is everybody's, and -h that of `plugins`. */
function asksForHelp({ id, help, args }: CommandLine): boolean {
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return id === 'help' || help || own.includes('--help') || (isPluginCommand(id) && own.includes('-h'));
}

function isExit(thrown: unknown): thrown is { oclif: { exit: number } } {
  return thrown instanceof Error && (thrown as { code?: unknown }).code === 'EEXIT' && typeof (thrown as { oclif?: { exit?: unknown } }).oclif?.exit === 'number';
}

function stackOf(error: EnvctlError, thrown: unknown): string {
  const source = error.cause ?? thrown;
  return source instanceof Error ? `${source.stack ?? source.message}\n` : '';
}
