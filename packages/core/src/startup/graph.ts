/**
 * Runs steps as wide as what they need of each other allows. Conditions are facts of their own: what is ready is not
 * healthy by that, and what has completed was never ready.
 */
import type { EdgeCondition } from '../contract/index.js';
import { EnvctlError, errorMessage, isEnvctlError } from '../contract/index.js';

export interface GraphEdge {
  readonly id: string;
  readonly condition: EdgeCondition;
  /** True: waited for, and done without when it does not come; default false. */
  readonly optional?: boolean;
}

/** A step that runs when everything it needs has reached its condition. */
export interface GraphNode {
  readonly id: string;
  /** For people; default: the id. */
  readonly label?: string;
  readonly needs: readonly GraphEdge[];
  /** False: its failure is not the failure of the graph; default true. */
  readonly critical?: boolean;
  /** What returning means; default `ready`. */
  readonly reaches?: EdgeCondition;
  /** `reached` tells dependents early: a process can be `started` long before it is `ready`. */
  run(ctx: { readonly signal: AbortSignal; readonly reached: (condition: EdgeCondition) => void }): Promise<void>;
  /** Told when it will never run. */
  skipped?(reason: string): void;
}

/** `tolerated`: of a node that is not critical. */
export type NodeOutcome =
  | { readonly status: 'done'; readonly durationMs: number }
  | { readonly status: 'failed'; readonly durationMs: number; readonly error: unknown; readonly tolerated?: true }
  | Skipped;

interface Skipped {
  readonly status: 'skipped';
  readonly reason: string;
  /** The node whose failure keeps it from running, at the end of the chain. */
  readonly blockedBy?: string;
  readonly tolerated?: true;
}

type Outcomes = ReadonlyMap<string, NodeOutcome>;

/**
 * The first failure of a critical node, or of one that a critical node needs, aborts the rest: nodes that run see their
 * signal abort, nodes that wait are skipped with the reason. Always resolves; the caller decides what a failure means.
 */
export async function runGraph(nodes: readonly GraphNode[], options: { readonly signal: AbortSignal; readonly nowMs?: () => number }): Promise<Outcomes> {
  assertAcyclic(nodes);
  const nowMs = options.nowMs ?? (() => performance.now());
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const dependents = toDependents(nodes);
  const reached = new Map(nodes.map((node) => [node.id, new Set<EdgeCondition>()]));
  const waiting = new Set(nodes.map((node) => node.id));
  const outcomes = new Map<string, NodeOutcome>();
  const running: Promise<void>[] = [];

  let fatal: { readonly error: unknown } | undefined;

  const skip = (node: GraphNode, outcome: Skipped): void => {
    waiting.delete(node.id);
    outcomes.set(node.id, outcome);
    node.skipped?.(outcome.reason);
  };
  const abandon = (error: unknown): void => {
    failure.abort(error);
    for (const id of [...waiting]) skip(byId.get(id)!, { status: 'skipped', reason: abortReason() });
  };
  const abortReason = (): string => (options.signal.aborted ? 'cancelled' : 'another step failed');

  /** Starts a waiting node that has all it needs, and gives up one that will never have it. */
  function consider(node: GraphNode): void {
    if (!waiting.has(node.id)) return;
    const missing = node.needs.filter((edge) => !reached.get(edge.id)!.has(edge.condition));
    const lost = missing.find((edge) => edge.optional !== true && outcomes.has(edge.id));
    if (lost !== undefined) {
      skip(node, describeBlock(node, lost, byId.get(lost.id)!, outcomes.get(lost.id)!));
      if (node.critical !== false) fatal ??= { error: toBlockError(outcomes.get(node.id) as Skipped, outcomes) };
      considerDependents(node);
    } else if (missing.every((edge) => outcomes.has(edge.id))) {
      waiting.delete(node.id);
      running.push(runNode(node));
    }
  }

  function considerDependents(node: GraphNode): void {
    for (const dependent of dependents.get(node.id) ?? []) consider(dependent);
  }

  async function runNode(node: GraphNode): Promise<void> {
    const reach = (condition: EdgeCondition): void => {
      for (const implied of impliedBy[condition]) reached.get(node.id)!.add(implied);
      considerDependents(node);
    };
    const startedMs = nowMs();
    try {
      signal.throwIfAborted();
      await node.run({ signal, reached: reach });
      outcomes.set(node.id, { status: 'done', durationMs: nowMs() - startedMs });
      reach(node.reaches ?? 'ready');
    } catch (error) {
      // An abort that another node caused is not this node's failure.
      if (isConsequenceOf(signal, error)) {
        outcomes.set(node.id, { status: 'skipped', reason: abortReason() });
        return;
      }
      outcomes.set(node.id, { status: 'failed', durationMs: nowMs() - startedMs, error, ...toleratedOf(node) });
      if (node.critical !== false) fatal ??= { error };
      considerDependents(node);
    }
    if (fatal !== undefined && !failure.signal.aborted) abandon(fatal.error);
  }

  const cancel = (): void => abandon(options.signal.reason);
  options.signal.addEventListener('abort', cancel, { once: true });
  if (options.signal.aborted) cancel();
  for (const node of nodes) consider(node);
  // A node that runs may start others, which are waited for in their turn.
  for (let index = 0; index < running.length; index += 1) await running[index];
  options.signal.removeEventListener('abort', cancel);
  return outcomes;
}

/** True for what a node throws because its signal was aborted: the reason itself, or the abort error of what it awaited. */
export function isConsequenceOf(signal: AbortSignal, error: unknown): boolean {
  return signal.aborted && (error === signal.reason || isAbort(error));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError' || (error as { code?: unknown }).code === 'ABORT_ERR' || (error as { code?: unknown }).code === 'ENVCTL_E_CANCELLED');
}

/** What is true of a node that has reached a condition. */
const impliedBy: Readonly<Record<EdgeCondition, readonly EdgeCondition[]>> = {
  started: ['started'],
  'log-ready': ['log-ready', 'started'],
  ready: ['ready', 'started'],
  healthy: ['healthy', 'ready', 'started'],
  completed: ['completed', 'started'],
};

function toDependents(nodes: readonly GraphNode[]): ReadonlyMap<string, readonly GraphNode[]> {
  const dependents = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const id of new Set(node.needs.map((edge) => edge.id))) dependents.set(id, [...(dependents.get(id) ?? []), node]);
  }
  return dependents;
}

/** `not started: worker needs migrate, which failed: exited with code 3`, through every link of the chain. */
function describeBlock(node: GraphNode, edge: GraphEdge, need: GraphNode, outcome: NodeOutcome): Skipped {
  const why =
    outcome.status === 'failed' ? `which failed: ${errorMessage(outcome.error)}` : outcome.status === 'skipped' ? `which was ${outcome.reason}` : `which did not become ${edge.condition}`;
  const blockedBy = outcome.status === 'skipped' ? (outcome.blockedBy ?? need.id) : need.id;
  return { status: 'skipped', reason: `not started: ${node.label ?? node.id} needs ${need.label ?? need.id}, ${why}`, blockedBy, ...toleratedOf(node) };
}

function toleratedOf(node: GraphNode): { readonly tolerated?: true } {
  return node.critical === false ? { tolerated: true } : {};
}

/** The failure of a node that had to run and could not, with the advice of what kept it. */
function toBlockError(outcome: Skipped, outcomes: Outcomes): EnvctlError {
  const root = outcomes.get(outcome.blockedBy ?? '');
  const cause = root?.status === 'failed' ? root.error : undefined;
  return new EnvctlError('ENVCTL_E_START_FAILED', outcome.reason, { kind: 'dependency', hints: isEnvctlError(cause) ? cause.hints : [], cause });
}

/** Throws ENVCTL_E_DEPENDENCY_CYCLE naming the circle, and ENVCTL_E_BUG for an edge to nowhere. */
export function assertAcyclic(nodes: readonly Pick<GraphNode, 'id' | 'needs'>[]): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (done.has(id)) return;
    if (path.includes(id)) {
      throw new EnvctlError('ENVCTL_E_DEPENDENCY_CYCLE', `These require each other in a circle: ${[...path.slice(path.indexOf(id)), id].join(' → ')}`, { hints: ['remove one of the edges'] });
    }
    const node = byId.get(id);
    if (node === undefined) throw new EnvctlError('ENVCTL_E_BUG', `the start graph needs an unknown node ${id} (from ${path.at(-1) ?? 'nowhere'})`, { kind: 'bug' });
    for (const edge of node.needs) visit(edge.id, [...path, id]);
    done.add(id);
  };
  for (const node of nodes) visit(node.id, []);
}

/** Why the graph failed, for the message of the command; what is tolerated is no failure of it. */
export function firstFailure(outcomes: Outcomes): { readonly id: string; readonly error: unknown; readonly message: string } | undefined {
  for (const [id, outcome] of outcomes) {
    if (outcome.status === 'failed' && outcome.tolerated !== true) return { id, error: outcome.error, message: errorMessage(outcome.error) };
  }
  for (const [id, outcome] of outcomes) {
    if (outcome.status !== 'skipped' || outcome.blockedBy === undefined || outcome.tolerated === true) continue;
    const error = toBlockError(outcome, outcomes);
    return { id, error, message: error.message };
  }
  return undefined;
}
