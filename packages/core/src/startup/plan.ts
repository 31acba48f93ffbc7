/**
 * The plan of a start: pure data from facts. `explain-startup` and `--dry-run` print the value that
 * `start` executes; nothing is read, leased or written here.
 */
import type { DependencyDeclaration, EdgeCondition, Mode, ProjectFacts } from '../contract/index.js';
import type { EnvLine, ModeProfile, ServiceOptions } from '../config/read-only.js';
import type { ServiceDetection } from '../services/read-only.js';
import { commandOf, planService, type PlannedService } from './plan-service.js';
import { serviceName } from '../state/read-only.js';
import { toPlannedNodes, type PlannedNode, type PlannedStep } from './plan-nodes.js';
import { audienceOf, planEnvironment } from './planned-environment.js';
import { decideRun, type RunDecision } from './run-decision.js';

export type PlanAction = 'start' | 'keep' | 'replace';

export interface PlannedDependency {
  readonly id: string;
  readonly display_name: string;
  readonly action: PlanAction;
  readonly requires: readonly string[];
}

export interface PlannedProject {
  readonly name: string;
  readonly root: string;
  readonly slug: string;
  readonly services: readonly PlannedService[];
  readonly dependencies: readonly PlannedDependency[];
  /** What is run to its end on the way. */
  readonly steps: readonly PlannedStep[];
  /** The start graph: everything above, and what each needs of the others. */
  readonly nodes: readonly PlannedNode[];
  readonly notes: readonly string[];
}

export interface StartPlan {
  readonly command: 'start' | 'restart' | 'resume';
  readonly mode: Mode;
  readonly decision: RunDecision;
  readonly projects: readonly PlannedProject[];
  /** Every edge of the graphs of all projects: `backend` needs `postgres` to be ready. */
  readonly edges: readonly { readonly project: string; readonly node: string; readonly needs: string; readonly condition: EdgeCondition; readonly optional: boolean }[];
}

export interface ServicePresence {
  readonly running: boolean;
  readonly listens: boolean;
  /** Addresses it was started with that lead nowhere now, in words; default none. */
  readonly stale?: readonly string[];
  /** Service types and dependency ids whose addresses it was started with; default none. */
  readonly given?: readonly string[];
}

/** What was recorded of one project, and whether it is alive now, from the truth room. */
export interface ProjectPresence {
  readonly services: Readonly<Record<string, ServicePresence>>;
  readonly dependencies: Readonly<Record<string, { readonly healthy: boolean }>>;
}

export interface PlanProjectInputs {
  readonly facts: ProjectFacts;
  readonly detection: ServiceDetection;
  readonly presence: ProjectPresence;
  /** Services that a hook of the project defined before: they stand in for those that are found. */
  readonly defined?: readonly Omit<PlannedService, 'environment'>[] | undefined;
  /** The steps that what is found asks for; default none. */
  readonly planSteps?: (found: Pick<PlannedProject, 'services' | 'dependencies'>) => readonly PlannedStep[];
}

export interface PlanInputs {
  readonly command: StartPlan['command'];
  readonly mode: Mode;
  readonly profile: ModeProfile;
  readonly projects: readonly PlanProjectInputs[];
  readonly dependencies: readonly DependencyDeclaration[];
  /** Every service that is configured, switched on or not, in the order in which people read them. */
  readonly options: readonly ServiceOptions[];
  /** Service types wanted; empty = all. */
  readonly services: readonly string[];
  /** Only these: neither the services that they need, nor dependencies that do not run; default false. */
  readonly alone?: boolean;
  /** No service at all; default false. */
  readonly dependenciesOnly?: boolean;
  /** restart: service names to replace even when they run. */
  readonly replace: ReadonlySet<string>;
  /** Nothing of the last run is taken over; default false. */
  readonly fresh?: boolean;
  /** False: a frontend waits until its backend is ready; default true. */
  readonly servicesInParallel?: boolean;
  /** False: everything starts without a dependency that fails; default true. */
  readonly requirementsStrict?: boolean;
  readonly hasState: boolean;
  readonly preferredPort: (base: number, projectName: string) => number;
  /** Lines of the launch env sections for a service in this mode. */
  readonly envLines: (service: string) => readonly EnvLine[];
  /** The environment envctl was called with; names of it may be in the plan, never a value. */
  readonly callerEnv: Readonly<Record<string, string | undefined>>;
}

export function planStart(inputs: PlanInputs): StartPlan {
  const projects = inputs.projects.map((project) => planProject(inputs, project));
  const decision = decideRun({
    command: inputs.command,
    hasState: inputs.hasState,
    fresh: inputs.fresh === true,
    projects: projects.map((project, index) => ({ name: project.name, actions: [...project.services, ...project.dependencies, ...project.steps.filter(({ kind }) => kind === 'hook').map(() => ({ action: 'start' as const }))].map((item) => item.action), known: isKnown(inputs.projects[index]!.presence) })),
  });
  return { command: inputs.command, mode: inputs.mode, decision, projects, edges: projects.flatMap(edgesOf) };
}

function planProject(inputs: PlanInputs, project: PlanProjectInputs): PlannedProject {
  const { facts, detection, presence } = project;
  const planned = project.defined ?? selectOptions(inputs).flatMap((options) => {
    const service = planService(inputs, project, options);
    return service === undefined || !isMeant(inputs, service.name, presence.services[service.name]) ? [] : [service];
  });
  const runs = (id: string): boolean => presence.dependencies[id]?.healthy === true;
  const wanted = inputs.dependencies.filter(({ id }) => inputs.profile.dependencies[id]?.enabled === true);
  const enabled = wanted.filter(({ id }) => inputs.alone !== true || runs(id));
  const dependencies = enabled.map((declaration): PlannedDependency => ({
    id: declaration.id,
    display_name: declaration.displayName,
    action: runs(declaration.id) ? 'keep' : 'start',
    requires: (declaration.requires ?? []).filter((edge) => enabled.some((other) => other.id === edge.id)).map((edge) => edge.id),
  }));
  const found = withRestarts(planned, new Set(dependencies.filter(({ action }) => action !== 'keep').map(({ id }) => id)));
  const addressed = found.filter(({ listens }) => listens).map(({ type }) => type);
  const services = withForesight(inputs, found, presence, dependencies).map((service): PlannedService => ({ ...service, environment: planEnvironment({ service: service.type, audience: audienceOf(service.type, service.command, detection), lines: inputs.envLines(service.type), dependencies: enabled, installed: inputs.dependencies, callerEnv: inputs.callerEnv, addressed, hasPort: service.preferred_port !== null }) }));
  const { steps, notes } = withoutMigrations(project.planSteps?.({ services, dependencies }) ?? [], wanted.filter((declaration) => !enabled.includes(declaration)));
  const nodes = toPlannedNodes({ services, dependencies, steps }, { servicesInParallel: inputs.servicesInParallel !== false, requirementsStrict: inputs.requirementsStrict !== false });
  return { name: facts.name, root: facts.root, slug: facts.slug, services, dependencies, steps, nodes, notes: [...detection.notes, ...notes, ...notesOfAbsent(inputs, project)] };
}

/** The database of a project is the one its dependency projects: where that is left out, nothing is migrated, whatever else the environment names. */
function withoutMigrations(steps: readonly PlannedStep[], leftOut: readonly DependencyDeclaration[]): { readonly steps: readonly PlannedStep[]; readonly notes: readonly string[] } {
  const database = leftOut.find(({ variables }) => variables?.some(({ name }) => name === 'DATABASE_URL') === true);
  const migrations = database === undefined ? [] : steps.filter(({ kind }) => kind === 'migration');
  if (migrations.length === 0) return { steps, notes: [] };
  return { steps: steps.filter((step) => !migrations.includes(step)), notes: [`Not run, because ${database!.id} does not run and this start leaves it out: ${migrations.map(({ id }) => id).join(', ')}.`] };
}

/** resume: what it leaves out. */
function notesOfAbsent({ command, hasState, options }: PlanInputs, { facts, detection, presence, defined }: PlanProjectInputs): readonly string[] {
  if (command !== 'resume' || !hasState || defined !== undefined) return [];
  return options.flatMap(({ slug, enabled }) => {
    const name = serviceName(facts.name, slug);
    if (!enabled.enabled || commandOf(detection, slug) === undefined || presence.services[name] !== undefined) return [];
    return [`${name} is not on record, it was stopped or never started: envctl start ${slug}`];
  });
}

/** Those that are switched on and wanted, with what they cannot do without. */
function selectOptions({ options, services, alone, dependenciesOnly }: PlanInputs): readonly ServiceOptions[] {
  if (dependenciesOnly === true) return [];
  const enabled = options.filter((candidate) => candidate.enabled.enabled);
  if (services.length === 0) return enabled;
  const wanted = new Set(services);
  if (alone !== true) {
    // A set that grows while it is gone through: what is added is gone through, too.
    for (const slug of wanted) for (const { name, optional } of enabled.find((candidate) => candidate.slug === slug)?.dependsOn ?? []) if (!optional) wanted.add(name);
  }
  return enabled.filter(({ slug }) => wanted.has(slug));
}

type UnsettledService = Omit<PlannedService, 'environment'>;

/** A service that runs is replaced when one is started again that it asked to be restarted with. */
function withRestarts(services: readonly UnsettledService[], starting: ReadonlySet<string>): readonly UnsettledService[] {
  const moving = new Set([...starting, ...services.filter(({ action }) => action !== 'keep').map(({ type }) => type)]);
  const asked = services.filter(({ action, depends_on }) => action === 'keep' && depends_on.some(({ name, restart }) => restart && moving.has(name)));
  if (asked.length === 0) return services;
  return withRestarts(services.map((service) => (asked.includes(service) ? { ...service, action: 'replace', listens: service.kind === 'server' } : service)), starting);
}

/** Of what comes up now nobody knows yet on which port: what was told of it before is replaced when it is another one. */
function withForesight({ command }: PlanInputs, services: readonly UnsettledService[], presence: ProjectPresence, dependencies: readonly PlannedDependency[]): readonly UnsettledService[] {
  if (command === 'restart') return services;
  const coming = new Set([...dependencies.filter(({ action }) => action !== 'keep').map(({ id }) => id), ...services.filter(({ action }) => action !== 'keep').map(({ type }) => type)]);
  return services.map((service) => {
    const uncertain = (presence.services[service.name]?.given ?? []).filter((name) => coming.has(name));
    return service.action !== 'keep' || uncertain.length === 0 ? service : { ...service, reason: `replaced if ${uncertain.join(' or ')} moves to another port` };
  });
}

/** A start means everything, a resume what was recorded, a restart what it was asked for beside what runs. */
function isMeant({ command, hasState, replace }: PlanInputs, name: string, presence: { readonly running: boolean } | undefined): boolean {
  if (command === 'start' || !hasState) return true;
  return command === 'resume' ? presence !== undefined : replace.has(name) || presence?.running === true;
}

function isKnown({ services, dependencies }: ProjectPresence): boolean {
  return Object.keys(services).length + Object.keys(dependencies).length > 0;
}

function edgesOf({ name, nodes }: PlannedProject): StartPlan['edges'] {
  return nodes.flatMap((node) => node.needs.map(({ id, condition, optional }) => ({ project: name, node: node.id, needs: id, condition, optional })));
}

export type { PlannedService } from './plan-service.js';
