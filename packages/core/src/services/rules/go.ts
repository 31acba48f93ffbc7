import path from 'node:path';
import { findProgram } from '../../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { chooseProgram } from './choose-program.js';
import { missingProgram } from './missing-program.js';

export const goRule: DetectionRule = {
  id: 'go',
  services: ['backend'],
  inRoot: 'backend',
  about: {
    name: 'Go',
    evidence: '`go.mod`, and a `package main` in the directory or the one below `cmd` (of several: `server`, `api`, `web`, `backend`, or the name of the module); in the root only with a sign of a server',
    command: '`go run .` or `go run ./cmd/<name>`',
    port: 'variable `PORT`',
  },
  match: matchGo,
};

function matchGo(app: AppDirectory): RuleMatch | undefined {
  const module = path.join(app.directory, 'go.mod');
  const text = app.files.readText(module);
  if (text === undefined) return undefined;
  const found = findMain(app, /^module\s+(\S+)/m.exec(text)?.[1] ?? '');
  if (found === undefined) return undefined;
  // A program in the root may be a tool of any kind; one in the directory of the backend is the backend.
  if (app.isRoot && !isServer(`${text}\n${found.sources}`)) return undefined;
  return {
    command: { type: 'backend', command: ['go', 'run', found.target], cwd: app.directory, portMode: 'env', env: {}, source: 'autodetected', rule: 'go', serverCode: true, compiles: true },
    evidence: [
      { path: module, text: `module ${/^module\s+(\S+)/m.exec(text)?.[1] ?? ''}` },
      { path: found.file, text: 'package main' },
    ],
    problems: findProgram('go', { cwd: app.directory, path: app.searchPath }).found ? [] : [missingProgram(app, 'go')],
  };
}

interface MainPackage {
  /** As `go run` takes it. */
  readonly target: string;
  readonly file: string;
  readonly sources: string;
}

function findMain(app: AppDirectory, module: string): MainPackage | undefined {
  const own = mainIn(app, '.');
  if (own !== undefined) return own;
  const commands = app.files.list(path.join(app.directory, 'cmd')).flatMap((name) => {
    const found = mainIn(app, `./cmd/${name}`);
    return found === undefined ? [] : [{ name, found }];
  });
  return chooseProgram(commands, module.split('/').at(-1) ?? '')?.found;
}

function mainIn(app: AppDirectory, target: string): MainPackage | undefined {
  const directory = path.join(app.directory, target);
  const files = app.files.list(directory).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go')).map((name) => path.join(directory, name));
  const sources = files.map((file) => ({ file, text: app.files.readText(file) ?? '' }));
  const main = sources.find(({ text }) => /^package main\b/m.test(text) && /^func main\(\)/m.test(text));
  return main === undefined ? undefined : { target, file: main.file, sources: sources.map(({ text }) => text).join('\n') };
}

function isServer(text: string): boolean {
  return /\bListenAndServe|\bhttp\.Serve\b|\bnet\.Listen\b|gin-gonic\/gin|labstack\/echo|gofiber\/fiber|go-chi\/chi|gorilla\/mux|valyala\/fasthttp|google\.golang\.org\/grpc\b|"PORT"/.test(text);
}
