import { setTimeout as delay } from 'node:timers/promises';

/**
 * Servers are launched before services, because those who need them wait longest; a service that needs none loses less than
 * it would win. A dependency that launches nothing, or takes its time, keeps nobody waiting.
 */
export interface HeadStart {
  /** A function for one of the participants to say, as often as it likes, that it is launched. */
  once(): () => void;
  /** Resolves when all participants are launched, after a quarter of a second, or at abort. */
  over(signal: AbortSignal): Promise<void>;
}

const longestMs = 250;

export function createHeadStart(participants: number): HeadStart {
  const ended = new AbortController();
  let waitedFor = participants;
  if (waitedFor === 0) ended.abort();
  return {
    once() {
      let isSaid = false;
      return () => {
        if (!isSaid) waitedFor -= 1;
        isSaid = true;
        if (waitedFor === 0) ended.abort();
      };
    },
    over: (signal) => delay(longestMs, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).catch(() => undefined),
  };
}
