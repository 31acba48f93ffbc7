import { setTimeout as delay } from 'node:timers/promises';
import { type LaunchExit } from '../contract/index.js';
import { describeExit, describeRestarts, type LogPosition } from '../processes/index.js';
import { prepareHealthProbe, probeHealth } from './health-probe.js';
import { diagnoseLog } from './log-diagnosis.js';
import { firstPauseMs, nextPauseMs } from './poll-pause.js';
import { createReadyLog, type ReadyLog } from './ready-log.js';
import { tailLines } from './tail-lines.js';

/** What the runner has written down of the launch that is waited for. */
export interface Incarnation {
  readonly restarts: number;
  /** The command has ended: the runner waits to start it again, or has ended too. */
  readonly ended: boolean;
  /** It has ended for good and well, as a command does that goes to the background; default false. */
  readonly endedWell?: boolean;
  readonly lastEnd?: LaunchExit;
  /** Where the log of this incarnation begins. */
  readonly logStart: LogPosition;
}

/** The launch that is waited for. */
export interface WaitedLaunch {
  readonly logPath: string;
  /** Resolves when the process has ended for good, restarts included; rejects on abort only. */
  exited(signal: AbortSignal): Promise<LaunchExit>;
  /** Undefined when it is gone. Without it the launch is taken for one that is never restarted. */
  read?(): Promise<Incarnation | undefined>;
}

export interface ServiceReadyRequest {
  readonly launch: WaitedLaunch;
  /** null: it listens nowhere; unless something else is to say so, it is ready when it has outlived its first moments. */
  readonly port: number | null;
  /** It has its port from the variable PORT alone, which a command need not look at; default false. */
  readonly learnsPort?: boolean;
  readonly healthUrl?: string | undefined;
  /** A line of the log of the present incarnation matches; an ANSI colour is no part of a line. */
  readonly readyLog?: RegExp | undefined;
  /** Runs a command once, bounded; resolves false, with what it said, while it does not end with 0. Rejects on abort, and when it cannot be run. */
  readonly readyCommand?: ((signal: AbortSignal) => Promise<{ readonly ready: boolean; readonly detail: string }>) | undefined;
  /** A job: it is ready when it has ended with one of these. */
  readonly completesWith?: readonly number[] | undefined;
  /**
   * A dev server that found its port taken may have moved up by this much at most: it is followed there, and asked for its
   * health by the URL for that port. Without it only its own port counts.
   */
  readonly rebound?: { readonly maxDelta: number; healthUrlOn(port: number): string | undefined } | undefined;
  /** Of each incarnation; a pause between two does not count. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told once, before the rest is waited for. */
  readonly onLogReady?: (() => void) | undefined;
  /** Takes secrets out of a line of the log before it is told. */
  readonly redact: (text: string) => string;
  /**
   * The ports on which processes of this launch listen now. A listener of anybody else is not among them,
   * so a stranger on the port never counts as the service. With `port`, only whether that one is among
   * them matters, and a cheaper look may do: it gives none while nobody at all listens on that port.
   */
  listenersOf(port?: number): Promise<readonly number[]>;
  /** Processes of this launch that listen on the port although the start of the command that made them is over; they are never the service. */
  leftOn?(port: number): Promise<readonly number[]>;
  /** Whether something lives of a command that has ended well: it may be a server that went to the background, and listen yet. */
  lives?(): Promise<boolean>;
}

export type ServiceReadiness =
  | { readonly status: 'ready'; readonly healthStatus?: number; readonly movedTo?: number }
  | { readonly status: 'completed'; readonly exit: LaunchExit }
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
      readonly waitedFor: 'listener' | 'health' | 'log' | 'command' | 'end';
      /** Where the service listens instead. */
      readonly otherPorts: readonly number[];
      readonly detail: string;
      readonly hints: readonly string[];
    };

const healthTimeoutMs = 2000;
const logLines = 100;
/** A worker tells nobody that it is up; most broken commands have ended by then. */
const workerSettleMs = 500;
const commandPauseMs = 500;
const firstIncarnation: Incarnation = { restarts: 0, ended: false, logStart: { rotations: 0, bytes: 0 } };

/**
 * Waits until everything that is given says that the service is ready, in this order: it listens on its port, by a process
 * of its own; its health URL answers 2xx; its log has the line; its command ends with 0. Without any of these it has to
 * live for a moment. All of it is asked of one incarnation: one that is restarted meanwhile begins anew. Ends at once
 * when the process ends for good; when one that is to listen ends well, as soon as nothing is left of it: it may have gone to the background. Rejects with the reason of `signal` when that is aborted.
 */
export async function waitServiceReady(request: ServiceReadyRequest): Promise<ServiceReadiness> {
  const ended = new AbortController();
  const signal = AbortSignal.any([request.signal, ended.signal]);
  if (request.healthUrl !== undefined) void prepareHealthProbe(request.healthUrl);
  const log = request.readyLog === undefined ? undefined : createReadyLog(request.launch.logPath, request.readyLog, (await readIncarnation(request)).logStart);
  try {
    const exit = request.launch.exited(signal).then(async (value) => {
      await untilNothingLives(request, signal);
      return { exit: value };
    });
    const polled = poll(request, log, signal);
    // The one that loses the race rejects by our own abort.
    exit.catch(() => undefined);
    polled.catch(() => undefined);
    const first = await Promise.race([exit, polled]);
    if (!('exit' in first) || 'status' in first) return first;
    return request.completesWith?.includes(first.exit.code) === true ? { status: 'completed', exit: first.exit } : await describeEnd(request, first.exit);
  } catch (error) {
    request.signal.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
    await log?.close();
  }
}

async function readIncarnation({ launch }: ServiceReadyRequest): Promise<Incarnation> {
  if (launch.read === undefined) return firstIncarnation;
  return (await launch.read()) ?? { ...firstIncarnation, ended: true };
}

async function untilNothingLives(request: ServiceReadyRequest, signal: AbortSignal): Promise<void> {
  if (!isBackground(request, await readIncarnation(request))) return;
  const since = performance.now();
  for (let pauseMs = firstPauseMs; (await request.lives?.()) === true; pauseMs = nextPauseMs(pauseMs, performance.now() - since)) await delay(pauseMs, undefined, { signal });
}

/** Its command is over, and what it started may be the service. */
function isBackground({ port, completesWith }: ServiceReadyRequest, { endedWell }: Incarnation): boolean {
  return endedWell === true && port !== null && completesWith === undefined;
}

function isOver(request: ServiceReadyRequest, incarnation: Incarnation): boolean {
  return incarnation.ended && !isBackground(request, incarnation);
}

type Waiting = Extract<ServiceReadiness, { readonly status: 'timeout' }>['waitedFor'];
type Look = { readonly ready: true; readonly healthStatus?: number } | { readonly ready: false; readonly waitedFor: Waiting; readonly said: string };

async function poll(request: ServiceReadyRequest, log: ReadyLog | undefined, signal: AbortSignal): Promise<ServiceReadiness> {
  const looker = createLooker(request, log, signal);
  let incarnation = await readIncarnation(request);
  let since = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = nextPauseMs(pauseMs, performance.now() - since)) {
    const look: Look = isOver(request, incarnation) ? { ready: false, waitedFor: 'listener', said: '' } : await looker.look(incarnation, performance.now() - since);
    signal.throwIfAborted();
    const now = await readIncarnation(request);
    if (now.restarts !== incarnation.restarts || isOver(request, now)) {
      since = performance.now();
      looker.forget();
    } else if (look.ready) {
      const { healthStatus } = look;
      return { status: 'ready', ...(healthStatus === undefined ? {} : { healthStatus }), ...looker.moved() };
    } else if (performance.now() - since >= request.timeoutMs) {
      if (look.waitedFor !== 'listener' || !looker.follow(await request.listenersOf())) return describeTimeout(request, looker, look, now);
      since = performance.now();
    }
    incarnation = now;
    await delay(look.ready || look.waitedFor !== 'command' ? pauseMs : commandPauseMs, undefined, { signal });
  }
}

interface Looker {
  look(incarnation: Incarnation, sinceMs: number): Promise<Look>;
  /** Moves to where the service listens instead, if that may be; false when it listens nowhere near. */
  follow(ports: readonly number[]): boolean;
  readonly port: () => number | null;
  moved(): { readonly movedTo?: number };
  /** Another incarnation begins. */
  forget(): void;
}

function createLooker(request: ServiceReadyRequest, log: ReadyLog | undefined, signal: AbortSignal): Looker {
  let { port, healthUrl } = request;
  let candidate: number | undefined;
  let isLogReady = false;

  const nearest = (ports: readonly number[]): number | undefined => {
    const from = request.port;
    if (from === null || request.rebound === undefined) return undefined;
    const { maxDelta } = request.rebound;
    return [...ports].sort((left, right) => left - right).find((other) => other > from && other - from <= maxDelta);
  };
  const moveTo = (other: number): void => {
    port = other;
    healthUrl = request.rebound?.healthUrlOn(other);
  };

  async function listens(): Promise<boolean> {
    if (port === null) return true;
    const ports = await request.listenersOf(port);
    if (ports.includes(port)) return true;
    // Somebody else listens on its port, or nobody was looked at. Twice the same: it has settled there.
    const other = nearest(ports);
    if (other === undefined || other !== candidate) candidate = other;
    else moveTo(other);
    return port === other;
  }

  return {
    port: () => port,
    moved: () => (port === null || port === request.port ? {} : { movedTo: port }),
    forget() {
      ({ port, healthUrl } = request);
      candidate = undefined;
      isLogReady = false;
    },
    follow(ports) {
      const other = port === request.port ? nearest(ports) : undefined;
      if (other !== undefined) moveTo(other);
      return other !== undefined;
    },
    async look(incarnation, sinceMs) {
      // Read on even while something else is missing: a log is rotated.
      if (log !== undefined && !isLogReady && (await log.matchesSince(incarnation.logStart))) {
        isLogReady = true;
        request.onLogReady?.();
      }
      if (request.completesWith !== undefined) return { ready: false, waitedFor: 'end', said: '' };
      if (!(await listens())) return { ready: false, waitedFor: 'listener', said: '' };
      let healthStatus: number | undefined;
      if (healthUrl !== undefined) {
        const answer = await probeHealth(healthUrl, { timeoutMs: healthTimeoutMs, signal });
        if (!answer.healthy) return { ready: false, waitedFor: 'health', said: answer.detail };
        healthStatus = answer.status;
      }
      if (log !== undefined && !isLogReady) return { ready: false, waitedFor: 'log', said: '' };
      if (request.readyCommand !== undefined) {
        const answer = await request.readyCommand(signal);
        if (!answer.ready) return { ready: false, waitedFor: 'command', said: answer.detail };
      }
      const isUnasked = port === null && healthUrl === undefined && log === undefined && request.readyCommand === undefined;
      if (isUnasked && sinceMs < workerSettleMs) return { ready: false, waitedFor: 'listener', said: '' };
      return healthStatus === undefined ? { ready: true } : { ready: true, healthStatus };
    },
  };
}

async function describeTimeout(request: ServiceReadyRequest, looker: Looker, look: Extract<Look, { ready: false }>, incarnation: Incarnation): Promise<ServiceReadiness> {
  const seconds = request.timeoutMs / 1000;
  const port = looker.port();
  const history = describeRestarts(incarnation) ?? (incarnation.endedWell === true && incarnation.lastEnd !== undefined ? `its command ${describeExit(incarnation.lastEnd.code)}` : undefined);
  const diagnosis = diagnoseLog(await tailLines(request.launch.logPath, logLines), request.redact);
  const log = `${history === undefined ? '' : `${history}; `}${describeLog(request, diagnosis.line)}`;
  const otherPorts = port === null ? [] : (await request.listenersOf()).filter((other) => other !== port);
  const listening = port === null ? 'runs' : `listens on port ${port}`;
  const timeout = (detail: string, hints: readonly string[] = []): ServiceReadiness => ({ status: 'timeout', waitedFor: look.waitedFor, otherPorts, detail, hints });
  switch (look.waitedFor) {
    case 'health':
      return timeout(`${listening} but was not healthy within ${seconds} s: ${request.redact(look.said)}; ${log}`);
    case 'log':
      return timeout(`${listening} but no line of its log matched ${request.readyLog} within ${seconds} s; ${log}`);
    case 'command':
      return timeout(`${listening} but its ready command did not succeed within ${seconds} s: ${request.redact(look.said)}; ${log}`);
    case 'end':
      return timeout(`did not end within ${seconds} s; ${log}`);
    case 'listener': {
      const elsewhere = otherPorts.length === 0 ? '' : `, but on ${otherPorts.join(', ')}`;
      const left = await describeLeft(request);
      const isDeaf = request.learnsPort === true && left === '';
      const hints = otherPorts.length > 0 || isDeaf ? ['Make the service listen on the port in the variable PORT, or give its start command a {port}.'] : [];
      return timeout(`does not listen on port ${port} after ${seconds} s${elsewhere}${left}; ${log}`, hints);
    }
  }
}

async function describeEnd(request: ServiceReadyRequest, exit: LaunchExit): Promise<ServiceReadiness> {
  const diagnosis = diagnoseLog(await tailLines(request.launch.logPath, logLines), request.redact);
  const { restarts } = await readIncarnation(request);
  const left = await describeLeft(request);
  return {
    status: 'exited',
    exit,
    // Another port would be taken in the same way.
    reason: left === '' ? diagnosis.reason : 'crash',
    detail: `${describeRestarts({ restarts, lastEnd: exit }) ?? describeExit(exit.code)}${left}; ${describeLog(request, diagnosis.line)}`,
    ...(diagnosis.line === undefined ? {} : { logLine: diagnosis.line }),
    hints: diagnosis.hints,
  };
}

async function describeLeft({ port, leftOn }: ServiceReadyRequest): Promise<string> {
  const pids = port === null ? [] : ((await leftOn?.(port)) ?? []);
  return pids.length === 0 ? '' : `; pid ${pids.join(', ')}, left behind by its command, listens there`;
}

function describeLog(request: ServiceReadyRequest, line: string | undefined): string {
  return `log_path: ${request.launch.logPath}; log: ${line ?? '(empty)'}`;
}
