import { EnvctlError } from '../contract/index.js';
import { createLaunchListeners, createWaitedLaunch, waitServiceReady } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';

/**
 * Waits until a service runs, as `health` asks: it listens, and its health URL answers. Gives what is recorded of its processes. Throws
 * ENVCTL_E_SERVICE_NOT_READY when it ends or takes too long.
 */
export async function waitRecorded(context: { readonly redaction: { readonly text: (text: string) => string } }, record: ServiceRecord, { directory, timeoutMs, signal }: { readonly directory: string; readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Pick<ServiceRecord, 'pid' | 'listener_pids'>> {
  const listeners = createLaunchListeners(directory);
  const port = record.listener_expected ? record.actual_port : null;
  const readiness = await waitServiceReady({
    launch: createWaitedLaunch(directory, record.log_path ?? ''),
    port,
    healthUrl: record.health_url ?? undefined,
    timeoutMs,
    signal,
    redact: context.redaction.text,
    listenersOf: listeners.listenersOf,
    leftOn: listeners.leftOn,
    lives: listeners.lives,
  });
  if (readiness.status === 'exited' || readiness.status === 'timeout') throw new EnvctlError('ENVCTL_E_SERVICE_NOT_READY', readiness.detail, { hints: readiness.hints });
  if (port === null) await listeners.listenersOf();
  return { pid: listeners.childPid(), listener_pids: port === null ? [] : [...listeners.pidsOn(port)] };
}
