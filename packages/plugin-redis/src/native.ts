import type { DependencyOutcome, LaunchHandle, ProbeContext, StartContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import { ask, type Answer } from './client.js';
import { findServerProgram, launchServer, loopbackAddresses } from './server.js';

/** Name of the server's password in the instance's secrets. */
export const passwordName = 'password';

const attemptTimeoutMs = 3_000;

/** Brings the project's server up. Ready means: it took the password and answered PING, with its data loaded. */
export async function startNative(ctx: StartContext): Promise<DependencyOutcome> {
  const program = await findServerProgram(ctx.findProgram);
  if (program === undefined) {
    failStart('hard_start_failure', 'redis_server_missing', 'neither redis-server nor valkey-server is on PATH', ['apt-get install redis-server']);
  }
  ctx.events.emit('redis.server.selected', { project: ctx.project.name, program });
  const password = await ctx.secrets.ensure(passwordName);
  const handle = await launchServer(ctx, program, password);
  await awaitServer(ctx, handle, password);
  return { status: handle.origin === 'adopted' ? 'adopted' : 'ready' };
}

/** One AUTH and PING on every loopback address. */
export async function probeNative(ctx: ProbeContext): Promise<DependencyOutcome> {
  const password = await ctx.secrets.get(passwordName);
  if (password === undefined) failStart('hard_start_failure', 'redis_missing', `project ${ctx.project.name} has no Redis here yet`);
  const answer = await askEverywhere(ctx, password, ctx.signal);
  if (answer.kind === 'ready') return { status: 'ready' };
  if (answer.kind === 'silent') failStart('transient_probe_timeout_retryable', 'network_unreachable', `Redis on port ${portOf(ctx)} does not answer: ${answer.message}`);
  conflict(ctx, answer.message);
}

async function awaitServer(ctx: StartContext, handle: LaunchHandle, password: string): Promise<void> {
  // Ends a hanging attempt when the server exits: a stranger that accepts and says nothing would hold it.
  const over = new AbortController();
  const signal = AbortSignal.any([ctx.signal, over.signal]);
  let ended = false;
  const exited = handle.exited(signal).then(
    () => {
      ended = true;
      over.abort();
    },
    () => undefined,
  );
  let last = '';
  const attempt = async (): Promise<Answer | undefined> => {
    if (signal.aborted) return undefined;
    const answer = await askEverywhere(ctx, password, signal).catch(onlyWhenAborted(signal));
    if (answer?.kind === 'silent') last = answer.message;
    return answer === undefined || answer.kind === 'silent' ? undefined : answer;
  };
  const timeoutMs = (ctx.config.integer('ENVCTL_REDIS_START_TIMEOUT_SECONDS') ?? 30) * 1000;
  try {
    const answer = await ctx.until(attempt, { timeoutMs, handle });
    if (answer?.kind === 'ready') return;
    if (answer !== undefined) conflict(ctx, answer.message);
    await explainSilence(ctx, handle, ended, last, timeoutMs);
  } finally {
    over.abort();
    await exited;
  }
}

async function explainSilence(ctx: StartContext, handle: LaunchHandle, ended: boolean, last: string, timeoutMs: number): Promise<never> {
  const lines = await handle.logTail(40);
  ctx.signal.throwIfAborted();
  if (!ended) {
    failStart('transient_probe_timeout_retryable', 'network_unreachable', `Redis on port ${portOf(ctx)} did not answer in ${timeoutMs / 1000} s${last === '' ? '' : `: ${last}`}`);
  }
  if (lines.some((line) => /Address already in use|Could not create server TCP listening socket/i.test(line))) conflict(ctx, 'the server could not bind it');
  // It says this of nearly every machine, and runs.
  const telling = lines.filter((line) => !/# (?:Server initialized|WARNING)/.test(line));
  const words = telling.filter((line) => /#|error|fatal|can't/i.test(line)).at(-1) ?? telling.at(-1) ?? 'its log is empty';
  failStart('hard_start_failure', 'redis_connection_failed', `Redis ended before it was ready: ${words.trim()}`, [`tail -n 50 ${handle.logPath}`]);
}

/**
 * Every loopback address must lead to one and the same process that takes our password: `localhost` may lead
 * to any of them, and a server without a password would answer anybody.
 */
async function askEverywhere(ctx: ProbeContext, password: string, signal: AbortSignal): Promise<Answer> {
  const port = portOf(ctx);
  const answers = await Promise.all(loopbackAddresses().map((host) => ask({ host, port, password }, { timeoutMs: attemptTimeoutMs, signal })));
  const bad = answers.find((answer) => answer.kind === 'foreign' || answer.kind === 'refused') ?? answers.find((answer) => answer.kind === 'silent');
  if (bad !== undefined) return bad;
  const ids = new Set(answers.map((answer) => (answer.kind === 'ready' ? answer.processId : 0)));
  return ids.size === 1 && answers[0] !== undefined ? answers[0] : { kind: 'foreign', message: 'two servers share the port on different addresses' };
}

/** An attempt that was ended is no answer; anything else that is thrown is a defect and must not look like silence. */
function onlyWhenAborted(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
    return undefined;
  };
}

function conflict(ctx: ProbeContext, message: string): never {
  failStart('bind_conflict_retryable', 'port_in_use', `port ${portOf(ctx)} is held by another program: ${message}`);
}

function portOf(ctx: ProbeContext): number {
  return ctx.instance.ports['primary'] ?? 0;
}
