import { expect } from 'chai';
import type { EnvLine } from '../../dist/config/index.js';
import { fillEnvLines, sortEnvLines, toEnvSources } from '../../dist/services/index.js';

const line = (name: string, ...template: EnvLine['template'] ): EnvLine => ({ name, template, section: 'shared launch env', line: 1 });
const source = (name: string) => ({ source: `ENVCTL_SOURCE_${name}` });
const lines = [line('A', 'x'), line('B', 'p-', source('PORT_X'), '-s'), line('C', source('URL_X')), line('D', source('GONE'), source('PORT_X')), line('E')];
const sources = toEnvSources({ PORT_X: { value: '7', secret: false }, URL_X: { value: 'u:${ENVCTL_SOURCE_PORT_X}', secret: true } });

describe('lines of launch env sections', () => {
  it('are filled in once; one with a source that is not there is left out', () => {
    expect(fillEnvLines(lines, sources, 'backend')).to.deep.equal({ A: 'x', B: 'p-7-s', C: 'u:${ENVCTL_SOURCE_PORT_X}', E: '' });
  });

  it('never give a frontend what carries a credential', () => {
    expect(fillEnvLines(lines, sources, 'frontend')).to.deep.equal({ A: 'x', B: 'p-7-s', E: '' });
  });

  it('say why one does not count', () => {
    expect(sortEnvLines(lines, sources, 'frontend').skipped.map(({ name, reason }) => [name, reason])).to.deep.equal([
      ['C', 'ENVCTL_SOURCE_URL_X is for a backend only'],
      ['D', 'ENVCTL_SOURCE_GONE is not available'],
    ]);
  });
});
