import { expect } from 'chai';
import type { ServiceOptions } from '../../dist/config/index.js';
import type { DependencyDeclaration } from '../../dist/contract/index.js';
import { decideRun, type RunDecisionInputs } from '../../dist/startup/run-decision.js';
import { planStart, type PlanInputs, type ProjectPresence } from '../../dist/startup/plan.js';
import type { PlannedStep } from '../../dist/startup/plan-nodes.js';
import type { ServiceCommand } from '../../dist/services/index.js';

const on = { enabled: true, explicit: true };
const off = { enabled: false, explicit: true };

describe('decideRun', () => {
  const decide = (command: RunDecisionInputs['command'], hasState: boolean, ...projects: RunDecisionInputs['projects']) => decideRun({ command, hasState, projects }).kind;
  const known = (...actions: RunDecisionInputs['projects'][number]['actions']) => ({ name: 'Main', actions, known: true });
  const unknown = (...actions: RunDecisionInputs['projects'][number]['actions']) => ({ name: 'other', actions, known: false });

  const table = [
    ['fresh', decide('start', false, unknown('start', 'start'))],
    ['fresh', decide('start', true, unknown('start'))],
    ['reuse', decide('start', true, known('keep', 'keep'))],
    ['reuse', decide('resume', true, known('keep'))],
    ['resume', decide('start', true, known('keep', 'start'))],
    ['resume', decide('start', true, known('start', 'start'))],
    ['expand', decide('start', true, known('keep'), unknown('start'))],
    ['restart', decide('restart', true, known('replace', 'keep'))],
    ['restart', decide('restart', true, known('keep'))],
    ['fresh', decide('start', false, unknown())],
    ['fresh', decideRun({ command: 'start', hasState: true, fresh: true, projects: [known('replace', 'keep')] }).kind],
  ] as const;
  table.forEach(([expected, actual], row) => it(`row ${row + 1}: ${expected}`, () => expect(actual).to.equal(expected)));
});

describe('planStart', () => {
  it('starts everything of an empty project, the backend after its dependencies, the frontend after nobody', () => {
    const plan = planOf({}, {});
    expect(actions(plan)).to.deep.equal({ backend: 'start', frontend: 'start', postgres: 'start', queue: 'start' });
    expect(plan.edges.map(({ node, needs }) => `${node} ← ${needs}`)).to.have.members(['queue ← postgres', 'backend ← postgres', 'backend ← queue']);
  });

  it('a requirement that is switched off makes no edge', () => {
    const plan = planOf({}, { profile: { dependencies: { postgres: off, queue: on } } });
    expect(plan.edges.map(({ node, needs }) => `${node} ← ${needs}`)).to.deep.equal(['backend ← queue']);
  });

  const running: ProjectPresence = { services: { 'Main Backend': { running: true, listens: true }, 'Main Frontend': { running: true, listens: true } }, dependencies: { postgres: { healthy: true }, queue: { healthy: true } } };
  const backendDied: ProjectPresence = { ...running, services: { 'Main Backend': { running: false, listens: true }, 'Main Frontend': { running: true, listens: true } } };
  const backendOnly: ProjectPresence = { ...running, services: { 'Main Backend': { running: true, listens: true } } };

  const table: readonly (readonly [string, ProjectPresence, Partial<PlanInputs>, Readonly<Record<string, string>>])[] = [
    ['start keeps what runs', running, { hasState: true }, { backend: 'keep', frontend: 'keep', postgres: 'keep', queue: 'keep' }],
    ['start brings back what died', backendDied, { hasState: true }, { backend: 'start', frontend: 'keep', postgres: 'keep', queue: 'keep' }],
    ['start of a type leaves the other out', { services: {}, dependencies: {} }, { services: ['frontend'] }, { frontend: 'start', postgres: 'start', queue: 'start' }],
    ['start brings a dependency back that does not answer', { ...running, dependencies: { postgres: { healthy: false }, queue: { healthy: true } } }, { hasState: true }, { backend: 'keep', frontend: 'keep', postgres: 'start', queue: 'keep' }],
    ['resume starts only what was recorded', { ...backendOnly, services: { 'Main Backend': { running: false, listens: true } } }, { command: 'resume', hasState: true }, { backend: 'start', postgres: 'keep', queue: 'keep' }],
    ['restart replaces what it is asked for', running, { command: 'restart', hasState: true, replace: new Set(['Main Backend']) }, { backend: 'replace', frontend: 'keep', postgres: 'keep', queue: 'keep' }],
    ['restart starts a dead service it is asked for', backendDied, { command: 'restart', hasState: true, replace: new Set(['Main Backend']) }, { backend: 'start', frontend: 'keep', postgres: 'keep', queue: 'keep' }],
    ['restart leaves a dead service alone that it is not asked for', backendDied, { command: 'restart', hasState: true, replace: new Set(['Main Frontend']) }, { frontend: 'replace', postgres: 'keep', queue: 'keep' }],
    ['restart does not start what never ran', backendOnly, { command: 'restart', hasState: true, replace: new Set(['Main Backend']) }, { backend: 'replace', postgres: 'keep', queue: 'keep' }],
    ['restart without a recorded run is a start', { services: {}, dependencies: {} }, { command: 'restart' }, { backend: 'start', frontend: 'start', postgres: 'start', queue: 'start' }],
  ];
  for (const [title, presence, change, expected] of table) it(title, () => expect(actions(planOf(presence, change))).to.deep.equal(expected));

  describe('addresses that have moved', () => {
    const told = (stale: readonly string[]): ProjectPresence => ({ ...running, services: { ...running.services, 'Main Backend': { running: true, listens: true, stale, given: ['postgres', 'frontend'] } } });
    const backendOf = (presence: ProjectPresence, change: Change = {}) => {
      const plan = planOf(presence, { hasState: true, ...change });
      const { action, reason } = plan.projects[0]!.services.find(({ type }) => type === 'backend')!;
      return [action, reason, plan.decision.kind];
    };
    const stale = told(['port 1 of postgres, which is on port 2 now']);
    const table: readonly (readonly [string, readonly unknown[], readonly unknown[]])[] = [
      ['what was told of none is kept', backendOf(told([])), ['keep', undefined, 'reuse']],
      ['start replaces what was told of one', backendOf(stale), ['replace', 'it was started with port 1 of postgres, which is on port 2 now', 'resume']],
      ['resume does too', backendOf(stale, { command: 'resume' }), ['replace', 'it was started with port 1 of postgres, which is on port 2 now', 'resume']],
      ['a restart of another leaves it alone', backendOf(stale, { command: 'restart', replace: new Set(['Main Frontend']) }), ['keep', undefined, 'restart']],
      ['where it will be is not known yet', backendOf({ ...told([]), dependencies: { postgres: { healthy: false }, queue: { healthy: true } } }), ['keep', 'replaced if postgres moves to another port', 'resume']],
    ];
    for (const [title, actual, expected] of table) it(title, () => expect(actual).to.deep.equal(expected));
  });

  it('side by side unless asked otherwise: then the frontend follows a backend that is started too', () => {
    const edges = (presence: Partial<ProjectPresence>, change: Change): readonly string[] => planOf(presence, change).edges.map(({ node, needs }) => `${node} ← ${needs}`);
    expect(edges({}, { servicesInParallel: false })).to.include('frontend ← backend');
    expect(edges({}, { servicesInParallel: true })).to.not.include('frontend ← backend');
    expect(edges({}, { servicesInParallel: false, services: ['frontend'] })).to.not.include('frontend ← backend');
    expect(edges({ ...backendOnly }, { servicesInParallel: false, hasState: true })).to.not.include('frontend ← backend');
  });

  it('what is kept has the address it came up with, whatever is configured since', () => {
    const listens = (presence: boolean, configured: boolean) => planOf({ services: { 'Main Backend': { running: true, listens: presence } } }, { hasState: true, options: [serviceOptions('backend', { kind: configured ? 'server' : 'worker' })] }).projects[0]!.services.find(({ type }) => type === 'backend')!.listens;
    expect([listens(false, true), listens(true, false)]).to.deep.equal([false, true]);
  });

  const worker = serviceOptions('worker', { kind: 'worker', portBase: undefined, dependsOn: [{ name: 'seed', condition: 'completed', optional: false, restart: false }, { name: 'frontend', condition: 'ready', optional: true, restart: false }, { name: 'queue', condition: 'healthy', optional: false, restart: true }] });
  const seed = serviceOptions('seed', { kind: 'job', portBase: undefined, dependsOn: [{ name: 'backend', condition: 'started', optional: false, restart: false }], startOrder: 5 });
  const many: Change = { options: [serviceOptions('backend'), serviceOptions('frontend'), worker, seed] };
  const typesOf = (change: Change, presence: Partial<ProjectPresence> = {}): readonly string[] => Object.keys(actions(planOf(presence, { ...many, ...change })));

  it('a service brings what it cannot do without, and nothing else', () => {
    expect(typesOf({ services: ['worker'] })).to.deep.equal(['backend', 'worker', 'seed', 'postgres', 'queue']);
    expect(typesOf({ services: ['frontend'] })).to.deep.equal(['frontend', 'postgres', 'queue']);
    expect(typesOf({ services: ['worker'], alone: true })).to.deep.equal(['worker']);
    expect(typesOf({ services: ['worker'], alone: true }, { dependencies: { postgres: { healthy: true } } })).to.deep.equal(['worker', 'postgres']);
    expect(typesOf({ dependenciesOnly: true })).to.deep.equal(['postgres', 'queue']);
  });

  it('nothing is migrated where the database of the project is left out and does not run, whatever else the environment names', () => {
    const step = { kind: 'migration', id: 'migrate-backend', label: 'alembic upgrade head in /w', needs: [], before: ['backend'], action: 'run', reason: 'alembic' } as unknown as PlannedStep;
    const database = { ...declaration('postgres'), variables: [{ name: 'DATABASE_URL', secret: true }] };
    const planned = (presence: Partial<ProjectPresence>, alone: boolean) => {
      const inputs = inputsOf(presence, { services: ['backend'], alone, dependencies: [database, declaration('queue', 'postgres')] });
      const { steps, nodes, notes } = planStart({ ...inputs, projects: inputs.projects.map((project) => ({ ...project, planSteps: () => [step] })) }).projects[0]!;
      return { steps: steps.map(({ id }) => id), node: nodes.some(({ id }) => id === step.id), notes };
    };
    expect(planned({}, true)).to.deep.equal({ steps: [], node: false, notes: ['Not run, because postgres does not run and this start leaves it out: migrate-backend.'] });
    for (const [presence, alone] of [[{}, false], [{ dependencies: { postgres: { healthy: true } } }, true]] as const) expect(planned(presence, alone)).to.deep.equal({ steps: ['migrate-backend'], node: true, notes: [] });
  });

  it('its edges are what it says, then what its variables ask for; what is not part of the project is waited for by nobody', () => {
    const edges = (change: Change) => planOf({}, { ...many, ...change }).edges.filter(({ node }) => node === 'worker').map(({ needs, condition, optional }) => `${needs} ${condition}${optional ? '?' : ''}`);
    expect(edges({})).to.deep.equal(['seed completed', 'frontend ready?', 'queue healthy', 'postgres ready']);
    expect(edges({ services: ['worker'] })).to.deep.equal(['seed completed', 'queue healthy', 'postgres ready']);
    expect(edges({ requirementsStrict: false })).to.deep.equal(['seed completed', 'frontend ready?', 'queue healthy', 'postgres ready?']);
  });

  it('nodes stand in the order of their numbers, and are as critical as who needs them', () => {
    const nodesOf = (change: Change) => planOf({}, { ...many, ...change }).projects[0]!.nodes.map(({ id, critical }) => `${id}${critical ? '' : '?'}`);
    expect(nodesOf({})).to.deep.equal(['postgres', 'queue', 'seed', 'backend', 'frontend', 'worker']);
    const lenient = { ...worker, critical: false };
    expect(nodesOf({ options: [lenient, seed], profile: { backend: off } })).to.deep.equal(['postgres', 'queue', 'seed', 'worker?']);
    expect(nodesOf({ options: [lenient] })).to.deep.equal(['postgres?', 'queue?', 'worker?']);
    expect(nodesOf({ options: [serviceOptions('backend', { dependsOn: [{ name: 'queue', condition: 'ready', optional: true, restart: false }] })] })).to.deep.equal(['postgres', 'queue?', 'backend']);
  });

  it('only what asked for it is started again with what starts again', () => {
    const up = (...names: readonly string[]): Partial<ProjectPresence> => ({ services: Object.fromEntries(names.map((name) => [name, { running: true, listens: true }])), dependencies: { postgres: { healthy: true }, queue: { healthy: true } } });
    const follower = serviceOptions('follower', { dependsOn: [{ name: 'backend', condition: 'ready', optional: false, restart: true }] });
    const chained = serviceOptions('chained', { dependsOn: [{ name: 'follower', condition: 'ready', optional: false, restart: true }] });
    const indifferent = serviceOptions('indifferent', { dependsOn: [{ name: 'backend', condition: 'ready', optional: false, restart: false }] });
    const options = [serviceOptions('backend'), follower, chained, indifferent, worker];
    const present = up('Main Backend', 'Main Follower', 'Main Chained', 'Main Indifferent', 'Main Worker');
    expect(actions(planOf(present, { options, hasState: true, command: 'restart', replace: new Set(['Main Backend']) }))).to.deep.equal({ backend: 'replace', follower: 'replace', chained: 'replace', indifferent: 'keep', worker: 'keep', postgres: 'keep', queue: 'keep' });
    const dead = { ...present, dependencies: { postgres: { healthy: true }, queue: { healthy: false } } };
    expect(actions(planOf(dead, { options, hasState: true }))).to.deep.equal({ backend: 'keep', follower: 'keep', chained: 'keep', indifferent: 'keep', worker: 'replace', postgres: 'keep', queue: 'start' });
  });

  it('a service that compiles first is waited for longer, unless somebody says how long', () => {
    const timeoutOf = (compiles: boolean, options: Partial<ServiceOptions>) => {
      const [project] = inputsOf({}, {}).projects;
      const backend = { ...project!.detection.backend!, compiles };
      const plan = planOf({}, { projects: [{ ...project!, detection: { ...project!.detection, backend } }], options: [serviceOptions('backend', options)] });
      return plan.projects[0]!.services[0]!.ready.timeout_ms;
    };
    expect(timeoutOf(false, {})).to.equal(60_000);
    expect(timeoutOf(true, {})).to.equal(600_000);
    expect(timeoutOf(true, { readyTimeoutIsSet: true })).to.equal(60_000);
  });

  it('a project of dependencies alone is known by them', () => {
    const profile = { backend: off, frontend: off };
    expect(planOf({ dependencies: { postgres: { healthy: true }, queue: { healthy: false } } }, { hasState: true, profile }).decision.kind).to.equal('resume');
  });

  it('names the projects that join', () => {
    const inputs = inputsOf(running, { hasState: true });
    const joined = planStart({ ...inputs, projects: [...inputs.projects, { ...inputs.projects[0]!, facts: { name: 'feature-1', root: '/w/feature-1', slug: 'feature-1' }, presence: { services: {}, dependencies: {} } }] });
    expect(joined.decision).to.deep.equal({ kind: 'expand', reason: 'joining: feature-1' });
  });
});

type Change = Partial<Omit<PlanInputs, 'profile'>> & { readonly profile?: Partial<PlanInputs['profile']> };

function planOf(presence: Partial<ProjectPresence>, change: Change) {
  return planStart(inputsOf(presence, change));
}

function inputsOf(presence: Partial<ProjectPresence>, change: Change): PlanInputs {
  const command = (type: string): ServiceCommand => ({ type, command: ['node', 'x.js'], cwd: '/w', portMode: 'env', env: {}, source: 'configured', rule: 'configured' });
  return {
    command: 'start',
    mode: 'main',
    projects: [{ facts: { name: 'Main', root: '/w', slug: 'main' }, detection: { backend: command('backend'), frontend: command('frontend'), additional: Object.fromEntries(['worker', 'seed', 'follower', 'chained', 'indifferent'].map((name) => [name, command(name)])), evidence: [], problems: [], notes: [] }, presence: { services: {}, dependencies: {}, ...presence } }],
    dependencies: [declaration('postgres'), declaration('queue', 'postgres')],
    services: [],
    replace: new Set(),
    hasState: false,
    options: [serviceOptions('backend', {}, change.profile?.backend), serviceOptions('frontend', {}, change.profile?.frontend)],
    preferredPort: (base) => base,
    envLines: () => [],
    callerEnv: {},
    ...change,
    profile: { startupEnabled: true, backend: on, frontend: on, dependencies: { postgres: on, queue: on }, ...change.profile },
  };
}

/** As the configuration reads a service of which nothing is set. */
function serviceOptions(slug: string, change: Partial<ServiceOptions> = {}, enabled: ServiceOptions['enabled'] = on): ServiceOptions {
  return {
    slug,
    kind: 'server',
    enabled,
    directory: slug,
    directoryIsSet: false,
    startCommand: undefined,
    testCommand: undefined,
    portBase: slug === 'frontend' ? 9000 : 8000,
    dependsOn: [],
    healthUrl: undefined,
    publicUrl: undefined,
    readyLog: undefined,
    readyCommand: undefined,
    readyTimeoutMs: 60_000,
    readyTimeoutIsSet: false,
    critical: true,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    restart: { when: 'no', max: 5, backoffMs: 1000 },
    successExitCodes: [0],
    startOrder: 100,
    ...change,
  };
}

function declaration(id: string, ...requires: readonly string[]): DependencyDeclaration {
  return { id, displayName: id, order: 1, resources: [], enableKeys: { main: [], trees: [] }, defaultEnabled: { main: false, trees: false }, requires: requires.map((needed) => ({ id: needed, condition: 'ready' })) };
}

function actions(plan: ReturnType<typeof planStart>): Record<string, string> {
  return Object.fromEntries(plan.projects.flatMap((project) => [...project.services.map(({ type, action }) => [type, action] as const), ...project.dependencies.map(({ id, action }) => [id, action] as const)]));
}
