import { EnvctlError, isEnvctlError } from '../contract/index.js';
import type { Progress } from '../ui/index.js';

export interface Redaction {
  readonly text: (text: string) => string;
  readonly value: (value: unknown) => unknown;
}

type Method = (...args: never[]) => Promise<unknown>;

/**
 * The same facade, whose errors have no secret in message, hints or data: a service may die with a database URL on its
 * lips, and the error quotes its last words. `redactions` are asked when something fails.
 */
export function withRedactedFailures<T extends object>(facade: T, redactions: () => readonly Redaction[]): T {
  const guard = (method: Method): Method => async (...args) => {
    try {
      return await method(...args);
    } catch (error) {
      throw redactions().reduce<unknown>(redactError, error);
    }
  };
  return Object.fromEntries(Object.entries(facade).map(([name, method]) => [name, guard(method as Method)])) as T;
}

/** The same progress, whose details pass redaction. */
export function withRedactedProgress(progress: Progress, { text }: Redaction): Progress {
  return {
    node: (id, state, detail) => (detail === undefined ? progress.node(id, state) : progress.node(id, state, text(detail))),
    note: (line) => progress.note(text(line)),
    close: () => progress.close(),
  };
}

function redactError(error: unknown, redaction: Redaction): unknown {
  if (!isEnvctlError(error)) {
    if (error instanceof Error) error.message = redaction.text(error.message);
    return error;
  }
  const { code, kind, cause } = error;
  return new EnvctlError(code, redaction.text(error.message), {
    kind,
    hints: error.hints.map(redaction.text),
    data: redaction.value(error.data) as Readonly<Record<string, unknown>>,
    cause,
  });
}
