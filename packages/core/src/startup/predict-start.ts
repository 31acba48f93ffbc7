/** What a start would do with what was found out: the part of it that explaining and starting share. Reads the project's files, asks nobody. */
import { EnvctlError, type ConfigReader, type DependencyDeclaration, type Mode, type ProjectFacts } from '../contract/index.js';
import { standardServices, type ConfigModel, type ServiceOptions } from '../config/read-only.js';
import { assertPrograms } from '../processes/read-only.js';
import { createDetectionFiles, detectAdditional, detectServices, missingCommandError, readReadyCommand, toDetectionError, type DetectionFiles, type ServiceDetection, type ServiceName } from '../services/read-only.js';
import { findHooks, type ProjectHooks } from '../hooks/read-only.js';
import { serviceName, type RunState, type ServiceRecord } from '../state/read-only.js';
import { describeStale, isGoodStatus, portsOfProject, staleAddresses, type PortsByName, type RecordedServiceTruth } from '../truth/read-only.js';
import { planHookSteps } from './plan-hook-steps.js';
import { definedRule, isDefinedByHook, planRecorded } from './plan-defined.js';
import { assertAcyclic } from './graph.js';
import { commandOf } from './plan-service.js';
import { planStart, type PlanProjectInputs, type ProjectPresence, type ServicePresence, type StartPlan } from './plan.js';
import { predictSteps } from './predict-steps.js';

/** The way of a start; every part may be left out. */
export interface StartOptions {
  /** Only what is named: neither the services that it needs, nor dependencies that do not run already. */
  readonly alone?: boolean;
  /** Dependencies, and no service. */
  readonly dependenciesOnly?: boolean;
  /** False: a frontend waits until its backend is ready. */
  readonly servicesInParallel?: boolean;
  /** False: packages are installed for one service after the other. */
  readonly preparationsInParallel?: boolean;
  /** What was installed before does not count. */
  readonly refreshCache?: boolean;
  /** Projects that come up at the same time, at most; undefined = all. */
  readonly projectsAtOnce?: number | undefined;
  /** Services that run are replaced. */
  readonly fresh?: boolean;
  /** Ports that were used before are forgotten. */
  readonly forgetPorts?: boolean;
  /** Variables for the services that are started. */
  readonly forwarded?: Readonly<Record<string, string>>;
}

export interface StartRequest {
  readonly command: StartPlan['command'];
  readonly mode: Mode;
  readonly projects: readonly ProjectFacts[];
  /** Service types to bring up; empty = all. */
  readonly services: readonly string[];
  /** restart: names of services to replace. */
  readonly replace: ReadonlySet<string>;
  readonly options?: StartOptions;
  readonly signal: AbortSignal;
}

/** What a prediction looks at beside the request. */
export interface PredictionContext {
  readonly config: ConfigModel;
  readonly reader: ConfigReader;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly declarations: readonly DependencyDeclaration[];
  readonly preferredServicePort: (base: number, projectName: string) => number;
}

/** The latest state, and what of the requested projects in it is alive. */
export interface Recorded {
  readonly state: RunState;
  readonly truth: {
    readonly services: readonly RecordedServiceTruth[];
    readonly dependencies: readonly { readonly project: string; readonly component: string; readonly status: string; readonly port: number | null }[];
  };
}

export interface Prediction {
  readonly plan: StartPlan;
  /** By project name. */
  readonly detections: ReadonlyMap<string, ServiceDetection>;
}

/** `recorded`: undefined when there is no state of the mode. Throws ENVCTL_E_HOOK_INVALID for hooks that cannot be run. */
export function predictStart(context: PredictionContext, request: StartRequest, recorded: Recorded | undefined): Prediction {
  const files = createDetectionFiles();
  const searchPath = context.env['PATH'] ?? '';
  const options = context.config.services(request.mode);
  const prepared = new Map(
    request.projects.map((project) => [
      project.name,
      predictSteps(context, request, project, files, withOptions({ projectRoot: project.root, options, searchPath, files }, detectServices({
        projectRoot: project.root,
        directories: context.config.directories,
        commands: { backend: context.reader.string('ENVCTL_BACKEND_START_CMD'), frontend: context.reader.string('ENVCTL_FRONTEND_START_CMD') },
        healthUrls: { backend: context.reader.string('ENVCTL_BACKEND_HEALTH_URL'), frontend: context.reader.string('ENVCTL_FRONTEND_HEALTH_URL') },
        switchedOff: standardServices.filter((name) => options.some(({ slug, enabled }) => slug === name && !enabled.enabled)),
        additional: options.map(({ slug }) => slug).filter((slug) => !isStandard(slug)),
        searchPath,
        files,
      }))),
    ]),
  );
  const detections = new Map([...prepared].map(([name, { detection }]) => [name, detection]));
  const hooks = new Map(request.projects.map(({ name, root }) => [name, context.reader.boolean('ENVCTL_ENABLE_HOOK_BRIDGE') === false ? undefined : findHooks(root)]));
  const plan = planStart({
    command: request.command,
    mode: request.mode,
    profile: context.config.profile(request.mode),
    projects: request.projects.map((facts) => ({ facts, detection: detections.get(facts.name)!, presence: toPresence(recorded, facts.name), planSteps: (found) => prepared.get(facts.name)!.planSteps(found, planHookSteps(found, hooks.get(facts.name), { dependenciesOnly: request.options?.dependenciesOnly === true })), defined: definedBefore(request, recorded, facts.name, hooks.get(facts.name)) })),
    dependencies: context.declarations,
    services: request.services,
    alone: request.options?.alone === true,
    dependenciesOnly: request.options?.dependenciesOnly === true,
    replace: request.options?.fresh === true ? new Set(Object.keys(recorded?.state.services ?? {})) : request.replace,
    fresh: request.options?.fresh === true,
    servicesInParallel: request.options?.servicesInParallel !== false,
    requirementsStrict: context.reader.boolean('ENVCTL_REQUIREMENTS_STRICT') !== false,
    hasState: recorded !== undefined,
    options,
    preferredPort: context.preferredServicePort,
    envLines: (service) => context.config.envLines(request.mode, service),
    callerEnv: context.env,
  });
  return { plan, detections };
}

/** The recorded services of a project's hook; undefined when it has none, or there are none. */
function definedBefore({ command, services, replace, options }: StartRequest, recorded: Recorded | undefined, project: string, hooks: ProjectHooks | undefined): PlanProjectInputs['defined'] {
  if (recorded === undefined || hooks?.hooks.includes('defineServices') !== true || options?.dependenciesOnly === true) return undefined;
  const records = Object.values(recorded.state.services).filter((record) => record.project === project && isDefinedByHook(record));
  if (records.length === 0) return undefined;
  const running = new Set(recorded.truth.services.filter(({ status }) => isGoodStatus(status)).map(({ name }) => name));
  const ports = portsOfProject(recorded.state, project, recorded.truth);
  const isStale = (record: ServiceRecord) => command !== 'restart' && staleAddresses(record, ports).length > 0;
  const planned = planRecorded(records, (record) => running.has(record.name) && !replace.has(record.name) && !isStale(record) && options?.fresh !== true, hooks.file);
  return planned.some(({ action }) => action === 'replace') || services.length === 0 ? planned : planned.filter(({ type }) => services.includes(type));
}

/** What the options of services add: the additional ones, and commands that say whether one is ready. Of what is switched off nothing is looked at. */
function withOptions(facts: { readonly projectRoot: string; readonly options: readonly ServiceOptions[]; readonly searchPath: string; readonly files: DetectionFiles }, detection: ServiceDetection): ServiceDetection {
  const running = facts.options.filter(({ enabled }) => enabled.enabled);
  const found = running.filter(({ slug }) => !isStandard(slug)).map((options) => ({ slug: options.slug, ...detectAdditional({ ...facts, options }) }));
  const additional = Object.fromEntries(found.flatMap(({ slug, command }) => (command === undefined ? [] : [[slug, command]])));
  const ready = running.flatMap((options) => {
    const command = commandOf({ ...detection, additional }, options.slug);
    return command === undefined ? [] : [{ slug: options.slug, ...readReadyCommand(options, command, facts) }];
  });
  return {
    ...detection,
    additional,
    readyCommands: Object.fromEntries(ready.flatMap(({ slug, words }) => (words === undefined ? [] : [[slug, words]]))),
    evidence: [...detection.evidence, ...found.flatMap(({ evidence }) => evidence)],
    problems: [...detection.problems, ...found.flatMap(({ problems }) => problems), ...ready.flatMap(({ problems }) => problems)],
  };
}

function isStandard(slug: string): slug is ServiceName {
  return standardServices.some((name) => name === slug);
}

/** Everything that would make the start fail for certain is said before anything is touched. */
export function assertStartable(context: Pick<PredictionContext, 'config' | 'env' | 'declarations'>, request: StartRequest, { plan, detections }: Prediction): void {
  const profile = context.config.profile(plan.mode);
  assertPrograms(plan.projects.flatMap((project) => project.dependencies.filter(({ action }) => action !== 'keep').flatMap(({ id }) => programsOf(context, id))), context.env['PATH'] ?? '');
  for (const project of plan.projects) {
    assertAcyclic(project.nodes);
    // Its hook may define them; what is found instead is judged when it does not.
    if (project.steps.some(({ hook }) => hook?.name === 'defineServices') || project.services.some(({ command }) => command.rule === definedRule)) continue;
    const detection = detections.get(project.name)!;
    const starting = project.services.filter((service) => service.action !== 'keep').map((service) => service.type);
    const isWanted = (slug: string): boolean => request.options?.dependenciesOnly !== true && (request.services.length === 0 || request.services.includes(slug)) && request.command !== 'resume';
    const problem = detection.problems.find(({ service }) => starting.includes(service) || (commandOf(detection, service) === undefined && (isStandard(service) ? profile[service].enabled && request.options?.dependenciesOnly !== true : isWanted(service))));
    if (problem !== undefined) throw toDetectionError(problem);
    for (const type of standardServices) {
      const isAsked = request.options?.dependenciesOnly !== true && (request.services.includes(type) || profile[type].explicit || request.replace.has(serviceName(project.name, type)));
      if (profile[type].enabled && isAsked && request.command !== 'resume' && (request.services.length === 0 || request.services.includes(type)) && detection[type] === undefined) {
        throw missingCommandError(type, { projectRoot: project.root, directories: context.config.directories, notes: detection.notes });
      }
    }
    if (request.options?.dependenciesOnly === true && project.dependencies.length + project.steps.length === 0) throw noDependencyError(context.declarations, plan.mode);
    if (project.services.length + project.dependencies.length === 0) throw missingCommandError('backend', { projectRoot: project.root, directories: context.config.directories, notes: detection.notes });
  }
}

/** `start --dependencies` where none is switched on. */
function noDependencyError(declarations: readonly DependencyDeclaration[], mode: Mode): EnvctlError {
  const keys = declarations.flatMap(({ enableKeys }) => enableKeys[mode].slice(0, 1));
  return new EnvctlError('ENVCTL_E_DEPENDENCY_NONE_ENABLED', `No dependency is enabled in mode ${mode}: there is none to start.`, { hints: keys.map((key) => `envctl config --set ${key}=true`), data: { mode } });
}

/** The dependencies without which the start fails and that do not run. */
export function dependenciesToStart(plan: StartPlan): readonly { readonly id: string; readonly project: ProjectFacts }[] {
  return plan.projects.flatMap(({ name, root, slug, dependencies, nodes }) => {
    const critical = new Set(nodes.filter((node) => node.kind === 'dependency' && node.critical).map(({ id }) => id));
    return dependencies.filter(({ id, action }) => action !== 'keep' && critical.has(id)).map(({ id }) => ({ id, project: { name, root, slug } }));
  });
}

/** What the driver that is asked for needs. Left to itself (`auto`) a dependency takes one that works here. */
function programsOf({ config, declarations }: Pick<PredictionContext, 'config' | 'declarations'>, id: string): readonly string[] {
  const mode = config.dependencyMode(id);
  return mode === 'auto' ? [] : (declarations.find((declaration) => declaration.id === id)?.prerequisites?.[mode] ?? []);
}

function toPresence(recorded: Recorded | undefined, project: string): ProjectPresence {
  if (recorded === undefined) return { services: {}, dependencies: {} };
  const { state, truth } = recorded;
  const ports = portsOfProject(state, project, truth);
  return {
    services: Object.fromEntries(truth.services.filter((service) => service.project === project).map((service) => [service.name, { running: isGoodStatus(service.status), listens: service.actualPort !== null, ...addressesGiven(state.services[service.name], ports) }])),
    dependencies: Object.fromEntries(truth.dependencies.filter((dependency) => dependency.project === project).map((dependency) => [dependency.component, { healthy: dependency.status !== 'unreachable' && state.requirements[project]?.components[dependency.component]?.success !== false }])),
  };
}

function addressesGiven(record: ServiceRecord | undefined, ports: PortsByName): Pick<ServicePresence, 'stale' | 'given'> {
  return record === undefined ? {} : { stale: staleAddresses(record, ports).map(describeStale), given: Object.keys(record.given_ports) };
}
