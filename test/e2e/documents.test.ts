import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { failureDocument, loadCommandDocuments } from '../../packages/core/dist/runtime/documents-schema.js';
import { runOrThrow } from '../packaging/run.js';
import { portsOf, type Document } from './document.js';
import { bin, createWorld, processesIn, type World } from './world.js';

const commandDocuments = await loadCommandDocuments();

/** The real document against the schema that is published for its contract version. */
function check(document: Document): Document {
  const id = commandOf(document);
  const schema = document.code === undefined ? commandDocuments[id] : failureDocument;
  if (schema === undefined) throw new Error(`no schema for ${document.contract_version}`);
  const result = schema.safeParse(document);
  expect(result.error?.message ?? '', document.contract_version).to.equal('');
  return document;
}

function commandOf({ contract_version: version }: Document): string {
  return /^envctl\.(.+)\.v1$/.exec(version)?.[1] ?? '';
}

describe('JSON documents', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('documents', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());

  /** Commands whose document was seen when they did their work. */
  const worked = new Set<string>();
  const nothingRuns: readonly (readonly [readonly string[], number, Readonly<Record<string, unknown>>])[] = [
    [['show-state'], 1, { found: false, error: 'state_not_found', mode: 'main' }],
    [['endpoints'], 1, { ok: false, error: 'state_not_found', mode: 'main' }],
    [['health'], 1, { ok: false, error: 'state_not_found', message: "No previous state found for 'health'." }],
    [['errors'], 1, { ok: false, error: 'state_not_found' }],
    [['logs'], 1, { ok: false, error: 'state_not_found' }],
    [['resume'], 1, { ok: false, error: 'state_not_found', message: 'No previous state found to resume.' }],
    [['stop'], 0, { ok: true, message: 'No active runtime state found.' }],
    [['stop', 'nosuch'], 1, { code: 'ENVCTL_E_TARGET_UNKNOWN', message: 'No matching targets found for: nosuch' }],
    [['stop-all'], 0, { ok: true }],
    [['list-targets'], 0, { count: 1 }],
    [['list-commands'], 0, { ok: true }],
    [['version'], 0, { ok: true, node: process.version }],
    [['--version'], 0, { ok: true, node: process.version }],
    [['help'], 0, { command: null }],
    [['start', '--help'], 0, { command: 'start' }],
    [['help', 'nosuch'], 1, { code: 'ENVCTL_E_ARGV_UNKNOWN_COMMAND' }],
    [['plugins'], 0, { ok: true }],
    [['completion', 'bash'], 0, { shell: 'bash' }],
    [['completion', 'csh'], 1, { code: 'ENVCTL_E_ARGV_INVALID' }],
    [['install', '--dry-run'], 0, { dry_run: true }],
    [['uninstall', '--dry-run'], 0, { dry_run: true }],
    [['launcher', 'doctor'], 0, { launcher: 'envctl' }],
    [['show-config'], 0, { config_source: 'envctl', config_exists: true }],
    [['config', '--set', 'MAIN_REDIS_ENABLE=true'], 0, { saved: true }],
    [['config', '--set', 'NOPE=1'], 1, { code: 'ENVCTL_E_CONFIG_UNKNOWN_KEY', key: 'NOPE' }],
    [['config'], 1, { code: 'ENVCTL_E_ARGV_INVALID' }],
    [['explain-startup'], 0, { command: 'start' }],
    [['start', '--dry-run'], 0, { command: 'start' }],
    [['preflight'], 0, { surface: 'preflight', command: 'start', mode: 'main', startup_enabled: true, selection_required: false }],
    [['preflight', 'bakend'], 1, { ok: false, surface: 'preflight' }],
    [['wait', '--until', 'stopped'], 0, { health: null }],
    [['logs', '--logs-tail=99999999999999999999'], 1, { code: 'ENVCTL_E_ARGV_INVALID' }],
    [['wait', '--timeout', '0'], 1, { code: 'ENVCTL_E_WAIT_TIMEOUT' }],
    [['start', '--trees'], 1, { code: 'ENVCTL_E_PROJECTS_NONE' }],
    [['start', '--bogus'], 1, { code: 'ENVCTL_E_ARGV_UNKNOWN_OPTION' }],
    [['health', '--repo', '/nowhere'], 1, { code: 'ENVCTL_E_REPO_INVALID' }],
  ];
  it('have their schema while nothing runs', async () => {
    for (const [words, code, fields] of nothingRuns) {
      const answer = await world.json(words);
      expect(answer.code, words.join(' ')).to.equal(code);
      expect(check(answer.document), words.join(' ')).to.include(fields);
      if (answer.document.ok) worked.add(commandOf(answer.document));
    }
  });

  it('have their schema while everything runs, and after', async () => {
    for (const words of [['start'], ['start'], ['show-state'], ['health'], ['errors'], ['logs'], ['clear-logs'], ['wait'], ['list-targets'], ['endpoints', '--project', 'main'], ['explain-startup'], ['restart', 'frontend'], ['resume'], ['stop', 'frontend'], ['stop-all'], ['blast-all']]) {
      const { code, document } = await world.json(words);
      expect(code, words.join(' ')).to.equal(0);
      expect(check(document), words.join(' ')).to.include({ ok: true, contract_version: `envctl.${words[0]!}.v1` });
      worked.add(commandOf(document));
    }
  });

  it('have their schema where there is something to convert', async () => {
    const files = ['.envctl.sh', '.envctl.hooks.mjs'].map((name) => path.join(world.repository, name));
    expect(check((await world.json(['migrate-hooks'])).document)).to.include({ ok: false });
    await writeFile(files[0]!, `envctl_setup_infrastructure() {\n  export ENVCTL_HOOK_JSON='{"skip_default_requirements":true}'\n}\n`);
    const { code, document } = await world.json(['migrate-hooks']);
    expect({ code, ok: check(document).ok }).to.deep.equal({ code: 0, ok: true });
    worked.add(commandOf(document));
    await Promise.all(files.map((file) => rm(file)));
  });

  it('of every command were among these', async () => {
    const { document } = await world.json(['help']);
    const commands = (document as unknown as { readonly commands: readonly { readonly name: string; readonly plugin: string }[] }).commands.filter(({ plugin }) => !plugin.startsWith('@oclif/'));
    expect(Object.keys(commandDocuments).sort()).to.deep.equal([...commands.map(({ name }) => name.replaceAll(' ', '.')), 'help'].sort());
    expect([...worked].sort()).to.deep.equal(Object.keys(commandDocuments).sort());
  });

  it('endpoints fails closed', async () => {
    await world.succeed(['start', 'backend']);
    const { document } = await world.json(['endpoints']);
    expect(document['frontend']).to.deep.equal({ status: 'missing', port: null, local_url: null, public_url: null });
    expect(await world.json(['endpoints', '--project', 'Mian'])).to.deep.nested.include({ code: 1, 'document.error': 'requested_project_not_running', 'document.requested_project': 'Mian', 'document.active_projects': ['Main'] });
    const message = 'That project is not running (Nope). Running: Main.';
    const nope = await world.json(['endpoints', 'Nope']);
    expect(check(nope.document)).to.include({ error: 'requested_project_not_running', code: 'ENVCTL_E_TARGET_UNKNOWN', message });
    expect(nope.stderr).to.equal(`Error: ${message}\n`);
    const words = await world.envctl(['endpoints', 'Nope']);
    expect([words.code, words.stdout, words.stderr]).to.deep.equal([1, '', 'Error: That project is not running (Nope). Running: Main.\n']);
    const several = await world.json(['endpoints', '--project', 'a', '--project', 'b']);
    expect(check(several.document)).to.deep.include({ error: 'multiple_projects_not_supported', requested_projects: ['a', 'b'], active_projects: ['Main'] });
    await world.succeed(['stop-all']);
  });

  it('stdout has nothing else: not when it works, not when it fails', async () => {
    const working = await world.envctl(['start', '--json']);
    expect(() => JSON.parse(working.stdout) as unknown).to.not.throw();
    expect(working.stderr).to.match(/Main\/backend: ready/);
    await world.succeed(['stop-all']);
    const plain = await world.envctl(['health']);
    expect(plain).to.include({ code: 1, stdout: '' });
    expect(plain.stderr).to.match(/^Error: No previous state found for 'health'\.\n {2}→ envctl start\n$/);
  });
});

describe('without a usable configuration', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('configured')));
  after(() => world.close());

  it('an unconfigured repository can be looked at, not started', async () => {
    await rm(path.join(world.repository, '.envctl'));
    const refused = await world.json(['start']);
    expect(refused).to.nested.include({ code: 1, 'document.ok': false, 'document.code': 'ENVCTL_E_CONFIG_MISSING' });
    for (const words of [['start', '--service', 'backend', '--dry-run'], ['restart', 'backend', '--dry-run'], ['restart', 'backend']]) {
      const { code, document } = await world.json(words);
      expect([code, document.code, document.message, document.hints], words.join(' ')).to.deep.equal([1, refused.document.code, refused.document.message, refused.document.hints]);
    }
    expect(check((await world.json(['show-config'])).document)).to.include({ config_source: 'defaults', config_exists: false });
    for (const words of [['list-targets'], ['stop-all'], ['list-commands'], ['explain-startup']]) expect((await world.json(words)).code, words.join(' ')).to.equal(0);
    expect((await runOrThrow('git', ['status', '--porcelain', '.envctl'], { cwd: world.repository })).stdout).to.equal('');
    await world.configure();
  });

  it('runs that are disabled are one clear error', async () => {
    await world.configure({ MAIN_STARTUP_ENABLE: false });
    const { code, document } = await world.json(['start']);
    expect({ code, message: document.message }).to.deep.equal({ code: 1, message: 'envctl runs are disabled for main in .envctl.' });
    await world.configure();
  });

  it('the environment wins over the file, and show-config says so', async () => {
    const env = { BACKEND_PORT_BASE: '31000' };
    const { document } = await world.json(['show-config'], { env });
    expect(check(document)).to.have.nested.property('effective.ports.backend', 31_000);
    expect((await world.json(['explain-startup'], { env })).document.projects[0]!.services[0]!.preferred_port).to.equal(31_000);
  });

  it('a save into a file that git ignores says so in one note, with the line that does', async () => {
    await world.configure();
    const ignored = path.join(world.repository, '.gitignore');
    await writeFile(ignored, 'node_modules\n.env*\n');
    const note = 'git ignores .envctl (.env* in .gitignore:2), so it is not committed; to commit it: git add --force .envctl';
    expect(check((await world.json(['config', '--set', 'BACKEND_PORT_BASE=8200'])).document)['ignore_warning']).to.equal(note);
    expect((await world.envctl(['config', '--set', 'BACKEND_PORT_BASE=8300'])).stdout).to.include(`\nNote: ${note}\n`);
    await writeFile(ignored, '.env*\n!.envctl\n');
    expect((await world.json(['config', '--set', 'BACKEND_PORT_BASE=8200'])).document['ignore_warning']).to.equal(null);
    await rm(ignored);
    await world.configure();
  });

  it('a secret saved into a file that others can read is warned of on stderr, in words and in JSON', async () => {
    await world.configure();
    const file = path.join(world.repository, '.envctl');
    await chmod(file, 0o644);
    const told = `Warning: ${file} holds the value of DB_PASSWORD and can be read by other users (mode 0644)\n  chmod 600 ${file}\n`;
    const { document, stderr } = await world.json(['config', '--set', 'DB_PASSWORD=hunter2']);
    expect(check(document)['warnings']).to.have.length(1);
    expect(stderr).to.equal(told);
    expect((await world.envctl(['config', '--set', 'BACKEND_PORT_BASE=8100'])).stderr).to.equal(told);
    await rm(file);
    await world.configure();
  });

  it('a retired key refuses a start and a save from the file; of one in the environment a start tells, and nobody else', async () => {
    const env = { ENVCTL_DOCKER_PREWARM: 'true' };
    const told = 'Warning: ENVCTL_DOCKER_PREWARM (environment) is retired: Docker is asked only where a dependency runs in it.\n  unset ENVCTL_DOCKER_PREWARM\n';
    expect((await world.json(['explain-startup'], { env })).stderr).to.equal(told);
    expect((await world.json(['stop-all'], { env })).stderr).to.not.include('retired');

    await world.configure({ ENVCTL_UI_RICH: false });
    const line = 7;
    for (const words of [['start'], ['config', '--set', 'BACKEND_PORT_BASE=8100']]) {
      const { code, document } = await world.json(words);
      expect({ code, error: document.code, hints: document.hints }, words.join(' ')).to.deep.equal({
        code: 1,
        error: 'ENVCTL_E_CONFIG_UNKNOWN_KEY',
        hints: [`Remove line ${line} of ${path.join(world.repository, '.envctl')}. Set ENVCTL_UI_SPINNER_MODE=off instead.`],
      });
    }
    expect(await world.json(['stop-all'])).to.nested.include({ code: 0 }).and.to.have.property('stderr').that.includes('Warning: ENVCTL_UI_RICH');
    await world.configure();
  });

  it('a file that is wrong changes nothing, and teardown still works', async () => {
    await world.configure({ BACKEND_PORT_BASE: 'abc', NOT_A_KEY: 1 });
    const shown = check((await world.json(['show-config'])).document);
    expect(shown).to.have.nested.property('effective.ports.backend', null);
    expect(shown['problems']).to.have.length.above(1);
    expect(await world.json(['start'])).to.nested.include({ code: 1, 'document.code': 'ENVCTL_E_CONFIG_INVALID' });
    expect(await world.json(['stop-all'])).to.nested.include({ code: 0, 'document.ok': true });
    await world.configure();
  });
});

describe('dependencies that run elsewhere', function () {
  this.timeout(120_000);
  let world: World;
  let server: World;
  let url: string;
  before(async () => {
    server = await createWorld('server', { settings: { MAIN_REDIS_ENABLE: true, MAIN_POSTGRES_ENABLE: true, MAIN_FRONTEND_ENABLE: false } });
    const port = portsOf(await server.succeed(['start']))['backend']!;
    const env = (await (await fetch(`http://127.0.0.1:${port}/env`)).json()) as Record<string, string>;
    [url, postgresUrl] = [env['REDIS_URL']!, env['DATABASE_URL']!];
    world = await createWorld('elsewhere', { settings: { MAIN_FRONTEND_ENABLE: false } });
  });
  after(async () => {
    await world.close();
    await server.close();
  });
  let postgresUrl: string;

  it('are used as they are, started by nobody and stopped by nobody', async () => {
    await world.configure({ MAIN_REDIS_ENABLE: true, MAIN_POSTGRES_ENABLE: true, ENVCTL_DEPENDENCY_REDIS_MODE: 'external', ENVCTL_DEPENDENCY_POSTGRES_MODE: 'external', ENVCTL_REDIS_URL: url, ENVCTL_POSTGRES_URL: postgresUrl });
    const started = await world.succeed(['start']);
    const env = (await (await fetch(`http://127.0.0.1:${portsOf(started)['backend']!}/env`)).json()) as Record<string, string>;
    expect(env).to.include({ REDIS_URL: url, DATABASE_URL: postgresUrl });
    expect((await world.succeed(['start'])).decision.kind).to.equal('reuse');
    await world.succeed(['stop-all', '--remove-volumes']);
    expect((await server.succeed(['health'])).healthy).to.equal(true);
  });

  for (const [id, address] of [['redis', () => url], ['postgres', () => postgresUrl]] as const) {
    it(`a wrong password for ${id} is one clear error that does not tell it`, async () => {
      const wrong = new URL(address());
      wrong.password = 'quite-wrong';
      await world.configure({ [`MAIN_${id.toUpperCase()}_ENABLE`]: true, [`ENVCTL_DEPENDENCY_${id.toUpperCase()}_MODE`]: 'external', [`ENVCTL_${id.toUpperCase()}_URL`]: wrong.href });
      const { code, document, stderr } = await world.json(['start']);
      expect(code).to.equal(1);
      expect(document.message).to.match(/password|WRONGPASS|authentication/i);
      expect(JSON.stringify(document) + stderr).to.not.include('quite-wrong');
    });
  }

  it('one that does not answer is given up after ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT, or not asked at all', async () => {
    const silent = await listen();
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const settings = { MAIN_REDIS_ENABLE: true, ENVCTL_DEPENDENCY_REDIS_MODE: 'external', ENVCTL_REDIS_URL: `redis://127.0.0.1:${port}/0`, ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT: 1 };
    try {
      await world.configure(settings);
      expect((await world.json(['start'])).document.message).to.match(/within 1 s/);
      await world.configure({ ...settings, ENVCTL_REQUIREMENTS_STRICT: false });
      const lax = await world.succeed(['start']);
      expect(lax.projects[0]!.dependencies[0]).to.include({ health: 'unhealthy' });
      await world.succeed(['stop-all']);
      await world.configure({ ...settings, ENVCTL_EXTERNAL_DEPENDENCY_PROBE: false });
      expect((await world.succeed(['start'])).projects[0]!.dependencies[0]).to.include({ health: 'healthy' });
      await world.succeed(['stop-all']);
    } finally {
      silent.close();
    }
  });
});

describe('ENVCTL_POSTGRES_ISOLATION=server', function () {
  this.timeout(120_000);
  it('gives the project a server of its own, and stop ends it', async () => {
    const world = await createWorld('isolated', { settings: { MAIN_POSTGRES_ENABLE: true, ENVCTL_POSTGRES_ISOLATION: 'server', MAIN_FRONTEND_ENABLE: false } });
    try {
      await world.succeed(['start']);
      const endpoints = await world.succeed(['endpoints']);
      expect(endpoints['shared_dependencies']).to.deep.equal([]);
      expect((await world.succeed(['start'])).decision.kind).to.equal('reuse');
      await world.succeed(['stop']);
      expect(processesIn(world.directory)).to.deep.equal([]);
    } finally {
      await world.close();
    }
  });
});

describe('help and version', function () {
  this.timeout(120_000);
  it('every command shows an example of itself', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'envctl-test-help-'));
    try {
      await mkdir(path.join(directory, '.git'));
      await writeFile(path.join(directory, '.git/HEAD'), '');
      const say = (...words: string[]) => execFileSync(process.execPath, [bin, ...words], { cwd: directory, encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: directory, XDG_DATA_HOME: directory } });
      expect(say('--version')).to.match(/^(envctl.)?\d+\.\d+\.\d+/);
      for (const command of ['start', 'restart', 'resume', 'stop', 'stop-all', 'blast-all', 'config', 'list-commands', 'list-targets', 'show-config', 'show-state', 'explain-startup', 'endpoints', 'logs', 'health', 'errors', 'wait']) {
        expect(say(command, '--help'), command).to.match(new RegExp(`EXAMPLES[^]*envctl ${command}`));
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

/** A server that takes connections and never says a word. */
function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.unref());
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
