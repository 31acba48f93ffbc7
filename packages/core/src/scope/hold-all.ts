import type { EngineContext } from './engine-context.js';

export interface HoldAllOptions {
  /** What the locks are held for, told to whom it keeps waiting. */
  readonly purpose: string;
  /** Longest wait for each lock. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Holds several locks in one order (by name), so that two commands never wait for each other. */
export async function holdAll<T>(context: Pick<EngineContext, 'lock'>, names: readonly string[], options: HoldAllOptions, work: () => Promise<T>): Promise<T> {
  const [first, ...rest] = [...new Set(names)].sort();
  if (first === undefined) return work();
  const { purpose, timeoutMs, signal } = options;
  return context.lock(first).hold(purpose, { timeoutMs, ...(signal === undefined ? {} : { signal }) }, () => holdAll(context, rest, options, work));
}
