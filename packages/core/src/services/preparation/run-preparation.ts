/** Installs the packages of a service as planned, one installation at a time in a directory, and remembers it outside the checkout. */
import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { ensureDirectory, writeJsonAtomic } from '../../fs/index.js';
import { EnvctlError, errorMessage, isEnvctlError } from '../../contract/index.js';
import { quoteForShell } from '../../processes/index.js';
import type { AcquireContext } from '../../resources/index.js';
import type { EngineContext } from '../../scope/index.js';
import { runServiceTask, taskEnvironment } from '../service-task.js';
import { decidePreparation, missingArtifact } from './decide-preparation.js';
import { hideInstalled } from './hide-installed.js';
import { installedEntries } from './installed-entries.js';
import { createPreparationFiles, type PreparationFiles } from './preparation-files.js';
import { fingerprint, preparationId, readRecord, recordPath, type PreparationRecord } from './preparation-record.js';
import type { PlannedPreparation } from './preparation.js';
import { isWhole, pythonDistributions } from './python-distributions.js';
import { jsonFault } from './read-json-object.js';
import { tellingLine } from './telling-line.js';

export type PreparationContext = AcquireContext & Pick<EngineContext, 'lock' | 'env'> & { readonly redaction: { readonly text: (text: string) => string } };

export interface PreparationRequest {
  readonly planned: PlannedPreparation;
  readonly project: string;
  /** What it is for, in messages and the name of its log. */
  readonly service: string;
  readonly runId: string | null;
  readonly logPath: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What was installed before does not count. */
  readonly refresh?: boolean;
}

export interface PreparationResult {
  /** False when nothing had to be done after all. */
  readonly ran: boolean;
  readonly reason: string;
}

/** Throws ENVCTL_E_SERVICE_PREPARATION with the telling line of the installer and the path of its log. */
export async function runPreparation(context: PreparationContext, request: PreparationRequest): Promise<PreparationResult> {
  const { planned, signal } = request;
  if (planned.action === 'skip') {
    if (!planned.recorded) await remember(context, planned, 'done');
    return { ran: false, reason: planned.reason };
  }
  const lock = context.lock(`prepare-${preparationId(planned)}`);
  // Whoever waits for another one's installation waits as long as that may take.
  return lock.hold(`prepare ${request.service}`, { timeoutMs: request.timeoutMs * Math.max(2, planned.commands.length + 1), signal }, async () => {
    const files = createPreparationFiles();
    const options = { files, recordsDirectory: context.paths.preparations, refresh: request.refresh === true };
    const { action, reason } = decidePreparation(planned, options);
    if (action === 'skip') {
      await remember(context, planned, 'done');
      return { ran: false, reason };
    }
    context.events.emit('service.bootstrap', { project: request.project, service: request.service, manager: planned.manager, step: 'install', reason });
    await remember(context, planned, 'running');
    if (planned.environment !== undefined) await dropBrokenMetadata(files, planned.environment);
    for (const command of planned.commands) await runStep(context, request, command);
    const missing = missingArtifact(files, planned);
    if (missing !== undefined) throw failure(request, planned.commands.at(-1)!, `it ended well, and ${missing.path} is not there: ${missing.missing}`);
    await hideInstalled(planned.directory, { env: taskEnvironment(context.env, {}), signal });
    await remember(context, planned, 'done');
    return { ran: true, reason };
  });
}

async function runStep(context: PreparationContext, request: PreparationRequest, command: readonly [string, ...string[]]): Promise<void> {
  const { planned, project, service, runId, logPath, timeoutMs, signal } = request;
  try {
    const end = await runServiceTask(context, { name: `prepare ${service}`, project, runId, command, cwd: planned.cwd, env: taskEnvironment(context.env, planned.env), logPath, timeoutMs, signal });
    if (end.code === 0) return;
    throw failure(request, command, lockFault(planned) ?? tellingLine(end.lines, context.redaction.text) ?? `it ended with code ${end.code}`);
  } catch (error) {
    signal.throwIfAborted();
    if (!isEnvctlError(error) || error.code === 'ENVCTL_E_SERVICE_PREPARATION') throw error;
    throw failure(request, command, errorMessage(error), error);
  }
}

function failure({ planned, service, logPath }: PreparationRequest, command: readonly string[], why: string, cause?: unknown): EnvctlError {
  const words = command.map((word) => (word.includes('\n') ? '…' : word));
  return new EnvctlError('ENVCTL_E_SERVICE_PREPARATION', `The packages of the ${service} could not be installed (${words.join(' ')} in ${planned.cwd}): ${why}; log_path: ${logPath}`, {
    kind: 'environment',
    hints: [...hintsFor(planned, why), `less ${quoteForShell(logPath)}`],
    data: { service, manager: planned.manager, directory: planned.directory, reason: planned.reason, log_path: logPath },
    cause,
  });
}

/** npm takes a lock file that it cannot read for none. */
function lockFault({ manager, inputs }: PlannedPreparation): string | undefined {
  if (manager !== 'npm') return undefined;
  const files = createPreparationFiles();
  for (const lock of inputs.filter((file) => /(?:package-lock|npm-shrinkwrap)\.json$/.test(file))) {
    const fault = jsonFault(files, lock);
    if (fault !== undefined) return `${lock} is a lock file that is ${fault.text}`;
  }
  return undefined;
}

function hintsFor({ manager, directory }: PlannedPreparation, why: string): readonly string[] {
  const at = `cd ${quoteForShell(directory)} && `;
  if (/can only install (?:packages when|with an existing)|a lock file that is not JSON|Cannot install with "frozen-lockfile"|is out-of-date|ERR_PNPM_OUTDATED_LOCKFILE|lockfile needs to be updated|lockfile had changes|would have been modified|changed significantly|frozen mode is set/.test(why)) {
    return [`${at}${{ npm: 'npm install', pnpm: 'pnpm install', yarn: 'yarn install', bun: 'bun install', poetry: 'poetry lock', uv: 'uv lock', pipenv: 'pipenv lock', bundler: 'bundle lock', pip: 'pip install -r requirements.txt' }[manager]}`];
  }
  if (/ERESOLVE/.test(why)) return [`${at}npm ls`];
  return /ensurepip is not available/.test(why) ? ['apt-get install python3-venv'] : [];
}

/** Installers of Python look at metadata alone: what says of itself that it is there, and is not, would stay away. */
async function dropBrokenMetadata(files: PreparationFiles, environment: string): Promise<void> {
  const broken = pythonDistributions(files, environment).filter((distribution) => !isWhole(files, distribution));
  await Promise.all(broken.map(({ metadata }) => rm(metadata, { recursive: true, force: true })));
}

async function remember(context: Pick<PreparationContext, 'paths'>, planned: PlannedPreparation, phase: PreparationRecord['phase']): Promise<void> {
  const files = createPreparationFiles();
  const entries = phase === 'done' ? { entries: installedEntries(files, planned) } : {};
  const record: PreparationRecord = { version: 1, directory: planned.directory, manager: planned.manager, phase, ...fingerprint(files, planned), ...entries };
  const path = recordPath(context.paths.preparations, planned);
  const known = readRecord(files, path);
  if (isDeepStrictEqual(known, record)) return;
  ensureDirectory(context.paths.preparations);
  await writeJsonAtomic(path, record);
}
