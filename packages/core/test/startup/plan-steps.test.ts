import { expect } from 'chai';
import type { PlannedPreparation } from '../../dist/services/index.js';
import type { PlannedService } from '../../dist/startup/plan.js';
import { planMigrationSteps } from '../../dist/startup/plan-migration-steps.js';
import { planPreparationSteps } from '../../dist/startup/plan-preparation-steps.js';

const preparation = (manager: PlannedPreparation['manager'], directory: string, action: PlannedPreparation['action'] = 'run'): PlannedPreparation => ({
  manager, directory, cwd: directory, commands: [[manager, 'install']], env: {}, inputs: [], tools: [], artifacts: [], action, reason: action === 'run' ? 'node_modules_missing' : 'up_to_date', recorded: action === 'skip',
});
const service = (type: string, action: PlannedService['action'] = 'start', dependencies: readonly string[] = []): PlannedService => ({ type, action, environment: { dependencies: dependencies.map((id) => ({ id, names: [] })) } }) as unknown as PlannedService;
const both = [service('backend'), service('frontend')];
const told = (steps: readonly { readonly id: string; readonly action: string; readonly needs: readonly { readonly id: string }[]; readonly before: readonly string[] }[]) => steps.map(({ id, action, needs, before }) => `${action} ${id} after ${needs.map((need) => need.id).join('+') || 'nothing'} before ${before.join('+')}`);

describe('planPreparationSteps', () => {
  const parallel = { inParallel: true };

  it('installs each directory once, before every service that needs it', () => {
    expect(told(planPreparationSteps({ services: both }, { preparations: { backend: [preparation('npm', '/w')], frontend: [preparation('npm', '/w')] } }, parallel))).to.deep.equal(['run prepare-backend after nothing before backend+frontend']);
    expect(told(planPreparationSteps({ services: both }, { preparations: { backend: [preparation('pip', '/w/a')], frontend: [preparation('npm', '/w/b')] } }, parallel))).to.deep.equal(['run prepare-backend after nothing before backend', 'run prepare-frontend after nothing before frontend']);
  });

  it('runs what is up to date for one service and not for the other', () => {
    for (const [first, second] of [['run', 'skip'], ['skip', 'run']] as const) {
      const steps = planPreparationSteps({ services: both }, { preparations: { backend: [preparation('npm', '/w', first)], frontend: [preparation('npm', '/w', second)] } }, parallel);
      expect(steps.map(({ action, reason }) => `${action} ${reason}`)).to.deep.equal(['run node_modules_missing']);
    }
  });

  it('tells the managers of one service apart, and puts them one after the other where it is asked to', () => {
    const preparations = { backend: [preparation('pip', '/w'), preparation('npm', '/w')], frontend: [preparation('npm', '/w/b')] };
    expect(told(planPreparationSteps({ services: both }, { preparations }, { inParallel: false }))).to.deep.equal([
      'run prepare-backend after nothing before backend',
      'run prepare-backend-npm after prepare-backend before backend',
      'run prepare-frontend after prepare-backend-npm before frontend',
    ]);
  });

  it('installs nothing for a service that stays', () => {
    expect(planPreparationSteps({ services: [service('backend', 'keep')] }, { preparations: { backend: [preparation('npm', '/w')] } }, parallel)).to.deep.equal([]);
  });
});

describe('planMigrationSteps', () => {
  const migrate = { tool: 'alembic', command: ['alembic'], cwd: '/w', evidence: '/w/alembic.ini' } as const;
  const seed = { tool: 'configured', command: ['seed'], cwd: '/w', evidence: 'KEY: seed' } as const;
  const services = [service('backend', 'start', ['postgres'])];
  const earlier = planPreparationSteps({ services }, { preparations: { backend: [preparation('pip', '/w')] } }, { inParallel: true });
  const inputs = { plan: { migrate, seed, problems: [], notes: [] }, service: 'backend', earlier, isSeeded: () => false };

  it('migrates when database and packages are there, then seeds, before the service', () => {
    expect(told(planMigrationSteps({ services }, inputs))).to.deep.equal(['run migrate-backend after postgres+prepare-backend before backend', 'run seed-backend after postgres+prepare-backend+migrate-backend before backend']);
  });

  it('does not seed twice', () => {
    expect(told(planMigrationSteps({ services }, { ...inputs, isSeeded: () => true }))[1]).to.match(/^skip seed-backend/);
  });

  it('does nothing for a service that stays or is not there', () => {
    expect(planMigrationSteps({ services: [service('backend', 'keep')] }, inputs)).to.deep.equal([]);
    expect(planMigrationSteps({ services: [service('frontend')] }, inputs)).to.deep.equal([]);
  });
});
