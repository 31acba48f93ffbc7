import type { EngineContext } from './engine-context.js';

export interface HoldAllOptions {
  /** What the locks are held for, told to whom it keeps waiting. */
  readonly purpose: string;
  /** Longest wait for each lock. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Holds several locks in one order, so that two commands never wait for each other: projects first, then instances, as a
 * bring-up takes them (docs/decisions/0003), each by name.
 */
export async function holdAll<T>(context: Pick<EngineContext, 'lock'>, names: readonly string[], options: HoldAllOptions, work: () => Promise<T>): Promise<T> {
  const [first, ...rest] = [...new Set(names)].sort((left, right) => levelOf(left) - levelOf(right) || (left < right ? -1 : 1));
  if (first === undefined) return work();
  const { purpose, timeoutMs, signal } = options;
  return context.lock(first).hold(purpose, { timeoutMs, ...(signal === undefined ? {} : { signal }) }, () => holdAll(context, rest, options, work));
}

function levelOf(name: string): number {
  return name.startsWith('project-') ? 0 : 1;
}
