/* The way in: the fast door when it understands everything, else oclif. Loads as little as it can. */
import { isEnvctlError, type EnvctlError } from '../contract/index.js';
import { formatJson } from '../fs/read-only.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRoutingTables, routeOfLine, type CommandLine, type RoutingTables } from '../routing/index.js';
import { readAnyDoorManifest, readDoorManifest, type DoorManifest } from './door-manifest.js';
import { explainLine } from './explain-line.js';
import { hotCommands } from './hot-commands.js';
import { toResultDocument } from './json-document.js';
import { oclifDirectories, type OclifDirectories } from './oclif-directories.js';
import { writeOut } from './write-out.js';

export interface FrontDoorOptions {
  /** Root directory of the distribution package: its package.json is oclif's root. */
  readonly packageRoot: string;
  /** Words after the program's name. */
  readonly argv: readonly string[];
  /** Told the command's id before code of its own is loaded; not called for a line that is none. */
  readonly onCommand?: (id: string) => void;
}

/** A line the merged manifest explains. */
export interface OpenedLine {
  readonly line: CommandLine;
  readonly manifest: DoorManifest;
  readonly tables: RoutingTables;
  readonly directories: OclifDirectories;
}

/** Runs one command line in this process and sets its exit code. Never rejects. */
export async function runCli(options: FrontDoorOptions): Promise<void> {
  if (isResolveLine(options.argv)) return answerCompletion(options);
  const found = await open(options);
  const opened = found instanceof Error ? undefined : found;
  if (opened !== undefined) options.onCommand?.(opened.line.id);
  if (process.platform !== 'win32' && opened !== undefined && (await fastDoor(opened, options.packageRoot))) return;
  const { runLine } = await import('./run-line.js');
  await runLine({ ...options, opened, refused: found instanceof Error ? found : undefined });
}

async function fastDoor({ line, manifest, tables }: OpenedLine, packageRoot: string): Promise<boolean> {
  const answer = Object.hasOwn(hotCommands, line.id) ? hotCommands[line.id] : undefined;
  if (answer === undefined || line.foreign || line.help) return false;
  const command = tables.commands.get(line.id);
  const route = command === undefined ? undefined : routeOfLine(line, command);
  if (route === undefined) return false;
  try {
    const result = await answer({ route, env: { ...process.env }, cwd: process.cwd(), manifest, packageRoot, now: Date.now });
    if (result === undefined) return false;
    writeOut('stderr', (result.warnings ?? []).map((warning) => `${warning}\n`).join(''));
    writeOut('stdout', route.json ? formatJson(toResultDocument(line.id, 1, result.exitCode === 0, result.json)) : result.text);
    process.exitCode = result.exitCode;
    return true;
  } catch {
    // Whatever went wrong, the other door does it again with the error boundary around it: hot commands only read.
    return false;
  }
}

/** Never through the other door: a shell that waits for candidates is not told of errors, and no manifest is merged for it. */
async function answerCompletion({ packageRoot, argv }: FrontDoorOptions): Promise<void> {
  const { answerShell } = await import('./completion.js');
  const directories = oclifDirectories(process.env, process.platform);
  const shipped = join(packageRoot, 'dist/door.json');
  const host = { version: readVersion(packageRoot), root: packageRoot };
  const manifest = (directories === undefined ? undefined : readDoorManifest(shipped, directories, host)) ?? readAnyDoorManifest(shipped, directories, host);
  writeOut('stdout', answerShell(argv, { env: { ...process.env }, cwd: process.cwd(), manifest }));
}

/** A line that a shell's completion script wrote. */
function isResolveLine([command, word, dashes]: readonly string[]): boolean {
  return command === 'completion' && word === 'resolve' && dashes === '--';
}

/** The line, or why it is none; undefined when the merged manifest does not stand for the plugins that are there. */
async function open(options: FrontDoorOptions): Promise<OpenedLine | EnvctlError | undefined> {
  const directories = oclifDirectories(process.env, process.platform);
  if (directories === undefined) return undefined;
  const host = { version: readVersion(options.packageRoot), root: options.packageRoot };
  const manifest = readDoorManifest(join(options.packageRoot, 'dist/door.json'), directories, host);
  if (manifest === undefined) return undefined;
  try {
    const tables = createRoutingTables(manifest.commands);
    return { line: await explainLine(options.argv, tables, manifest), manifest, tables, directories };
  } catch (error) {
    // A word of a command that was left out: the long way tells why.
    return isEnvctlError(error) && manifest.setAside.length === 0 ? error : undefined;
  }
}

function readVersion(packageRoot: string): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;
}
