import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EnvctlError } from '../contract/index.js';

const installHints: Readonly<Record<string, string>> = { git: 'apt-get install git   (or your system’s package manager)' };

/** Throws ENVCTL_E_PREREQUISITE_MISSING naming every missing program with its install command. */
export function assertPrograms(names: readonly string[], searchPath: string): void {
  const missing = names.filter((name) => !isOnPath(name, searchPath));
  if (missing.length === 0) return;
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', `Missing required executables: ${missing.join(', ')}`, {
    kind: 'environment',
    hints: missing.map((name) => installHints[name] ?? `install ${name}`),
    data: { missing },
  });
}

function isOnPath(name: string, searchPath: string): boolean {
  return searchPath.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
