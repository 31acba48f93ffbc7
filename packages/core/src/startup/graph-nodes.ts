/** The planned nodes of a project as steps that can be run: one runner for each kind, progress told, in the way of the plan. */
import { errorMessage } from '../contract/index.js';
import { createLaunchToken } from '../resources/index.js';
import { isConsequenceOf, type GraphNode } from './graph.js';
import type { NodeResult, RunningNode } from './node-runner.js';
import type { PlannedNode, PlannedStep } from './plan-nodes.js';
import type { ProjectRun } from './project-run.js';
import { runDependencyNode } from './run-dependency.js';
import { runPreparationStep } from './run-preparation-step.js';
import { keepService, runServiceNode } from './run-service.js';
import { toAbsentRecord } from './start-service.js';

/** The step in which all service ports are leased; not one that people wait for. */
const portsNode = 'ports';

/** @param avoid ports that a stranger was found on */
export function toGraphNodes(run: ProjectRun, avoid: ReadonlySet<number>): readonly GraphNode[] {
  const { project } = run.request;
  // Beside the dependencies: their servers need not wait for the ports of services.
  const ports: GraphNode = {
    id: nodeId(run, portsNode),
    needs: [],
    run: async ({ signal }) => {
      await run.headStart.over(signal);
      await leaseServicePorts(run, avoid);
    },
  };
  const { progress } = run.context;
  const nodes = project.nodes.map((node) => toGraphNode(run, node, ports.id));
  for (const node of project.nodes) {
    if (isKeptService(run, node)) progress.node(nodeId(run, node.id), 'kept');
    else progress.node(nodeId(run, node.id), 'waiting', node.needs.length === 0 ? undefined : `for ${node.needs.map(({ id }) => id).join(', ')}`);
  }
  return [ports, ...nodes];
}

/** The nodes that people are told of: those of the plan that this attempt did something for. */
export function isShownNode(run: ProjectRun, id: string): boolean {
  return run.request.project.nodes.some((node) => nodeId(run, node.id) === id && !isKeptService(run, node));
}

function toGraphNode(run: ProjectRun, node: PlannedNode, portsId: string): GraphNode {
  const id = nodeId(run, node.id);
  const common = { id, label: node.label, critical: node.critical, skipped: (reason: string) => noteSkipped(run, node, reason) };
  const service = node.kind === 'service' ? run.request.project.services.find(({ type }) => type === node.id) : undefined;
  const reaches = node.kind === 'dependency' || (service !== undefined && service.kind !== 'job') ? 'ready' : 'completed';
  // What runs already needs nothing.
  if (service?.action === 'keep') return { ...common, needs: [], reaches, run: (running) => keepService(run, service, running) };
  const needs = node.needs.map((need) => ({ ...need, id: nodeId(run, need.id) }));
  return {
    ...common,
    needs: node.kind === 'service' || node.kind === 'hook' ? [{ id: portsId, condition: 'ready' }, ...needs] : needs,
    reaches,
    run: (running) => told(run, node, running.signal, () => runNode(run, node, { ...running, critical: node.critical })),
  };
}

function runNode(run: ProjectRun, node: PlannedNode, running: RunningNode): Promise<NodeResult> {
  const { project } = run.request;
  if (isReplaced(run, node)) return Promise.resolve({ state: 'skipped', detail: 'a hook of the project looks after it' });
  switch (node.kind) {
    case 'dependency':
      return runDependencyNode(run, project.dependencies.find(({ id }) => id === node.id)!, running);
    case 'service':
      return runServiceNode(run, project.services.find(({ type }) => type === node.id)!, running);
    case 'preparation':
      return runPreparationStep(run, stepOf(run, node), running);
    case 'migration':
      return runMigration(run, stepOf(run, node), running);
    case 'hook':
      return import('./run-hook-step.js').then(({ runHookStep }) => runHookStep(run, stepOf(run, node), running));
  }
}

/** What runs with the database as it was ends before: it may hold locks on it. */
async function runMigration(run: ProjectRun, step: PlannedStep, running: RunningNode): Promise<NodeResult> {
  const { former, project } = run.request;
  if (step.action === 'run') for (const { name } of project.services.filter(({ type }) => step.before.includes(type))) await former.stop(name);
  const { runMigrationStep } = await import('./run-migration-step.js');
  return runMigrationStep(run, step, running);
}

function stepOf({ request }: ProjectRun, { id }: PlannedNode): PlannedStep {
  return request.project.steps.find((step) => step.id === id)!;
}

function isReplaced({ hooked }: ProjectRun, { kind }: PlannedNode): boolean {
  return (kind === 'dependency' && hooked.requirements !== undefined) || (kind === 'service' && hooked.services !== undefined);
}

/** All service ports are known before a service starts, so that a frontend knows its backend. */
async function leaseServicePorts({ context, request, acquired }: ProjectRun, avoid: ReadonlySet<number>): Promise<void> {
  const { project, former } = request;
  const leased = project.services.filter((candidate) => candidate.action !== 'keep').map(async (service) => {
    const token = createLaunchToken(context);
    if (service.preferred_port === null) {
      acquired.leases.push({ service, token, port: null, source: 'none' });
      return;
    }
    const passed = await former.passLease(service, token, avoid);
    if (passed !== undefined) {
      acquired.leases.push({ service, token, port: passed, source: 'remembered' });
      return;
    }
    const lease = await context.leases.acquire({
      preferred: service.preferred_port,
      owner: { scopeId: context.scope.id, project: project.name, service: service.type, repositoryRoot: context.scope.repositoryRoot },
      token,
      http: true,
      avoid,
    });
    acquired.leases.push({ service, token, port: lease.port, source: lease.source });
  });
  // Every lease that was granted is known to the undo, also when another one fails.
  const failed = (await Promise.allSettled(leased)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function told(run: ProjectRun, node: PlannedNode, signal: AbortSignal, work: () => Promise<NodeResult>): Promise<void> {
  const { progress } = run.context;
  const id = nodeId(run, node.id);
  progress.node(id, 'running');
  try {
    const { state, detail } = await work();
    progress.node(id, state, detail);
  } catch (error) {
    if (isConsequenceOf(signal, error)) progress.node(id, 'skipped', 'given up');
    else progress.node(id, node.critical ? 'failed' : 'unusable', errorMessage(error));
    throw error;
  }
}

/** What a start goes on without is on record as what it is. */
function noteSkipped(run: ProjectRun, node: PlannedNode, reason: string): void {
  run.context.progress.node(nodeId(run, node.id), 'skipped', reason);
  if (node.kind === 'dependency') run.acquired.failed.set(node.id, { status: 'failed', class: 'hard_start_failure', reasonCode: 'requirement_failed', message: reason });
  const service = node.kind === 'service' ? run.request.project.services.find(({ type }) => type === node.id) : undefined;
  if (service !== undefined) run.services.set(service.name, toAbsentRecord(run.context, run.request, service, reason));
}

function isKeptService({ request }: ProjectRun, node: PlannedNode): boolean {
  return node.kind === 'service' && request.project.services.find(({ type }) => type === node.id)?.action === 'keep';
}

function nodeId({ request }: ProjectRun, name: string): string {
  return `${request.project.name}/${name}`;
}
