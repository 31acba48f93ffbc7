import path from 'node:path';
import { expect } from 'chai';
import { commandOnPort, createDetectionFiles, detectServices, missingCommandError, toDetectionError, type DetectionInput, type ServiceDetection } from '../../dist/services/index.js';
import { withDirectory, writeTree } from './support.js';

const tools = { 'bin/npm*': '', 'bin/python3*': '', 'bin/server*': '' };
const vitePackage = JSON.stringify({ scripts: { dev: 'vite' }, devDependencies: { vite: '8' } });
const expressPackage = JSON.stringify({ scripts: { start: 'node ./bin/www' }, dependencies: { express: '4' } });
const fastapi = 'from fastapi import FastAPI\napp = FastAPI()\n';

async function detect(files: Readonly<Record<string, string>>, input: Partial<DetectionInput> = {}): Promise<ServiceDetection & { root: string }> {
  return withDirectory(async (root) => {
    await writeTree(root, { ...tools, ...files });
    const result = detectServices({
      projectRoot: root,
      directories: { backend: 'backend', frontend: 'frontend' },
      commands: {},
      searchPath: path.join(root, 'bin'),
      files: createDetectionFiles(),
      ...input,
    });
    return { ...result, root };
  });
}

describe('detectServices', () => {
  describe('finds', () => {
    const rows: readonly [string, Readonly<Record<string, string>>, { backend?: string; frontend?: string }][] = [
      ['a Vite frontend by its script', { 'frontend/package.json': vitePackage }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['an Express backend by its start script', { 'backend/package.json': expressPackage }, { backend: 'npm run start' }],
      ['a dev script before a start script', { 'backend/package.json': JSON.stringify({ scripts: { start: 'node a', dev: 'node b' } }) }, { backend: 'npm run dev' }],
      ['a frontend that is not Vite', { 'frontend/package.json': JSON.stringify({ scripts: { dev: 'node dev.js' } }) }, { frontend: 'npm run dev' }],
      ['FastAPI in main.py', { 'backend/pyproject.toml': '', 'backend/main.py': fastapi }, { backend: 'python3 -m uvicorn main:app --host 127.0.0.1 --port 4000' }],
      ['FastAPI in app/main.py first', { 'backend/main.py': fastapi, 'backend/app/main.py': fastapi }, { backend: 'python3 -m uvicorn app.main:app --host 127.0.0.1 --port 4000' }],
      ['FastAPI in src/main.py', { 'backend/src/main.py': fastapi }, { backend: 'python3 -m uvicorn main:app --host 127.0.0.1 --port 4000 --app-dir src' }],
      ['FastAPI in src as a package', { 'backend/src/main.py': `from src.db import x\n${fastapi}` }, { backend: 'python3 -m uvicorn src.main:app --host 127.0.0.1 --port 4000' }],
      ['the variable that holds the application', { 'backend/main.py': 'import fastapi\napi = fastapi.FastAPI(title="x")\n' }, { backend: 'python3 -m uvicorn main:api --host 127.0.0.1 --port 4000' }],
      ['an application imported into main.py', { 'backend/requirements.txt': 'fastapi\n', 'backend/app/main.py': 'from .factory import app\n' }, { backend: 'python3 -m uvicorn app.main:app --host 127.0.0.1 --port 4000' }],
      ['a Vite application in the root as frontend only', { 'package.json': vitePackage }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['any other application in the root as backend only', { 'package.json': expressPackage }, { backend: 'npm run start' }],
      ['FastAPI in the root beside Vite in the root', { 'package.json': vitePackage, 'main.py': fastapi }, { backend: 'python3 -m uvicorn main:app --host 127.0.0.1 --port 4000', frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['nothing in a root that only starts its workspaces', { 'package.json': JSON.stringify({ workspaces: ['a'], scripts: { dev: 'npm run dev -ws' } }) }, {}],
      ['nothing in a root that starts its directories', { 'package.json': JSON.stringify({ scripts: { dev: 'concurrently "npm:a" "npm:b"' } }), 'frontend/package.json': vitePackage }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['no server in main.py of an ordinary program', { 'backend/pyproject.toml': '', 'backend/main.py': 'print("app")\n' }, {}],
      ['no development server in a Vite build', { 'frontend/package.json': JSON.stringify({ scripts: { dev: 'vite build --watch' } }) }, { frontend: 'npm run dev' }],
      ['Vite after a step before it', { 'frontend/package.json': JSON.stringify({ scripts: { dev: 'tsc -b && NODE_ENV=development vite --open' } }) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['nothing in a damaged package.json', { 'backend/package.json': '{' }, {}],
    ];
    for (const [title, files, expected] of rows) {
      it(title, async () => {
        const found = await detect(files);
        expect(onPort(found, 4000)).to.deep.equal(expected);
      });
    }
  });

  describe('refuses a package.json that is not JSON, with its line', () => {
    const broken = '{\n  "scripts": { "dev": "vite" },\n}\n';
    const rows: readonly [string, Readonly<Record<string, string>>, string, string][] = [
      ['of the directory of a service', { 'frontend/package.json': broken, 'backend/package.json': expressPackage, 'backend/node_modules/': '' }, 'frontend', 'frontend/package.json'],
      ['of the root, which may be either service', { 'package.json': broken }, 'backend frontend', 'package.json'],
      ['of a package of the workspace', { 'package.json': JSON.stringify({ workspaces: ['apps/*'] }), 'apps/web/package.json': broken }, 'backend frontend', 'apps/web/package.json'],
    ];
    for (const [title, files, services, file] of rows) {
      it(title, async () => {
        const { root, problems } = await detect(files);
        expect(problems.map(({ service }) => service).join(' ')).to.equal(services);
        expect(problems[0]?.message).to.match(new RegExp(`^${root}/${file} is not JSON, line 3: Expected double-quoted property name`));
        expect(problems[0]?.hints).to.deep.equal([`\${EDITOR:-vi} +3 ${root}/${file}`]);
        expect(toDetectionError(problems[0]!).code).to.equal('ENVCTL_E_CONFIG_INVALID');
      });
    }

    it('and says so in a note where another file decides', async () => {
      const found = await detect({ 'backend/main.py': fastapi, 'backend/package.json': broken }, { switchedOff: ['frontend'] });
      expect(onPort(found, 4000).backend).to.match(/^python3 -m uvicorn/);
      expect(found.notes.join('\n')).to.match(/backend\/package\.json is not JSON, line 3: /);
    });

    it('also where it holds something else, or nothing', async () => {
      for (const [text, told] of [['[]', 'there is no object in it'], ['', 'Unexpected end of JSON input']] as const) {
        expect((await detect({ 'package.json': text })).problems[0]?.message).to.include(`is not JSON: ${told}. `);
      }
    });
  });

  describe('takes the package manager of the nearest lock file', () => {
    const rows: readonly [string, Readonly<Record<string, string>>, string][] = [
      ['pnpm', { 'frontend/pnpm-lock.yaml': '', 'bin/pnpm*': '' }, 'pnpm run dev --port 4000 --strictPort --host 127.0.0.1'],
      ['yarn, from the root of the checkout', { 'yarn.lock': '', 'bin/yarn*': '' }, 'yarn run dev --port 4000 --strictPort --host 127.0.0.1'],
      ['bun', { 'frontend/bun.lock': '', 'frontend/package-lock.json': '{}', 'bin/bun*': '' }, 'bun run dev --port 4000 --strictPort --host 127.0.0.1'],
      ['npm in the place of one that is not installed', { 'frontend/pnpm-lock.yaml': '' }, 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1'],
    ];
    for (const [title, files, expected] of rows) {
      it(title, async () => {
        const found = await detect({ 'frontend/package.json': vitePackage, ...files });
        expect(onPort(found, 4000).frontend).to.equal(expected);
      });
    }

    it('says when it uses another than the lock file asks for', async () => {
      const found = await detect({ 'frontend/package.json': vitePackage, 'frontend/pnpm-lock.yaml': '' });
      expect(found.notes.join('\n')).to.match(/lock file is for pnpm/);
    });
  });

  it('prefers the virtual environment of the backend, then that of the root', async () => {
    const environment = (where: string) => ({ [`${where}/bin/python*`]: '', [`${where}/lib/python3.11/site-packages/uvicorn/`]: '' });
    const own = await detect({ 'backend/main.py': fastapi, ...environment('backend/.venv'), ...environment('.venv') });
    const shared = await detect({ 'backend/main.py': fastapi, ...environment('.venv') });
    expect(own.backend?.command[0]).to.equal(path.join(own.root, 'backend/.venv/bin/python'));
    expect(shared.backend?.command[0]).to.equal(path.join(shared.root, '.venv/bin/python'));
    expect(own.problems).to.deep.equal([]);
  });

  it('tells which file decided', async () => {
    const found = await detect({ 'backend/package.json': expressPackage });
    expect(found.evidence).to.deep.equal([{ service: 'backend', rule: 'package-script', path: path.join(found.root, 'backend/package.json'), text: 'scripts.start: node ./bin/www' }]);
    expect(found.notes).to.deep.equal([`No frontend found in frontend/ or the root of ${found.root}.`]);
    expect((await detect({ 'backend/package.json': expressPackage }, { switchedOff: ['frontend'] })).notes).to.deep.equal([]);
  });

  it('gives the port in PORT alone where no flag is known', async () => {
    const found = await detect({ 'backend/package.json': expressPackage, 'frontend/package.json': vitePackage });
    expect([found.backend?.portMode, found.frontend?.portMode]).to.deep.equal(['env', 'flag']);
  });

  it('makes a URL of a health path', async () => {
    const found = await detect({ 'backend/package.json': expressPackage }, { healthUrls: { backend: '/healthz' } });
    expect(commandOnPort(found.backend!, 4000).healthUrl).to.equal('http://127.0.0.1:4000/healthz');
  });

  describe('names what is not installed, with the command that installs it', () => {
    const rows: readonly [string, Readonly<Record<string, string>>, string, string][] = [
      ['node_modules', { 'backend/package.json': expressPackage, 'backend/package-lock.json': '{}' }, 'node_modules_missing', 'cd ROOT/backend && npm ci'],
      ['node_modules of a workspace', { 'backend/package.json': expressPackage, 'package-lock.json': '{}' }, 'node_modules_missing', 'cd ROOT && npm ci'],
      ['the vite program', { 'frontend/package.json': vitePackage, 'frontend/node_modules/': '' }, 'vite_binary_missing', 'cd ROOT/frontend && npm install'],
      ['uvicorn in a virtual environment', { 'backend/main.py': fastapi, 'backend/uv.lock': '', 'backend/.venv/bin/python*': '' }, 'python_module_missing', 'cd ROOT/backend && uv sync'],
    ];
    for (const [title, files, reason, hint] of rows) {
      it(title, async () => {
        const found = await detect(files);
        expect(found.problems.map((problem) => problem.reasonCode)).to.deep.equal([reason]);
        expect(found.problems[0]?.hints).to.deep.equal([hint.replace('ROOT', found.root)]);
        expect(toDetectionError(found.problems[0]!).code).to.equal('ENVCTL_E_PREREQUISITE_MISSING');
      });
    }

    it('and is content with packages hoisted into the root, with none to install, and with Plug and Play', async () => {
      const contents = [{ 'node_modules/': '' }, { 'backend/package.json': JSON.stringify({ scripts: { dev: 'node a' } }) }, { '.pnp.cjs': '' }];
      for (const files of contents) {
        expect((await detect({ 'backend/package.json': expressPackage, ...files })).problems).to.deep.equal([]);
      }
    });
  });

  describe('with a configured command', () => {
    const configured = async (backend: string, files: Readonly<Record<string, string>> = {}) => detect(files, { commands: { backend } });

    it('splits it without a shell, with the port in its place', async () => {
      const found = await configured(`server --title 'two words' --listen=127.0.0.1:{port}`, { 'backend/package.json': expressPackage });
      expect(commandOnPort(found.backend!, 4000).command).to.deep.equal(['server', '--title', 'two words', '--listen=127.0.0.1:4000']);
      expect(found.backend).to.include({ source: 'configured', portMode: 'flag', cwd: path.join(found.root, 'backend') });
    });

    it('runs it in the root when the service has no directory', async () => {
      const found = await configured('server');
      expect(found.backend).to.include({ cwd: found.root, portMode: 'env' });
    });

    it('takes variables before the program', async () => {
      const found = await configured('LISTEN=:{port} NAME="a b" server');
      expect(commandOnPort(found.backend!, 4000).env).to.deep.equal({ LISTEN: ':4000', NAME: 'a b' });
    });

    it('takes a program by its path', async () => {
      const found = await configured('./run --port {port}', { 'backend/run*': '' });
      expect(found.problems).to.deep.equal([]);
    });

    it('ignores an empty one', async () => {
      const found = await configured('  ', { 'backend/package.json': expressPackage });
      expect(found.backend?.source).to.equal('autodetected');
    });

    const refused: readonly [string, string, string, RegExp][] = [
      ['a program that is not on PATH', 'absent --port {port}', 'ENVCTL_E_SERVICE_COMMAND_NOT_FOUND', /^missing_command_executable: absent \(ENVCTL_BACKEND_START_CMD: not found on PATH\)$/],
      ['a path that is not executable', './package.json', 'ENVCTL_E_SERVICE_COMMAND_NOT_FOUND', /^missing_command_executable: \.\/package\.json .*no executable file/],
      ['shell syntax', 'server && server', 'ENVCTL_E_CONFIG_INVALID', /uses shell syntax \(&&\)/],
      ['a variable only a shell would expand', 'server --port $PORT', 'ENVCTL_E_CONFIG_INVALID', /uses shell syntax \(\$PORT\)/],
      ['a quote that is never closed', 'server "a', 'ENVCTL_E_CONFIG_INVALID', /quote that is never closed/],
      ['variables without a program', 'A=1', 'ENVCTL_E_CONFIG_INVALID', /names no program/],
    ];
    for (const [title, text, code, message] of refused) {
      it(`refuses ${title}, and detects nothing in its place`, async () => {
        const found = await configured(text, { 'backend/package.json': expressPackage });
        expect(found.backend).to.equal(undefined);
        expect(found.problems).to.have.length(1);
        expect(found.problems[0]).to.include({ code });
        expect(found.problems[0]?.message).to.match(message);
      });
    }

    it('shows the path of a program that only the packages of the service have', async () => {
      const found = await configured('vite --port {port}', { 'backend/node_modules/.bin/vite*': '' });
      expect(found.problems[0]?.hints).to.deep.equal(['ENVCTL_BACKEND_START_CMD=./node_modules/.bin/vite --port {port}']);
    });
  });

  it('refuses a directory that somebody named and that is not there, where the service is wanted', async () => {
    const input = { directories: { backend: 'api', frontend: 'frontend' } };
    for (const commands of [{}, { backend: 'server' }]) {
      const { backend, problems, root } = await detect({ 'package.json': expressPackage }, { ...input, commands });
      expect(backend).to.equal(undefined);
      expect(problems).to.have.length(1);
      expect(toDetectionError(problems[0]!)).to.deep.include({ code: 'ENVCTL_E_CONFIG_INVALID', message: `BACKEND_DIR=api names no directory: there is no ${root}/api.`, hints: ['envctl config --set BACKEND_DIR=<directory>', 'envctl config --set BACKEND_DIR=backend'] });
    }
    const file = await detect({ 'src/be.js': '' }, { directories: { backend: 'src/be.js', frontend: 'frontend' } });
    expect([file.problems[0]?.message, file.problems[0]?.hints[0]]).to.deep.equal([`BACKEND_DIR=src/be.js names no directory: ${file.root}/src/be.js is a file.`, 'envctl config --set BACKEND_DIR=src']);
    expect((await detect({}, { ...input, switchedOff: ['backend'] })).problems).to.deep.equal([]);
  });

  it('says how a service without any command is given one', () => {
    const error = missingCommandError('frontend', { projectRoot: '/r', directories: { backend: 'backend', frontend: 'web' } });
    expect(error.message).to.match(/^missing_service_start_command: .*\/r\/web or \/r/);
    expect(error.hints).to.deep.equal([`envctl config --set ENVCTL_FRONTEND_START_CMD='<command> --port {port}'`]);
  });
});

function onPort(found: ServiceDetection, port: number): { backend?: string; frontend?: string } {
  const line = (name: 'backend' | 'frontend') => (found[name] === undefined ? {} : { [name]: commandOnPort(found[name], port).command.join(' ') });
  return { ...line('backend'), ...line('frontend') };
}
