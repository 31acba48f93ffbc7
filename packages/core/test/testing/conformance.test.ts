import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import type { DependencyDefinition, DependencyOutcome, PluginManifest } from '../../dist/index.js';
import { checkDependency, conformanceChecks, type ConformanceOptions } from '../../dist/testing/index.js';
import { createToy, failed, toyManifest, toyOptions } from './toy.js';

type Start = DependencyDefinition['start'];

/** The toy with its start wrapped. */
function starting(change: (start: Start) => Start): ConformanceOptions {
  return toyOptions(() => ({ ...createToy(), start: change(createToy().start) }));
}

/** The toy whose failed outcomes are changed. */
function answering(change: (outcome: DependencyOutcome) => DependencyOutcome): ConformanceOptions {
  return starting((start) => async (ctx) => change(await start(ctx)));
}

const incomplete: PluginManifest = { ...toyManifest, contributes: { ...toyManifest.contributes, config: [] } };
const sockets = new Set<Socket>();
let counter = 0;

/** For each check one implementation that is wrong in that respect. */
const broken: Readonly<Record<string, () => ConformanceOptions>> = {
  'manifest.complete': () => toyOptions(createToy, incomplete),
  'plan.pure': () => toyOptions(() => ({ ...createToy(), plan: () => ({ share: 'scope', ports: ['primary'], resources: { area: `area-${counter++}` } }) })),
  'projection.pure': () => toyOptions(() => ({ ...createToy(), project: ({ ports }) => ({ TOY_URL: { value: `${ports['primary']}-${counter++}`, secret: true } }) })),
  'projection.secrets': () => toyOptions(() => ({ ...createToy(), project: (ctx) => ({ TOY_URL: { value: createToy().project(ctx)['TOY_URL']?.value ?? '', secret: false } }) })),
  'start.ready': () => starting(() => async (ctx) => { await ctx.secrets.ensure('admin'); return { status: 'ready' }; }),
  'start.adopts': () => starting((start) => (ctx) => start({ ...ctx, launch: async (request) => ({ ...(await ctx.launch(request)), origin: 'started' }) })),
  'start.refuses-twin': () => answering((outcome) => (outcome.status === 'failed' ? { status: 'ready' } : outcome)),
  'start.refuses-stranger': () => answering((outcome) => (outcome.status === 'failed' ? failed('hard_start_failure', outcome.message) : outcome)),
  'start.bind-conflict': () => answering((outcome) => (outcome.status === 'failed' ? failed('transient_probe_timeout_retryable', outcome.message) : outcome)),
  'start.times-out': () => starting((start) => (ctx) => start({ ...ctx, until: async (attempt, wait) => (await ctx.until(attempt, wait)) ?? (await Promise.reject(new Error('too late'))) })),
  'start.fails-hard': () => answering((outcome) => (outcome.status === 'failed' ? failed('hard_start_failure', 'something went wrong') : outcome)),
  'start.refused-launch': () => starting((start) => (ctx) => start(ctx).catch(() => ({ status: 'ready' }))),
  'start.restarts': () => starting((start) => async (ctx) => { if ((await ctx.secrets.get('once')) === 'yes') return failed('hard_start_failure', 'it was here before'); await ctx.secrets.set('once', 'yes'); return await start(ctx); }),
  'probe.honest': () => toyOptions(() => ({ ...createToy(), probe: () => Promise.resolve({ status: 'ready' }) })),
  'projects.apart': () => toyOptions(() => ({ ...createToy(), credentials: () => ['shared'], project: ({ project, ports, credentials }) => ({ TOY_URL: { value: `toy://${project.slug}:${credentials['shared'] ?? ''}@localhost:${ports['primary'] ?? 0}`, secret: true } }), start: (ctx) => createToy().start({ ...ctx, secrets: { ...ctx.secrets, ensure: (name) => ctx.secrets.ensure(name === 'admin' ? name : 'shared') } }) })),
  'teardown.from-record': () => { return toyOptions(() => { const toy = createToy(); const own = new Set<string>(); return { ...toy, start: (ctx) => { own.add(ctx.project.slug); return toy.start(ctx); }, teardown: async (ctx) => { if (own.has(ctx.resource.name)) await toy.teardown?.(ctx); } }; }); },
  'stop.whole': () => starting((start) => (ctx) => start({ ...ctx, launch: (request) => ctx.launch({ ...request, stop: [{ signal: 'SIGHUP', target: 'child', waitMs: 1 }], command: ['/bin/sh', '-c', 'trap "" HUP; "$@" & wait', 'sh', ...request.command] }) })),
  'signals.declared': () => starting((start) => (ctx) => { ctx.events.emit('toy.area.made', { project: ctx.project.name, mood: 'undeclared' }); return start(ctx); }),
  'secrets.stay': () => starting((start) => async (ctx) => { const admin = await ctx.secrets.ensure('admin'); return await start({ ...ctx, launch: (request) => ctx.launch({ ...request, command: [...request.command, admin] }) }); }),
  'external.given': () => starting((start) => async (ctx) => { if (ctx.instance.driver === 'external') await ctx.directory('cache', () => Promise.resolve()); return await start(ctx); }),
  'handles.closed': () => starting((start) => async (ctx) => { const outcome = await start(ctx); if (outcome.status === 'ready') sockets.add(connect({ port: ctx.instance.ports['primary'] ?? 0, host: '127.0.0.1' }).on('error', () => undefined)); return outcome; }),
  'start.aborts': () => starting((start) => (ctx) => start(ctx).catch((error: unknown) => failed('hard_start_failure', String(error)))),
};

/** Why each of them fails: a check that fails for another reason checks nothing. */
const reasons: Readonly<Record<string, RegExp>> = {
  'manifest.complete': /TOY_PORT is not declared/,
  'plan.pure': /two plans from the same input differ/,
  'projection.pure': /two projections of the same input differ/,
  'projection.secrets': /not marked secret/,
  'start.ready': /ECONNREFUSED/,
  'start.adopts': /the second start says ready/,
  'start.refuses-twin': /says ready although the port is not its own/,
  'start.refuses-stranger': /the class is hard_start_failure/,
  'start.bind-conflict': /the class is transient_probe_timeout_retryable/,
  'start.times-out': /too late/,
  'start.fails-hard': /does not carry the last words/,
  'start.refused-launch': /the start says ready/,
  'start.restarts': /it was here before/,
  'probe.honest': /before the first start the probe says ready/,
  'projects.apart': /opens the data of/,
  'teardown.from-record': /the removed project still works/,
  'stop.whole': /left after the stop/,
  'signals.declared': /undeclared field mood/,
  'secrets.stay': /carries a secret/,
  'external.given': /the external driver acquired something/,
  'handles.closed': /stay open/,
  'start.aborts': /returned failed instead of rejecting/,
};

describe('the conformance kit', function () {
  this.timeout(60_000);
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  it('passes a correct dependency on every check', async () => {
    const reports = await checkDependency(toyOptions());
    expect(reports.filter((report) => report.status !== 'pass')).to.deep.equal([]);
    expect(reports).to.have.length(conformanceChecks.length);
  });

  it('has a broken implementation for every check', () => {
    expect(Object.keys(broken).sort()).to.deep.equal(conformanceChecks.map((check) => check.id).sort());
  });

  for (const [id, options] of Object.entries(broken)) {
    it(`${id} fails an implementation that is wrong there`, async () => {
      const [report] = await checkDependency(options(), [id]);
      expect(report?.status, report?.message).to.equal('fail');
      expect(report?.message).to.match(reasons[id] ?? /^$/);
    });
  }
});
