import { setTimeout as delay } from 'node:timers/promises';

/**
 * Servers are launched one after the other in the order of the plan, and before services: those who need them wait longest, and
 * what is launched at once keeps all from being launched soon. A service that needs none loses less than it would win. A
 * dependency that launches nothing, or takes its time, keeps nobody waiting.
 */
export interface HeadStart {
  /** Resolves when all participants before this one are launched, after a quarter of a second, or at abort. */
  before(participant: string, signal: AbortSignal): Promise<void>;
  /** A participant is launched, or will not be; said as often as it likes. */
  launched(participant: string): void;
  /** Resolves when all participants are launched, after a quarter of a second, or at abort. */
  over(signal: AbortSignal): Promise<void>;
}

const longestMs = 250;

/** @param participants each once, in the order in which they are to be launched */
export function createHeadStart(participants: readonly string[]): HeadStart {
  const latches = participants.map((participant) => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    return { participant, open, opened };
  });
  const wait = async (count: number, signal: AbortSignal): Promise<void> => {
    const over = new AbortController();
    void Promise.all(latches.slice(0, count).map(({ opened }) => opened)).then(() => over.abort());
    await delay(longestMs, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined);
  };
  return {
    before: (participant, signal) => wait(Math.max(0, participants.indexOf(participant)), signal),
    launched: (participant) => latches.find((latch) => latch.participant === participant)?.open(),
    over: (signal) => wait(latches.length, signal),
  };
}
