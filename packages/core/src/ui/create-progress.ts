import type { Invocation } from '../boot/index.js';
import type { Route } from '../routing/index.js';
import { createLiveProgress } from './live-progress.js';
import { createPlainProgress } from './plain-progress.js';
import type { Progress } from './progress.js';

/** Live lines in a terminal, plain lines elsewhere; always on stderr, so that stdout stays the result's. */
export function createProgress(invocation: Pick<Invocation, 'stderr' | 'claimStderr' | 'terminal' | 'env' | 'now'>, route: Pick<Route, 'json' | 'headless'>): Progress {
  const isLive = invocation.terminal.stderr && !route.json && (invocation.env['CI'] ?? '') === '' && invocation.env['TERM'] !== 'dumb';
  return isLive
    ? createLiveProgress({ claim: invocation.claimStderr, columns: invocation.terminal.columns ?? 80, colour: invocation.terminal.colour, now: invocation.now })
    : createPlainProgress({ write: invocation.stderr });
}
