import { constants } from 'node:os';

/** `SIGTERM` for 143; null for what is no signal. A code above 128 is the shell's word for a signal. */
function signalOfExit(code: number): string | null {
  return (code > 128 ? Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] : undefined) ?? null;
}

/** `exited with code 1`, `was ended by SIGKILL`. */
export function describeExit(code: number): string {
  const signal = signalOfExit(code);
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}

/** `restarted 3 times, last exited with code 1 at 2026-01-31T10:00:00.000Z`; undefined for a launch that was never restarted. */
export function describeRestarts(launch: { readonly restarts: number; readonly lastEnd?: { readonly code: number; readonly at: number } }): string | undefined {
  if (launch.restarts === 0) return undefined;
  const times = launch.restarts === 1 ? 'once' : `${launch.restarts} times`;
  return `restarted ${times}${launch.lastEnd === undefined ? '' : `, last ${describeExit(launch.lastEnd.code)} at ${new Date(launch.lastEnd.at).toISOString()}`}`;
}

/** How a command ended last, as documents have it; `at` is an ISO time. */
export interface LastExit {
  readonly code: number;
  readonly signal: string | null;
  readonly at: string;
}

export function toLastExit(end: { readonly code: number; readonly at: number } | undefined): LastExit | null {
  return end === undefined ? null : { code: end.code, signal: signalOfExit(end.code), at: new Date(end.at).toISOString() };
}
