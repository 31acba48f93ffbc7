import type { EngineContext } from '../scope/index.js';

const waitMs = 60_000;

/** Holds several locks in one order (by name), so that two commands never wait for each other. */
export async function holdAll<T>(context: Pick<EngineContext, 'lock'>, names: readonly string[], purpose: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const [first, ...rest] = [...new Set(names)].sort();
  if (first === undefined) return work();
  return context.lock(first).hold(purpose, { timeoutMs: waitMs, ...(signal === undefined ? {} : { signal }) }, () => holdAll(context, rest, purpose, signal, work));
}
