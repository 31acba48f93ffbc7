import path from 'node:path';
import { expect } from 'chai';
import { createPreparationFiles, detectPreparations, type DetectedPreparations } from '../../../dist/services/preparation/index.js';
import { withDirectory, writeTree } from '../support.js';

const programs = { 'bin/npm*': '', 'bin/node*': '', 'bin/pnpm*': '', 'bin/yarn*': '', 'bin/bun*': '', 'bin/python3*': '', 'bin/uv*': '', 'bin/poetry*': '', 'bin/pipenv*': '', 'bin/bundle*': '', 'bin/ruby*': '' };
const withPackage = (extra: Record<string, unknown> = {}): string => JSON.stringify({ scripts: { dev: 'vite' }, devDependencies: { vite: '^7' }, ...extra });
const npmRun = ['npm', 'run', 'dev'];
const python = ['python3', '-m', 'uvicorn', 'main:app'];

/** What is found for the application in `app/`, with paths relative to the checkout. */
async function detect(files: Readonly<Record<string, string>>, command: readonly string[] = npmRun, options: { readonly without?: readonly string[] } = {}): Promise<DetectedPreparations> {
  return withDirectory(async (directory) => {
    const root = path.join(directory, 'checkout');
    await writeTree(directory, Object.fromEntries(Object.entries(programs).filter(([name]) => !(options.without ?? []).some((word) => name === `bin/${word}*`))));
    await writeTree(root, { 'app/': '', ...files });
    const detected = detectPreparations({ service: 'backend', directory: path.join(root, 'app'), projectRoot: root, command, searchPath: path.join(directory, 'bin'), files: createPreparationFiles() });
    return JSON.parse(JSON.stringify(detected).replaceAll(`${root}/`, '').replaceAll(root, '.').replaceAll(`${directory}/`, '')) as DetectedPreparations;
  });
}

async function commandsOf(...args: Parameters<typeof detect>): Promise<readonly string[]> {
  return (await detect(...args)).preparations.flatMap(({ commands }) => commands.map((words) => words.join(' ')));
}

describe('detectPreparations', () => {
  const frozen: readonly (readonly [what: string, files: Readonly<Record<string, string>>, command: string])[] = [
    ['package-lock.json', { 'app/package-lock.json': '{}' }, 'npm ci --include=dev --prefer-offline --no-audit --no-fund'],
    ['npm-shrinkwrap.json', { 'app/npm-shrinkwrap.json': '{}' }, 'npm ci --include=dev --prefer-offline --no-audit --no-fund'],
    ['pnpm-lock.yaml', { 'app/pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile --prod=false --prefer-offline'],
    ['yarn.lock of yarn 1', { 'app/yarn.lock': '# yarn lockfile v1\n' }, 'yarn install --frozen-lockfile --production=false --check-files --non-interactive --prefer-offline'],
    ['yarn.lock of a later yarn', { 'app/yarn.lock': '__metadata:\n  version: 8\n' }, 'yarn install --immutable'],
    ['bun.lock', { 'app/bun.lock': '{}' }, 'bun install --frozen-lockfile'],
  ];
  for (const [what, files, command] of frozen) {
    it(`installs what ${what} locks, no more and no less`, async () => {
      expect(await commandsOf({ 'app/package.json': withPackage(), ...files })).to.deep.equal([command]);
    });
  }

  const lockless: readonly (readonly [manager: string, command: string])[] = [
    ['npm@11.0.0', 'npm install --include=dev --no-package-lock --no-save --prefer-offline --no-audit --no-fund'],
    ['pnpm@10.1.0', 'pnpm install --no-lockfile --prod=false --prefer-offline'],
    ['yarn@1.22.22', 'yarn install --no-lockfile --production=false --check-files --non-interactive --prefer-offline'],
    ['bun@1.2.0', 'bun install --no-save'],
  ];
  for (const [packageManager, command] of lockless) {
    it(`writes no lock file where there is none: ${packageManager}`, async () => {
      expect(await commandsOf({ 'app/package.json': withPackage({ packageManager }) })).to.deep.equal([command]);
    });
  }

  it('takes npm without a word about the manager', async () => {
    const { preparations } = await detect({ 'app/package.json': withPackage() });
    expect(preparations[0]).to.deep.include({ manager: 'npm', directory: 'app', inputs: ['app/package.json'] });
  });

  it('has nothing to install for a package without dependencies, and for a directory without package.json', async () => {
    expect(await detect({ 'app/package.json': '{"scripts":{"dev":"node ."}}' })).to.deep.equal({ preparations: [], problems: [], notes: [] });
    expect(await detect({})).to.deep.equal({ preparations: [], problems: [], notes: [] });
  });

  const workspaces: readonly (readonly [what: string, files: Readonly<Record<string, string>>, manager: string])[] = [
    ['npm', { 'package.json': '{"workspaces":["app"]}', 'package-lock.json': '{}' }, 'npm'],
    ['a pattern', { 'package.json': '{"workspaces":["./ap*"]}', 'package-lock.json': '{}' }, 'npm'],
    ['yarn', { 'package.json': '{"workspaces":{"packages":["**"]}}', 'yarn.lock': '' }, 'yarn'],
    ['pnpm', { 'package.json': '{}', 'pnpm-workspace.yaml': 'packages:\n  # all\n  - "ap?" # ours\n  - lib\n', 'pnpm-lock.yaml': '' }, 'pnpm'],
    ['pnpm in one line', { 'package.json': '{}', 'pnpm-workspace.yaml': `packages: ['{app,lib}']\n`, 'pnpm-lock.yaml': '' }, 'pnpm'],
  ];
  for (const [what, files, manager] of workspaces) {
    it(`installs a workspace once, at its root: ${what}`, async () => {
      const { preparations } = await detect({ 'app/package.json': withPackage(), ...files });
      expect(preparations).to.have.lengthOf(1);
      expect(preparations[0]).to.deep.include({ manager, directory: '.', cwd: '.' });
      expect(preparations[0]!.artifacts.map(({ path: place }) => place)).to.deep.equal(['node_modules', 'node_modules/.bin/vite']);
    });
  }

  it('installs in the application where the lock file above is not of its workspace', async () => {
    const files = { 'app/package.json': withPackage(), 'package.json': '{"workspaces":["packages/*","!app"]}', 'pnpm-lock.yaml': '' };
    expect((await detect(files)).preparations[0]).to.deep.include({ manager: 'pnpm', directory: 'app', commands: [['pnpm', 'install', '--no-lockfile', '--prod=false', '--prefer-offline']] });
  });

  const binaries: readonly (readonly [what: string, manifest: Record<string, unknown>, command: readonly string[], missing: string | undefined])[] = [
    ['its name', {}, npmRun, 'vite_binary_missing'],
    ['a script with settings', { scripts: { dev: 'cross-env A=b NODE_ENV=development vite --host' } }, npmRun, 'vite_binary_missing'],
    ['the last command of a script', { scripts: { dev: 'echo hello && vite' } }, npmRun, 'vite_binary_missing'],
    ['a package of another name', { scripts: { 'start:dev': 'nest start --watch' }, devDependencies: { '@nestjs/cli': '11' } }, ['npm', 'run', 'start:dev'], 'nest_binary_missing'],
    ['a path', {}, ['./node_modules/.bin/vite'], 'vite_binary_missing'],
    ['a program of the machine', { scripts: { dev: 'docker compose up' } }, npmRun, undefined],
    ['node', { scripts: { dev: 'node server.js' } }, npmRun, undefined],
  ];
  for (const [what, manifest, command, missing] of binaries) {
    it(`knows the binary of a script by ${what}`, async () => {
      const { preparations } = await detect({ 'app/package.json': withPackage(manifest) }, command);
      expect(preparations[0]!.artifacts.map((artifact) => artifact.missing)).to.deep.equal(['node_modules_missing', ...(missing === undefined ? [] : [missing])]);
    });
  }

  it('says which manager is missing, and leaves what is installed as it is', async () => {
    const files = { 'app/package.json': withPackage(), 'app/pnpm-lock.yaml': '' };
    const { problems } = await detect(files, npmRun, { without: ['pnpm'] });
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.deep.include({ code: 'ENVCTL_E_PREREQUISITE_MISSING', reasonCode: 'package_manager_missing', hints: ['npm install --global pnpm'] });
    const installed = await detect({ ...files, 'app/node_modules/.bin/vite*': '' }, npmRun, { without: ['pnpm'] });
    expect(installed.preparations.length + installed.problems.length).to.equal(0);
    expect(installed.notes).to.have.lengthOf(1);
  });

  const pythons: readonly (readonly [what: string, files: Readonly<Record<string, string>>, commands: readonly string[]])[] = [
    ['uv.lock', { 'app/uv.lock': '', 'app/pyproject.toml': '' }, ['uv sync --frozen --inexact']],
    ['poetry.lock', { 'app/poetry.lock': '', 'app/pyproject.toml': '[tool.poetry]\nname = "app"\n' }, ['poetry install --no-interaction --no-root']],
    ['poetry.lock of a package', { 'app/poetry.lock': '', 'app/pyproject.toml': '[project]\nname = "my-app"\n', 'app/src/my_app/__init__.py': '' }, ['poetry install --no-interaction']],
    ['Pipfile.lock', { 'app/Pipfile': '', 'app/Pipfile.lock': '{}' }, ['pipenv verify', 'pipenv sync']],
    ['requirements.txt', { 'app/requirements.txt': 'flask\n' }, ['bin/python3 -m venv app/.venv', 'app/.venv/bin/python -m pip install --no-input --disable-pip-version-check -r app/requirements.txt']],
    ['requirements.txt of the root', { 'requirements.txt': 'flask\n' }, ['bin/python3 -m venv .venv', '.venv/bin/python -m pip install --no-input --disable-pip-version-check -r requirements.txt']],
    ['an environment above', { 'app/requirements.txt': 'flask\n', 'venv/bin/python*': '', 'venv/bin/pip*': '' }, ['venv/bin/python -m pip install --no-input --disable-pip-version-check -r app/requirements.txt']],
    ['an environment without pip', { 'app/requirements.txt': 'flask\n', 'app/.venv/bin/python*': '' }, ['uv pip install --python app/.venv/bin/python -r app/requirements.txt']],
    ['nothing', { 'app/pyproject.toml': '[project]\nname = "app"\ndependencies = []\n' }, []],
  ];
  for (const [what, files, commands] of pythons) {
    it(`installs what Python finds: ${what}`, async () => {
      expect(await commandsOf(files, python)).to.deep.equal(commands);
    });
  }

  it('installs what pyproject.toml requires without building the project', async () => {
    const commands = await commandsOf({ 'app/pyproject.toml': '[project]\nname = "app"\ndependencies = [\n  "fastapi[standard]>=0.115",\n]\n' }, python);
    expect(commands[1]).to.match(/^app\/\.venv\/bin\/python -c [\s\S]+ app\/pyproject\.toml$/);
  });

  it('makes the environment that the start command names', async () => {
    const { preparations } = await detect({ 'app/requirements.txt': 'flask\n' }, ['./venv/bin/flask', 'run']);
    expect(preparations[0]!.environment).to.equal('app/venv');
  });

  it('follows the files that requirements include', async () => {
    const { preparations } = await detect({ 'app/requirements.txt': '-r dev.txt\nflask\n', 'app/dev.txt': '-c ../pins.txt\n-r requirements.txt\n', 'pins.txt': '' }, python);
    expect(preparations[0]!.inputs).to.deep.equal(['app/requirements.txt', 'app/dev.txt', 'pins.txt', 'app/.venv/pyvenv.cfg']);
  });

  it('asks for a lock file where poetry would write one', async () => {
    const { problems } = await detect({ 'app/pyproject.toml': '[tool.poetry]\nname = "app"\n' }, python);
    expect(problems[0]).to.deep.include({ reasonCode: 'lock_file_missing', hints: ['cd app && poetry lock'] });
  });

  it('installs gems as locked, and writes no lock file', async () => {
    expect((await detect({ 'app/Gemfile': '', 'app/Gemfile.lock': '' }, ['bundle', 'exec', 'puma'])).preparations[0]).to.deep.include({ commands: [['bundle', 'install']], env: { BUNDLE_FROZEN: 'true' } });
    expect((await detect({ 'app/Gemfile': '' }, ['bundle', 'exec', 'puma'])).preparations).to.deep.equal([]);
  });

  const both = { 'app/package.json': withPackage(), 'app/requirements.txt': 'flask\n' };
  const ecosystems: readonly (readonly [command: string, managers: readonly string[]])[] = [
    ['npm run dev', ['npm']],
    ['python3 -m flask run', ['pip']],
    ['app/.venv/bin/python app.py', ['pip']],
    ['go run .', []],
    ['cargo run', []],
    ['./server', []],
    ['venv/bin/tool', ['pip']],
    ['make dev', ['npm', 'pip']],
  ];
  for (const [command, managers] of ecosystems) {
    it(`prepares what \`${command}\` is written in`, async () => {
      expect((await detect(both, command.split(' '))).preparations.map(({ manager }) => manager)).to.deep.equal(managers);
    });
  }

  const project = (needs: string): string => `[project]\nname = "My_App"\ndependencies = [${needs}]\n`;
  const lock = '[[package]]\nname = "my-app"\nsource = { virtual = "." }\n\n[package.metadata]\nrequires-dist = [\n    { name = "flask", extras = ["async"] },\n    { name = "six" },\n]\n\n[[package]]\nname = "idna"\n';
  it('says which package uv.lock was not made for: uv would leave it out without a word', async () => {
    const app = (needs: string) => ({ 'app/uv.lock': lock, 'app/pyproject.toml': project(needs) });
    expect((await detect(app('"Flask[async]>=3", "six"'), python)).problems).to.deep.equal([]);
    const { problems, preparations } = await detect(app('"six", "IDNA>=3"'), python);
    expect(preparations).to.deep.equal([]);
    expect(problems).to.deep.equal([{ service: 'backend', code: 'ENVCTL_E_PREREQUISITE_MISSING', reasonCode: 'lock_file_outdated', message: 'The packages of the backend cannot be installed as locked: app/pyproject.toml names idna, which app/uv.lock does not have.', hints: ['cd app && uv lock'] }]);
    expect((await detect({ ...app('"idna"'), 'app/.venv/bin/python*': '', 'app/.venv/lib/python3.12/site-packages/idna-3.0.dist-info/METADATA': '' }, python)).problems).to.deep.equal([]);
  });
});
