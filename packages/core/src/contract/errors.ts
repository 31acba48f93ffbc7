import { brandKey, hasBrand } from './brand.js';
import type { ErrorCode } from './error-codes.js';

/**
 * Who can mend the problem. `user`: the words given; `environment`: the machine; `dependency`: a managed
 * server; `extension`: a plugin; `cancelled`: the person at the keyboard; `bug`: us.
 */
export type ErrorKind = 'user' | 'environment' | 'dependency' | 'extension' | 'cancelled' | 'bug';

export interface EnvctlErrorOptions {
  readonly kind?: ErrorKind;
  /** What to do next; a command that can be pasted where there is one. */
  readonly hints?: readonly string[];
  /** Facts for machines: paths, ids, ports, pids. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The one error class a user may meet. The message says what and where; `hints` say what to do.
 * Exit code: 2 for `cancelled`, else 1.
 */
export class EnvctlError extends Error {
  readonly [brandKey] = 'error' as const;
  readonly code: ErrorCode | (string & {});
  readonly kind: ErrorKind;
  readonly hints: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode | (string & {}), message: string, options: EnvctlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EnvctlError';
    this.code = code;
    this.kind = options.kind ?? 'user';
    this.hints = options.hints ?? [];
    this.data = options.data ?? {};
  }

  get exitCode(): 1 | 2 {
    return this.kind === 'cancelled' ? 2 : 1;
  }
}

/** True for an {@link EnvctlError} made by any copy of core. */
export function isEnvctlError(value: unknown): value is EnvctlError {
  return hasBrand(value, 'error');
}

/** The message of anything that can be thrown, on one line. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
