import { expect } from 'chai';
import type { EnvLine } from '../../dist/config/index.js';
import { audienceOf, planEnvironment } from '../../dist/startup/planned-environment.js';

const line = (name: string, ...sources: readonly string[]): EnvLine => ({ name, template: sources.map((source) => ({ source: `ENVCTL_SOURCE_${source}` })), section: 's', line: 1 });
const dependencies = [
  { id: 'postgres', variables: [{ name: 'DATABASE_URL', secret: true }, { name: 'DB_HOST' }] },
  { id: 'redis', variables: [{ name: 'REDIS_PORT' }] },
  { id: 'outside' },
];
const lines = [line('A', 'DATABASE_URL'), line('B', 'DB_HOST', 'BACKEND_PORT'), line('C', 'N8N_URL'), line('D')];
const both = ['backend', 'frontend'] as const;
const callerEnv = { PATH: '/bin', GITHUB_TOKEN: 'x', D: 'http://u:pw@h', N8N_ENCRYPTION: 'x', CACHE: 'redis://:pw@h' };
const installed = [...dependencies, { variables: [{ name: 'N8N_ENCRYPTION', secret: true }, { name: 'N8N_COOKIE', secret: true }] }];

describe('planEnvironment', () => {
  it('has a backend wait for all dependencies and get what they declare', () => {
    const plan = planEnvironment({ service: 'backend', audience: 'backend', lines, dependencies, installed, callerEnv, addressed: both });
    expect(plan.dependencies).to.deep.equal([{ id: 'postgres', names: ['DATABASE_URL', 'DB_HOST'] }, { id: 'redis', names: ['REDIS_PORT'] }, { id: 'outside', names: [] }]);
    expect(plan.sections.map(({ name }) => name)).to.deep.equal(['A', 'B', 'D']);
    expect(plan.withheld).to.deep.equal([]);
    expect(plan.own).to.deep.equal(['PORT', 'ENVCTL_PROJECT_NAME', 'FRONTEND_URL']);
  });

  it('has a frontend wait for what its sections refer to alone, and get no secret', () => {
    const plan = planEnvironment({ service: 'frontend', audience: 'frontend', lines, dependencies, installed, callerEnv, addressed: both });
    expect(plan.dependencies).to.deep.equal([{ id: 'postgres', names: ['DB_HOST'] }]);
    expect(plan.sections.map(({ name }) => name)).to.deep.equal(['B', 'D']);
    expect(plan.skipped.map(({ name, reason }) => `${name}: ${reason}`)).to.deep.equal(['A: ENVCTL_SOURCE_DATABASE_URL is for a backend only', 'C: ENVCTL_SOURCE_N8N_URL is not available']);
    expect(plan.withheld).to.deep.equal(['DATABASE_URL', 'GITHUB_TOKEN', 'N8N_ENCRYPTION', 'CACHE']);
    expect(planEnvironment({ service: 'frontend', audience: 'frontend', lines: [], dependencies, installed, callerEnv, addressed: both }).dependencies).to.deep.equal([]);
  });

  it('has a frontend that is its own backend wait for all dependencies, and get what a backend gets', () => {
    const plan = planEnvironment({ service: 'frontend', audience: 'backend', lines, dependencies, installed, callerEnv, addressed: ['frontend'] });
    expect(plan.dependencies.map(({ id }) => id)).to.deep.equal(['postgres', 'redis', 'outside']);
    expect(plan.sections.map(({ name }) => name)).to.include('A');
    expect(plan.withheld).to.deep.equal([]);
  });

  it('knows a frontend that is its own backend by code on the server and by the absence of a backend', () => {
    const command = (serverCode: boolean) => ({ type: 'frontend', command: ['npm'], cwd: '/w', portMode: 'env', env: {}, source: 'autodetected', rule: 'r', ...(serverCode ? { serverCode } : {}) }) as const;
    const backend = { ...command(true), type: 'backend' } as const;
    expect(audienceOf('frontend', command(true), {})).to.equal('backend');
    expect(audienceOf('frontend', command(true), { backend })).to.equal('frontend');
    expect(audienceOf('frontend', command(false), {})).to.equal('frontend');
    expect(audienceOf('backend', backend, { backend })).to.equal('backend');
  });

  it('has no address of a service that has none', () => {
    expect(planEnvironment({ service: 'frontend', audience: 'frontend', lines, dependencies, installed, callerEnv, addressed: ['frontend'] }).skipped.map(({ name }) => name)).to.include('B');
  });
});
