import type { EdgeCondition } from '../contract/index.js';
import { EnvctlError, errorMessage } from '../contract/index.js';

export interface GraphEdge {
  readonly id: string;
  readonly condition: EdgeCondition;
}

/** A step that runs when everything it needs has reached its condition. */
export interface GraphNode {
  readonly id: string;
  readonly needs: readonly GraphEdge[];
  /** `reached` tells dependents early: a process can be `started` long before it is `ready`. Returning means `ready`. */
  run(ctx: { readonly signal: AbortSignal; readonly reached: (condition: EdgeCondition) => void }): Promise<void>;
}

export type NodeOutcome =
  | { readonly status: 'done'; readonly durationMs: number }
  | { readonly status: 'failed'; readonly durationMs: number; readonly error: unknown }
  | { readonly status: 'skipped'; readonly reason: string };

/**
 * Runs a graph as wide as its edges allow. The first failure aborts the rest: nodes that run see their
 * signal abort, nodes that wait are skipped with the reason. Always resolves; the caller decides what a
 * failure means.
 */
export async function runGraph(nodes: readonly GraphNode[], options: { readonly signal: AbortSignal; readonly nowMs?: () => number }): Promise<ReadonlyMap<string, NodeOutcome>> {
  assertAcyclic(nodes);
  const nowMs = options.nowMs ?? (() => performance.now());
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const gates = new Map(nodes.map((node) => [node.id, createGate()]));
  const outcomes = new Map<string, NodeOutcome>();

  async function runNode(node: GraphNode): Promise<void> {
    const gate = gates.get(node.id)!;
    for (const edge of node.needs) {
      const reached = await Promise.race([gates.get(edge.id)!.reached(edge.condition), aborted(signal)]);
      if (!reached) {
        outcomes.set(node.id, { status: 'skipped', reason: options.signal.aborted ? 'cancelled' : `${edge.id} did not become ${edge.condition}` });
        gate.close();
        return;
      }
    }
    const startedMs = nowMs();
    try {
      signal.throwIfAborted();
      await node.run({ signal, reached: (condition) => gate.reach(condition) });
      outcomes.set(node.id, { status: 'done', durationMs: nowMs() - startedMs });
      gate.reach('healthy');
    } catch (error) {
      // An abort that another node caused is not this node's failure.
      const isConsequence = isConsequenceOf(signal, error);
      outcomes.set(node.id, isConsequence ? { status: 'skipped', reason: options.signal.aborted ? 'cancelled' : 'another step failed' } : { status: 'failed', durationMs: nowMs() - startedMs, error });
      gate.close();
      if (!isConsequence) failure.abort(error);
    }
  }

  await Promise.all(nodes.map(runNode));
  return outcomes;
}

/** True for what a node throws because its signal was aborted: the reason itself, or the abort error of what it awaited. */
export function isConsequenceOf(signal: AbortSignal, error: unknown): boolean {
  return signal.aborted && (error === signal.reason || isAbort(error));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError' || (error as { code?: unknown }).code === 'ABORT_ERR' || (error as { code?: unknown }).code === 'ENVCTL_E_CANCELLED');
}

const rank: Readonly<Record<EdgeCondition, number>> = { started: 1, 'log-ready': 2, ready: 2, healthy: 3, completed: 3 };

interface Gate {
  reach(condition: EdgeCondition): void;
  close(): void;
  /** Resolves true when the condition is reached, false when it never will be. */
  reached(condition: EdgeCondition): Promise<boolean>;
}

function createGate(): Gate {
  let level = 0;
  let closed = false;
  let waiters: { readonly wanted: number; readonly resolve: (value: boolean) => void }[] = [];
  const settle = () => {
    for (const waiter of waiters.filter((candidate) => closed || level >= candidate.wanted)) waiter.resolve(level >= waiter.wanted);
    waiters = waiters.filter((candidate) => !closed && level < candidate.wanted);
  };
  return {
    reach: (condition) => {
      level = Math.max(level, rank[condition]);
      settle();
    },
    close: () => {
      closed = true;
      settle();
    },
    reached: (condition) =>
      new Promise((resolve) => {
        waiters.push({ wanted: rank[condition], resolve });
        settle();
      }),
  };
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener('abort', () => resolve(false), { once: true });
  });
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

/** The first real failure, for the message of the command. */
export function firstFailure(outcomes: ReadonlyMap<string, NodeOutcome>): { readonly id: string; readonly error: unknown; readonly message: string } | undefined {
  for (const [id, outcome] of outcomes) {
    if (outcome.status === 'failed') return { id, error: outcome.error, message: errorMessage(outcome.error) };
  }
  return undefined;
}
