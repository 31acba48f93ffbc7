import { expect } from 'chai';
import { runStart, type StartPlan } from '../../dist/startup/index.js';
import { createStartWorld, everything, serverProgram, startedAs, type Settings, type StartWorld } from './start-world.js';

/** docs/configuration.md, ENVCTL_REQUIREMENTS_STRICT. */
describe('a start with a dependency that cannot be had', function () {
  this.timeout(60_000);
  let world: StartWorld;
  beforeEach(async () => (world = await createStartWorld()));
  afterEach(() => world.close());

  const lenient: Settings = { ...everything, requirementsStrict: false };
  const start = (settings: Settings, command: StartPlan['command'] = 'start') =>
    world.command(command, settings, (context) => runStart(context, { command, mode: 'main', projects: [world.project('Main')], services: [], replace: new Set(), signal: new AbortController().signal }));
  const environmentOf = async (name: string) => (await startedAs((await world.processesOf(name)).child, serverProgram)).env;

  for (const how of ['fails', 'throws'] as const) {
    it(`strict: fails when it ${how}, and takes back what it started`, async () => {
      world.spoil('beta', how);
      const error = await start(everything).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'ENVCTL_E_START_FAILED');
      expect(await world.recorded()).to.equal(undefined);
      expect(await world.launched('Main')).to.deep.equal([]);
    });

    it(`lenient: starts without it and its variables when it ${how}, and shows that`, async () => {
      world.spoil('beta', how);
      const summary = await start(lenient);
      const [project] = summary.projects;
      expect(project!.dependencies.map(({ id, status, health }) => [id, status, health])).to.deep.equal([['alpha', 'started', 'healthy'], ['beta', 'failed', 'unhealthy']]);
      expect(project!.notes.join('\n')).to.match(/^beta is not usable: beta (is broken|has no program); the services run without its variables/m);
      const env = await environmentOf('Main Backend');
      expect(env).to.include({ ALPHA_URL: 'alpha://Main' });
      expect(env).to.not.have.property('BETA_URL');
      const state = (await world.recorded())!;
      expect(state.requirements['Main']).to.deep.include({ health: 'degraded' });
      expect(state.requirements['Main']?.failures[0]).to.match(/^beta:hard_start_failure:beta /);
      expect(state.services['Main Backend']).to.include({ degraded: true, failure_detail: 'started without beta' });
      expect(state.services['Main Frontend']).to.include({ degraded: false });
    });
  }

  it('lenient: what requires it is not tried', async () => {
    world.spoil('alpha', 'fails');
    const summary = await start(lenient);
    expect(world.takeBroughtUp()).to.deep.equal(['Main/alpha']);
    expect(summary.projects[0]!.dependencies.map(({ status }) => status)).to.deep.equal(['failed', 'failed']);
    expect(summary.projects[0]!.notes).to.include('beta is not usable: it requires alpha; the services run without its variables (ENVCTL_REQUIREMENTS_STRICT=false)');
  });

  it('lenient: the next start tries it again and leaves the services alone', async () => {
    world.spoil('beta', 'fails');
    await start(lenient);
    const before = (await world.recorded())!.services['Main Backend']!.pid;
    world.mend('beta');
    const summary = await start(lenient);
    expect(summary.decision.kind).to.equal('resume');
    expect(summary.projects[0]!.dependencies.map(({ status }) => status)).to.deep.equal(['kept', 'started']);
    const state = (await world.recorded())!;
    expect(state.services['Main Backend']!.pid).to.equal(before);
    expect(state.requirements['Main']).to.deep.include({ health: 'healthy', failures: [] });
    expect((await start(lenient)).decision.kind).to.equal('reuse');
  });

  it('lenient under strict truth: everything recorded must be true, so it fails', async () => {
    world.spoil('beta', 'fails');
    const error = await start({ ...lenient, truth: 'strict' }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes('strict truth: beta of Main is unreachable');
    expect(await world.launched('Main')).to.deep.equal([]);
  });
});
