import type { Context } from 'mocha';

/**
 * Skips the test or the suite whose hook calls it, with the reason in its title, where the report of scripts/test finds it.
 * A reason that starts with 'platform: ' (what the machine forbids, not what is missing on it) is allowed with CI=true too.
 */
export function skip(context: Context, reason: string): never {
  context.runnable().title += ` skipped: ${reason}`;
  return context.skip();
}
