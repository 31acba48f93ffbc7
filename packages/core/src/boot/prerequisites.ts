import { EnvctlError } from '../contract/index.js';
import { findProgram, installCommand } from '../processes/read-only.js';

/** Throws ENVCTL_E_PREREQUISITE_MISSING: one error that names every missing program, each with its install command. */
export function assertPrograms(names: readonly string[], searchPath: string): void {
  const missing = names.filter((name) => !findProgram(name, { cwd: '/', path: searchPath }).found);
  if (missing.length === 0) return;
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', `Missing required executables: ${missing.join(', ')}`, {
    kind: 'environment',
    hints: missing.map((name) => installCommand(name, searchPath)),
    data: { missing },
  });
}
