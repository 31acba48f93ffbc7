import { expect } from 'chai';
import { explainStart, runStart, type StartContext, type StartPlan, type StartRequest } from '../../dist/startup/index.js';
import { notApplicableReadiness } from '../../dist/state/index.js';
import { createStartWorld, everything, type Settings, type StartWorld } from './start-world.js';

describe('a start under ENVCTL_RUNTIME_TRUTH_MODE', function () {
  this.timeout(60_000);
  let world: StartWorld;
  beforeEach(async () => (world = await createStartWorld()));
  afterEach(() => world.close());

  const request = (project: string, command: StartPlan['command'] = 'start'): StartRequest => ({ command, mode: 'main', projects: [world.project(project)], services: [], replace: new Set(), signal: new AbortController().signal });
  const start = (project: string, settings: Settings) => world.command('start', settings, (context) => runStart(context, request(project)));
  const strict: Settings = { ...everything, truth: 'strict' };
  const withoutAlpha: Settings = { ...everything, alpha: false, beta: false };

  const untrue: readonly (readonly [what: string, arrange: () => Promise<void>, message: RegExp])[] = [
    ['a service of another project died', () => world.crash('other-1 Backend'), /^Startup failed: strict truth: other-1 Backend is stale \(was ended by SIGKILL\)$/],
    ['a dependency of another project does not answer', () => Promise.resolve(world.silence('alpha')), /^Startup failed: strict truth: alpha of other-1 is unreachable \(alpha is silent\)$/],
  ];
  for (const [what, arrange, message] of untrue) {
    it(`strict: fails where ${what}, and takes back what it started`, async () => {
      await start('other-1', everything);
      await arrange();
      const before = await world.recorded();
      const error = await start('Main', { ...withoutAlpha, truth: 'strict' }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'ENVCTL_E_START_FAILED');
      expect(error).to.have.property('message').that.matches(message);
      expect(await world.recorded()).to.deep.equal(before);
      expect(await world.launched('Main')).to.deep.equal([]);
    });

    for (const truth of ['auto', 'best_effort'] as const) {
      it(`${truth}: starts where ${what}`, async () => {
        await start('other-1', everything);
        await arrange();
        expect((await start('Main', { ...withoutAlpha, truth })).decision.kind).to.equal('fresh');
      });
    }
  }

  it('strict: starts where everything is true', async () => {
    await start('other-1', strict);
    expect((await start('Main', strict)).decision.kind).to.equal('fresh');
  });

  it('best_effort: a dependency that lives and does not answer is kept', async () => {
    await start('Main', everything);
    world.silence('alpha');
    expect((await start('Main', { ...everything, truth: 'best_effort' })).decision.kind).to.equal('reuse');
    expect((await start('Main', everything)).decision.kind).to.equal('resume');
  });

  describe('with an evaluator that says the runtime is not ready', () => {
    const unready = (context: StartContext): StartContext => ({ ...context, readiness: { evaluate: () => Promise.resolve({ ...notApplicableReadiness(), status: 'complete', passed: false, errors: ['a contract is missing'] }) } });
    const table = [['start', 'Startup'], ['restart', 'Startup'], ['resume', 'Resume']] as const;
    for (const [command, word] of table) {
      it(`strict: ${command} and its explanation refuse, and nothing is touched`, async () => {
        const files = world.files();
        for (const act of [explainStart, runStart]) {
          const error = await world.command(command, strict, (context): Promise<unknown> => act(unready(context), request('Main', command))).catch((thrown: unknown) => thrown);
          expect(error).to.deep.include({ code: 'ENVCTL_E_START_REFUSED', message: `${word} blocked: strict runtime readiness gate is incomplete.` });
          expect(error).to.have.property('hints').that.includes('a contract is missing');
        }
        expect(Object.keys(world.files()).filter((name) => /runs|launches|leases/.test(name))).to.deep.equal(Object.keys(files));
        expect(await world.recorded()).to.equal(undefined);
      });
    }

    it('auto: starts', async () => {
      const summary = await world.command('start', everything, (context) => runStart(unready(context), request('Main')));
      expect(summary.decision.kind).to.equal('fresh');
    });
  });
});
