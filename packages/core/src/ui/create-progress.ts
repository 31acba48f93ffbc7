import type { Invocation } from '../boot/index.js';
import type { Route } from '../routing/index.js';
import { createLiveProgress } from './live-progress.js';
import { createPlainProgress } from './plain-progress.js';
import type { Progress } from './progress.js';

/** Live lines in a terminal, plain lines elsewhere; always on stderr, so that stdout stays the result's. */
export function createProgress(invocation: Pick<Invocation, 'stderr' | 'claimStderr' | 'terminal' | 'now'>, route: Pick<Route, 'json' | 'headless'>): Progress {
  const { terminal } = invocation;
  return terminal.redraws && !route.json
    ? createLiveProgress({ claim: invocation.claimStderr, columns: terminal.columns ?? 80, screenLines: terminal.screenLines ?? 24, colour: terminal.colour.stderr, now: invocation.now })
    : createPlainProgress({ write: invocation.stderr });
}
