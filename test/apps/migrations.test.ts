import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { run } from '../packaging/run.js';
import { commitApplication, createWorld, fetchJson, gitStatus, processesIn, type World } from './world.js';

interface Plan {
  readonly projects: readonly { readonly steps: readonly { readonly id: string; readonly action: string; readonly reason: string; readonly migration?: { readonly evidence: string } }[] }[];
}

async function stepsOf(world: World): Promise<readonly string[]> {
  const { stdout } = await world.envctl('explain-startup', '--json');
  return (JSON.parse(stdout) as Plan).projects[0]!.steps.map(({ id, action, reason }) => `${action} ${id} (${reason})`);
}

async function write(world: World, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(world.repository, name)), { recursive: true });
    await writeFile(path.join(world.repository, name), content);
  }
}

describe('migrations of a Node application', function () {
  this.timeout(240_000);
  let world: World;

  const settings = 'MAIN_POSTGRES_ENABLE=true\nMAIN_FRONTEND_ENABLE=false\nENVCTL_BACKEND_MIGRATIONS_ON_STARTUP=true\nENVCTL_POSTGRES_SEED_CMD=node seed.cjs\n';
  const migration = `exports.up = (knex) => knex.schema.createTable('pets', (table) => table.string('name'));\nexports.down = (knex) => knex.schema.dropTable('pets');\n`;
  const connect = `const db = require('knex')({ client: 'pg', connection: process.env.DATABASE_URL });\n`;

  before(async () => {
    world = await createWorld('knex-app');
    await write(world, {
      'package.json': JSON.stringify({ name: 'knex-app', private: true, scripts: { start: 'node server.cjs' }, dependencies: { knex: '3', pg: '8' } }),
      'knexfile.cjs': `module.exports = { client: 'pg', connection: process.env.DATABASE_URL, migrations: { directory: './migrations' } };\n`,
      'migrations/1_pets.cjs': migration,
      'seed.cjs': `${connect}db('pets').insert({ name: 'Rex' }).then(() => db.destroy());\n`,
      'server.cjs': `${connect}require('http').createServer((request, response) => db('pets').then((pets) => response.end(JSON.stringify(pets)), (error) => response.end(JSON.stringify(error.message)))).listen(process.env.PORT, '127.0.0.1');\n`,
    });
    await commitApplication(world, {});
    await writeFile(path.join(world.repository, '.envctl'), settings);
  });
  after(() => world?.close());
  afterEach(() => world.stopAll());

  const start = async (...args: string[]) => {
    const { code, stdout, stderr } = await world.envctl('start', '--headless', '--json', ...args);
    return { code, stderr, document: JSON.parse(stdout) as { readonly message?: string; readonly projects: readonly { readonly notes: readonly string[]; readonly services: readonly { readonly url: string }[] }[] } };
  };
  const pets = async (): Promise<unknown> => fetchJson((await start()).document.projects[0]!.services[0]!.url);

  it('run after the database and the packages are there and before the service; a seed runs once for each database', async () => {
    expect(await stepsOf(world)).to.deep.equal(['run prepare-backend (node_modules_missing)', 'run migrate-backend (knex)', 'run seed-backend (not_seeded)']);
    expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
    await world.stopAll();
    expect(await stepsOf(world)).to.deep.equal(['skip prepare-backend (up_to_date)', 'run migrate-backend (knex)', 'skip seed-backend (seeded)']);
    expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
    await world.envctl('stop-all', '--remove-volumes');
    expect(await stepsOf(world)).to.include('run seed-backend (not_seeded)');
    expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
    expect(await gitStatus(world)).to.equal('?? .envctl\n');
  });

  it('a seed that ran for one database counts for no other, and for that one still when it is used again', async () => {
    const other = await createWorld('other-app');
    try {
      await write(other, { 'server.mjs': `import { createServer } from 'node:http';\ncreateServer((_request, response) => response.end(JSON.stringify(process.env.DATABASE_URL))).listen(process.env.PORT, '127.0.0.1');\n` });
      await commitApplication(other, { '.envctl': 'MAIN_POSTGRES_ENABLE=true\nMAIN_FRONTEND_ENABLE=false\nENVCTL_BACKEND_START_CMD=node server.mjs\n' });
      const url = (await fetchJson((await other.start()).backend!)) as string;
      expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
      await world.stopAll();
      await writeFile(path.join(world.repository, '.envctl'), `${settings}ENVCTL_DEPENDENCY_POSTGRES_MODE=external\nENVCTL_POSTGRES_URL=${url}\n`);
      for (const planned of ['run seed-backend (not_seeded)', 'skip seed-backend (seeded)']) {
        expect(await stepsOf(world)).to.include(planned);
        expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
        await world.stopAll();
      }
      await writeFile(path.join(world.repository, '.envctl'), settings);
      expect(await stepsOf(world)).to.include('skip seed-backend (seeded)');
      expect(await pets()).to.deep.equal([{ name: 'Rex' }]);
    } finally {
      await other.close();
      await writeFile(path.join(world.repository, '.envctl'), settings);
    }
  });

  it('that fail are a warning in the summary and in health, and with strictness the failure of the start', async () => {
    const broken = path.join(world.repository, 'migrations/2_broken.cjs');
    await writeFile(broken, `exports.up = (knex) => knex.raw('alter table absent add column x int');\nexports.down = () => undefined;\n`);
    const { code, document } = await start();
    expect(code).to.equal(0);
    const warning = document.projects[0]!.notes.find((note) => note.includes('could not be migrated'));
    expect(warning).to.match(/^Main Backend: The database of Main could not be migrated \(npx --no-install knex migrate:latest --knexfile knexfile.cjs in .*relation "absent" does not exist; log_path: .*Main_migrate-backend\.log$/);
    expect((await world.envctl('health')).stdout).to.include('could not be migrated');
    const errors = await world.envctl('errors');
    expect([errors.code, errors.stdout]).to.satisfy(([status, text]: [number, string]) => status === 1 && /^Main Backend: running, The database of Main could not be migrated /.test(text), errors.stdout);
    await world.stopAll();

    await writeFile(path.join(world.repository, '.envctl'), `${settings}ENVCTL_BACKEND_BOOTSTRAP_STRICT=true\n`);
    const strict = await start();
    expect(strict.code).to.equal(1);
    expect(strict.document.message).to.include('relation "absent" does not exist');
    expect(processesIn(world.repository)).to.deep.equal([]);
    await writeFile(broken, 'exports.up = async () => undefined;\nexports.down = async () => undefined;\n');
    expect((await start()).code).to.equal(0);
  });
});

describe('migrations by other Node tools', function () {
  this.timeout(240_000);
  let world: World;
  afterEach(() => world?.close());

  const server = `const { Client } = require('pg');
require('http').createServer(async (request, response) => {
  const client = new Client(process.env.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query('select count(*)::int as pets from pets');
  await client.end();
  response.end(JSON.stringify(rows));
}).listen(process.env.PORT, '127.0.0.1');
`;
  const manifest = (dependencies: Readonly<Record<string, string>>): string => JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.cjs' }, dependencies: { pg: '8', ...dependencies } });
  const tools: readonly (readonly [tool: string, files: Readonly<Record<string, string>>])[] = [
    ['drizzle', {
      'package.json': manifest({ 'drizzle-orm': '0.44', 'drizzle-kit': '0.31' }),
      'drizzle.config.js': `module.exports = { dialect: 'postgresql', out: './drizzle', dbCredentials: { url: process.env.DATABASE_URL } };\n`,
      'drizzle/0000_pets.sql': 'create table pets (name text);\n',
      'drizzle/meta/_journal.json': JSON.stringify({ version: '7', dialect: 'postgresql', entries: [{ idx: 0, version: '7', when: 1, tag: '0000_pets', breakpoints: true }] }),
    }],
    ['typeorm', {
      'package.json': manifest({ typeorm: '0.3' }),
      'data-source.js': `const { DataSource } = require('typeorm');\nmodule.exports = { source: new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, migrations: ['migrations/*.js'] }) };\n`,
      'migrations/1-pets.js': `module.exports = { Pets1700000000000: class Pets1700000000000 { up(runner) { return runner.query('create table pets (name text)'); } down(runner) { return runner.query('drop table pets'); } } };\n`,
    }],
  ];
  for (const [tool, files] of tools) {
    it(tool, async () => {
      world = await createWorld(`${tool}-app`);
      await write(world, { 'server.cjs': server, ...files });
      await commitApplication(world, { '.envctl': 'MAIN_POSTGRES_ENABLE=true\nMAIN_FRONTEND_ENABLE=false\nENVCTL_BACKEND_MIGRATIONS_ON_STARTUP=true\nENVCTL_BACKEND_BOOTSTRAP_STRICT=true\n' });
      expect(await stepsOf(world)).to.deep.equal(['run prepare-backend (node_modules_missing)', `run migrate-backend (${tool})`]);
      const { backend } = await world.start();
      expect(await fetchJson(backend!)).to.deep.equal([{ pets: 0 }]);
      expect(await gitStatus(world)).to.equal('?? .envctl\n');
    });
  }
});

describe('migrations of a Python application', function () {
  this.timeout(300_000);
  let world: World;

  before(async function () {
    if ((await run('python3', ['-c', 'import ensurepip, venv'], { cwd: '/' }).catch(() => ({ code: 1 }))).code !== 0) {
      this.test!.title += ' skipped: python3 has no venv here: Debian has it as python3-venv';
      this.skip();
    }
  });
  afterEach(() => world?.close());

  const serve = (query: string): string => `import http.server, json, os, psycopg


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            rows = connection.execute("${query}").fetchall()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(rows).encode())


http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;
  const settings = 'MAIN_POSTGRES_ENABLE=true\nMAIN_FRONTEND_ENABLE=false\nENVCTL_BACKEND_MIGRATIONS_ON_STARTUP=true\nENVCTL_BACKEND_BOOTSTRAP_STRICT=true\n';

  it('alembic, on asyncio with the URL of another driver: it is run again with the driver it asks for', async () => {
    world = await createWorld('alembic-app');
    await write(world, {
      'requirements.txt': 'alembic\nsqlalchemy[asyncio]\nasyncpg\npsycopg[binary]\n',
      'server.py': serve('select version_num from alembic_version'),
      'alembic.ini': '[alembic]\nscript_location = alembic\n',
      'alembic/env.py': `import asyncio, os
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def main():
    async with create_async_engine(os.environ["DATABASE_URL"]).connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()


asyncio.run(main())
`,
      'alembic/versions/first.py': `from alembic import op

revision = "first"
down_revision = None


def upgrade():
    op.execute("create table pets (name text)")
`,
    });
    await commitApplication(world, { '.envctl': `${settings}ENVCTL_BACKEND_START_CMD=python3 server.py\n` });
    expect(await stepsOf(world)).to.deep.equal(['run prepare-backend (environment_missing)', 'run migrate-backend (alembic)']);
    const { backend } = await world.start();
    expect(await fetchJson(backend!)).to.deep.equal([['first']]);
    expect(await gitStatus(world)).to.match(/^\?\? \.envctl\n(?:\?\? alembic\/.*__pycache__.*\n)*$/);

    await world.stopAll();
    await run('git', ['mv', 'alembic/versions/first.py', 'alembic/versions/second.py'], { cwd: world.repository });
    await run('sed', ['-i', 's/"first"/"second"/', 'alembic/versions/second.py'], { cwd: world.repository });
    const { code, stderr } = await world.envctl('start', '--headless');
    expect(code).to.equal(1);
    expect(stderr).to.match(/Can't locate revision identified by 'first'/);
    expect(stderr).to.include('git log --all --oneline -S first');
  });

  it('Django', async () => {
    world = await createWorld('django-app');
    await write(world, {
      'requirements.txt': 'django\npsycopg[binary]\n',
      'manage.py': 'import os, sys\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")\nfrom django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n',
      'site_settings.py': `import os

SECRET_KEY = "x"
INSTALLED_APPS = ["pets"]
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["DB_NAME"], "USER": os.environ["DB_USER"], "PASSWORD": os.environ["DB_PASSWORD"], "HOST": os.environ["DB_HOST"], "PORT": os.environ["DB_PORT"]}}
`,
      'pets/__init__.py': '',
      'pets/models.py': 'from django.db import models\n\n\nclass Pet(models.Model):\n    name = models.TextField()\n',
      'pets/migrations/__init__.py': '',
      'pets/migrations/0001_initial.py': 'from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    initial = True\n    operations = [migrations.CreateModel("Pet", [("id", models.AutoField(primary_key=True)), ("name", models.TextField())])]\n',
      'server.py': serve('select app, name from django_migrations'),
    });
    await commitApplication(world, { '.envctl': `${settings}ENVCTL_BACKEND_START_CMD=python3 server.py\n` });
    const { backend } = await world.start();
    expect(await fetchJson(backend!)).to.deep.equal([['pets', '0001_initial']]);
  });
});
