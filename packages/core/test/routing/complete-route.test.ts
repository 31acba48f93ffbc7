import { expect } from 'chai';
import fc from 'fast-check';
import { completeRoute, type Route } from '../../dist/routing/index.js';

const route: Route = { command: 'stop', mode: undefined, rawArgs: [], projects: [], services: [], flags: {}, passthroughArgs: [], repo: undefined, headless: true, json: false };

describe('completeRoute', () => {
  it('takes the mode of the words before the one of the configuration, and remembers whether it was asked for', () => {
    expect(completeRoute(route, { defaultMode: 'trees' })).to.include({ mode: 'trees', modeAsked: undefined });
    expect(completeRoute({ ...route, mode: 'main' }, { defaultMode: 'trees' })).to.include({ mode: 'main', modeAsked: 'main' });
  });

  it('leaves everything else as it was', () => {
    const { mode: _mode, modeAsked: _asked, ...rest } = completeRoute({ ...route, projects: ['Main'] }, { defaultMode: 'main' });
    expect({ ...rest, mode: undefined }).to.deep.equal({ ...route, projects: ['Main'] });
  });

  it('property: completing twice changes nothing, whatever the second configuration says', () => {
    const mode = fc.constantFrom<'main' | 'trees'>('main', 'trees');
    fc.assert(
      fc.property(fc.option(mode, { nil: undefined }), mode, mode, (asked, first, second) => {
        const once = completeRoute({ ...route, mode: asked }, { defaultMode: first });
        expect(completeRoute(once, { defaultMode: second })).to.equal(once);
      }),
      { seed: 4 },
    );
  });
});
