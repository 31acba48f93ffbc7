/**
 * The start graph of one project as data: every node in one form, whatever it stands for, and what each needs of others.
 * Kinds are closed: who adds a kind gives it a place in the executor.
 */
import type { EdgeCondition } from '../contract/index.js';
import type { PlannedPreparation } from '../services/read-only.js';
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
}

/** What is run to its end before others begin: installing packages, migrating a database, a hook of the project. */
export interface PlannedStep extends PlannedNode {
  readonly kind: Exclude<NodeKind, 'dependency' | 'service'>;
  /** Ids of the nodes that wait until it has completed. */
  readonly before: readonly string[];
  /** `skip`: nothing is to be done; the reason says why, or why it is. */
  readonly action: 'run' | 'skip';
  readonly reason: string;
  /** What a step of the kind `preparation` does. */
  readonly preparation?: PlannedPreparation;
}

/** The nodes of a project, in the order in which people read them. */
export function toPlannedNodes(project: Pick<PlannedProject, 'services' | 'dependencies' | 'steps'>, { servicesInParallel }: { readonly servicesInParallel: boolean }): readonly PlannedNode[] {
  const stepsBefore = (id: string) => project.steps.filter(({ before }) => before.includes(id)).map((step) => need(step.id, 'completed'));
  const nodes: readonly PlannedNode[] = [
    ...project.dependencies.map((dependency) => toDependencyNode(dependency)),
    ...project.steps.map(({ kind, id, label, needs }) => ({ kind, id, label, needs })),
    ...project.services.map((service) => toServiceNode(service, project, servicesInParallel)),
  ];
  return nodes.map((node) => ({ ...node, needs: [...node.needs, ...stepsBefore(node.id)] }));
}

function toDependencyNode({ id, display_name, requires }: PlannedDependency): PlannedNode {
  return { kind: 'dependency', id, label: display_name, needs: requires.map((other) => need(other, 'ready')) };
}

/**
 * A service waits for the dependencies whose variables it gets; a frontend waits for the backend only where it
 * is asked to: ports are leased before anything starts.
 */
function toServiceNode(service: PlannedService, { services }: Pick<PlannedProject, 'services'>, servicesInParallel: boolean): PlannedNode {
  const isStarting = (type: string): boolean => services.some((candidate) => candidate.type === type && candidate.action !== 'keep');
  const followsBackend = !servicesInParallel && service.type === 'frontend' && isStarting('backend') && isStarting('frontend');
  return {
    kind: 'service',
    id: service.type,
    label: service.type,
    needs: [...(followsBackend ? [need('backend', 'ready')] : []), ...service.environment.dependencies.map(({ id }) => need(id, 'ready'))],
  };
}

function need(id: string, condition: EdgeCondition): PlannedNeed {
  return { id, condition, optional: false };
}
