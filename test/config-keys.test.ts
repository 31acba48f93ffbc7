import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, type World } from './e2e/world.js';
import { keysWithEffect } from './inventory/key-effects.js';
import { isOlderSpelling, type KeyRow, valueOf, wrongValueOf } from './inventory/key-values.js';
import { contracts, look } from './inventory/observation.js';

interface Problem {
  readonly kind: string;
  readonly severity: string;
  readonly key?: string;
  readonly line?: number;
  readonly message: string;
  readonly hint: string;
}

interface Shown {
  readonly origins: Readonly<Record<string, { readonly value: string; readonly source: string; readonly set_as?: string; readonly line?: number }>>;
  readonly problems: readonly Problem[];
}

/** With the keys of one service in place of the pattern of all. */
const rows = (contracts('config-keys.json') as readonly KeyRow[]).map((row) => ({ ...row, key: row.key.replace('<SUFFIX>', 'WORKER') }));
const of = (status: KeyRow['status']): readonly KeyRow[] => rows.filter((row) => row.status === status);

/** Those of the original are tried by the inventory. */
const ofTheOriginal = new Set((JSON.parse(readFileSync(new URL('../test/inventory/original.json', import.meta.url), 'utf8')) as { readonly keys: readonly { readonly key: string }[] }).keys.map(({ key }) => key));

/** Keys whose effect needs a server, a plugin or an application, each with the test that shows it. */
const shownElsewhere: Readonly<Record<string, readonly [file: string, title: string]>> = {
  ENVCTL_CACHE_DIR: ['packages/core/test/boot/door-manifest.test.ts', "oclifDirectories({ ENVCTL_DATA_DIR: '/d', ENVCTL_CACHE_DIR: '/c' }"],
  ENVCTL_DATA_DIR: ['packages/core/test/boot/door-manifest.test.ts', "oclifDirectories({ ENVCTL_DATA_DIR: '/d', ENVCTL_CACHE_DIR: '/c' }"],
  ENVCTL_DEBUG: ['packages/cli/test/front-door.test.ts', "ENVCTL_DEBUG: '1' }).stderr).to.include('    at ')"],
  ENVCTL_DEPENDENCY_POSTGRES_MODE: ['test/e2e/prerequisites.test.ts', "ENVCTL_DEPENDENCY_POSTGRES_MODE: 'docker' }, 'postgres has no docker driver"],
  ENVCTL_DEPENDENCY_REDIS_MODE: ['packages/core/test/config/problems.test.ts', "['ENVCTL_DEPENDENCY_REDIS_MODE=docker', 'docker']"],
  ENVCTL_EXTERNAL_DEPENDENCIES: ['packages/core/test/config/problems.test.ts', "['ENVCTL_EXTERNAL_DEPENDENCIES=postgres, redis', 'external']"],
  ENVCTL_REDIS_EXTERNAL: ['packages/core/test/config/problems.test.ts', "['ENVCTL_REDIS_EXTERNAL=true', 'external']"],
  ENVCTL_POSTGRES_EXTERNAL: ['packages/core/test/config/problems.test.ts', "['ENVCTL_REDIS_EXTERNAL=true', 'external']"],
  ENVCTL_EXTERNAL_DEPENDENCY_PROBE: ['test/e2e/documents.test.ts', 'ENVCTL_EXTERNAL_DEPENDENCY_PROBE: false }'],
  ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT: ['test/e2e/documents.test.ts', 'one that does not answer is given up after ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT'],
  ENVCTL_POSTGRES_BIN_DIR: ['packages/plugin-postgres/test/edges.test.ts', "ENVCTL_POSTGRES_BIN_DIR: join(programs, 'bin')"],
  ENVCTL_POSTGRES_EXTENSIONS: ['packages/plugin-postgres/test/edges.test.ts', "ENVCTL_POSTGRES_EXTENSIONS: 'pg_trgm, citext'"],
  ENVCTL_POSTGRES_ISOLATION: ['test/e2e/documents.test.ts', "describe('ENVCTL_POSTGRES_ISOLATION=server'"],
  ENVCTL_POSTGRES_URL: ['packages/plugin-postgres/test/edges.test.ts', 'ENVCTL_POSTGRES_URL: `postgresql://'],
  ENVCTL_REDIS_START_TIMEOUT_SECONDS: ['test/e2e/command-driver.test.ts', "ENVCTL_REDIS_START_TIMEOUT_SECONDS: '1' }, /redis did not answer within 1 s/"],
  ENVCTL_REDIS_URL: ['packages/plugin-redis/test/external.test.ts', 'openWorld({ ENVCTL_REDIS_URL: configured }'],
  ENVCTL_SERVICE_PREP: ['test/e2e/preparation.test.ts', "ENVCTL_SERVICE_PREP: 'false'"],
  SKIP_LOCAL_DB_ENV: ['test/e2e/env-files.test.ts', 'SKIP_LOCAL_DB_ENV: true'],
  // Only the projects of mode trees have it, and those come with a package.
  TREES_BACKEND_EXPECT_LISTENER: ['packages/core/test/config/services.test.ts', 'TREES_BACKEND_EXPECT_LISTENER=false'],
};

/** Nothing reads it yet; its description says so. */
const forLater = ['ENVCTL_SERVICE_WORKER_TEST_CMD'];

describe('each row of contracts/config-keys.json', function () {
  this.timeout(300_000);
  let world: World;
  before(async () => (world = await createWorld('rows')));
  after(() => world.close());

  const write = (lines: readonly string[]): Promise<void> => writeFile(path.join(world.repository, '.envctl'), lines.map((line) => `${line}\n`).join(''));
  const shown = async (env: Readonly<Record<string, string>> = {}): Promise<Shown> => (await look(['show-config', '--reveal'], { cwd: world.repository, env: { HOME: world.directory, ...env } })) as unknown as Shown;
  const aboutKey = ({ problems }: Shown, key: string): readonly Problem[] => problems.filter((problem) => problem.key === key);

  it('kept: the key is taken from the file and from the environment, with its value and its place', async () => {
    const inFile = of('kept').filter(({ environment_only: only }) => only !== true);
    // An older spelling decides about the keys it spells: each kind is in a file without the other.
    for (const rowsOfFile of [inFile.filter((row) => !isOlderSpelling(row)), inFile.filter(isOlderSpelling)]) {
      expect(rowsOfFile).to.not.have.length(0);
      await write(rowsOfFile.map((row) => `${row.key}=${valueOf(row)}`));
      const { origins } = await shown();
      rowsOfFile.forEach((row, index) => expect(origins[row.key], row.key).to.include({ value: valueOf(row), source: 'file', line: index + 1 }));
    }
    await write([]);
    const fromEnvironment = await shown(Object.fromEntries(of('kept').map((row) => [row.key, row.key === 'ENVCTL_CONFIG_FILE' ? path.join(world.repository, '.envctl') : valueOf(row)])));
    for (const row of of('kept')) expect(fromEnvironment.origins[row.key], row.key).to.include({ source: 'env' });
  });

  it('kept for the environment: in the file it is one error that says so', async () => {
    const keys = of('kept').filter(({ environment_only: only }) => only === true);
    await write(keys.map((row) => `${row.key}=${valueOf(row)}`));
    const answer = await shown();
    for (const { key } of keys) {
      const found = aboutKey(answer, key);
      expect(found.map(({ severity }) => severity), key).to.deep.equal(['error']);
      expect(found[0]!.message).to.match(new RegExp(`^${key} \\(.*:\\d+\\) is read from the environment only`));
    }
  });

  it('kept: a value that is none is one error that names the key and its line, and nothing starts and nothing is saved', async () => {
    const typed = of('kept').filter((row) => row.environment_only !== true && row.key !== 'ENVCTL_ADDITIONAL_SERVICES' && wrongValueOf(row) !== undefined);
    expect(typed).to.have.length.greaterThan(60);
    const lines = ['ENVCTL_ADDITIONAL_SERVICES=worker', ...typed.map((row) => `${row.key}=${wrongValueOf(row)!}`)];
    await write(lines);
    const answer = await shown();
    typed.forEach(({ key }, index) => {
      const found = aboutKey(answer, key).filter(({ kind }) => kind !== 'renamed-key');
      expect(found.map(({ kind, severity, line }) => [kind, severity, line]), key).to.deep.equal([['invalid-value', 'error', index + 2]]);
      expect(found[0]!.message, key).to.match(new RegExp(`^${key}=.* is not valid: expected `));
    });
    const started = await world.json(['start']);
    expect([started.code, started.document.code]).to.deep.equal([1, 'ENVCTL_E_CONFIG_INVALID']);
    for (const { key } of typed) expect(started.document.message.split('\n').filter((line) => line.startsWith(`${key}=`)), key).to.have.length.at.least(key === 'ENVCTL_RUNTIME_DIR' || key === 'ENVCTL_STORE_DIR' ? 0 : 1);
    await write(['ENVCTL_ADDITIONAL_SERVICES=worker']);
    const saved = await world.json(['config', ...typed.flatMap((row) => ['--set', `${row.key}=${wrongValueOf(row)!}`])]);
    expect(saved.code).to.equal(1);
    for (const { key } of typed) expect(saved.document.message, key).to.include(`The given ${key}=`);
    expect(readFileSync(path.join(world.repository, '.envctl'), 'utf8')).to.equal('ENVCTL_ADDITIONAL_SERVICES=worker\n');
  });

  for (const place of ['file', 'environment'] as const) {
    it(`renamed: taken from the ${place} as the key it stands for, and told with what to write`, async () => {
      const canonical = new Map(of('kept').map((row) => [row.key, row]));
      const mine = of('renamed').map((row) => ({ ...row, value: valueOf(canonical.get(row.replaced_by!)!), isOfFile: canonical.get(row.replaced_by!)!.environment_only !== true })).filter(({ isOfFile }) => place === 'environment' || isOfFile);
      await write(place === 'file' ? mine.map(({ key, value }) => `${key}=${value}`) : []);
      const answer = await shown(place === 'file' ? {} : Object.fromEntries(mine.map(({ key, value }) => [key, value])));
      for (const { key, replaced_by: now, value, mend, reason } of mine) {
        expect(answer.origins[now!], key).to.include({ value, set_as: key });
        const [note, ...others] = aboutKey(answer, key);
        expect(others).to.deep.equal([]);
        expect(note, key).to.include({ kind: 'renamed-key', severity: 'note', hint: mend });
        expect(note!.message).to.include(reason);
      }
    });
  }

  it('retired: in the file it refuses a start with reason and mend; in the environment it is told, unless others read the name too', async () => {
    await write(of('retired').map(({ key }) => `${key}=1`));
    const { code, document } = await world.json(['start']);
    expect([code, document.code]).to.deep.equal([1, 'ENVCTL_E_CONFIG_UNKNOWN_KEY']);
    of('retired').forEach(({ key, reason, mend }, index) => {
      expect(document.message, key).to.include(`${key} (${path.join(world.repository, '.envctl')}:${index + 1}) is retired: ${reason!}.`);
      expect(document.hints, key).to.include(`Remove line ${index + 1} of ${path.join(world.repository, '.envctl')}.${mend === 'Remove it.' ? '' : ` ${mend!}`}`);
    });
    await world.configure();
    const { stderr } = await world.json(['explain-startup'], { env: Object.fromEntries(of('retired').map(({ key }) => [key, '1'])) });
    for (const { key, reason, mend } of of('retired')) {
      const told = `Warning: ${key} (environment) is retired: ${reason!}.\n  unset ${key}${mend === 'Remove it.' ? '' : `. ${mend!}`}\n`;
      if (['DOCKER_PROJECT_NAME', 'DB_CONTAINER_NAME', 'REDIS_CONTAINER_NAME'].includes(key)) expect(stderr).to.not.include(key);
      else expect(stderr).to.include(told);
    }
  });

  it('absent: the package that brings it is named, with the command that installs it', async () => {
    await write(of('absent').map(({ key }) => `${key}=1`));
    const answer = await shown();
    for (const { key, package: owner, mend } of of('absent')) {
      const found = aboutKey(answer, key);
      expect(found, key).to.have.length(1);
      expect(found[0], key).to.include({ kind: 'absent-plugin', hint: mend });
      expect(found[0]!.message, key).to.include(`belongs to ${owner!}, which is not installed`);
    }
    await world.configure();
  });

  it('kept: setting it changes what is planned or what happens, or a test shows what it does', async () => {
    const tried = of('kept').filter(({ key }) => !ofTheOriginal.has(key) && !Object.hasOwn(shownElsewhere, key));
    const effective = await keysWithEffect(tried);
    expect(tried.map(({ key }) => key).filter((key) => !effective.has(key))).to.deep.equal(forLater);
    expect(of('kept').filter(({ key }) => forLater.includes(key)).map(({ description }) => description)).to.deep.equal(['Command that tests the service, for the test action of @envctl/plugin-actions; nothing of core runs it.']);
  });

  it('the tests that show the others are there', () => {
    const root = new URL('../', import.meta.url);
    const keys = of('kept').map(({ key }) => key);
    for (const [key, [file, title]] of Object.entries(shownElsewhere)) {
      expect(keys).to.include(key);
      expect(readFileSync(new URL(file, root), 'utf8'), `${key}: ${file}`).to.include(title);
    }
  });
});
