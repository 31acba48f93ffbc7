import type { EdgeCondition } from '../contract/index.js';
import type { NodeState } from '../ui/index.js';
import type { PlannedStep } from './plan-nodes.js';
import type { ProjectRun } from './project-run.js';

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

/** Runs a step to its end; throws when it fails, and when `node.signal` is aborted. */
export type StepRunner = (run: ProjectRun, step: PlannedStep, node: RunningNode) => Promise<NodeResult>;

export type StepRunners = Readonly<Partial<Record<PlannedStep['kind'], StepRunner>>>;
