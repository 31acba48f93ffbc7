/** A signal that aborts with another one, or when its time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Call when the work is done: ends the timer and lets the other signal go. */
  clear(): void;
}

/**
 * `parent`, limited to `timeoutMs`. Use it instead of `AbortSignal.any` with `AbortSignal.timeout`: Node 20 collects
 * such a signal while it still has listeners, and it never aborts.
 */
export function createDeadline(parent: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  const timer = setTimeout(() => controller.abort(new DOMException('The time is up.', 'TimeoutError')), timeoutMs);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      parent.removeEventListener('abort', follow);
    },
  };
}
