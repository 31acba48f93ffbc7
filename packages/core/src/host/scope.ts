import { EnvctlError, errorMessage } from '../contract/index.js';
import { withTimeLimit } from './time-limit.js';

/** Holds what must be given back; the last taken goes first. */
export interface Scope {
  /** Registers a disposer; `name` is what an error calls it. @throws EnvctlError ENVCTL_E_DISPOSE once the scope is closed. */
  add(name: string, dispose: () => unknown, options?: { readonly timeoutMs?: number }): void;
  /** Disposes of everything, one after the other, whatever fails. Repeated calls answer the same. @throws EnvctlError ENVCTL_E_DISPOSE naming every failure. */
  dispose(): Promise<void>;
}

/** A scope whose disposers get `timeoutMs` each unless they say otherwise. */
export function createScope(options: { readonly timeoutMs?: number } = {}): Scope {
  const entries: { readonly name: string; readonly dispose: () => unknown; readonly timeoutMs: number }[] = [];
  let disposal: Promise<void> | undefined;
  return {
    add(name, dispose, own) {
      if (disposal !== undefined) throw new EnvctlError('ENVCTL_E_DISPOSE', `${name} was added to a scope that is closed.`, { kind: 'bug' });
      entries.push({ name, dispose, timeoutMs: own?.timeoutMs ?? options.timeoutMs ?? 5000 });
    },
    dispose() {
      disposal ??= disposeAll([...entries].reverse());
      return disposal;
    },
  };
}

async function disposeAll(entries: readonly { readonly name: string; readonly dispose: () => unknown; readonly timeoutMs: number }[]): Promise<void> {
  const failures: { readonly name: string; readonly error: unknown }[] = [];
  for (const { name, dispose, timeoutMs } of entries) {
    try {
      await withTimeLimit(timeoutMs, dispose, () => new Error(`did not end within ${timeoutMs} ms`));
    } catch (error) {
      failures.push({ name, error });
    }
  }
  if (failures.length === 0) return;
  throw new EnvctlError('ENVCTL_E_DISPOSE', `Could not be closed: ${failures.map(({ name, error }) => `${name} (${errorMessage(error)})`).join(', ')}`, {
    kind: 'bug',
    data: { failures: failures.map(({ name, error }) => ({ name, message: errorMessage(error) })) },
    cause: new AggregateError(failures.map(({ error }) => error)),
  });
}
