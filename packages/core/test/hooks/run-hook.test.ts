import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { isEnvctlError } from '../../dist/contract/index.js';
import { skip } from '../skip.js';
import { createHookWorld, type HookWorld } from './hook-world.js';

async function withHooks(files: Readonly<Record<string, string>>, work: (world: HookWorld) => Promise<void>): Promise<void> {
  const world = await createHookWorld(files);
  try {
    await work(world);
    expect(await world.remains(), 'left behind').to.deep.equal([]);
  } finally {
    await world.close();
  }
}

async function failure(work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string; readonly hints: readonly string[] }> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (!isEnvctlError(error)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

const writeContext = "import { writeFileSync } from 'node:fs';\nexport async function defineServices(context) {\n  writeFileSync('told.json', JSON.stringify({ ...context, cwd: process.cwd() }));\n  console.log('working');\n  return { services: [{ name: 'Api', command: ['node', 'api.mjs', '{port}'], port: 8123 }] };\n}\n";

describe('runHook', () => {
  it('tells a Node hook where it is and what is up, and gives back what it defined', async () => {
    await withHooks({ '.envctl.hooks.mjs': writeContext }, async (world) => {
      const answer = await world.run('defineServices', { env: { DATABASE_URL: 'postgresql://x' } });
      expect(answer).to.deep.equal({ found: true, payload: { services: [{ name: 'Api', command: ['node', 'api.mjs', '{port}'], port: 8123 }] } });
      expect(JSON.parse(await readFile(path.join(world.checkout, 'told.json'), 'utf8'))).to.deep.equal({ repo_root: world.checkout, project_name: 'Main', project_root: world.checkout, mode: 'main', run_id: 'run-1', ports: { backend: 8123 }, env: { DATABASE_URL: 'postgresql://x' }, cwd: world.checkout });
      // The context with its passwords is gone; what the hook said stays.
      expect(await readdir(world.runDirectory)).to.deep.equal(['Main_hook_defineServices.log']);
      expect(await readFile(path.join(world.runDirectory, 'Main_hook_defineServices.log'), 'utf8')).to.equal('working\n');
    });
  });

  it('runs hooks that are the default export of defineHooks, though the project does not depend on envctl', async () => {
    const text = "import { defineHooks } from '@envctl/core';\nexport default defineHooks({ setupInfrastructure: () => ({ skip_default_requirements: true, requirements: { redis: { final: 6400 } } }) });\n";
    await withHooks({ '.envctl.hooks.mjs': text }, async (world) => {
      expect(await world.run('setupInfrastructure')).to.deep.equal({ found: true, payload: { skip_default_requirements: true, requirements: { redis: { final: 6400 } } } });
      expect(await world.run('defineServices')).to.deep.equal({ found: false, payload: {} });
    });
  });

  it('runs a Python hook with Python, and leaves nothing beside it', async function () {
    if (!hasPython()) skip(this, 'no python3');
    const text = 'import helper\ndef envctl_setup_infrastructure(context):\n    print("hello", flush=True)\n    return {"requirements": {"postgres": {"success": True, "final": context["ports"]["backend"]}}}\n';
    await withHooks({ '.envctl_hooks.py': text, 'helper.py': '' }, async (world) => {
      expect(await world.run('setupInfrastructure')).to.deep.equal({ found: true, payload: { requirements: { postgres: { success: true, final: 8123 } } } });
      expect((await readdir(world.checkout)).sort()).to.deep.equal(['.envctl_hooks.py', '.git', 'helper.py']);
    });
  });

  it('is not held up by what a hook leaves open', async () => {
    await withHooks({ '.envctl.hooks.mjs': 'export function setupInfrastructure() { setInterval(() => undefined, 1000); }' }, async (world) => {
      expect(await world.run('setupInfrastructure')).to.deep.equal({ found: true, payload: {} });
    });
  });

  const failures: readonly (readonly [title: string, body: string, message: RegExp])[] = [
    ['a file that cannot be loaded', 'import "./nowhere.mjs";\nexport function defineServices() {}', /^Failed to load .*\.envctl\.hooks\.mjs: Cannot find module/],
    ['a hook that throws, its secrets taken out', "export function defineServices() { throw new Error('no hidden-value here'); }", /^defineServices of .* failed: no <redacted> here$/],
    ['a hook that ends the process', 'export function defineServices() { process.exit(3); }', /ended with 3 and without a result$/],
    ['what cannot be JSON', 'export function defineServices() { const a = {}; a.a = a; return a; }', /circular/],
    ['a payload that is wrong, with the place', "export function defineServices() { return { services: [{ name: 'Api', command: 'x', port: 'http' }] }; }", /gave back what envctl cannot use: services\[0\]\.port: /],
    ['a service that nobody starts', "export function defineServices() { return { services: [{ name: 'Api' }] }; }", /services\[0\]: needs either a command/],
    ['a health_url that is none', "export function defineServices() { return { services: [{ name: 'Api', command: 'x', port: 8123, health_url: 'healthz' }] }; }", /services\[0\]\.health_url: 'healthz' is not a path that begins with \/, or a URL/],
    ['a health_url on the port of a service that has none', "export function defineServices() { return { services: [{ name: 'Api', command: 'x', health_url: '/healthz' }] }; }", /services\[0\]\.health_url: '\/healthz' asks a port of its own, and the service has no port/],
    ['an unknown field', 'export function defineServices() { return { servces: [] }; }', /Unrecognized key: "servces"/],
    ['services to be skipped and none instead', 'export function defineServices() { return { skip_default_services: true }; }', /skip_default_services needs at least one service/],
  ];
  for (const [title, body, message] of failures) {
    it(`refuses ${title}`, async () => {
      await withHooks({ '.envctl.hooks.mjs': body }, async (world) => {
        const error = await failure(world.run('defineServices'));
        expect(error.code).to.equal('ENVCTL_E_HOOK_FAILED');
        expect(error.message).to.match(message);
        expect(error.hints[0]).to.match(/Main_hook_defineServices\.log$/);
      });
    });
  }

  it('ends a hook that takes too long, and what it started', async () => {
    const text = "import { spawn } from 'node:child_process';\nimport { writeFileSync } from 'node:fs';\nexport async function defineServices() {\n  const child = spawn('sleep', ['600'], { stdio: 'inherit' });\n  writeFileSync('pid', String(child.pid));\n  await new Promise((resolve) => setTimeout(resolve, 600_000));\n}\n";
    await withHooks({ '.envctl.hooks.mjs': text }, async (world) => {
      const file = path.join(world.checkout, 'pid');
      // A machine that has not begun the hook by then gets more time.
      for (const seconds of [2, 8, 32]) {
        expect((await failure(world.run('defineServices', { timeoutMs: 1000 * seconds }))).message).to.match(new RegExp(`failed: it did not end within ${seconds} s$`));
        if (existsSync(file)) break;
      }
      const pid = Number(readFileSync(file, 'utf8'));
      // One that nobody has waited for yet is gone too.
      expect(existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))).to.equal(false);
    });
  });

  it('ends at once when the start is cancelled', async () => {
    const text = "import { writeFileSync } from 'node:fs';\nexport async function defineServices() {\n  writeFileSync('begun', '');\n  await new Promise((resolve) => setTimeout(resolve, 600_000));\n}\n";
    await withHooks({ '.envctl.hooks.mjs': text }, async (world) => {
      const cancel = new AbortController();
      const running = world.run('defineServices', { signal: cancel.signal }).then(() => undefined, (reason: unknown) => reason);
      while (!existsSync(path.join(world.checkout, 'begun'))) await delay(10);
      const reason = new Error('cancelled');
      cancel.abort(reason);
      expect(await running).to.equal(reason);
    });
  });
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', '']);
    return true;
  } catch {
    return false;
  }
}
