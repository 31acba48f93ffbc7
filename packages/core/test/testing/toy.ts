import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createDeadline, type DependencyDefinition, type DependencyOutcome, type FailureClass, type PluginManifest, type ProbeContext, type StartContext } from '../../dist/index.js';
import type { ConformanceOptions } from '../../dist/testing/index.js';

export const toyManifest: PluginManifest = {
  apiVersion: 1,
  extension: './extension.js',
  contributes: {
    dependencies: [
      {
        id: 'toy',
        displayName: 'Toy',
        order: 90,
        resources: [{ name: 'primary', portKey: 'toy', configKey: 'TOY_PORT', defaultPort: 7900 }],
        enableKeys: { main: ['MAIN_TOY_ENABLE'], trees: ['TREES_TOY_ENABLE'] },
        defaultEnabled: { main: false, trees: false },
        variables: [{ name: 'TOY_URL', secret: true }],
      },
    ],
    config: [
      { key: 'TOY_PORT', type: 'integer', default: '7900', description: 'Preferred port.' },
      { key: 'TOY_URL', type: 'string', secret: true, description: 'An external toy.' },
    ],
    signals: [{ event: 'toy.area.made', phase: 'runtime', fields: { project: 'plain' } }],
  },
};

const program = fileURLToPath(new URL('./toy-server.js', import.meta.url));

/** Sends `requests` one after the other and returns the last answer; an abort breaks the connection. */
export async function converse(port: number, requests: readonly string[], signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const socket = connect({ port, host: '127.0.0.1' });
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const lines: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed')));
      socket.on('connect', () => socket.write(`${requests.join('\n')}\n`));
      createInterface({ input: socket }).on('error', reject).on('line', (line) => {
        if (lines.push(line) === requests.length) resolve();
      });
    });
    return lines.at(-1) ?? '';
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
    signal.throwIfAborted();
  }
}

export function failed(failureClass: FailureClass, message: string): DependencyOutcome {
  return { status: 'failed', class: failureClass, reasonCode: failureClass === 'bind_conflict_retryable' ? 'port_in_use' : 'toy_failed', message };
}

const portOf = (ctx: ProbeContext): number => ctx.instance.ports['primary'] ?? 0;
const passwordName = (slug: string): string => `password-${slug}`;

type Answer = 'ours' | 'silent' | 'foreign';

async function ask(port: number, area: string, password: string, signal: AbortSignal): Promise<Answer> {
  const limit = createDeadline(signal, 1000);
  try {
    return (await converse(port, [`AUTH ${area} ${password}`, 'PING'], limit.signal)) === 'PONG' ? 'ours' : 'foreign';
  } catch {
    signal.throwIfAborted();
    return 'silent';
  } finally {
    limit.clear();
  }
}

/** A correct dependency on the toy server. The self-test breaks one part of it at a time. */
export function createToy(): DependencyDefinition {
  return {
    drivers: () => Promise.resolve({ available: ['native'], missing: [] }),
    plan: ({ project, driver }) =>
      driver === 'external' ? { share: 'project', ports: [] } : { share: 'scope', ports: ['primary'], resources: { area: project.slug } },
    credentials: ({ project, driver }) => (driver === 'external' ? [] : [passwordName(project.slug)]),
    project: ({ project, ports, credentials, driver, config }) => {
      if (driver === 'external') return { TOY_URL: { value: config.string('TOY_URL') ?? '', secret: true } };
      const password = credentials[passwordName(project.slug)] ?? '';
      return { TOY_URL: { value: `toy://${project.slug}:${password}@localhost:${ports['primary'] ?? 0}`, secret: true } };
    },
    start: startToy,
    probe: probeToy,
    teardown: async (ctx) => {
      const admin = (await ctx.secrets.get('admin')) ?? '';
      await converse(portOf(ctx), [`AUTH admin ${admin}`, `DROP ${ctx.resource.name}`], ctx.signal);
    },
  };
}

async function startToy(ctx: StartContext): Promise<DependencyOutcome> {
  if (ctx.instance.driver === 'external') return await probeToy(ctx);
  const admin = await ctx.secrets.ensure('admin');
  const password = await ctx.secrets.ensure(passwordName(ctx.project.slug));
  const handle = await ctx.launch({
    name: 'server',
    command: [process.execPath, program, String(portOf(ctx))],
    env: { TOY_PASSWORD: admin },
    ports: ['primary'],
    asDataUser: false,
    stop: [{ signal: 'SIGTERM', target: 'child', waitMs: 5000 }, { signal: 'SIGKILL', target: 'tree', waitMs: 1000 }],
  });
  const answer = await ctx.until(
    async () => {
      const found = await ask(portOf(ctx), 'admin', admin, ctx.signal);
      return found === 'silent' ? undefined : found;
    },
    { timeoutMs: 10_000, handle },
  );
  if (answer === undefined) return await explain(ctx, await handle.logTail(5));
  if (answer === 'foreign') return failed('bind_conflict_retryable', `port ${portOf(ctx)} is held by another program`);
  await ctx.logical({ kind: 'area', name: ctx.project.slug, project: ctx.project.name }, async () => {
    await converse(portOf(ctx), [`AUTH admin ${admin}`, `CREATE ${ctx.project.slug} ${password}`], ctx.signal);
  });
  ctx.events.emit('toy.area.made', { project: ctx.project.name });
  return { status: handle.origin === 'adopted' ? 'adopted' : 'ready' };
}

async function explain(ctx: StartContext, lines: readonly string[]): Promise<DependencyOutcome> {
  await Promise.resolve();
  ctx.signal.throwIfAborted();
  const words = lines.join(' ').trim();
  if (words.includes('EADDRINUSE')) return failed('bind_conflict_retryable', `port ${portOf(ctx)} is held by another program`);
  return words === '' ? failed('transient_probe_timeout_retryable', 'it does not answer') : failed('hard_start_failure', `it ended: ${words}`);
}

async function probeToy(ctx: ProbeContext): Promise<DependencyOutcome> {
  const target = ctx.instance.driver === 'external' ? readUrl(ctx.config.string('TOY_URL') ?? '') : undefined;
  const password = target?.password ?? (await ctx.secrets.get(passwordName(ctx.project.slug))) ?? '';
  const answer = await ask(target?.port ?? portOf(ctx), target?.area ?? ctx.project.slug, password, ctx.signal);
  return answer === 'ours' ? { status: 'ready' } : failed('transient_probe_timeout_retryable', 'it does not answer');
}

export function readUrl(text: string): { readonly area: string; readonly password: string; readonly port: number } {
  const [, area = '', password = '', port = '0'] = /^toy:\/\/([^:]*):([^@]*)@localhost:(\d+)$/.exec(text) ?? [];
  return { area, password, port: Number(port) };
}

/** Writes a plugin package around the toy and returns its root. */
export async function writeToyPackage(directory: string, manifest: PluginManifest): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'envctl-plugin-toy', version: '1.0.0', type: 'module', envctl: manifest }));
  const [core, toy] = ['../../dist/index.js', './toy.js'].map((path) => new URL(path, import.meta.url).href);
  await writeFile(
    join(directory, 'extension.js'),
    `import { defineExtension } from '${core}';\nimport { createToy } from '${toy}';\nexport default defineExtension({ activate: (ctx) => ctx.dependency('toy', createToy) });\n`,
  );
  return directory;
}

/** Options of the kit for the package at `root`, with `definition` in place of the correct toy. */
export function toyOptions(root: string, definition?: () => DependencyDefinition): ConformanceOptions {
  return {
    root,
    env: process.env,
    replace: (registered) => definition?.() ?? registered,
    startTimeoutMs: 10_000,
    abortTimeoutMs: 1_000,
    use: async (env) => {
      const { area, password, port } = readUrl(env['TOY_URL'] ?? '');
      const signal = AbortSignal.timeout(5_000);
      if ((await converse(port, [`AUTH ${area} ${password}`, 'SET kept', 'GET'], signal)) !== 'kept') throw new Error('the toy does not keep what it is given');
    },
    trespass: async (own, other) => {
      const mine = readUrl(own['TOY_URL'] ?? '');
      const theirs = readUrl(other['TOY_URL'] ?? '');
      return (await converse(theirs.port, [`AUTH ${theirs.area} ${mine.password}`], AbortSignal.timeout(5_000))) === 'OK';
    },
    external: (env) => ({ TOY_URL: env['TOY_URL'] ?? '' }),
  };
}
