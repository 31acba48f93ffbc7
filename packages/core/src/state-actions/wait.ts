import { setTimeout as delay } from 'node:timers/promises';
import { EnvctlError, isEnvctlError } from '../contract/index.js';
import { isEndedStatus } from '../truth/index.js';
import type { HealthReport } from './health.js';

export interface WaitOptions {
  readonly until: 'healthy' | 'stopped';
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** One look; undefined = nothing is recorded. */
  readonly look: () => Promise<HealthReport | undefined>;
}

/** Looks again, from every 50 to every 500 ms, until everything selected is healthy (or nothing of it runs). */
export async function waitFor(options: WaitOptions): Promise<HealthReport | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  let last: HealthReport | undefined;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    options.signal.throwIfAborted();
    last = await options.look().catch((error: unknown) => {
      // What was selected a moment ago and is on no record now has been stopped.
      if (last !== undefined && options.until === 'stopped' && isEnvctlError(error) && error.code === 'ENVCTL_E_TARGET_UNKNOWN') return undefined;
      throw error;
    });
    const isReached = options.until === 'healthy' ? last?.healthy === true : last === undefined || last.services.every((service) => isEndedStatus(service.status));
    if (isReached) return last;
    if (performance.now() > deadline) break;
    await delay(pauseMs, undefined, { signal: options.signal });
  }
  const waiting = last === undefined ? 'nothing is recorded' : [...last.issues.failing_services, ...last.issues.requirement_issues.map((issue) => `${issue.project} ${issue.component}`)].join(', ');
  throw new EnvctlError('ENVCTL_E_WAIT_TIMEOUT', `Not ${options.until} after ${options.timeoutMs / 1000} s: ${waiting || 'services still run'}`, {
    kind: 'environment',
    hints: ['envctl health', 'envctl errors'],
    data: { until: options.until, timeout_ms: options.timeoutMs },
  });
}
