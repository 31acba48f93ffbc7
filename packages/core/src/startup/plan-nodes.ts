/**
 * The start graph of one project as data: every node in one form, whatever it stands for, and what each needs of others.
 * Kinds are closed: who adds a kind gives it a place in the executor.
 */
import type { EdgeCondition } from '../contract/index.js';
import type { HookName } from '../hooks/read-only.js';
import type { Migration, PlannedPreparation } from '../services/read-only.js';
import type { PlannedDependency, PlannedProject, PlannedService } from './plan.js';

export type NodeKind = 'dependency' | 'preparation' | 'migration' | 'hook' | 'service';

export interface PlannedNeed {
  /** Of a node of the same project. */
  readonly id: string;
  readonly condition: EdgeCondition;
  /** True: waited for, and done without when it fails. */
  readonly optional: boolean;
}

export interface PlannedNode {
  readonly kind: NodeKind;
  /** Unique within the project: a dependency's id, a service's type, a step's id. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly needs: readonly PlannedNeed[];
  /** False: its failure fails no start. */
  readonly critical: boolean;
}

/** What is run to its end before others begin: installing packages, migrating a database, a hook of the project. */
export interface PlannedStep extends Omit<PlannedNode, 'critical'> {
  readonly kind: Exclude<NodeKind, 'dependency' | 'service'>;
  /** Ids of the nodes that wait until it has completed. */
  readonly before: readonly string[];
  /** `skip`: nothing is to be done; the reason says why, or why it is. */
  readonly action: 'run' | 'skip';
  readonly reason: string;
  /** What a step of the kind `preparation` does. */
  readonly preparation?: PlannedPreparation;
  /** What a step of the kind `hook` runs. */
  readonly hook?: { readonly name: HookName; readonly file: string };
  /** What a step of the kind `migration` does. */
  readonly migration?: Migration & { readonly purpose: 'migrate' | 'seed' };
}

export interface NodeOptions {
  readonly servicesInParallel: boolean;
  /** ENVCTL_REQUIREMENTS_STRICT: false lets everything start without a dependency that fails. */
  readonly requirementsStrict: boolean;
}

/** The nodes of a project, in the order in which people read them and, where nothing is waited for, things begin. */
export function toPlannedNodes(project: Pick<PlannedProject, 'services' | 'dependencies' | 'steps'>, options: NodeOptions): readonly PlannedNode[] {
  const stepsBefore = (id: string) => project.steps.filter(({ before }) => before.includes(id)).map((step) => need(step.id, 'completed'));
  const nodes = [
    ...project.dependencies.map((dependency) => toDependencyNode(dependency, options)),
    ...project.steps.map(({ kind, id, label, needs }) => ({ kind, id, label, needs })),
    ...inStartOrder(project.services).map((service) => toServiceNode(service, project, options)),
  ].map((node) => ({ ...node, needs: [...node.needs, ...stepsBefore(node.id)] }));
  const critical = findCritical(nodes, project, options);
  return nodes.map((node) => ({ ...node, critical: critical.has(node.id) }));
}

/** Ids of the dependencies that something critical cannot do without, whether or not a start goes on without what fails. */
export function criticalDependencies(project: Pick<PlannedProject, 'services' | 'dependencies' | 'steps'>): ReadonlySet<string> {
  const nodes = toPlannedNodes(project, { servicesInParallel: true, requirementsStrict: true });
  return new Set(nodes.filter(({ kind, critical }) => kind === 'dependency' && critical).map(({ id }) => id));
}

type UnjudgedNode = Omit<PlannedNode, 'critical'>;

/**
 * Ids of the nodes whose failure fails the start. A service says so itself; a step and a dependency are critical when one
 * that is cannot do without them, or when nobody needs them.
 */
function findCritical(nodes: readonly UnjudgedNode[], { services }: Pick<PlannedProject, 'services'>, { requirementsStrict }: NodeOptions): ReadonlySet<string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const needed = new Set(nodes.flatMap(({ needs }) => needs.map(({ id }) => id)));
  const lenient = new Set(nodes.filter(({ kind }) => kind === 'dependency' && !requirementsStrict).map(({ id }) => id));
  const tolerated = new Set(services.filter((service) => !service.critical).map(({ type }) => type));
  const critical = new Set(nodes.filter(({ kind, id }) => (kind === 'service' ? !tolerated.has(id) : !needed.has(id) && !lenient.has(id))).map(({ id }) => id));
  // A set that grows while it is gone through: what is added is gone through, too.
  for (const id of critical) for (const need of byId.get(id)?.needs ?? []) if (!need.optional && !lenient.has(need.id) && !tolerated.has(need.id)) critical.add(need.id);
  return critical;
}

/** Equal numbers keep their place. */
function inStartOrder(services: readonly PlannedService[]): readonly PlannedService[] {
  return [...services].sort((left, right) => left.start_order - right.start_order);
}

function toDependencyNode({ id, display_name, requires }: PlannedDependency, { requirementsStrict }: NodeOptions): UnjudgedNode {
  return { kind: 'dependency', id, label: display_name, needs: requires.map((other) => ({ ...need(other, 'ready'), optional: !requirementsStrict })) };
}

/**
 * A service waits for what it says it depends on, as far as the project has it, and for the dependencies whose variables
 * it gets; what it says of one of these counts. A frontend waits for the backend only where it is asked to: ports are
 * leased before anything starts.
 */
function toServiceNode(service: PlannedService, { services, dependencies }: Pick<PlannedProject, 'services' | 'dependencies'>, { servicesInParallel, requirementsStrict }: NodeOptions): UnjudgedNode {
  const isStarting = (type: string): boolean => services.some((candidate) => candidate.type === type && candidate.action !== 'keep');
  const isThere = (name: string): boolean => services.some(({ type }) => type === name) || dependencies.some(({ id }) => id === name);
  const said = service.depends_on.filter(({ name }) => isThere(name)).map(({ name, condition, optional }): PlannedNeed => ({ id: name, condition, optional }));
  const followsBackend = !servicesInParallel && service.type === 'frontend' && isStarting('backend') && isStarting('frontend');
  const meant = [
    ...(followsBackend ? [need('backend', 'ready')] : []),
    ...service.environment.dependencies.map(({ id }) => ({ ...need(id, 'ready'), optional: !requirementsStrict })),
  ].filter(({ id }) => !said.some((other) => other.id === id));
  return { kind: 'service', id: service.type, label: service.type, needs: [...said, ...meant] };
}

function need(id: string, condition: EdgeCondition): PlannedNeed {
  return { id, condition, optional: false };
}
