import { expect } from 'chai';
import type { DependencyDefinition } from '../../dist/contract/index.js';
import { secretVariableNames, type DependencyHandle, type RequirementsContext } from '../../dist/requirements/index.js';

describe('secretVariableNames', () => {
  const namesOf = (change: Partial<DependencyDefinition>, mode = 'auto'): readonly string[] => {
    const definition = { plan: () => ({ share: 'scope', ports: ['db'] }), credentials: () => ['password'], ...change } as DependencyDefinition;
    const context = { scope: { id: 'repo-1', repositoryRoot: '/w', mode: 'main' }, config: { dependencyMode: () => mode }, reader: {} } as unknown as RequirementsContext;
    return secretVariableNames(context, { name: 'Main', root: '/w', slug: 'main' }, { declaration: { id: 'db' }, definition } as unknown as DependencyHandle);
  };

  it('asks the projection before there is a port or a password', () => {
    const project: DependencyDefinition['project'] = ({ ports, credentials, driver }) => ({
      DB_URL: { value: `${driver}://${credentials['password']!.toUpperCase()}@${ports['db']!.toFixed()}`, secret: true },
      DB_PORT: { value: String(ports['db']), secret: false },
    });
    expect(namesOf({ project })).to.deep.equal(['DB_URL']);
  });

  it('of the driver that is configured', () => {
    const project: DependencyDefinition['project'] = ({ driver }) => ({ DB_URL: { value: '', secret: driver === 'external' } });
    expect([namesOf({ project }), namesOf({ project }, 'external')]).to.deep.equal([[], ['DB_URL']]);
  });

  it('names none where the projection fails', () => {
    expect(namesOf({ project: () => { throw new Error('no'); } })).to.deep.equal([]);
  });
});
