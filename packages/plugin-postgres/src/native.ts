import type { DependencyOutcome, LaunchHandle, ProbeContext, StartContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import type { Client } from 'pg';
import { prepareClient, type ClientOptions, type Session } from './database/client.js';
import { ask, openOurs, type Answer } from './database/identity.js';
import { ensureProject } from './database/project.js';
import { adminDatabase, adminPasswordName, adminRole, toPasswordName, toRoleName } from './names.js';
import { ensureCluster, readSystemIdentifier } from './server/cluster.js';
import { launchServer, loopbackAddresses } from './server/launch.js';
import { awaitReadyWord, readRunningPort, removeStaleLocks } from './server/lock-files.js';
import { clusterPaths, selectServer } from './server/select.js';

const attemptTimeoutMs = 5_000;

/** Brings the server and the project's database up. Ready means: the project's own role was answered a query. */
export async function startNative(ctx: StartContext): Promise<DependencyOutcome> {
  const selected = await selectServer(ctx);
  const data = await ensureCluster(ctx, selected);
  await removeStaleLocks(ctx, data);
  const systemIdentifier = await readSystemIdentifier(data);
  const handle = await launchServer(ctx, selected.server, data);
  const planned = ctx.instance.ports['primary'] ?? 0;
  const port = handle.origin === 'adopted' ? ((await readRunningPort(data)) ?? planned) : planned;
  const password = await ctx.secrets.ensure(adminPasswordName);
  const admin = { host: '127.0.0.1', port, user: adminRole, password, timeoutMs: startTimeoutMs(ctx), signal: ctx.signal };
  await withServer(ctx, handle, { admin, data, systemIdentifier }, async (client) => {
    await ensureProject(ctx, client, admin);
    await checkProject(ctx, port, systemIdentifier);
  });
  return {
    status: handle.origin === 'adopted' ? 'adopted' : 'ready',
    ...(port === planned ? {} : { ports: { primary: port } }),
  };
}

/** One query by the project's own role in the project's own database. */
export async function probeNative(ctx: ProbeContext): Promise<DependencyOutcome> {
  const data = clusterPaths(ctx.instance.directory).data;
  const systemIdentifier = await readSystemIdentifier(data).catch(() => undefined);
  if (systemIdentifier === undefined) failStart('hard_start_failure', 'database_missing', `there is no data directory at ${data}`);
  await checkProject(ctx, ctx.instance.ports['primary'] ?? 0, systemIdentifier);
  return { status: 'ready' };
}

interface Server {
  readonly admin: Omit<ClientOptions, 'database'>;
  readonly data: string;
  readonly systemIdentifier: string;
}

/** Waits until our cluster answers its superuser, and runs `work` on that connection. */
async function withServer(ctx: StartContext, handle: LaunchHandle, { admin, data, systemIdentifier }: Server, work: (client: Client) => Promise<void>): Promise<void> {
  // Ends a hanging attempt when the server exits: a stranger that accepts and says nothing would hold it.
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  const exited = handle.exited(signal).then(() => over.abort(), () => undefined);
  let last = '';
  let session: Session | undefined;
  const attempt = async (): Promise<Answer | undefined> => {
    await Promise.all([awaitReadyWord(data, signal), prepareClient()]);
    if (signal.aborted) return undefined;
    const found = await openOurs({ ...admin, database: adminDatabase, attemptTimeoutMs, signal }, systemIdentifier).catch(() => undefined);
    session = found?.session;
    if (found?.answer.kind === 'silent') {
      last = found.answer.message;
      await refuseUnbound(handle, admin.port);
    }
    return found === undefined || found.answer.kind === 'silent' ? undefined : found.answer;
  };
  try {
    const answer = await ctx.until(attempt, { timeoutMs: startTimeoutMs(ctx), handle });
    if (answer?.kind === 'foreign' || answer?.kind === 'refused') await explainStranger(ctx, handle, answer, admin.port);
    if (session === undefined) return await explainSilence(ctx, handle, over.signal.aborted, last, admin.port);
    await refuseUnbound(handle, admin.port);
    await work(session.client);
  } finally {
    await session?.end();
    over.abort();
    await exited;
  }
}

/** The server goes on when it gets one address of several; a stranger has the other one, and may accept and say nothing. */
async function refuseUnbound(handle: LaunchHandle, port: number): Promise<void> {
  if (handle.origin === 'adopted') return;
  const refused = findUnbound(await handle.logTail(40), port);
  if (refused !== undefined) conflict(port, refused.replace(/^.*?LOG:\s*/, ''));
}

/**
 * The line of the latest start that could not bind an address of `port`. The log is kept over starts: until this one has
 * written its first line the latest start there is an earlier one, on another port, which the hint below the line names.
 */
function findUnbound(lines: readonly string[], port: number): string | undefined {
  const own = lines.slice(lines.findLastIndex((line) => /LOG:\s+starting PostgreSQL/.test(line)) + 1);
  return own.find((line, index) => /could not bind IPv[46] address/.test(line) && (own[index + 1] ?? '').includes(`on port ${port}?`));
}

async function explainStranger(ctx: StartContext, handle: LaunchHandle, answer: Extract<Answer, { kind: 'foreign' | 'refused' }>, port: number): Promise<never> {
  if (answer.kind === 'foreign') conflict(port, answer.message);
  // A stranger may answer before our own server has found its port taken.
  const lines = await handle.logTail(40);
  ctx.signal.throwIfAborted();
  if (findUnbound(lines, port) !== undefined || handle.origin === 'started') {
    if (!lines.some((line) => /FATAL:.*(password authentication failed|role ".*" does not exist)/.test(line))) conflict(port, answer.message);
  }
  failStart('hard_start_failure', 'database_connection_failed', `the Postgres server on port ${port} refused envctl's own role: ${answer.message}`);
}

async function explainSilence(ctx: StartContext, handle: LaunchHandle, ended: boolean, last: string, port: number): Promise<never> {
  // Every attempt of ours leaves a line while the server recovers: they would hide the one that tells.
  const lines = (await handle.logTail(2000)).filter((line) => !/the database system is (?:starting up|not yet accepting connections|in recovery)/.test(line)).slice(-40);
  ctx.signal.throwIfAborted();
  if (lines.some((line) => /Address already in use|could not create any TCP\/IP sockets/i.test(line)) && ended) conflict(port, 'the server could not bind it');
  if (!ended) {
    failStart('transient_probe_timeout_retryable', 'network_unreachable', `Postgres on port ${port} did not answer a query in ${startTimeoutMs(ctx) / 1000} s${last === '' ? '' : `: ${last}`}`);
  }
  if (lines.some((line) => /pre-existing shared memory block/.test(line))) {
    failStart('transient_probe_timeout_retryable', 'database_recovering', 'sessions of a server that was killed still hold its memory');
  }
  const own = lines.slice(lines.findLastIndex((line) => /LOG:\s+starting PostgreSQL/.test(line)) + 1);
  const telling = own.filter((line) => /FATAL|PANIC|error/i.test(line)).at(-1);
  if (telling === undefined && own.some((line) => /automatic recovery in progress|was not properly shut down|redo starts/.test(line))) {
    failStart('transient_probe_timeout_retryable', 'database_recovering', 'the server ended while it recovered from a crash');
  }
  const fatal = telling ?? lines.at(-1) ?? 'its log is empty';
  failStart('hard_start_failure', 'database_connection_failed', `Postgres ended before it was ready: ${fatal.trim()}`, [`tail -n 50 ${handle.logPath}`]);
}

/** Asks on every loopback address: `localhost` may lead to any of them, and a stranger may hold one. */
async function checkProject(ctx: ProbeContext, port: number, systemIdentifier: string): Promise<void> {
  const name = toRoleName(ctx.project.slug);
  const password = await ctx.secrets.get(toPasswordName(ctx.project.slug));
  if (password === undefined) failStart('hard_start_failure', 'database_missing', `project ${ctx.project.name} has no database here yet`);
  const base = { port, user: name, password, database: name, timeoutMs: attemptTimeoutMs, signal: ctx.signal };
  const answers = await Promise.all(loopbackAddresses().map(async (host) => ({ host, answer: await ask({ ...base, host }, systemIdentifier) })));
  for (const { host, answer } of answers) {
    if (answer.kind === 'ours') continue;
    if (answer.kind === 'foreign') conflict(port, `on ${host} ${answer.message}`);
    if (answer.kind === 'silent') failStart('transient_probe_timeout_retryable', 'network_unreachable', `Postgres does not answer on ${host} port ${port}: ${answer.message}`);
    // Our server holds 127.0.0.1 here, so a refusal on another address comes from somebody else.
    if (host !== '127.0.0.1' && answers[0]?.answer.kind === 'ours') conflict(port, `on ${host} ${answer.message}`);
    failStart('hard_start_failure', 'database_connection_failed', `Postgres on port ${port} refused role ${name}: ${answer.message}`);
  }
}

function conflict(port: number, message: string): never {
  failStart('bind_conflict_retryable', 'port_in_use', `port ${port} is held by another program: ${message}`);
}

function startTimeoutMs(ctx: ProbeContext): number {
  return (ctx.config.integer('ENVCTL_POSTGRES_START_TIMEOUT_SECONDS') ?? 60) * 1000;
}
