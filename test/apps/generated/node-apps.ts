import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runOrThrow } from '../../packaging/run.js';
import type { World } from '../world.js';
import { withStores, type GeneratedApp } from './generated-app.js';

const clients = ['pg@8', 'ioredis@5'];

/** Writes a row and a key and answers what it reads; `process.env` is all it knows. */
const useStores = `
const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const cache = new Redis(process.env.REDIS_URL, { lazyConnect: true });

export async function useStores() {
  await pool.query('create table if not exists visits (id serial primary key)');
  await pool.query('insert into visits default values');
  const { rows } = await pool.query('select count(*)::int as visits from visits');
  await cache.set('visits', rows[0].visits);
  return { row: rows[0].visits, key: Number(await cache.get('visits')), project: process.env.ENVCTL_PROJECT_NAME };
}
`;
const storesModule = `import pg from 'pg';\nimport { Redis } from 'ioredis';\n\nconst { Pool } = pg;\n${useStores}`;

export const viteApp: GeneratedApp = {
  id: 'vite',
  generator: 'create-vite',
  service: 'frontend',
  rule: 'vite',
  async generate(world) {
    await npx(world, world.directory, 'create-vite@9', path.basename(world.repository), '--template', 'vanilla-ts', '--no-interactive');
    await install(world, world.repository);
    // The packages of the backend stand above the project, where Node looks for them too.
    await install(world, world.directory, ...clients);
    return versionOf(world, 'create-vite@9');
  },
  files: {
    '.envctl': withStores,
    'backend/package.json': JSON.stringify({ type: 'module', scripts: { start: 'node server.js' } }),
    'backend/stores.js': storesModule,
    'backend/server.js': `import { createServer } from 'node:http';\nimport { useStores } from './stores.js';\n
createServer((request, response) => useStores().then((found) => response.end(JSON.stringify(found)), (error) => response.writeHead(500).end(String(error)))).listen(process.env.PORT, '127.0.0.1');\n`,
    'vite.config.ts': "export default { server: { proxy: { '/stores': process.env.VITE_BACKEND_URL! } } };\n",
  },
  stores: '/stores',
  page: { path: '/', has: '/@vite/client' },
  loopbackOnly: true,
};

export const nextApp: GeneratedApp = {
  id: 'next',
  generator: 'create-next-app',
  service: 'frontend',
  rule: 'next',
  async generate(world) {
    await npx(world, world.directory, 'create-next-app@16', path.basename(world.repository), '--ts', '--app', '--no-eslint', '--no-tailwind', '--no-src-dir', '--use-npm', '--skip-install', '--disable-git', '--yes');
    await install(world, world.repository, ...clients);
    return versionOf(world, 'create-next-app@16');
  },
  files: {
    '.envctl': withStores,
    'app/stores/stores.js': storesModule,
    'app/stores/route.ts': "import { connection } from 'next/server';\nimport { useStores } from './stores';\n\nexport async function GET() {\n  await connection();\n  return Response.json(await useStores());\n}\n",
  },
  stores: '/stores',
  page: { path: '/', has: 'Next.js' },
  loopbackOnly: true,
};

export const svelteKitApp: GeneratedApp = {
  id: 'sveltekit',
  generator: 'sv',
  service: 'frontend',
  rule: 'sveltekit',
  async generate(world) {
    await npx(world, world.directory, 'sv@latest', 'create', path.basename(world.repository), '--template', 'minimal', '--types', 'ts', '--no-add-ons', '--no-install');
    await install(world, world.repository, ...clients);
    return versionOf(world, 'sv@latest');
  },
  files: {
    '.envctl': withStores,
    'src/lib/server/stores.js': storesModule,
    'src/routes/stores/+server.ts': "import { json } from '@sveltejs/kit';\nimport { useStores } from '$lib/server/stores';\n\nexport const GET = async () => json(await useStores());\n",
  },
  stores: '/stores',
  page: { path: '/', has: 'Welcome to SvelteKit' },
  loopbackOnly: true,
};

export const nestApp: GeneratedApp = {
  id: 'nest',
  generator: '@nestjs/cli',
  service: 'backend',
  rule: 'nest',
  async generate(world) {
    await npx(world, world.directory, '@nestjs/cli@latest', 'new', path.basename(world.repository), '--skip-install', '--package-manager', 'npm');
    await install(world, world.repository, ...clients);
    return versionOf(world, '@nestjs/cli@latest');
  },
  files: {
    '.envctl': withStores,
    // npm hands this to every Node it starts; only the application itself is given a module more.
    '.npmrc': 'node-options=--import ./stores/register.mjs\n',
    'stores/register.mjs': "if (/dist\\/main(?:\\.js)?$/.test(process.argv[1] ?? '')) await import('./module.mjs');\n",
    'stores/stores.mjs': storesModule,
    'stores/module.mjs': `import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { useStores } from './stores.mjs';

class StoresController {
  read() {
    return useStores();
  }
}
Controller('stores')(StoresController);
Get()(StoresController.prototype, 'read', Object.getOwnPropertyDescriptor(StoresController.prototype, 'read'));

const create = NestFactory.create.bind(NestFactory);
NestFactory.create = (application, ...rest) => {
  class WithStores {}
  Module({ imports: [application], controllers: [StoresController] })(WithStores);
  return create(WithStores, ...rest);
};
`,
  },
  stores: '/stores',
  page: { path: '/', has: 'Hello World!' },
  loopbackOnly: false,
};

const fastifyFiles = {
  'plugins/stores.js': `const fp = require('fastify-plugin')

module.exports = fp(async (fastify) => {
  fastify.register(require('@fastify/postgres'), { connectionString: process.env.DATABASE_URL })
  fastify.register(require('@fastify/redis'), { url: process.env.REDIS_URL, closeClient: true })
})
`,
  'routes/stores/index.js': `module.exports = async (fastify) => {
  fastify.get('/', async () => {
    await fastify.pg.query('create table if not exists visits (id serial primary key)')
    await fastify.pg.query('insert into visits default values')
    const { rows } = await fastify.pg.query('select count(*)::int as visits from visits')
    await fastify.redis.set('visits', rows[0].visits)
    return { row: rows[0].visits, key: Number(await fastify.redis.get('visits')), project: process.env.ENVCTL_PROJECT_NAME }
  })
}
`,
};
const fastifyClients = ['@fastify/postgres@6', '@fastify/redis@7', 'pg@8'];

export const fastifyApp: GeneratedApp = {
  id: 'fastify',
  generator: 'create-fastify',
  service: 'backend',
  rule: 'fastify',
  async generate(world) {
    await mkdir(world.repository);
    await npx(world, world.repository, 'create-fastify@latest', '--integrate=false');
    await install(world, world.repository, ...fastifyClients);
    return versionOf(world, 'create-fastify@latest');
  },
  files: { '.envctl': withStores, ...fastifyFiles },
  stores: '/stores',
  page: { path: '/', has: '"root":true' },
  loopbackOnly: true,
};

/** Two generated applications in one workspace of npm, with their packages in its root. */
export const workspaceApp: GeneratedApp = {
  id: 'workspace',
  generator: 'create-vite, create-fastify',
  service: 'frontend',
  rule: 'vite',
  async generate(world) {
    const apps = path.join(world.repository, 'apps');
    await mkdir(path.join(apps, 'api'), { recursive: true });
    await npx(world, apps, 'create-vite@9', 'web', '--template', 'vanilla-ts', '--no-interactive');
    await npx(world, path.join(apps, 'api'), 'create-fastify@latest', '--integrate=false');
    await writeFile(path.join(world.repository, 'package.json'), JSON.stringify({ private: true, workspaces: ['apps/*'] }));
    await install(world, world.repository);
    await install(world, world.directory, ...fastifyClients);
    return versionOf(world, 'create-vite@9');
  },
  files: {
    '.envctl': withStores,
    'apps/web/vite.config.ts': "export default { server: { proxy: { '/stores': process.env.VITE_BACKEND_URL! } } };\n",
    ...Object.fromEntries(Object.entries(fastifyFiles).map(([name, text]) => [`apps/api/${name}`, text])),
  },
  stores: '/stores',
  page: { path: '/', has: '/@vite/client' },
  loopbackOnly: true,
};

export const expressApp: GeneratedApp = {
  id: 'express',
  generator: 'express-generator',
  service: 'backend',
  rule: 'package-script',
  async generate(world) {
    await npx(world, world.directory, 'express-generator@4', '--no-view', world.repository);
    await install(world, world.repository, ...clients);
    return versionOf(world, 'express-generator@4');
  },
  files: {
    '.envctl': withStores,
    '.npmrc': 'node-options=--require ./stores.js\n',
    'stores.js': `const { Pool } = require('pg');\nconst { Redis } = require('ioredis');\nconst app = require('./app');\n${useStores.replace('export ', '')}
app.get('/stores', (request, response, next) => useStores().then((found) => response.json(found), next));\n`,
  },
  stores: '/stores',
  page: { path: '/', has: '<h1>Express</h1>' },
  loopbackOnly: false,
};

/** Needs a newer Node than ours may be; it comes from the registry too. */
export const astroApp: GeneratedApp = {
  id: 'astro',
  generator: 'create-astro',
  service: 'frontend',
  rule: 'astro',
  async env(directory) {
    const name = `node-${process.platform}-${process.arch}`;
    await runOrThrow('npm', ['install', '--prefix', path.join(directory, 'node'), '--no-save', '--ignore-scripts', '--loglevel=error', `${name}@24`], { cwd: directory });
    return { PATH: `${path.join(directory, 'node/node_modules', name, 'bin')}:${process.env['PATH']}` };
  },
  async generate(world) {
    await npx(world, world.directory, 'create-astro@latest', path.basename(world.repository), '--template', 'minimal', '--no-install', '--no-git', '--yes', '--skip-houston');
    await install(world, world.repository, ...clients);
    return versionOf(world, 'create-astro@latest');
  },
  files: {
    '.envctl': withStores,
    'src/stores.js': storesModule,
    'src/pages/stores.json.ts': "import { useStores } from '../stores';\n\nexport const prerender = false;\nexport const GET = async () => new Response(JSON.stringify(await useStores()));\n",
  },
  stores: '/stores.json',
  page: { path: '/', has: 'Astro' },
  loopbackOnly: true,
};

/** What the framework's guide makes by hand, for machines that its generator cannot reach its templates from. */
export const astroByHandApp: GeneratedApp = {
  ...astroApp,
  id: 'astro-by-hand',
  generator: 'astro',
  async generate(world) {
    await byHand(world, { 'package.json': JSON.stringify({ private: true, type: 'module', scripts: { dev: 'astro dev', build: 'astro build' } }), 'src/pages/index.astro': '<h1>Hello, Astro</h1>\n', '.gitignore': 'dist/\n.astro/\n' });
    await install(world, world.repository, 'astro@latest', ...clients);
    return versionOf(world, 'astro@latest');
  },
};

export const nuxtByHandApp: GeneratedApp = {
  id: 'nuxt-by-hand',
  generator: 'nuxt',
  service: 'frontend',
  rule: 'nuxt',
  async generate(world) {
    await byHand(world, { 'package.json': JSON.stringify({ private: true, type: 'module', scripts: { dev: 'nuxt dev', build: 'nuxt build' } }), 'app.vue': '<template><h1>Hello, Nuxt</h1></template>\n', '.gitignore': '.nuxt/\n.output/\n.data/\n' });
    await install(world, world.repository, 'nuxt@3', 'vue@3', ...clients);
    return versionOf(world, 'nuxt@3');
  },
  files: {
    '.envctl': withStores,
    'server/utils/stores.js': storesModule,
    'server/routes/stores.get.ts': 'export default defineEventHandler(() => useStores());\n',
  },
  stores: '/stores',
  page: { path: '/', has: 'Hello, Nuxt' },
  loopbackOnly: true,
};

async function byHand(world: World, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(world.repository, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

async function npx(world: World, cwd: string, ...args: readonly string[]): Promise<void> {
  await runOrThrow('npx', ['--yes', ...args], { cwd, env: { ...world.env, CI: 'true' } });
}

/** Without a word of it in the project's own files. */
async function install(world: World, cwd: string, ...packages: readonly string[]): Promise<void> {
  await runOrThrow('npm', ['install', '--no-save', '--no-package-lock', '--loglevel=error', '--no-audit', '--no-fund', ...packages], { cwd, env: world.env });
}

async function versionOf(world: World, specification: string): Promise<string> {
  const { stdout } = await runOrThrow('npm', ['view', specification, 'version', '--json', '--loglevel=error'], { cwd: world.directory, env: world.env });
  const found = JSON.parse(stdout) as string | readonly string[];
  return typeof found === 'string' ? found : found.reduce(newer);
}


/** The one with the higher numbers. */
function newer(one: string, other: string): string {
  const [left, right] = [one, other].map((version) => version.split(/[.-]/).map(Number));
  const at = left!.findIndex((part, index) => part !== right![index]);
  return at === -1 || left![at]! > (right![at] ?? 0) ? one : other;
}
