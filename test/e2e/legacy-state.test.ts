import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf } from './document.js';
import { createWorld, isAlive, type World } from './world.js';

/** State of the original envctl: what its commands left in RUN_SH_RUNTIME_DIR, before a first start of ours. */
describe('state of the original', function () {
  this.timeout(120_000);
  let world: World;
  let backend: ChildProcess;
  let port: number;
  const pid = (): number => backend.pid!;

  before(async () => {
    world = await createWorld('original');
    backend = spawn(process.execPath, ['-e', `const s = require('node:http').createServer((q, r) => r.end('{}')).listen(0, '127.0.0.1', () => console.log(s.address().port))`], { stdio: ['ignore', 'pipe', 'inherit'] });
    port = Number(String((await once(backend.stdout!, 'data'))[0]));
  });
  after(async () => {
    backend.kill('SIGKILL');
    await world.close();
  });
  beforeEach(() => rm(path.join(world.directory, 'legacy-runtime'), { recursive: true, force: true }));
  afterEach(() => expect(isAlive(pid()), 'the process of the original lives').to.equal(true));

  const home = (): string => path.join(world.directory, 'legacy-runtime', 'python-engine', world.scopeId);

  async function record(service: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const file = path.join(home(), 'run_state.json');
    const state = {
      schema_version: 1,
      run_id: 'run-20260310091512-5f0c2a9e',
      mode: 'main',
      services: { 'Main Backend': { type: 'backend', cwd: path.join(world.repository, 'backend'), pid: pid(), requested_port: port, actual_port: port, log_path: null, status: 'running', synthetic: false, started_at: Date.now() / 1000, listener_pids: [pid()], ...service } },
      requirements: { Main: { db: { enabled: true, success: true, simulated: false, health: 'healthy', retries: 0, final: 5432, requested: 5432 }, health: 'healthy', failures: [] } },
      pointers: {},
      metadata: { repo_scope_id: world.scopeId, project_roots: { Main: world.repository } },
    };
    await mkdir(home(), { recursive: true });
    await writeFile(file, JSON.stringify(state));
    return file;
  }

  it('is shown as what it is: marked, with a warning, and with a URL while its own process listens', async () => {
    const file = await record();
    const shown = await world.json(['show-state']);
    expect(shown).to.deep.include({ code: 0 });
    expect(shown.document).to.deep.include({ found: true, run_state_path: file });
    expect(shown.document.state).to.have.nested.property('metadata.legacy_state', true);
    expect(shown.stderr).to.include(`the original envctl recorded in ${file}`);

    const endpoints = await world.json(['endpoints']);
    expect(endpoints.document).to.deep.include({ ok: true, legacy_state: true, project: 'Main' });
    expect(endpoints.document).to.have.nested.property('backend.local_url', `http://localhost:${port}`);
    expect(endpoints.document).to.have.nested.property('dependencies.postgres.observed', false);

    const health = await world.json(['health']);
    expect(health.document).to.include({ legacy_state: true, healthy: false });
    expect(health.document).to.have.nested.property('services[0].status', 'running');
    expect(health.document).to.have.nested.property('services[0].url', `http://localhost:${port}`);
    expect(health.document).to.have.nested.property('dependencies[0].status', 'unreachable');
    expect(health.stderr).to.include('nothing in it proves');
  });

  const untrue: readonly (readonly [what: string, service: () => Readonly<Record<string, unknown>>, status: string])[] = [
    ['another process answers on the port', () => ({ pid: 2 ** 22 + 7 }), 'stale'],
    ['the pid was given to a process that began later', () => ({ started_at: 1_700_000_000 }), 'stale'],
    ['no pid was recorded', () => ({ pid: null }), 'stale'],
    ['the process lives and another one has the port', () => ({ pid: process.pid, requested_port: 1, actual_port: 1 }), 'unreachable'],
  ];
  for (const [what, service, status] of untrue) {
    it(`shows no URL when ${what}`, async () => {
      await record(service());
      const { document } = await world.json(['endpoints']);
      expect(document).to.have.nested.property('backend.status', status);
      expect(document).to.have.nested.property('backend.local_url', null);
      expect(document).to.have.nested.property('backend.public_url', null);
      const health = await world.json(['health']);
      expect(health.code).to.equal(1);
      expect(health.document).to.have.nested.property('services[0].url', null);
    });
  }

  it('is not resumed: pids are dropped, nothing is started, and it is said', async () => {
    const file = await record();
    const dry = await world.json(['resume', '--dry-run']);
    expect(dry.document).to.include({ code: 'ENVCTL_E_RESUME_NOTHING' });
    expect(world.files('state', 'engine', world.scopeId, 'runs')).to.deep.equal([]);

    const before = readFileSync(file, 'utf8');
    const { code, document, stderr } = await world.json(['resume']);
    expect(code).to.equal(1);
    expect(document).to.deep.include({ code: 'ENVCTL_E_RESUME_NOTHING', legacy_state: true, missing_services: ['Main Backend'] });
    expect(stderr).to.include('Main Backend was recorded by the original envctl and is not restored');
    expect(readFileSync(file, 'utf8')).to.equal(before);
    const [events] = world.files('state', 'engine', world.scopeId, 'runs');
    const written = readFileSync(path.join(world.directory, 'state', 'engine', world.scopeId, 'runs', events!), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(written.find(({ event }) => event === 'resume.legacy_state.sanitized')).to.include({ run_id: 'run-20260310091512-5f0c2a9e', service_count: 1, sanitized_pids: 2 });
    expect(written.find(({ event }) => event === 'resume.restore.skip')).to.deep.include({ reason: 'legacy_state', missing_count: 1, missing_services: ['Main Backend'] });
  });

  for (const words of [['stop'], ['stop', '--service', 'backend'], ['stop-all'], ['blast-all']]) {
    it(`${words.join(' ')} does not touch a living process of it, and says how to end it`, async () => {
      const file = await record();
      const { code, document } = await world.json(words);
      expect(code).to.equal(1);
      const [remains] = document['not_stopped'] as readonly { what: string; detail: string }[];
      expect(remains?.what).to.equal('Main Backend');
      expect(remains?.detail).to.include(`kill ${pid()}`).and.to.include(file);
    });
  }

  it('stop of one that does not live any more says where it lies; an unknown service is an error', async () => {
    const file = await record({ pid: null });
    expect(await world.json(['stop'])).to.deep.include({ code: 0 });
    expect((await world.json(['stop'])).document['warnings']).to.have.lengthOf(1).and.to.satisfy(([warning]: string[]) => warning!.includes(file));
    expect((await world.json(['stop', 'nosuch'])).document).to.include({ code: 'ENVCTL_E_TARGET_UNKNOWN' });
    expect(await world.json(['stop-all'])).to.deep.include({ code: 0 });
  });

  it('is not looked for with ENVCTL_STATE_COMPAT_MODE=scoped_only', async () => {
    await record();
    const env = { ENVCTL_STATE_COMPAT_MODE: 'scoped_only' };
    expect((await world.json(['show-state'], { env })).document).to.include({ found: false });
    expect((await world.json(['health'], { env })).document).to.include({ error: 'state_not_found' });
    expect((await world.json(['stop'], { env })).code).to.equal(0);
  });

  it('gets a mirror of ours with compat_read_write, which goes with a stop; never over a state of its own', async () => {
    const env = { ENVCTL_STATE_COMPAT_MODE: 'compat_read_write' };
    const { run_id: runId } = await world.succeed(['start'], { env });
    expect(JSON.parse(readFileSync(path.join(home(), 'run_state.json'), 'utf8'))).to.include({ run_id: runId, schema_version: 1 });
    expect(readFileSync(path.join(home(), '.last_state.main'), 'utf8')).to.equal(`${path.join(home(), 'runs', runId, 'run_state.json')}\n`);
    await world.succeed(['stop'], { env });
    expect(world.files('legacy-runtime')).to.deep.equal([]);

    const file = await record();
    const before = readFileSync(file, 'utf8');
    const started = await world.json(['start'], { env });
    expect(started.code).to.equal(0);
    expect(started.stderr).to.include(`Warning: The mirror for the original envctl was not written: ${file}`);
    await world.json(['blast-all'], { env });
    expect(world.files('legacy-runtime')).to.deep.equal([path.join('python-engine', world.scopeId, 'run_state.json')]);
    expect(readFileSync(file, 'utf8')).to.equal(before);
  });

  it('gives way to ours and is left as it is', async () => {
    const file = await record();
    const before = readFileSync(file, 'utf8');
    const started = await world.succeed(['start']);
    expect(started).to.have.nested.property('decision.kind', 'fresh');
    expect((await world.json(['endpoints'])).document).to.include({ legacy_state: false });
    expect(portsOf(started)['backend']).to.not.equal(port);
    expect((await world.json(['stop'])).code).to.equal(0);
    expect(world.files('legacy-runtime')).to.deep.equal([path.join('python-engine', world.scopeId, 'run_state.json')]);
    expect(readFileSync(file, 'utf8')).to.equal(before);
  });
});
