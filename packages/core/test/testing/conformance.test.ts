import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DependencyDefinition, DependencyOutcome, PluginManifest } from '../../dist/index.js';
import { checkDependency, conformanceChecks, type ConformanceOptions } from '../../dist/testing/index.js';
import { createToy, failed, toyManifest, toyOptions, writeToyPackage } from './toy.js';

type Start = DependencyDefinition['start'];

/** Roots of two packages: the toy, and one whose manifest lacks a config key. */
interface Roots {
  readonly toy: string;
  readonly incomplete: string;
}
type Broken = (roots: Roots) => ConformanceOptions;

const instead = (change: (toy: DependencyDefinition) => Partial<DependencyDefinition>): Broken => ({ toy }) => toyOptions(toy, () => ({ ...createToy(), ...change(createToy()) }));
/** The toy with its start wrapped. */
const starting = (change: (start: Start) => Start): Broken => instead((toy) => ({ start: change(toy.start) }));
/** The toy whose outcomes are changed. */
const answering = (change: (outcome: DependencyOutcome) => DependencyOutcome): Broken => starting((start) => async (ctx) => change(await start(ctx)));

const incomplete: PluginManifest = { ...toyManifest, contributes: { ...toyManifest.contributes, config: [] } };
const sockets = new Set<Socket>();
let counter = 0;

/** For each check one implementation that is wrong in that respect. */
const broken: Readonly<Record<string, Broken>> = {
  'manifest.complete': (roots) => toyOptions(roots.incomplete),
  'plan.pure': instead(() => ({ plan: () => ({ share: 'scope', ports: ['primary'], resources: { area: `area-${counter++}` } }) })),
  'projection.pure': instead(() => ({ project: ({ ports }) => ({ TOY_URL: { value: `${ports['primary']}-${counter++}`, secret: true } }) })),
  'projection.secrets': instead((toy) => ({ project: (ctx) => ({ TOY_URL: { value: toy.project(ctx)['TOY_URL']?.value ?? '', secret: false } }) })),
  'projection.declared': instead((toy) => ({ project: (ctx) => ({ ...toy.project(ctx), TOY_HOST: { value: 'localhost', secret: false } }) })),
  'start.ready': starting(() => async (ctx) => { await ctx.secrets.ensure('admin'); return { status: 'ready' }; }),
  'start.adopts': starting((start) => (ctx) => start({ ...ctx, launch: async (request) => ({ ...(await ctx.launch(request)), origin: 'started' }) })),
  'start.refuses-twin': answering((outcome) => (outcome.status === 'failed' ? { status: 'ready' } : outcome)),
  'start.refuses-stranger': answering((outcome) => (outcome.status === 'failed' ? failed('hard_start_failure', outcome.message) : outcome)),
  'start.bind-conflict': answering((outcome) => (outcome.status === 'failed' ? failed('transient_probe_timeout_retryable', outcome.message) : outcome)),
  'start.times-out': starting((start) => (ctx) => start({ ...ctx, until: async (attempt, wait) => (await ctx.until(attempt, wait)) ?? (await Promise.reject(new Error('too late'))) })),
  'start.fails-hard': answering((outcome) => (outcome.status === 'failed' ? failed('hard_start_failure', 'something went wrong') : outcome)),
  'start.refused-launch': starting((start) => (ctx) => start(ctx).catch(() => ({ status: 'ready' }))),
  'start.restarts': starting((start) => async (ctx) => { if ((await ctx.secrets.get('once')) === 'yes') return failed('hard_start_failure', 'it was here before'); await ctx.secrets.set('once', 'yes'); return await start(ctx); }),
  'probe.honest': instead(() => ({ probe: () => Promise.resolve({ status: 'ready' }) })),
  'projects.apart': instead((toy) => ({ credentials: () => ['shared'], project: ({ project, ports, credentials }) => ({ TOY_URL: { value: `toy://${project.slug}:${credentials['shared'] ?? ''}@localhost:${ports['primary'] ?? 0}`, secret: true } }), start: (ctx) => toy.start({ ...ctx, secrets: { ...ctx.secrets, ensure: (name) => ctx.secrets.ensure(name === 'admin' ? name : 'shared') } }) })),
  'projects.leave': instead((toy) => ({ probe: async (ctx) => ((await ctx.secrets.get('password-one')) === undefined ? await toy.probe(ctx) : failed('hard_start_failure', 'the first project is not here')) })),
  'teardown.from-record': instead((toy) => { const own = new Set<string>(); return { start: (ctx) => { own.add(ctx.project.slug); return toy.start(ctx); }, teardown: async (ctx) => { if (own.has(ctx.resource.name)) await toy.teardown?.(ctx); } }; }),
  'stop.whole': starting((start) => (ctx) => start({ ...ctx, launch: (request) => ctx.launch({ ...request, stop: [{ signal: 'SIGHUP', target: 'child', waitMs: 1 }], command: ['/bin/sh', '-c', 'trap "" HUP; "$@" & wait', 'sh', ...request.command] }) })),
  'data.removed': starting((start) => async (ctx) => { await ctx.secrets.set('admin', String(counter++)); await ctx.secrets.set(`password-${ctx.project.slug}`, String(counter++)); return await start(ctx); }),
  'signals.declared': starting((start) => (ctx) => { ctx.events.emit('toy.area.made', { project: ctx.project.name, mood: 'undeclared' }); return start(ctx); }),
  'secrets.stay': starting((start) => async (ctx) => { const admin = await ctx.secrets.ensure('admin'); return await start({ ...ctx, launch: (request) => ctx.launch({ ...request, command: [...request.command, admin] }) }); }),
  'external.given': starting((start) => async (ctx) => { if (ctx.instance.driver === 'external') await ctx.directory('cache', () => Promise.resolve()).catch(() => undefined); return await start(ctx); }),
  'handles.closed': starting((start) => async (ctx) => { const outcome = await start(ctx); if (outcome.status === 'ready') sockets.add(connect({ port: ctx.instance.ports['primary'] ?? 0, host: '127.0.0.1' }).on('error', () => undefined)); return outcome; }),
  'start.aborts': starting((start) => (ctx) => start(ctx).catch((error: unknown) => failed('hard_start_failure', String(error)))),
};

/** Why each of them fails: a check that fails for another reason checks nothing. */
const reasons: Readonly<Record<string, RegExp>> = {
  'manifest.complete': /TOY_PORT is not declared/,
  'plan.pure': /two plans from the same input differ/,
  'projection.pure': /two projections of the same input differ/,
  'projection.secrets': /not marked secret/,
  'projection.declared': /TOY_HOST is projected and not listed/,
  'start.ready': /ECONNREFUSED/,
  'start.adopts': /the second start says ready/,
  'start.refuses-twin': /says ready although the port is not its own/,
  'start.refuses-stranger': /the class is hard_start_failure/,
  'start.bind-conflict': /the class is transient_probe_timeout_retryable/,
  'start.times-out': /too late/,
  'start.fails-hard': /does not carry the last words/,
  'start.refused-launch': /the start says ready/,
  'start.restarts': /it was here before/,
  'probe.honest': /after a crash the probe says ready/,
  'projects.apart': /opens the data of/,
  'projects.leave': /the first project is not here/,
  'teardown.from-record': /the removed project still works/,
  'stop.whole': /had to be killed/,
  'data.removed': /after a stop the variables changed/,
  'signals.declared': /undeclared field mood/,
  'secrets.stay': /carries a secret/,
  'external.given': /the external driver acquired something/,
  'handles.closed': /stay open/,
  'start.aborts': /returned failed instead of rejecting/,
};

describe('the conformance kit', function () {
  this.timeout(180_000);
  let directory: string;
  let roots: Roots;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-'));
    roots = { toy: await writeToyPackage(join(directory, 'toy'), toyManifest), incomplete: await writeToyPackage(join(directory, 'incomplete'), incomplete) };
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  it('passes a correct dependency on every check', async () => {
    const reports = await checkDependency(toyOptions(roots.toy));
    expect(reports.filter((report) => report.status !== 'pass')).to.deep.equal([]);
    expect(reports).to.have.length(conformanceChecks.length);
  });

  it('has a broken implementation for every check', () => {
    expect(Object.keys(broken).sort()).to.deep.equal(conformanceChecks.map((check) => check.id).sort());
  });

  for (const [id, options] of Object.entries(broken)) {
    it(`${id} fails an implementation that is wrong there`, async () => {
      const [report] = await checkDependency(options(roots), [id]);
      expect(report?.status, report?.message).to.equal('fail');
      expect(report?.message).to.match(reasons[id] ?? /^$/);
    });
  }
});
