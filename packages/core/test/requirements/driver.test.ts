import { expect } from 'chai';
import type { DependencyDefinition, DriverName } from '../../dist/contract/index.js';
import { decideDriver } from '../../dist/requirements/driver.js';

describe('decideDriver', () => {
  const decide = (requested: DriverName | 'auto', existing: DriverName | undefined, ...available: DriverName[]) =>
    decideDriver({
      id: 'postgres',
      definition: { drivers: () => Promise.resolve({ available, missing: ['native: install it'] }) } as unknown as DependencyDefinition,
      config: { string: () => undefined, integer: () => undefined, boolean: () => undefined },
      requested,
      existing,
      findProgram: () => Promise.resolve(undefined),
      signal: new AbortController().signal,
    });

  const table: readonly (readonly [string, DriverName | 'auto', DriverName | undefined, readonly DriverName[], DriverName])[] = [
    ['auto takes the first that works', 'auto', undefined, ['native', 'docker'], 'native'],
    ['auto stays with the driver of an instance', 'auto', 'docker', ['native', 'docker'], 'docker'],
    ['auto never goes outside by itself', 'auto', undefined, ['external', 'native'], 'native'],
    ['what is asked for wins over the instance', 'native', 'docker', ['native', 'docker'], 'native'],
    ['external is never checked here', 'external', undefined, [], 'external'],
  ];
  for (const [title, requested, existing, available, expected] of table) {
    it(title, async () => expect(await decide(requested, existing, ...available)).to.equal(expected));
  }

  for (const [requested, available] of [['auto', []], ['docker', ['native']], ['auto', ['external']]] as const) {
    it(`${requested} with ${available.join(', ') || 'nothing'} is one error with every remedy`, async () => {
      const error = (await decide(requested, undefined, ...available).catch((thrown: unknown) => thrown)) as { code: string; hints: readonly string[] };
      expect(error.code).to.equal('ENVCTL_E_DEPENDENCY_DRIVER');
      expect(error.hints).to.include('native: install it');
      expect(error.hints.join(' ')).to.include('ENVCTL_DEPENDENCY_POSTGRES_MODE=external');
    });
  }

  it('a driver that the dependency does not have is one error that names those it has and how to choose one', async () => {
    const error = (await decide('docker', undefined, 'native').catch((thrown: unknown) => thrown)) as { message: string; hints: readonly string[] };
    expect(error.message).to.equal('postgres has no docker driver; it has: native.');
    expect(error.hints).to.include('envctl config --set ENVCTL_DEPENDENCY_POSTGRES_MODE=native');
    const broken = (await decide('native', undefined).catch((thrown: unknown) => thrown)) as { message: string };
    expect(broken.message).to.equal('The native driver of postgres does not work here.');
  });
});
