import path from 'node:path';
import { findProgram, quoteForShell, splitShellWords } from '../../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { directoriesUpTo } from '../package-manager.js';
import { missingProgram } from './missing-program.js';
import { frameworkRules } from './node.js';
import { findPython } from './python-environment.js';

export const procfileRule: DetectionRule = {
  id: 'procfile',
  services: ['backend'],
  inRoot: 'backend',
  about: {
    name: 'Procfile',
    evidence: '`Procfile.dev` or `Procfile` has an entry `web` whose program is there; for its other entries a note has the command that makes them additional services',
    command: '`sh -c <entry>`, with the programs of the virtual environment and of `node_modules/.bin` on the PATH',
    port: 'variable `PORT`',
  },
  match: matchProcfile,
};

export interface ProcfileEntry {
  readonly name: string;
  readonly command: string;
}

/** `name: command` lines, in their order; any other line is none. */
export function readProcfile(text: string): readonly ProcfileEntry[] {
  return [...text.matchAll(/^([A-Za-z0-9_-]+):[ \t]*(\S.*?)[ \t]*$/gm)].map(([, name, command]) => ({ name: name!, command: command! }));
}

function matchProcfile(app: AppDirectory): RuleMatch | undefined {
  for (const name of ['Procfile.dev', 'Procfile']) {
    const file = path.join(app.directory, name);
    const entries = readProcfile(app.files.readText(file) ?? '');
    const web = entries.find((entry) => entry.name === 'web');
    if (web === undefined || isFrontend(app, web)) continue;
    const program = programOf(web.command);
    const directories = programDirectories(app);
    const found = program === undefined || isBuiltin(program) || findProgram(program, { cwd: app.directory, path: [...directories, app.searchPath].join(path.delimiter) }).found;
    // What a build would have put there: another rule may know how to start the source.
    if (!found && program.includes('/')) continue;
    const prefix = directories.length === 0 ? '' : `PATH=${directories.map(quoteForShell).join(':')}:$PATH; `;
    const others = entries.filter((entry) => entry.name !== 'web' && entry.name !== 'release');
    return {
      command: { type: 'backend', command: ['sh', '-c', `${prefix}${web.command}`], cwd: app.directory, portMode: 'env', env: { PYTHONUNBUFFERED: '1' }, source: 'autodetected', rule: 'procfile', serverCode: true },
      evidence: [{ path: file, text: `web: ${web.command}` }],
      problems: found ? [] : [missingProgram(app, program)],
      companions: others.map((entry) => ({ name: entry.name, text: entry.command, startCommand: toStartCommand(app, directories, entry), directory: path.relative(app.projectRoot, app.directory) || '.', file })),
    };
  }
  return undefined;
}

/** Through a shell where it needs one, or where its program is not on the PATH; by relative paths, so that it holds in every worktree. */
function toStartCommand(app: AppDirectory, directories: readonly string[], { command }: ProcfileEntry): string {
  const program = programOf(command);
  const isPlain = splitShellWords(command).ok && program !== undefined && findProgram(program, { cwd: app.directory, path: app.searchPath }).found;
  if (isPlain) return command;
  const prefix = directories.length === 0 ? '' : `PATH="${directories.map((directory) => `$PWD/${path.relative(app.directory, directory)}`).join(':')}:$PATH"; `;
  return `sh -c ${quoteForShell(`${prefix}${command}`)}`;
}

/** The application is the frontend, and `web` is how it is served when it has been built. */
function isFrontend(app: AppDirectory, web: ProcfileEntry): boolean {
  const runsScript = /^(?:\w+=\S*\s+)*(?:npm|npx|yarn|pnpm|bun|node|next|nuxt|vite|astro)\b/.test(web.command);
  return runsScript && frameworkRules.some((rule) => rule.inRoot === 'frontend' && rule.match(app) !== undefined);
}

/** Where programs of the application's own packages are, as its author has them on PATH. */
function programDirectories(app: AppDirectory): readonly string[] {
  const { environment } = findPython(app);
  return [
    ...(environment === undefined ? [] : [path.join(environment, 'bin')]),
    ...directoriesUpTo(app.directory, app.projectRoot).map((directory) => path.join(directory, 'node_modules/.bin')).filter((directory) => app.files.isDirectory(directory)),
  ];
}

/** The first word that is a program; undefined when the entry begins with something that only a shell understands. */
function programOf(command: string): string | undefined {
  const words = command.split(/\s+/);
  const program = words.find((word) => !/^[A-Za-z_]\w*=/.test(word) && word !== 'exec' && word !== 'env');
  return program === undefined || !/^[\w./@+-]+$/.test(program) ? undefined : program;
}

function isBuiltin(word: string): boolean {
  return ['cd', 'set', 'unset', 'export', '.', ':', 'test', 'if', 'while', 'trap', 'ulimit', 'umask'].includes(word);
}
