export type NodeState = 'waiting' | 'running' | 'ready' | 'kept' | 'unneeded' | 'unusable' | 'failed' | 'skipped' | 'undone';

/**
 * How a command tells what it is doing. Orchestrators call it; renderers decide how it looks. Nothing here
 * may throw, block or write to stdout.
 */
export interface Progress {
  node(id: string, state: NodeState, detail?: string): void;
  note(text: string): void;
  /** Gives the terminal back. */
  close(): void;
}

export const silentProgress: Progress = { node: () => undefined, note: () => undefined, close: () => undefined };
