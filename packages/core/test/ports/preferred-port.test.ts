import { expect } from 'chai';
import { browserRefusedPorts, portSpan, preferredPort, projectSlot } from '../../dist/ports/index.js';

const request = { base: 8000, scopeId: 'repo-0123456789ab', span: 246, index: 2, spacing: 20, kind: 'service' } as const;

describe('preferred port', () => {
  it('has the original span for the default bases', () => {
    expect(portSpan([5432, 5678, 6379, 8000, 9000])).to.equal(246);
  });

  it('ignores equal bases and falls back to the spacing', () => {
    expect(portSpan([8000, 8000], 20)).to.equal(20);
    expect(portSpan([], 0)).to.equal(1);
  });

  for (const name of ['Main', 'main', '', '--']) {
    it(`gives slot 0 to ${JSON.stringify(name)}`, () => expect(projectSlot('repo-1', name, 246)).to.equal(0));
  }

  it('computes the slot as the original does', () => {
    // int(sha1(b"repo-0123456789ab:feature-1").hexdigest()[:8], 16) % 246
    expect(projectSlot('repo-0123456789ab', 'feature-1', 246)).to.equal(196);
    expect(projectSlot('repo-0123456789ab', 'Feature__1', 246)).to.equal(196);
  });

  it('adds the slot to the base', () => {
    expect(preferredPort({ ...request, strategy: 'project_slot', project: 'feature-1' })).to.equal(8000 + 196);
  });

  it('spaces services and lines up dependencies in the legacy strategy', () => {
    expect(preferredPort({ ...request, strategy: 'legacy_spacing', project: 'x' })).to.equal(8040);
    expect(preferredPort({ ...request, strategy: 'legacy_spacing', project: 'x', kind: 'dependency' })).to.equal(8002);
  });

  it('knows the ports that browsers refuse', () => {
    for (const port of [6000, 6666, 5060, 10080, 2049]) expect(browserRefusedPorts.has(port)).to.equal(true);
    for (const port of [3000, 5173, 8000, 8080, 9000]) expect(browserRefusedPorts.has(port)).to.equal(false);
  });
});
