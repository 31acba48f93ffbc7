import { expect } from 'chai';
import { isEnvctlError } from '../../dist/contract/index.js';
import { explainStart, runStart, type StartContext, type StartRequest } from '../../dist/startup/index.js';
import { createStartWorld, everything, type StartWorld } from './start-world.js';

describe('the programs of a dependency', function () {
  this.timeout(60_000);
  let world: StartWorld;
  before(async () => (world = await createStartWorld()));
  after(() => world.close());

  /** Alpha's external driver needs a program that nobody has. */
  const needy = (context: StartContext): StartContext => ({ ...context, declarations: context.declarations.map((declaration) => (declaration.id === 'alpha' ? { ...declaration, prerequisites: { external: ['no-such-tool', 'no-such-tool'], docker: ['docker'] } } : declaration)) });
  const request = (): StartRequest => ({ command: 'start', mode: 'main', projects: [world.project('Main')], services: [], replace: new Set(), signal: new AbortController().signal });

  it('are looked for before anything is touched: one error with its install command, for start and explanation', async () => {
    for (const work of [explainStart, runStart] as readonly ((context: StartContext, request: StartRequest) => Promise<object>)[]) {
      const error: unknown = await world.command('start', everything, (context) => work(needy(context), request())).catch((thrown: unknown) => thrown);
      expect(isEnvctlError(error) ? [error.code, error.message, error.hints.length] : error).to.deep.equal(['ENVCTL_E_PREREQUISITE_MISSING', 'Missing required executables: no-such-tool', 1]);
    }
    expect(await world.recorded()).to.equal(undefined);
    expect(await world.launched('Main')).to.deep.equal([]);
  });

  it('are not asked for where another driver is chosen, the dependency is off, or it runs', async () => {
    for (const settings of [{ ...everything, native: true }, { ...everything, alpha: false, beta: false }]) {
      await world.command('start', settings, (context) => explainStart(needy(context), request()));
    }
    await world.command('start', everything, (context) => runStart(context, request()));
    expect((await world.command('start', everything, (context) => explainStart(needy(context), request()))).decision.kind).to.equal('reuse');
  });
});
