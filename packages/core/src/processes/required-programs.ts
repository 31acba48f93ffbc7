import { EnvctlError } from '../contract/index.js';
import { findProgram } from './find-program.js';
import { installCommand } from './install-command.js';

/** Throws ENVCTL_E_PREREQUISITE_MISSING: one error that names every missing program, each with its install command. */
export function assertPrograms(names: readonly string[], searchPath: string): void {
  const missing = [...new Set(names)].filter((name) => !findProgram(name, { cwd: '/', path: searchPath }).found);
  if (missing.length === 0) return;
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', `Missing required executables: ${missing.join(', ')}`, {
    kind: 'environment',
    hints: missing.map((name) => installCommand(name, searchPath)),
    data: { missing },
  });
}
