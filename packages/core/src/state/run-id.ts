/**
 * A new run id: `run-YYYYmmddHHMMSS-<8 hex>` (UTC, so that ids sort by time).
 * `random` gives that many random bytes (`crypto.randomBytes`).
 */
export function createRunId(now: Date | number, random: (bytes: number) => Uint8Array): string {
  const stamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 14);
  return `run-${stamp}-${Buffer.from(random(4)).toString('hex')}`;
}

/** True for a word that is safe as the name of a run's directory. */
export function isRunId(value: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(value);
}
