import path from 'node:path';
import { expect } from 'chai';
import { createDetectionFiles } from '../../../dist/services/index.js';
import { planMigrations, type MigrationPlan, type MigrationPlanInput } from '../../../dist/services/migrations/index.js';
import { withDirectory, writeTree } from '../support.js';

interface Asked {
  readonly onStartup?: boolean;
  readonly migrate?: string;
  readonly seed?: string;
  readonly installsFirst?: boolean;
  readonly command?: Partial<MigrationPlanInput['command']>;
}

/** What is planned for a backend in `app/`, with paths relative to the checkout. */
async function plan(files: Readonly<Record<string, string>>, { onStartup = true, migrate, seed, installsFirst = false, command = {} }: Asked = {}): Promise<MigrationPlan> {
  return withDirectory(async (root) => {
    await writeTree(root, { 'app/': '', ...files });
    const planned = planMigrations({
      command: { type: 'backend', command: ['node', 'server.js'], cwd: path.join(root, 'app'), portMode: 'env', env: {}, source: 'autodetected', rule: 'x', ...command },
      projectRoot: root,
      searchPath: path.join(root, 'bin'),
      onStartup,
      commands: { migrate, seed },
      installsFirst,
      files: createDetectionFiles(),
    });
    return JSON.parse(JSON.stringify(planned).replaceAll(`${root}/`, '').replaceAll(root, '.')) as MigrationPlan;
  });
}

describe('planMigrations', () => {
  const found: readonly (readonly [tool: string, files: Readonly<Record<string, string>>, command: string, evidence: string])[] = [
    ['alembic', { 'app/alembic.ini': '' }, 'python3 -m alembic upgrade head', 'app/alembic.ini'],
    ['django', { 'app/manage.py': 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "x")' }, 'python3 manage.py migrate --noinput', 'app/manage.py'],
    ['prisma', { 'app/prisma/schema.prisma': '', 'app/prisma/migrations/1_init/migration.sql': '' }, 'npx --no-install prisma migrate deploy', 'app/prisma/schema.prisma'],
    ['drizzle', { 'app/drizzle.config.ts': 'export default { out: "./sql" }', 'app/sql/meta/_journal.json': '{}' }, 'npx --no-install drizzle-kit migrate', 'app/drizzle.config.ts'],
    ['knex', { 'app/knexfile.mjs': '' }, 'npx --no-install knex migrate:latest --knexfile knexfile.mjs', 'app/knexfile.mjs'],
    ['typeorm', { 'app/package.json': '{"dependencies":{"typeorm":"1"},"scripts":{"db":"typeorm migration:run -d dist/x.js"}}' }, 'npm run db', 'app/package.json'],
    ['typeorm', { 'app/package.json': '{"dependencies":{"typeorm":"1"}}', 'app/src/data-source.ts': '' }, 'npx --no-install typeorm-ts-node-commonjs migration:run -d src/data-source.ts', 'app/src/data-source.ts'],
  ];
  for (const [tool, files, command, evidence] of found) {
    it(`finds ${tool} by ${evidence}`, async () => {
      const { migrate } = await plan(files);
      expect({ ...migrate, command: migrate?.command.join(' ') }).to.deep.equal({ tool, command, cwd: 'app', evidence });
    });
  }

  it('finds golang-migrate, and hands it the database without putting it on record', async () => {
    const { migrate } = await plan({ 'app/db/migrations/1_init.up.sql': '' });
    expect(migrate).to.deep.include({ tool: 'golang-migrate', evidence: 'app/db/migrations' });
    expect(migrate!.command.slice(-2)).to.deep.equal(['migrate', 'db/migrations']);
    expect(migrate!.command.join(' ')).to.include('"$DATABASE_URL');
  });

  const absent: readonly (readonly [what: string, files: Readonly<Record<string, string>>])[] = [
    ['a manage.py of something else', { 'app/manage.py': 'print(1)' }],
    ['a Prisma schema that is pushed', { 'app/prisma/schema.prisma': '' }],
    ['a Drizzle schema that is pushed', { 'app/drizzle.config.ts': 'export default {}' }],
    ['nothing', {}],
  ];
  for (const [what, files] of absent) {
    it(`says that ${what} has no migrations`, async () => {
      const { migrate, notes } = await plan(files);
      expect(migrate).to.equal(undefined);
      expect(notes).to.deep.equal(['No migrations were found in app; ENVCTL_POSTGRES_MIGRATE_CMD sets a command.']);
    });
  }

  it('looks above the application, as far as the root of the project', async () => {
    expect((await plan({ 'alembic.ini': '' })).migrate).to.deep.include({ cwd: '.', evidence: 'alembic.ini' });
  });

  it('runs in the interpreter or the environment of the service', async () => {
    const { migrate } = await plan({ 'app/alembic.ini': '' }, { command: { command: ['/x/.venv/bin/python', 'main.py'] } });
    expect(migrate!.command[0]).to.equal('/x/.venv/bin/python');
    const other = await plan({ 'app/alembic.ini': '' }, { command: { command: ['gunicorn', 'app'], env: { VIRTUAL_ENV: '/y/venv' } } });
    expect(other.migrate!.command[0]).to.equal('/y/venv/bin/python');
  });

  it('runs what is found only when it is switched on, and a configured command in any case, in its stead', async () => {
    const files = { 'app/alembic.ini': '', 'bin/migrate-it*': '' };
    expect(await plan(files, { onStartup: false })).to.deep.equal({ problems: [], notes: [] });
    for (const onStartup of [true, false]) {
      const { migrate } = await plan(files, { onStartup, migrate: 'LEVEL=2 migrate-it --all' });
      expect(migrate).to.deep.equal({ tool: 'configured', command: ['env', 'LEVEL=2', 'migrate-it', '--all'], cwd: 'app', evidence: 'ENVCTL_POSTGRES_MIGRATE_CMD: LEVEL=2 migrate-it --all' });
    }
  });

  it('takes programs that the packages of the service bring, installed or about to be', async () => {
    expect((await plan({ 'app/node_modules/.bin/seeder*': '' }, { seed: 'seeder' })).seed?.command).to.deep.equal(['seeder']);
    expect((await plan({}, { seed: 'seeder now', installsFirst: true })).seed?.command).to.deep.equal(['seeder', 'now']);
    const { seed, problems } = await plan({}, { seed: 'seeder' });
    expect(seed).to.equal(undefined);
    expect(problems[0]).to.deep.include({ code: 'ENVCTL_E_SERVICE_COMMAND_NOT_FOUND' });
  });
});
