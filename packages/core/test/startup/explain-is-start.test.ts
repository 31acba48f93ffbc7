import { existsSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { isEnvctlError } from '../../dist/contract/index.js';
import type { ServiceName } from '../../dist/services/index.js';
import { explainStart, runStart, type StartPlan, type StartRequest, type StartSummary } from '../../dist/startup/index.js';
import { answers, createStartWorld, dependencyIds, everything, projectNames, startedAs, type Settings, type StartWorld } from './start-world.js';

const serviceNames = projectNames.flatMap((project) => [`${project} Backend`, `${project} Frontend`]);

/** Somebody may have had a port for a moment, on a machine where others work: it may not be the rule. */
interface Ports {
  given: number;
  readonly strayed: string[];
}

interface Step {
  /** Absent: as the step before has them. */
  readonly settings: Settings | undefined;
  readonly command: StartPlan['command'];
  readonly projects: readonly string[];
  readonly services: StartRequest['services'];
  readonly replace: readonly string[];
  readonly crashed: readonly string[];
  readonly silent: readonly (typeof dependencyIds)[number][];
  readonly serversCrash: boolean;
  readonly occupied: StartRequest['services'];
}

const mostly = fc.nat(3).map((roll) => roll > 0);
const rarely = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.nat(2).chain((roll) => (roll > 0 ? fc.constant<T[]>([]) : fc.subarray([...items])));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    settings: fc.option(fc.record({ backend: mostly, frontend: mostly, alpha: fc.boolean(), beta: fc.boolean(), listens: mostly, sections: fc.boolean(), portShift: fc.constantFrom(0, 0, 3), native: mostly }), { nil: undefined, freq: 2 }),
    command: fc.constantFrom('start', 'start', 'restart', 'resume'),
    projects: fc.subarray([...projectNames], { minLength: 1 }),
    services: fc.constantFrom<StartRequest['services'][]>([], [], ['backend'], ['frontend'], ['backend', 'frontend']),
    replace: fc.subarray(serviceNames),
    crashed: rarely(serviceNames),
    silent: fc.subarray([...dependencyIds]),
    serversCrash: fc.nat(3).map((roll) => roll === 0),
    occupied: rarely<ServiceName>(['backend', 'frontend']),
  }),
  { minLength: 1, maxLength: 2 },
);

describe('what explain-startup predicts', function () {
  this.timeout(300_000);

  it('property: is what the command then does, whatever is configured, selected, recorded and alive; explaining writes nothing', async () => {
    const seen = new Set<string>();
    const ports: Ports = { given: 0, strayed: [] };
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const world = await createStartWorld();
        try {
          let settings: Settings = { ...everything, native: true };
          for (const step of sequence) {
            settings = step.settings ?? settings;
            for (const kind of await checkStep(world, step, settings, ports)) seen.add(kind);
          }
        } finally {
          await world.close();
        }
      }),
      { numRuns: 70, seed: 3, endOnFailure: true },
    );
    expect([...seen]).to.include.members(['fresh', 'resume', 'expand', 'reuse', 'restart', 'start', 'keep', 'replace', 'server start', 'server keep', 'server listens, does not answer']);
    expect([...seen].join(' ')).to.match(/ENVCTL_E_/);
    expect(ports.given).to.be.above(50);
    expect(ports.strayed.length, ports.strayed.join('\n')).to.be.below(ports.given / 10);
  });
});

describe('what explain-startup predicts of additional services', function () {
  this.timeout(120_000);

  it('is what the command then does: a job that has completed stays, a worker goes along with what it asked for', async () => {
    const world = await createStartWorld();
    const base: Step = { settings: { ...everything, additional: true }, command: 'start', projects: ['Main'], services: [], replace: [], crashed: [], silent: [], occupied: [], serversCrash: false };
    const steps: readonly (readonly [Partial<Step>, readonly string[]])[] = [
      [{}, ['worker start', 'job start']],
      [{ projects: [...projectNames] }, ['worker keep', 'job keep', 'worker start', 'job start']],
      [{ crashed: ['Main Backend'] }, ['worker replace', 'job keep']],
      [{ command: 'resume', crashed: ['Main Worker'] }, ['worker start', 'job keep']],
      [{ command: 'restart', replace: ['Main Seed'] }, ['worker keep', 'job replace']],
      [{ services: ['worker'], crashed: ['Main Worker', 'Main Frontend'] }, ['worker start', 'job keep']],
      [{ settings: { ...everything, additional: true, backend: false } }, ['worker keep', 'job keep']],
    ];
    try {
      for (const [change, expected] of steps) {
        const seen = await checkStep(world, { ...base, ...change }, change.settings ?? base.settings!, { given: 0, strayed: [] });
        expect(seen.filter((kind) => /^(?:worker|job) /.test(kind)), JSON.stringify(change)).to.have.members([...expected]);
      }
    } finally {
      await world.close();
    }
  });
});

/** Returns what kinds of decision, action or refusal it was about. */
async function checkStep(world: StartWorld, step: Step, settings: Settings, ports: Ports): Promise<readonly string[]> {
  for (const name of step.crashed) await world.crash(name);
  for (const id of step.silent) world.silence(id);
  if (step.serversCrash) await world.crashServers();
  for (const type of step.occupied) await world.occupy(world.preferredPort(type as ServiceName, settings));
  const request: StartRequest = {
    command: step.command,
    mode: 'main',
    projects: step.projects.map((name) => world.project(name)),
    services: step.command === 'restart' ? [] : step.services,
    replace: new Set(step.command === 'restart' ? step.replace : []),
    signal: new AbortController().signal,
  };

  const before = await world.recorded();
  const files = world.files();
  const predicted = await outcomeOf(() => world.command('explain-startup', settings, (context) => explainStart(context, request)));
  expect(world.files()).to.deep.equal(files);
  world.takeBroughtUp();
  // Explaining looks at servers of ours; only a start asks them.
  const isUnanswered = settings.native === true && world.isSilent('alpha');
  const done = await outcomeOf(() => world.command(step.command, settings, (context) => runStart(context, request)));
  const after = await world.recorded();

  if ('error' in predicted || 'error' in done) {
    expect(done).to.deep.equal(predicted);
    expect(after).to.deep.equal(before);
    return 'error' in predicted ? [predicted.error.code] : [];
  }
  const plan = isUnanswered ? withoutAlpha(predicted.value) : predicted.value;
  await checkDone(world, { plan, summary: done.value, before, after }, ports);
  const seen = [predicted.value.decision.kind, ...predicted.value.projects.flatMap(({ services }) => services.flatMap(({ action, kind }) => (kind === 'server' ? [action] : [action, `${kind} ${action}`])))];
  if (settings.native !== true) return seen;
  return [...seen, ...new Set(predicted.value.projects.flatMap(({ dependencies }) => dependencies.filter(({ id }) => id === 'alpha').map(({ action }) => `server ${action}`))), ...(plan === predicted.value ? [] : ['server listens, does not answer'])];
}

/** The plan where nobody answers at alpha's port: what would have been kept is brought up. */
function withoutAlpha(plan: StartPlan): StartPlan {
  const isKept = plan.projects.some(({ dependencies }) => dependencies.some(({ id, action }) => id === 'alpha' && action === 'keep'));
  if (!isKept) return plan;
  return {
    ...plan,
    decision: plan.decision.kind === 'reuse' ? { kind: 'resume', reason: 'part of the selection is missing' } : plan.decision,
    projects: plan.projects.map((project) => ({ ...project, dependencies: project.dependencies.map((dependency) => (dependency.id === 'alpha' ? { ...dependency, action: 'start' as const } : dependency)) })),
  };
}

interface Done {
  readonly plan: StartPlan;
  readonly summary: StartSummary;
  readonly before: Awaited<ReturnType<StartWorld['recorded']>>;
  readonly after: Awaited<ReturnType<StartWorld['recorded']>>;
}

async function checkDone(world: StartWorld, { plan, summary, before, after }: Done, ports: Ports): Promise<void> {
  expect(summary.decision).to.deep.equal(plan.decision);
  expect(summary.run_id === before?.run_id).to.equal(plan.decision.kind === 'reuse');
  expect(summary.projects.map(({ name, root }) => ({ name, root }))).to.deep.equal(plan.projects.map(({ name, root }) => ({ name, root })));

  // What was launched, by the records: exactly what the plan starts or replaces; nothing else changed.
  const planned = plan.projects.flatMap((project) => project.services.map((service) => ({ ...service, project })));
  const launchOf = (state: Done['before'], name: string) => state?.services[name]?.launch_id;
  const names = [...new Set([...Object.keys(before?.services ?? {}), ...Object.keys(after?.services ?? {})])];
  const launched = names.filter((name) => launchOf(before, name) !== launchOf(after, name));
  expect(launched.sort()).to.deep.equal(planned.filter(({ action }) => action !== 'keep').map(({ name }) => name).sort());
  expect(summary.projects.flatMap(({ services }) => services.map(({ name, status }) => [name, status]))).to.deep.equal(planned.map(({ name, action, kind }) => [name, action === 'keep' ? 'kept' : kind === 'job' ? 'completed' : 'started']));

  // What was brought up, by the dependencies themselves: what one requires comes before it.
  const dependencies = plan.projects.flatMap((project) => project.dependencies.map((dependency) => ({ ...dependency, key: `${project.name}/${dependency.id}` })));
  // Once each, also where a start tried again because somebody took a port under its hands.
  const broughtUp = [...new Set(world.takeBroughtUp())];
  expect([...broughtUp].sort()).to.deep.equal(dependencies.filter(({ action }) => action === 'start').map(({ key }) => key).sort());
  for (const { project, node, needs } of plan.edges) {
    const [at, needed] = [broughtUp.indexOf(`${project}/${node}`), broughtUp.indexOf(`${project}/${needs}`)];
    if (at !== -1 && needed !== -1) expect(needed).to.be.lessThan(at);
  }

  // A service is begun when what it waits for has come that far.
  for (const { project, node, needs, condition } of plan.edges) {
    const [dependent, needed] = [node, needs].map((type) => planned.find((service) => service.project.name === project && service.type === type && service.action !== 'keep'));
    if (dependent !== undefined && needed !== undefined && condition !== 'started') expect(after!.services[needed.name]!.started_at, `${node} ← ${needs}`).to.be.at.most(after!.services[dependent.name]!.started_at!);
  }

  // What runs, by the kernel: the command on the port, with the variables of what it waited for.
  for (const { project, name, type, kind, action, command, preferred_port: preferred, listens, environment } of planned) {
    const record = after!.services[name]!;
    if (kind === 'job') {
      expect(record).to.include({ status: 'completed', pid: null, requested_port: null });
      continue;
    }
    const { child } = await world.processesOf(name);
    if (action === 'keep') {
      expect(existsSync(`/proc/${child}`), name).to.equal(true);
      continue;
    }
    const { command: words, env } = await startedAs(child, command.command[0]);
    expect(words).to.deep.equal(command.command);
    expect(record.requested_port).to.equal(listens ? preferred : null);
    const needs = plan.edges.filter((edge) => edge.project === project.name && edge.node === type).map((edge) => edge.needs);
    expect(env).to.include.keys([...environment.dependencies.flatMap(({ names: given }) => given), ...environment.sections.map((line) => line.name), ...environment.own]);
    expect(env).to.not.have.any.keys(['NOTHING', ...environment.skipped.map((line) => line.name), ...environment.withheld]);
    expect(environment.withheld.includes('CALLER_TOKEN'), type).to.equal(type === 'frontend');
    expect(env['CALLER_TOKEN'], type).to.equal(type === 'frontend' ? undefined : 'of the caller');
    if (environment.sections.length > 0) expect(env).to.include(type === 'backend' ? { WORLD: 'backend' } : type === 'frontend' ? { WORLD: 'start', ALPHA_URL: 'mine' } : { WORLD: 'start' });
    if (needs.includes('alpha') && type === 'frontend') expect(env['FROM_ALPHA']).to.equal(`<alpha://${project.name}>`);
    if (type !== 'frontend') for (const id of dependencyIds) expect(env[`${id.toUpperCase()}_URL`]).to.equal(needs.includes(id) ? `${id}://${project.name}` : undefined);
    if (preferred === null) expect(env).to.not.have.property('PORT');
    if (!listens) continue;
    expect(env['PORT']).to.equal(String(record.actual_port));
    expect(await answers(record.actual_port!)).to.equal(true);
    // Another port than the preferred one only where somebody else has that, or it is kept for another service to come back to.
    const isKept = Object.values({ ...before?.services, ...after!.services }).some((other) => other.name !== name && other.actual_port === preferred);
    if (record.actual_port !== preferred && before?.services[name] === undefined && !isKept && !(await answers(preferred!))) ports.strayed.push(`${name} is on ${record.actual_port}, and nobody on ${preferred}`);
    ports.given += 1;
  }
}

/** The value, or what the error says to a user. */
async function outcomeOf<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly error: { readonly code: string; readonly message: string; readonly hints: readonly string[] } }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!isEnvctlError(error)) throw error;
    return { error: { code: error.code, message: error.message, hints: error.hints } };
  }
}
