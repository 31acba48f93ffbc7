import type { JsonFailure } from '../contract/index.js';
import type { EnvctlError } from '../contract/index.js';

/** `envctl.<command>.v<version>`; topics are joined by dots. */
export function contractVersion(commandId: string, version = 1): string {
  return `envctl.${commandId.replaceAll(':', '.')}.v${version}`;
}

/** The document of a command that ran: its data beside the envelope, which the data can never overwrite. */
export function toResultDocument(commandId: string, version: number, ok: boolean, data: object): object {
  return { ...data, contract_version: contractVersion(commandId, version), ok };
}

/** The document of a command that failed: the error's data beside the envelope. */
export function toFailureDocument(commandId: string | undefined, error: EnvctlError): JsonFailure {
  const word = error.data['error'];
  return {
    ...error.data,
    contract_version: commandId === undefined ? 'envctl.error.v1' : contractVersion(commandId),
    ok: false,
    error: typeof word === 'string' ? word : error.code,
    code: error.code,
    message: error.message,
    hints: error.hints,
  };
}

/** Two-space indent, keys sorted at every depth, newline at the end. */
export function printJson(document: unknown): string {
  return `${JSON.stringify(sortKeys(document), null, 2)}\n`;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  const names = Object.keys(value).sort();
  const sorted: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of names) sorted[name] = sortKeys((value as Record<string, unknown>)[name]);
  return sorted;
}
