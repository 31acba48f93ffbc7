import { setTimeout as delay } from 'node:timers/promises';
import { createDeadline, type ConfigReader, type DependencyOutcome } from '../contract/index.js';

const pauseMs = 100;
const defaultTimeoutSeconds = 3;

/**
 * Asks a dependency that runs elsewhere until it answers, or ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT seconds have
 * passed. With ENVCTL_EXTERNAL_DEPENDENCY_PROBE=false it is taken for ready. Rejects when `signal` aborts.
 */
export async function askExternal(options: { readonly id: string; readonly config: ConfigReader; readonly signal: AbortSignal; readonly ask: (signal: AbortSignal) => Promise<DependencyOutcome> }): Promise<DependencyOutcome> {
  const { config, signal } = options;
  if (config.boolean('ENVCTL_EXTERNAL_DEPENDENCY_PROBE') === false) return { status: 'ready', detail: 'not asked' };
  const seconds = config.integer('ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT') ?? defaultTimeoutSeconds;
  const limit = createDeadline(signal, seconds * 1000);
  let last = 'no answer';
  try {
    for (;;) {
      const outcome = await options.ask(limit.signal);
      if (outcome.status !== 'failed' || outcome.class !== 'transient_probe_timeout_retryable') return outcome;
      last = outcome.message;
      await delay(pauseMs, undefined, { signal: limit.signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    return { status: 'failed', class: 'hard_start_failure', reasonCode: 'network_unreachable', message: `${options.id} did not answer within ${seconds} s: ${last}` };
  } finally {
    limit.clear();
  }
}
