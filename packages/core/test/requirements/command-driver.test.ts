import { expect } from 'chai';
import type { ConfigReader, DependencyDeclaration, DependencyDefinition, ProjectFacts, ScopeFacts } from '../../dist/contract/index.js';
import { withCommand } from '../../dist/requirements/index.js';
import { toScopePaths } from '../../dist/scope/index.js';

const scope: ScopeFacts = { id: 'repo-000000000000', repositoryRoot: '/repository', mode: 'main' };
const project: ProjectFacts = { name: 'Main', root: '/repository', slug: 'main' };
const declaration = { id: 'my-store', displayName: 'Store', resources: [{ name: 'primary', configKey: 'STORE_PORT', defaultPort: 7000 }] } as unknown as DependencyDeclaration;

function reader(values: Readonly<Record<string, string>>): ConfigReader {
  return { string: (key) => values[key], integer: (key) => (values[key] === undefined ? undefined : Number(values[key])), boolean: () => undefined };
}

/** A dependency that knows two drivers and says what it was asked with. */
const definition: DependencyDefinition = {
  drivers: () => Promise.resolve({ available: ['native'], missing: [] }),
  plan: ({ driver }) => ({ share: 'scope', ports: driver === 'external' ? [] : ['primary', 'other'] }),
  start: () => Promise.resolve({ status: 'ready' }),
  probe: ({ instance, config }) => Promise.resolve({ status: 'ready', detail: `${instance.driver} ${config.string('STORE_URL')}` }),
  credentials: () => ['password'],
  project: ({ driver, config }) => ({ STORE: { value: `${driver} ${config.string('STORE_URL')} ${config.integer('STORE_PORT')} ${config.integer('OTHER')}`, secret: false } }),
};

describe('withCommand', () => {
  const { definition: made } = withCommand({ env: {}, paths: toScopePaths({ runtimeRoot: '/nowhere', storeRoot: '/nowhere', scopeId: 'x' }) }, { declaration, definition });
  const config = reader({ STORE_URL: 'store://user@localhost:{port}/x', STORE_PORT: '7000', OTHER: '5' });

  it('works where a command is configured, and says how else', async () => {
    const ask = (values: Readonly<Record<string, string>>) => made.drivers({ config: reader(values), findProgram: () => Promise.resolve(undefined), signal: new AbortController().signal });
    expect(await ask({ ENVCTL_REQUIREMENT_MY_STORE_CMD: 'store {port}' })).to.deep.equal({ available: ['command'], missing: [] });
    expect((await ask({})).missing[0]).to.include('ENVCTL_REQUIREMENT_MY_STORE_CMD');
  });

  it('has an instance of its own for each project, with every port of the dependency and no secret of envctl', () => {
    const context = { scope, project, config, driver: 'command' } as const;
    expect(made.plan(context)).to.deep.equal({ share: 'project', ports: ['primary'] });
    expect(made.credentials?.(context)).to.deep.equal([]);
  });

  it('leaves the plan of an instance that another driver made to the plugin', () => {
    expect(made.plan({ scope, project, config, driver: 'native' })).to.deep.equal({ share: 'scope', ports: ['primary', 'other'] });
  });

  it('asks and projects as if the server ran elsewhere, on the leased port', async () => {
    const plan = { share: 'project', ports: ['primary'] } as const;
    expect(made.project({ scope, project, config, driver: 'command', plan, ports: { primary: 7042 }, credentials: {} })).to.deep.equal({ STORE: { value: 'external store://user@localhost:7042/x 7042 5', secret: false } });
    const probe = { scope, project, config, plan, instance: { driver: 'command', ports: { primary: 7042 } } } as unknown as Parameters<DependencyDefinition['probe']>[0];
    expect(await made.probe(probe)).to.include({ detail: 'external store://user@localhost:7042/x' });
  });
});
