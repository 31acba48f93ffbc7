import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf, statusesOf, type Document } from './document.js';
import { createWorld, isAlive, processesIn, servedBy, type World } from './world.js';

/** Pids that really serve, by service type. */
async function serving(ports: Readonly<Record<string, number>>): Promise<{ readonly backend: number; readonly frontend: number }> {
  return { backend: await servedBy(ports['backend']!), frontend: await servedBy(ports['frontend']!) };
}

describe('what a start does about what runs', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('decisions', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());
  afterEach(() => world.succeed(['stop-all']));

  it('fresh: starts everything that is configured', async () => {
    const document = await world.succeed(['start']);
    expect(document).to.include({ ok: true, contract_version: 'envctl.start.v1', mode: 'main' });
    expect(document.decision.kind).to.equal('fresh');
    const pids = await serving(portsOf(document));
    expect(pids.backend).to.not.equal(pids.frontend);
    expect(document.projects[0]!.dependencies).to.have.length(1);
  });

  it('says who has the port that a service should have, in the place of which it got another', async () => {
    const stranger = createServer().listen(world.ports.backend, '127.0.0.1');
    await once(stranger, 'listening');
    try {
      const document = await world.succeed(['start']);
      const { backend } = portsOf(document);
      expect(backend).to.be.above(world.ports.backend);
      expect(document.projects[0]!.notes.join('\n')).to.match(new RegExp(`^Main Backend has port ${backend}: ${world.ports.backend} is taken by \\S+ \\(pid ${process.pid}\\)$`));
    } finally {
      stranger.close();
      await once(stranger, 'close');
    }
  });

  it('reuse: the second start changes nothing and writes no run', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    const files = world.files('state').filter((name) => !name.includes('/locks/'));
    const second = await world.succeed(['start']);
    expect(second.decision.kind).to.equal('reuse');
    expect(second.run_id).to.equal(first.run_id);
    expect(portsOf(second)).to.deep.equal(portsOf(first));
    expect(await serving(portsOf(second))).to.deep.equal(before);
    expect(world.files('state').filter((name) => !name.includes('/locks/'))).to.deep.equal(files);
  });

  it('resume: starts only what is missing, on its port', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    process.kill(before.backend, 'SIGKILL');
    await world.envctl(['wait', '--until', 'stopped', '--timeout', '0']);
    const second = await world.succeed(['resume']);
    expect(second.decision.kind).to.equal('resume');
    expect(statusesOf(second)).to.deep.equal({ backend: 'started', frontend: 'kept', redis: 'kept' });
    expect(portsOf(second)).to.deep.equal(portsOf(first));
    const after = await serving(portsOf(second));
    expect(after.frontend).to.equal(before.frontend);
    expect(after.backend).to.not.equal(before.backend);
    expect((await world.json(['health'])).document.healthy).to.equal(true);
  });

  it('another selection joins what runs: nothing is orphaned', async () => {
    const first = await world.succeed(['start', 'backend']);
    expect(statusesOf(first)).to.deep.equal({ backend: 'started', redis: 'started' });
    const backend = await servedBy(portsOf(first)['backend']!);
    const second = await world.succeed(['start']);
    expect(statusesOf(second)).to.deep.equal({ backend: 'kept', frontend: 'started', redis: 'kept' });
    const after = await serving(portsOf(second));
    expect(after.backend).to.equal(backend);
    await world.succeed(['stop-all']);
    expect([after.backend, after.frontend].filter(isAlive)).to.deep.equal([]);
  });

  it('restart: new processes on the same ports, dependencies keep running', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    const second = await world.succeed(['restart']);
    expect(second.decision.kind).to.equal('restart');
    expect(statusesOf(second)).to.deep.equal({ backend: 'started', frontend: 'started', redis: 'kept' });
    expect(portsOf(second)).to.deep.equal(portsOf(first));
    const after = await serving(portsOf(second));
    expect(Object.values(after)).to.not.include.members([before.backend]);
    expect([before.backend, before.frontend].filter(isAlive)).to.deep.equal([]);
  });

  it('restart of one service leaves its sibling alone', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    for (const words of [['backend'], ['--service', 'main backend']]) {
      const second = await world.succeed(['restart', ...words]);
      expect(portsOf(second)).to.deep.equal(portsOf(first));
      expect((await serving(portsOf(second))).frontend).to.equal(before.frontend);
    }
    expect(isAlive(before.backend)).to.equal(false);
  });

  it('restart of what was started: a service that never ran is not started', async () => {
    await world.succeed(['start', 'backend']);
    const second = await world.succeed(['restart']);
    expect(statusesOf(second)).to.deep.equal({ backend: 'started', redis: 'kept' });
  });

  it('restart starts a service again that was stopped; resume does not, and says which command does', async () => {
    const first = await world.succeed(['start']);
    const { frontend } = await serving(portsOf(first));
    await world.succeed(['stop', 'backend']);
    const resumed = await world.succeed(['resume']);
    expect(statusesOf(resumed)).to.deep.equal({ frontend: 'kept', redis: 'kept' });
    const note = 'Main Backend is not on record, it was stopped or never started: envctl start backend';
    expect(resumed.projects[0]!.notes).to.include(note);
    expect((await world.envctl(['resume'])).stdout).to.contain(`note: ${note}`).and.to.contain('Everything on record was running already.');
    for (const words of [['backend'], ['--service', 'main backend']]) {
      const again = await world.succeed(['restart', ...words]);
      expect(statusesOf(again)).to.deep.equal({ backend: 'started', frontend: 'kept', redis: 'kept' });
      expect(portsOf(again)).to.deep.equal(portsOf(first));
      expect((await serving(portsOf(again))).frontend).to.equal(frontend);
      await world.succeed(['stop', 'backend']);
    }
    // A project means what is on record of it.
    expect(statusesOf(await world.succeed(['restart', '--project', 'Main']))).to.deep.equal({ frontend: 'started', redis: 'kept' });
  });

  it('an unknown target is an error that lists what exists and touches nothing', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    const lines = [['restart', 'bakend'], ['restart', '--service', 'Main Bakend'], ['start', 'bakend'], ['start', '--project', 'Mian'], ['stop', 'bakend'], ['logs', 'bakend'], ['errors', 'bakend'], ['health', '--project', 'Mian'], ['health', '--service', 'bakend'], ['wait', '--service', 'bakend'], ['stop', '--project', 'Mian', '--service', 'backend']];
    const answers = await Promise.all(lines.map((words) => world.json(words)));
    answers.forEach(({ code, document }, index) => {
      const what = lines[index]!.join(' ');
      expect(code, what).to.equal(1);
      expect(document, what).to.include({ ok: false, code: 'ENVCTL_E_TARGET_UNKNOWN' });
      expect(document.hints.join(' '), what).to.match(/backend|Main/i);
    });
    expect(await serving(portsOf(first))).to.deep.equal(before);
  });

  it('a selector on a command that takes none is refused and touches nothing', async () => {
    const first = await world.succeed(['start']);
    const before = await serving(portsOf(first));
    const lines = [['stop-all', '--project', 'Main'], ['stop-all', '--remove-volumes', '--service', 'backend'], ['blast-all', '--projects', 'Main'], ['--service=backend', 'blast-all'], ['show-state', '--project', 'Main'], ['endpoints', '--service', 'backend']];
    for (const words of lines) expect(await world.json(words), words.join(' ')).to.nested.include({ code: 1, 'document.code': 'ENVCTL_E_ARGV_UNKNOWN_OPTION' });
    expect(await serving(portsOf(first))).to.deep.equal(before);
  });

  it('best_effort: a server that lives and does not answer counts, and its silence is told; one that is gone does not', async () => {
    await world.succeed(['start']);
    const server = processesIn(world.directory).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'redis-server')!;
    const look = async (mode: string) => (await world.json(['health'], { env: { ENVCTL_RUNTIME_TRUTH_MODE: mode } })).document;
    process.kill(server, 'SIGSTOP');
    try {
      const [auto, lax] = await Promise.all([look('auto'), look('best_effort')]);
      expect([auto.healthy, auto.dependencies[0]!.status]).to.deep.equal([false, 'unreachable']);
      expect([lax.healthy, lax.dependencies[0]!.status]).to.deep.equal([true, 'healthy']);
      expect(lax.dependencies[0]!.detail).to.equal(auto.dependencies[0]!.detail).and.to.be.a('string');
    } finally {
      process.kill(server, 'SIGKILL');
    }
    await world.envctl(['stop-all']);
    await world.succeed(['start']);
    const next = processesIn(world.directory).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'redis-server')!;
    process.kill(next, 'SIGKILL');
    while (isAlive(next)) await new Promise((resolve) => setImmediate(resolve));
    expect((await look('best_effort')).healthy).to.equal(false);
  });

  it('health and wait ask only what was selected', async () => {
    const started = await world.succeed(['start']);
    const { backend } = await serving(portsOf(started));
    process.kill(backend, 'SIGKILL');
    await world.succeed(['wait', '--service', 'frontend']);
    const health = await world.succeed(['health', '--service', 'main frontend']);
    expect(health.services.map(({ name }) => name)).to.deep.equal(['Main Frontend']);
    expect((await world.json(['health', '--service', 'backend'])).document.services.map(({ name }) => name)).to.deep.equal(['Main Backend']);
  });

  it('restart without a recorded run is a start; resume is an error', async () => {
    expect(await world.json(['resume'])).to.nested.include({ code: 1, 'document.error': 'state_not_found' });
    expect(statusesOf(await world.succeed(['restart']))).to.deep.equal({ backend: 'started', frontend: 'started', redis: 'started' });
  });

  it('restart of a service after a full stop starts that one; a typo names the nearest, and starts nothing', async () => {
    await world.succeed(['start']);
    await world.succeed(['stop-all']);
    const typo = await world.json(['restart', 'backnd']);
    expect(typo).to.nested.include({ code: 1, 'document.code': 'ENVCTL_E_TARGET_UNKNOWN' });
    expect((typo.document as unknown as { hints: string[] }).hints).to.include('did you mean: backend').and.to.include('known: Main, Main Backend, Main Frontend');
    expect(processesIn(world.repository)).to.deep.equal([]);
    expect(statusesOf(await world.succeed(['restart', 'backend']))).to.deep.equal({ backend: 'started', redis: 'started' });
    await world.succeed(['stop-all']);
    expect(statusesOf(await world.succeed(['restart', '--service', 'main frontend']))).to.deep.equal({ frontend: 'started', redis: 'started' });
  });

  it('explain-startup says what start then does', async () => {
    const plan = await world.succeed(['explain-startup']);
    const started = await world.succeed(['start']);
    expect(plan.decision).to.deep.equal(started.decision);
    expect(Object.fromEntries(plan.projects[0]!.services.map((service) => [service.type, service.preferred_port]))).to.include({ backend: portsOf(started)['backend'] });
    expect((await world.succeed(['start', '--dry-run'])).decision).to.deep.equal((await world.succeed(['start'])).decision);
  });

  it('a dry run writes nothing', async () => {
    const files = world.files('state').length;
    await world.succeed(['start', '--dry-run']);
    await world.succeed(['explain-startup']);
    expect(world.files('state')).to.have.length(files);
  });
});

describe('what explain-startup --json and --dry-run predict', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('predictions', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());

  const crash = async (service: string): Promise<void> => {
    process.kill(await servedBy(portsOf(await world.succeed(['start']))[service]!), 'SIGKILL');
    await world.envctl(['wait', '--service', service, '--until', 'stopped']);
  };
  const situations: readonly (readonly [string, readonly string[], string, () => Promise<unknown>])[] = [
    ['of one service where nothing runs', ['start', 'backend'], 'fresh', () => Promise.resolve()],
    ['of everything where one service runs', ['start'], 'resume', () => Promise.resolve()],
    ['where everything runs', ['start'], 'reuse', () => Promise.resolve()],
    ['where the backend crashed', ['resume'], 'resume', () => crash('backend')],
    ['of one service', ['restart', 'frontend'], 'restart', () => Promise.resolve()],
    ['where the dependency is no longer wanted and the ports are others', ['restart'], 'restart', () => world.configure({ MAIN_REDIS_ENABLE: false, BACKEND_PORT_BASE: world.ports.backend + 1 })],
    ['of a service that is switched off', ['start', 'frontend'], 'ENVCTL_E_SERVICE_COMMAND_MISSING', () => world.configure({ MAIN_FRONTEND_ENABLE: false, MAIN_REDIS_ENABLE: false })],
    ['where all runs are switched off', ['start'], 'ENVCTL_E_RUNS_DISABLED', () => world.configure({ MAIN_STARTUP_ENABLE: false })],
  ];
  for (const [where, words, kind, arrange] of situations) {
    it(`${words[0]} ${where} (${kind}) is what it then does`, async () => {
      await arrange();
      const explaining = words[0] === 'start' ? [['explain-startup', ...words.slice(1)], [...words, '--dry-run']] : [[...words, '--dry-run']];
      const predictions = await Promise.all(explaining.map(async (line) => toPrediction((await world.json(line)).document)));
      const done = toPrediction((await world.json(words)).document);
      expect(done.kind).to.equal(kind);
      for (const prediction of predictions) expect(prediction).to.deep.equal(done);
    });
  }
});

/** What a plan says will be done and a summary says was done, in the same words. A port that a plan names is one that nobody has. */
function toPrediction(document: Document): { readonly kind: string; readonly [fact: string]: unknown } {
  if (!document.ok) return { kind: document.code, message: document.message };
  if (document.problem) return { kind: document.problem.code, message: document.problem.message };
  const status = (entry: { readonly action?: string; readonly status: string }): string => (entry.action === undefined ? entry.status : entry.action === 'keep' ? 'kept' : 'started');
  return {
    kind: document.decision.kind,
    reason: document.decision.reason,
    projects: document.projects.map(({ name, services, dependencies }) => ({
      name,
      services: services.map((service) => ({ type: service.type, name: service.name, status: status(service), port: service.preferred_port ?? service.port })),
      dependencies: dependencies.map((dependency) => ({ id: dependency.id, status: status(dependency) })),
    })),
  };
}

describe('starts at once', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('at-once', { settings: { MAIN_REDIS_ENABLE: true } })));
  after(() => world.close());
  afterEach(() => world.succeed(['stop-all']));

  it('a second start waits for the first, says for whom, and reuses', async () => {
    const gate = path.join(world.directory, 'open');
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${gate}` });
    const first = world.spawn(['start', '--json']);
    await first.said(/Main\/backend: starting/);
    const second = world.spawn(['start', '--json']);
    await second.said(new RegExp(`waiting for envctl \\(pid ${first.process.pid}\\)`, 'i'));
    await writeFile(gate, '');
    const documents = (await Promise.all([first.finished, second.finished])).map(({ code, stdout, stderr }) => {
      expect(code, stderr).to.equal(0);
      return JSON.parse(stdout) as Document;
    });
    expect(documents.map((document) => document.decision.kind)).to.deep.equal(['fresh', 'reuse']);
    expect(portsOf(documents[1]!)).to.deep.equal(portsOf(documents[0]!));
    await world.configure();
  });

  it('ten starts end in exactly one set', async () => {
    const finished = await Promise.all(Array.from({ length: 10 }, () => world.json(['start'])));
    expect(finished.map(({ code }) => code)).to.deep.equal(Array.from({ length: 10 }, () => 0));
    expect(finished.filter(({ document }) => document.decision.kind === 'fresh')).to.have.length(1);
    expect(new Set(finished.map(({ document }) => document.run_id)).size).to.equal(1);
    expect(new Set(finished.map(({ document }) => JSON.stringify(portsOf(document)))).size).to.equal(1);
    expect(world.files('state', 'leases').filter((name) => name.endsWith('.json'))).to.have.length(3);
  });
});
