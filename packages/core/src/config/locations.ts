import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { type Environment, homeOf } from './discovery.js';
import { parseValue, type PathBase } from './values.js';

/** `${XDG_STATE_HOME:-~/.local/state}/envctl`; a relative XDG_STATE_HOME is ignored, as the XDG rules ask. */
export function defaultRuntimeDirectory(env: Environment): string {
  const state = env['XDG_STATE_HOME'];
  const base = state !== undefined && path.isAbsolute(state) ? state : path.join(homeOf(env), '.local', 'state');
  return path.join(base, 'envctl');
}

/** Where the original keeps its state: what RUN_SH_RUNTIME_DIR says, else its own default. */
export function legacyRuntimeDirectory(value: string | undefined, base: PathBase): string {
  const parsed = value === undefined ? undefined : parseValue({ type: 'path' }, value, base);
  return parsed?.ok === true ? String(parsed.value) : '/tmp/envctl-runtime';
}

/** `store/` in the runtime root; `/var/lib/envctl` for root, whose servers run as another user. */
export function defaultStoreDirectory(runtimeDirectory: string, isRoot: boolean): string {
  return isRoot ? '/var/lib/envctl' : path.join(runtimeDirectory, 'store');
}

/** `repo-` and the first 12 hex digits of the sha256 of the real path of the repository root. */
export function deriveScopeId(repositoryRoot: string): string {
  return `repo-${createHash('sha256').update(realPath(repositoryRoot)).digest('hex').slice(0, 12)}`;
}

/** A scope id becomes a directory name. */
export const scopeIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return path.resolve(directory);
  }
}
