/** The first pause between two looks at something that is waited for, in milliseconds. */
export const firstPauseMs = 5;

/**
 * The pause after the one of `pauseMs`: half as long again, but what has become ready is never seen later than after a
 * twentieth of the time it took, or 25 ms; and never more than 100 ms.
 */
export function nextPauseMs(pauseMs: number, waitedMs: number): number {
  return Math.min(pauseMs * 1.5, Math.max(25, waitedMs / 20), 100);
}
