import { EnvctlError, type ErrorCode } from '../contract/index.js';

/** Something of a plugin that was set aside, and how to mend it. */
export interface Diagnostic {
  readonly plugin: string;
  readonly version: string;
  /** Where in the package: `package.json#envctl.contributes.config[2].key`, or a file. */
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** What to do, by the plugin's author or its user. */
  readonly mend: string;
  /** True when nothing of the plugin's manifest counts; absent: the part at `path`. */
  readonly dropsPlugin?: true;
}

/** One line for people. */
export function describeDiagnostic(diagnostic: Diagnostic): string {
  const { plugin, version, path, code, message, mend } = diagnostic;
  return `${plugin}@${version} (${path}): ${message} → ${mend} [${code}]`;
}

/** The error of a command that needs the very part that was set aside. */
export function toExtensionError(diagnostic: Diagnostic, cause?: unknown): EnvctlError {
  const { plugin, version, path, code, message, mend } = diagnostic;
  return new EnvctlError(code, `${plugin}@${version}: ${message}`, { kind: 'extension', hints: [mend], data: { plugin, version, path }, cause });
}
