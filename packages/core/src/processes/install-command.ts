import { findProgram } from './find-program.js';

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
  go: { 'apt-get': 'golang-go', dnf: 'golang', default: 'go' },
  python3: { 'apt-get': 'python3 python3-venv', pacman: 'python', brew: 'python', default: 'python3' },
  bundle: { 'apt-get': 'ruby-bundler', default: 'ruby' },
  cargo: { pacman: 'rust', brew: 'rust', default: 'cargo' },
};

/** The command that installs a program on this system, by the first package manager on `searchPath`. */
export function installCommand(program: string, searchPath: string): string {
  const [manager, install] = managers.find(([name]) => findProgram(name, { cwd: '/', path: searchPath }).found) ?? [];
  if (manager === undefined || install === undefined) return `put ${program} on the PATH: envctl finds no package manager here that it could name a command of`;
  const names = Object.hasOwn(packageNames, program) ? packageNames[program] : undefined;
  return `${install} ${names?.[manager] ?? names?.['default'] ?? program}`;
}
