import { cancelled } from './describe-error.js';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** The parts of `process` the handlers touch. */
export interface SignalHost {
  on(event: Signal, listener: () => void): unknown;
  off(event: Signal, listener: () => void): unknown;
  kill(pid: number, signal: Signal): unknown;
  readonly pid: number;
}

/**
 * What a command does after an abort: `undoes` what it did or `finishes` what it has begun, which is told, or `ends` without a word,
 * having done nothing.
 */
export type Undertaking = 'undoes' | 'finishes' | 'ends';

/** What is said at a first Ctrl-C, at another first signal, and when a second one cuts it short. */
const words = {
  undoes: { atCtrlC: 'Cancelling and undoing; press Ctrl-C again to stop at once.', atSignal: 'cancelling and undoing.', cutShort: 'Stopped before the undoing was finished.' },
  finishes: { atCtrlC: 'Cancelling; what is being stopped is stopped first. Press Ctrl-C again to end at once.', atSignal: 'what is being stopped is stopped first.', cutShort: 'Ended before the stop was finished.' },
} as const;

export interface Cancellation {
  readonly signal: AbortSignal;
  /** From here on a first signal is waited for: somebody undoes, or just ends. What was said to undo stays so. */
  readonly undertake: (how?: Undertaking) => void;
  readonly uninstall: () => void;
}

/**
 * The first signal aborts. When nobody has undertaken to undo anything, or at the second signal, the process dies of the
 * signal itself (128 + its number).
 */
export function installSignals(host: SignalHost, say: (line: string) => void, endNow: () => void): Cancellation {
  const controller = new AbortController();
  let undertaken: Undertaking | undefined;
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => ({ name, listener: () => receive(name) }));
  const uninstall = (): void => {
    for (const { name, listener } of listeners) host.off(name, listener);
  };
  const receive = (name: Signal): void => {
    const told = undertaken === undefined || undertaken === 'ends' ? undefined : words[undertaken];
    if (controller.signal.aborted) {
      uninstall();
      if (told !== undefined) say(`${told.cutShort} To stop what is left, run: envctl stop-all`);
      host.kill(host.pid, name);
      return;
    }
    controller.abort(cancelled(name));
    if (undertaken === undefined) endNow();
    if (told !== undefined) say(name === 'SIGINT' ? told.atCtrlC : `${name}: ${told.atSignal}`);
  };
  for (const { name, listener } of listeners) host.on(name, listener);
  const undertake = (how: Undertaking = 'undoes'): void => {
    if (undertaken !== 'undoes') undertaken = how;
  };
  return { signal: controller.signal, undertake, uninstall };
}
