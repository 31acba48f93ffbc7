/** Runs a migration or a seed to its end, with the environment of the service whose database it is. */
import { EnvctlError, errorMessage, isEnvctlError } from '../../contract/index.js';
import { quoteForShell } from '../../processes/index.js';
import type { AcquireContext } from '../../resources/index.js';
import { tellingLine } from '../preparation/telling-line.js';
import { runServiceTask, type TaskEnd } from '../service-task.js';
import type { Migration } from './detect-migration.js';

export type MigrationContext = AcquireContext & { readonly redaction: { readonly text: (text: string) => string } };

export interface MigrationRequest {
  readonly migration: Migration;
  /** `migrate` or `seed`. */
  readonly purpose: 'migrate' | 'seed';
  readonly project: string;
  readonly service: string;
  readonly runId: string | null;
  readonly logPath: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Throws ENVCTL_E_SERVICE_MIGRATION with the telling line of the tool and the path of its log. */
export async function runMigration(context: MigrationContext, request: MigrationRequest): Promise<void> {
  const first = await attempt(context, request, request.env);
  if (first.code === 0) return;
  const end = request.purpose === 'migrate' && wantsAsyncDriver(first) ? await retryWithAsyncDriver(context, request) : first;
  if (end.code !== 0) throw failure(request, tellingLine(end.lines, context.redaction.text) ?? `it ended with code ${end.code}`, missingRevision(end));
}

async function attempt(context: MigrationContext, request: MigrationRequest, env: Readonly<Record<string, string>>): Promise<TaskEnd> {
  const { migration, purpose, project, service, runId, logPath, timeoutMs, signal } = request;
  try {
    return await runServiceTask(context, { name: `${purpose} ${service}`, project, runId, command: migration.command, cwd: migration.cwd, env, logPath, timeoutMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isEnvctlError(error)) throw error;
    throw failure(request, errorMessage(error), undefined, error);
  }
}

/** An application whose migrations run on asyncio says so when it is given the URL of another driver. */
async function retryWithAsyncDriver(context: MigrationContext, request: MigrationRequest): Promise<TaskEnd> {
  context.events.emit('service.bootstrap.retry', { project: request.project, service: request.service, step: request.purpose, reason: 'async_driver_mismatch' });
  const changed = ['DATABASE_URL', 'SQLALCHEMY_DATABASE_URL'].flatMap((name) => (request.env[name] === undefined ? [] : [[name, request.env[name].replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'postgresql+asyncpg://')] as const]));
  return attempt(context, request, { ...request.env, ...Object.fromEntries(changed) });
}

function wantsAsyncDriver({ lines }: TaskEnd): boolean {
  const has = (pattern: RegExp): boolean => lines.some((line) => pattern.test(line));
  return has(/asyncio extension requires an async driver/) || (has(/No module named 'psycopg2'/) && has(/async_engine|asyncio/));
}

function missingRevision({ lines }: TaskEnd): string | undefined {
  return lines.map((line) => /Can't locate revision identified by '([^']+)'/.exec(line)?.[1]).find((revision) => revision !== undefined);
}

function failure({ migration, purpose, project, service, logPath }: MigrationRequest, why: string, revision: string | undefined, cause?: unknown): EnvctlError {
  const what = purpose === 'migrate' ? 'migrated' : 'seeded';
  const shown = migration.command[0] === 'sh' ? migration.tool : migration.command.join(' ');
  return new EnvctlError('ENVCTL_E_SERVICE_MIGRATION', `The database of ${project} could not be ${what} (${shown} in ${migration.cwd}): ${why}; log_path: ${logPath}`, {
    kind: 'environment',
    hints: [...(revision === undefined ? [] : [`git log --all --oneline -S ${quoteForShell(revision)}`]), `less ${quoteForShell(logPath)}`],
    data: { service, tool: migration.tool, log_path: logPath, ...(revision === undefined ? {} : { missing_revision: revision }) },
    cause,
  });
}
