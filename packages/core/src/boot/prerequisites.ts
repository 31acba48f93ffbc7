import { EnvctlError } from '../contract/index.js';
import { findProgram } from '../processes/read-only.js';

/** How each package manager installs, most specific first: the first that is there is the system's. */
const managers: readonly (readonly [program: string, install: string])[] = [
  ['apt-get', 'apt-get install'],
  ['dnf', 'dnf install'],
  ['apk', 'apk add'],
  ['pacman', 'pacman -S'],
  ['zypper', 'zypper install'],
  ['brew', 'brew install'],
];

/** Names of packages where they are not the program's: by manager, else by `default`. */
const packageNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  docker: { 'apt-get': 'docker.io', brew: 'docker', default: 'docker' },
};

/** Throws ENVCTL_E_PREREQUISITE_MISSING: one error that names every missing program, each with its install command. */
export function assertPrograms(names: readonly string[], searchPath: string): void {
  const missing = names.filter((name) => !isOnPath(name, searchPath));
  if (missing.length === 0) return;
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', `Missing required executables: ${missing.join(', ')}`, {
    kind: 'environment',
    hints: missing.map((name) => installCommand(name, searchPath)),
    data: { missing },
  });
}

function installCommand(name: string, searchPath: string): string {
  const [manager, install] = managers.find(([program]) => isOnPath(program, searchPath)) ?? [];
  if (manager === undefined || install === undefined) return `install ${name} with the package manager of your system`;
  const names = Object.hasOwn(packageNames, name) ? packageNames[name] : undefined;
  return `${install} ${names?.[manager] ?? names?.['default'] ?? name}`;
}

function isOnPath(name: string, searchPath: string): boolean {
  return findProgram(name, { cwd: '/', path: searchPath }).found;
}
