import { setTimeout as delay } from 'node:timers/promises';
import type { LaunchExit } from '../contract/index.js';
import { probeHealth } from './health-probe.js';
import { diagnoseLog } from './log-diagnosis.js';
import { firstPauseMs, nextPauseMs } from './poll-pause.js';
import { tailLines } from './tail-lines.js';

/** The launch that is waited for. */
export interface WaitedLaunch {
  readonly logPath: string;
  /** Resolves when the process has ended for good; rejects on abort only. */
  exited(signal: AbortSignal): Promise<LaunchExit>;
}

export interface ServiceReadyRequest {
  readonly launch: WaitedLaunch;
  /** null: it listens nowhere; it is ready when it has outlived its first moments. */
  readonly port: number | null;
  readonly healthUrl?: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Takes secrets out of a line of the log before it is told. */
  readonly redact: (text: string) => string;
  /**
   * The ports on which processes of this launch listen now. A listener of anybody else is not among them,
   * so a stranger on the port never counts as the service. With `port`, only whether that one is among
   * them matters, and a cheaper look may do.
   */
  listenersOf(port?: number): Promise<readonly number[]>;
}

export type ServiceReadiness =
  | { readonly status: 'ready'; readonly healthStatus?: number }
  | {
      readonly status: 'exited';
      readonly exit: LaunchExit;
      /** `bind_conflict` may be tried again on another port, a `crash` may not. */
      readonly reason: 'bind_conflict' | 'crash';
      readonly detail: string;
      readonly logLine?: string;
      readonly hints: readonly string[];
    }
  | {
      readonly status: 'timeout';
      readonly waitedFor: 'listener' | 'health';
      /** Where the service listens instead. */
      readonly otherPorts: readonly number[];
      readonly detail: string;
      readonly hints: readonly string[];
    };

const healthTimeoutMs = 2000;
const logLines = 100;
/** A worker tells nobody that it is up; most broken commands have ended by then. */
const workerSettleMs = 500;

/**
 * Waits until the service listens on its port, by a process of its own, and answers 2xx where a health URL
 * is given. Ends at once when the process ends. Rejects with the reason of `signal` when that is aborted.
 */
export async function waitServiceReady(request: ServiceReadyRequest): Promise<ServiceReadiness> {
  const ended = new AbortController();
  const signal = AbortSignal.any([request.signal, ended.signal]);
  try {
    const exit = request.launch.exited(signal).then((value) => ({ exit: value }));
    // Loses the race when the service becomes ready; its rejection by our own abort is expected then.
    exit.catch(() => undefined);
    const first = await Promise.race([exit, poll(request, signal)]);
    return 'exit' in first ? await describeExit(request, first.exit) : first;
  } catch (error) {
    request.signal.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
  }
}

async function poll(request: ServiceReadyRequest, signal: AbortSignal): Promise<ServiceReadiness> {
  const { port } = request;
  if (port !== null) return pollPort({ ...request, port }, signal);
  await delay(workerSettleMs, undefined, { signal });
  return { status: 'ready' };
}

type ListeningRequest = ServiceReadyRequest & { readonly port: number };

async function pollPort(request: ListeningRequest, signal: AbortSignal): Promise<ServiceReadiness> {
  const deadline = AbortSignal.timeout(request.timeoutMs);
  let health = '';
  const startedMs = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = nextPauseMs(pauseMs, performance.now() - startedMs)) {
    const ports = await request.listenersOf(request.port);
    signal.throwIfAborted();
    if (ports.includes(request.port)) {
      if (request.healthUrl === undefined) return { status: 'ready' };
      const answer = await probeHealth(request.healthUrl, { timeoutMs: healthTimeoutMs, signal });
      if (answer.healthy) return { status: 'ready', healthStatus: answer.status };
      signal.throwIfAborted();
      health = answer.detail;
    }
    if (deadline.aborted) return describeTimeout(request, await request.listenersOf(), health);
    await delay(pauseMs, undefined, { signal });
  }
}

async function describeTimeout(request: ListeningRequest, ports: readonly number[], health: string): Promise<ServiceReadiness> {
  const seconds = request.timeoutMs / 1000;
  const log = describeLog(request, diagnoseLog(await tailLines(request.launch.logPath, logLines), request.redact).line);
  const otherPorts = ports.filter((port) => port !== request.port);
  if (ports.includes(request.port)) {
    return { status: 'timeout', waitedFor: 'health', otherPorts, detail: `listens on port ${request.port} but was not healthy within ${seconds} s: ${health}; ${log}`, hints: [] };
  }
  const elsewhere = otherPorts.length === 0 ? '' : `, but on ${otherPorts.join(', ')}`;
  return {
    status: 'timeout',
    waitedFor: 'listener',
    otherPorts,
    detail: `does not listen on port ${request.port} after ${seconds} s${elsewhere}; ${log}`,
    hints: otherPorts.length === 0 ? [] : ['Make the service listen on the port in the variable PORT, or give its start command a {port}.'],
  };
}

async function describeExit(request: ServiceReadyRequest, exit: LaunchExit): Promise<ServiceReadiness> {
  const diagnosis = diagnoseLog(await tailLines(request.launch.logPath, logLines), request.redact);
  return {
    status: 'exited',
    exit,
    reason: diagnosis.reason,
    detail: `exited with code ${exit.code}; ${describeLog(request, diagnosis.line)}`,
    ...(diagnosis.line === undefined ? {} : { logLine: diagnosis.line }),
    hints: diagnosis.hints,
  };
}

function describeLog(request: ServiceReadyRequest, line: string | undefined): string {
  return `log_path: ${request.launch.logPath}; log: ${line ?? '(empty)'}`;
}
