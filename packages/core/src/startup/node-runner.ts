import type { EdgeCondition } from '../contract/index.js';
import type { NodeState } from '../ui/index.js';

/** What a node that runs is told, and tells: conditions as it reaches them, each once. */
export interface RunningNode {
  /** False: its failure fails no start. */
  readonly critical: boolean;
  readonly signal: AbortSignal;
  readonly reached: (condition: EdgeCondition) => void;
}

/** How it ended, for people. */
export interface NodeResult {
  readonly state: NodeState;
  readonly detail?: string;
}
