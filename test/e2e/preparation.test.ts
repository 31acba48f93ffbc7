import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import type { Document } from './document.js';
import { createWorld, processesIn, type World } from './world.js';

interface Step {
  readonly id: string;
  readonly kind: string;
  readonly action: string;
  readonly reason: string;
}

const stepsOf = (document: Document): readonly Step[] => (document.projects[0] as unknown as { readonly steps: readonly Step[] }).steps;
const told = (step: Step): string => `${step.action} ${step.id} (${step.reason})`;

/** Serves with a package from node_modules, so that it cannot run without. */
const server = `import { text } from 'greeting';\nimport { createServer } from 'node:http';\ncreateServer((_request, response) => response.end(text)).listen(process.env.PORT, '127.0.0.1');\n`;

describe('installing packages on the way of a start', function () {
  this.timeout(180_000);
  let world: World;
  const git = (...args: string[]) => runOrThrow('git', ['-C', world.repository, '-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: world.directory });
  const gitStatus = async (): Promise<string> => (await git('status', '--porcelain')).stdout;
  const at = (...below: string[]): string => path.join(world.repository, ...below);

  /** A package archive in the repository, and a package.json in `directory` that needs it. */
  async function needGreeting(directory: string, manifest: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const source = path.join(world.directory, 'greeting');
    await mkdir(source, { recursive: true });
    await writeFile(path.join(source, 'package.json'), '{"name":"greeting","version":"1.0.0","type":"module","exports":"./index.js","bin":{"greet":"greet.js"}}');
    await writeFile(path.join(source, 'index.js'), 'export const text = "hello";\n');
    await writeFile(path.join(source, 'greet.js'), `#!/usr/bin/env node\n${server}`);
    await runOrThrow('npm', ['pack', '--silent', '--pack-destination', world.directory], { cwd: source });
    await rename(path.join(world.directory, 'greeting-1.0.0.tgz'), at(directory, 'greeting.tgz'));
    await writeFile(at(directory, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', dependencies: { greeting: 'file:greeting.tgz' }, ...manifest }));
    await writeFile(at(directory, 'server.mjs'), server);
    await runOrThrow('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: at(directory) });
  }

  beforeEach(async () => {
    world = await createWorld('prepare', { settings: { MAIN_FRONTEND_ENABLE: false } });
    await needGreeting('backend');
    await git('add', '-A');
    await git('commit', '-q', '-m', 'all');
  });
  afterEach(() => world.close());

  it('installs before the service, once, and the checkout is as it was', async () => {
    expect(stepsOf(await world.succeed(['explain-startup'])).map(told)).to.deep.equal(['run prepare-backend (node_modules_missing)']);
    expect(existsSync(at('backend/node_modules'))).to.equal(false);
    const started = await world.succeed(['start']);
    const { url } = started.projects[0]!.services[0]!;
    expect(await (await fetch(url!)).text()).to.equal('hello');
    expect(await gitStatus()).to.equal('');
    expect(stepsOf(await world.succeed(['explain-startup']))).to.deep.equal([]);

    await world.succeed(['stop-all']);
    expect(stepsOf(await world.succeed(['explain-startup'])).map(told)).to.deep.equal(['skip prepare-backend (up_to_date)']);
    expect(stepsOf(await world.succeed(['start', '--refresh-cache', '--dry-run'])).map(told)).to.deep.equal(['run prepare-backend (refresh_requested)']);
    const { stderr } = await world.json(['start']);
    expect(stderr).to.match(/prepare-backend.*up_to_date/);
    expect(processesIn(world.directory).length).to.be.above(0);
  });

  it('installs a workspace once for both services', async () => {
    for (const directory of ['backend', 'frontend']) {
      await needGreeting(directory, { name: directory });
      await rm(at(directory, 'package-lock.json'));
    }
    await writeFile(at('package.json'), '{"private":true,"workspaces":["backend","frontend"]}');
    await runOrThrow('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: world.repository });
    await world.configure({ MAIN_FRONTEND_ENABLE: true });
    const plan = await world.succeed(['explain-startup']);
    expect(stepsOf(plan).map(told)).to.deep.equal(['run prepare-backend (node_modules_missing)']);
    const { projects } = await world.succeed(['start']);
    expect(await Promise.all(projects[0]!.services.map(async ({ url }) => (await fetch(url!)).text()))).to.deep.equal(['hello', 'hello']);
  });

  it('a start command may name a program that the installation brings', async () => {
    await needGreeting('backend', { dependencies: { greeting: 'file:greeting.tgz' } });
    await world.configure({ ENVCTL_BACKEND_START_CMD: './node_modules/.bin/greet' });
    const refused = await world.json(['start'], { env: { ENVCTL_SERVICE_PREP: 'false' } });
    expect(refused.document.message).to.include('missing_command_executable: ./node_modules/.bin/greet');
    const { projects } = await world.succeed(['start']);
    expect(await (await fetch(projects[0]!.services[0]!.url!)).text()).to.equal('hello');
  });

  it('an installation that fails ends the start with its telling line, and nothing was started', async () => {
    await writeFile(at('backend/package.json'), (await readFile(at('backend/package.json'), 'utf8')).replace('"greeting":', '"absent":"file:absent.tgz","greeting":'));
    const { code, document } = await world.json(['start']);
    expect(code).to.equal(1);
    expect(document.message).to.match(/The packages of the backend could not be installed \(npm ci.*absent\.tgz.*log_path: .*Main_prepare-backend\.log/);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });

  it('can be left to the user', async () => {
    await world.configure({ ENVCTL_SERVICE_PREP: false });
    expect(stepsOf(await world.succeed(['explain-startup']))).to.deep.equal([]);
    const { code, document } = await world.json(['start']);
    expect(code).to.equal(1);
    expect(document.message).to.include('greeting');
    expect(existsSync(at('backend/node_modules'))).to.equal(false);
  });

  const sleeper = { scripts: { preinstall: 'sleep 600' } };
  it('what a killed start was installing is ended by the next, which installs anew', async () => {
    await needGreeting('backend', sleeper);
    const killed = world.spawn(['start']);
    await killed.said(/prepare-backend/);
    await until(() => sleepers().length > 0);
    killed.process.kill('SIGKILL');
    await killed.finished;
    expect(sleepers()).to.not.deep.equal([]);

    await needGreeting('backend');
    // What stands there by now, if anything, is not trusted.
    expect(told(stepsOf(await world.succeed(['explain-startup']))[0]!)).to.match(/^run prepare-backend \((?:interrupted|node_modules_missing)\)$/);
    const { projects } = await world.succeed(['start']);
    expect(await (await fetch(projects[0]!.services[0]!.url!)).text()).to.equal('hello');
    await world.succeed(['stop-all']);
    expect(sleepers()).to.deep.equal([]);
  });

  it('what a killed start was installing is ended by stop-all', async () => {
    await needGreeting('backend', sleeper);
    const killed = world.spawn(['start']);
    await until(() => sleepers().length > 0);
    killed.process.kill('SIGKILL');
    await killed.finished;
    await world.succeed(['stop-all']);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });

  it('Ctrl-C ends an installation with all it started', async () => {
    await needGreeting('backend', sleeper);
    const cancelled = world.spawn(['start']);
    await until(() => sleepers().length > 0);
    cancelled.process.kill('SIGINT');
    expect((await cancelled.finished).code).to.not.equal(0);
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(world.files('state').filter((name) => /\/(ledger|launches)\//.test(name))).to.deep.equal([]);
  });

  /** Pids of what the `preinstall` script of this world runs. */
  function sleepers(): readonly number[] {
    return processesIn(at('backend'));
  }
});

async function until(check: () => boolean): Promise<void> {
  const limit = AbortSignal.timeout(60_000);
  while (!check()) {
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
