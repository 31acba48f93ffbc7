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
