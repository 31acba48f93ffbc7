import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { run, runOrThrow } from '../packaging/run.js';
import { commitApplication, createWorld, fetchJson, gitStatus, type World } from './world.js';

interface Plan {
  readonly projects: readonly { readonly steps: readonly { readonly action: string; readonly reason: string; readonly preparation?: { readonly manager: string } }[] }[];
}

describe('installing with the other package managers', function () {
  this.timeout(300_000);
  let world: World;
  afterEach(() => world?.close());

  async function make(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    world = await createWorld(name);
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(world.repository, file)), { recursive: true });
      await writeFile(path.join(world.repository, file), text);
    }
  }

  async function plannedWith(env: Readonly<Record<string, string>>): Promise<string> {
    const { stdout } = await run(process.execPath, [path.resolve('packages/cli/bin/run.js'), 'explain-startup', '--json', '--repo', world.repository], { cwd: world.directory, env: { ...world.env, ...env } });
    const [step] = (JSON.parse(stdout) as Plan).projects[0]!.steps;
    return `${step!.action} ${step!.preparation!.manager} (${step!.reason})`;
  }

  /** Starts it with the tools on PATH, gives what it answers, and expects the checkout to be as it was and the next installation to be skipped. */
  async function startWith(tools: string, expected: string): Promise<unknown> {
    const env = { PATH: `${tools}:${process.env['PATH']}` };
    expect(await plannedWith(env)).to.equal(`run ${expected}`);
    const call = (...args: string[]) => run(process.execPath, [path.resolve('packages/cli/bin/run.js'), ...args, '--repo', world.repository], { cwd: world.directory, env: { ...world.env, ...env } });
    const { code, stdout, stderr } = await call('start', '--headless', '--json');
    expect(code, `${stdout}\n${stderr}`).to.equal(0);
    const { projects } = JSON.parse(stdout) as { readonly projects: readonly { readonly services: readonly { readonly url: string }[] }[] };
    const answer = await fetchJson(projects[0]!.services[0]!.url);
    expect(await gitStatus(world)).to.equal('?? .envctl\n');
    expect((await call('stop-all')).code).to.equal(0);
    expect(await plannedWith(env)).to.equal(`skip ${expected.split(' ')[0]!} (up_to_date)`);
    return answer;
  }

  /** A package that somebody removed is there again after the next start. */
  async function loseAndStart(tools: string, manager: string): Promise<void> {
    await rm(await realpath(path.join(world.repository, 'node_modules/is-odd')), { recursive: true });
    await rm(path.join(world.repository, 'node_modules/is-odd'), { recursive: true, force: true });
    expect(await startWith(tools, `${manager} (packages_missing)`)).to.equal(true);
  }

  /** A manifest that its lock file was not made for ends the start, with the command that mends it. */
  async function expectStale(tools: string, { manifest, from, to, mend }: { readonly manifest: string; readonly from: string; readonly to: string; readonly mend: string }): Promise<void> {
    const file = path.join(world.repository, manifest);
    const text = await readFile(file, 'utf8');
    expect(text).to.include(from);
    await writeFile(file, text.replace(from, to));
    const { code, stdout } = await run(process.execPath, [path.resolve('packages/cli/bin/run.js'), 'start', '--headless', '--json', '--repo', world.repository], { cwd: world.directory, env: { ...world.env, PATH: `${tools}:${process.env['PATH']}` } });
    await writeFile(file, text);
    const { message, hints } = JSON.parse(stdout) as { readonly message: string; readonly hints: readonly string[] };
    expect([code, hints[0]], message).to.deep.equal([1, `cd ${world.repository} && ${mend}`]);
    expect(message).to.match(/lock/i);
  }

  const node = {
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', private: true, scripts: { start: 'node server.cjs' }, dependencies: { 'is-odd': '3.0.1' } }),
    'server.cjs': `const isOdd = require('is-odd');\nrequire('http').createServer((request, response) => response.end(JSON.stringify(isOdd(3)))).listen(process.env.PORT, '127.0.0.1');\n`,
  };
  for (const { manager, source, lock, locking, files, lockless, whole } of [
    { manager: 'pnpm', source: 'pnpm@10', lock: 'pnpm-lock.yaml', locking: ['install', '--lockfile-only'], lockless: true },
    { manager: 'yarn', source: 'yarn@1', lock: 'yarn.lock', locking: ['install', '--non-interactive', '--silent'], lockless: true },
    { manager: 'yarn', source: '@yarnpkg/cli-dist@4', lock: 'yarn.lock', locking: ['install'], files: { '.gitignore': '.pnp.*\n.yarn/\n' }, lockless: false, whole: true },
    { manager: 'yarn', source: '@yarnpkg/cli-dist@4', lock: 'yarn.lock', locking: ['install'], files: { '.yarnrc.yml': 'nodeLinker: node-modules\n', '.gitignore': '.yarn/\n' }, lockless: false },
    { manager: 'bun', source: 'bun@1', lock: 'bun.lock', locking: ['install', '--lockfile-only'], lockless: true },
  ] as readonly { readonly manager: string; readonly source: string; readonly lock: string; readonly locking: readonly string[]; readonly files?: Readonly<Record<string, string>>; readonly lockless: boolean; readonly whole?: boolean }[]) {
    it(`${source}${whole === true ? " with Plug'n'Play" : ''}, as locked${lockless ? ' and without a lock file' : ''}`, async () => {
      await make(`${manager}-app`, { ...node, ...files });
      const tools = path.join(world.directory, 'tools');
      await runOrThrow('npm', ['install', '--prefix', tools, '--no-audit', '--no-fund', '--loglevel=error', source], { cwd: world.directory });
      const bin = path.join(tools, 'node_modules/.bin');
      await runOrThrow(path.join(bin, manager), [...locking], { cwd: world.repository, env: { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' } });
      await run('rm', ['-rf', 'node_modules', '.yarn', '.pnp.cjs'], { cwd: world.repository });
      await commitApplication(world, { '.envctl': 'MAIN_FRONTEND_ENABLE=false\n' });
      expect(existsSync(path.join(world.repository, lock))).to.equal(true);
      expect(await startWith(bin, `${manager} (node_modules_missing)`)).to.equal(true);
      if (whole !== true) await loseAndStart(bin, manager);
      await expectStale(bin, { manifest: 'package.json', from: '"is-odd"', to: '"ms":"2.1.3","is-odd"', mend: `${manager} install` });
      if (!lockless) return;

      const { version: installed } = JSON.parse(await readFile(path.join(tools, 'node_modules', manager, 'package.json'), 'utf8')) as { readonly version: string };
      const git = (...args: string[]) => runOrThrow('git', ['-C', world.repository, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: world.directory });
      await git('rm', '-q', lock);
      await writeFile(path.join(world.repository, 'package.json'), node['package.json'].replace('"private"', `"packageManager":"${manager}@${installed}","private"`));
      await git('commit', '-q', '-a', '-m', 'without a lock file');
      await run('rm', ['-rf', 'node_modules'], { cwd: world.repository });
      expect(await startWith(bin, `${manager} (node_modules_missing)`)).to.equal(true);
      expect(existsSync(path.join(world.repository, lock))).to.equal(false);
    });
  }

  const python = {
    'main.py': 'import http.server, json, os\n\nimport six\n\n\nclass Handler(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(json.dumps(six.PY3).encode())\n\n\nhttp.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()\n',
    'pyproject.toml': '[project]\nname = "app"\nversion = "0.1.0"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n',
  };
  const settings = 'MAIN_FRONTEND_ENABLE=false\nENVCTL_BACKEND_START_CMD=python3 main.py\n';

  for (const [manager, locking] of [
    ['uv', ['lock', '--quiet']],
    ['poetry', ['lock']],
    ['pipenv', ['lock', '--quiet']],
  ] as const) {
    it(`${manager}, as locked, into an environment that the service runs in`, async function () {
      if ((await run('python3', ['-c', 'import ensurepip, venv'], { cwd: '/' }).catch(() => ({ code: 1 }))).code !== 0) {
        this.test!.title += ' skipped: python3 has no venv here: Debian has it as python3-venv';
        this.skip();
      }
      await make(`${manager}-app`, python);
      // From a file: not every index that pip can use is one for poetry.
      await runOrThrow('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', path.join(world.directory, 'wheels'), 'six'], { cwd: world.directory });
      const [wheel] = readdirSync(path.join(world.directory, 'wheels'));
      if (manager === 'pipenv') {
        await rm(path.join(world.repository, 'pyproject.toml'));
        await writeFile(path.join(world.repository, 'Pipfile'), '[packages]\nsix = "*"\n');
      } else await writeFile(path.join(world.repository, 'pyproject.toml'), python['pyproject.toml'].replace('"six"', `"six @ file://${world.directory}/wheels/${wheel}"`));
      const tools = path.join(world.directory, 'tools');
      await runOrThrow('python3', ['-m', 'venv', tools], { cwd: world.directory });
      await runOrThrow(`${tools}/bin/pip`, ['install', '--quiet', manager], { cwd: world.directory });
      const bin = path.join(world.directory, 'bin');
      await mkdir(bin);
      // The program alone: its environment has a python3 of its own.
      await runOrThrow('ln', ['-s', `${tools}/bin/${manager}`, bin], { cwd: world.directory });
      await runOrThrow(`${bin}/${manager}`, [...locking], { cwd: world.repository, env: { POETRY_VIRTUALENVS_CREATE: 'false', POETRY_CACHE_DIR: path.join(world.directory, 'poetry'), WORKON_HOME: path.join(world.directory, 'environments') } });
      await commitApplication(world, { '.envctl': settings });
      expect(await startWith(bin, `${manager} (environment_missing)`)).to.equal(true);
      const [library] = readdirSync(path.join(world.repository, '.venv/lib'));
      await rm(path.join(world.repository, '.venv/lib', library!, 'site-packages/six.py'));
      expect(await startWith(bin, `${manager} (packages_missing)`)).to.equal(true);
      const change = manager === 'pipenv' ? { manifest: 'Pipfile', from: 'six =', to: 'idna = "*"\nsix =' } : { manifest: 'pyproject.toml', from: '["', to: '["idna", "' };
      await expectStale(bin, { ...change, mend: `${manager} lock` });
    });
  }

  it('pip, what pyproject.toml names, without building the project', async () => {
    await make('pyproject-app', python);
    await commitApplication(world, { '.envctl': settings });
    expect(await startWith('/nowhere', 'pip (environment_missing)')).to.equal(true);
  });
});
