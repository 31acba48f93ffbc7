import type { NodeState, Progress } from './progress.js';

const words: Readonly<Record<NodeState, string>> = { waiting: 'waiting', running: 'starting', ready: 'ready', kept: 'already running', unneeded: 'nothing to do', unusable: 'not usable', failed: 'failed', skipped: 'skipped', undone: 'stopped again' };

/** One line per change, for logs and pipes. */
export function createPlainProgress(options: { readonly write: (text: string) => void }): Progress {
  return {
    node: (id, state, detail) => {
      if (state === 'waiting') return;
      options.write(`${id}: ${words[state]}${detail === undefined ? '' : ` (${detail})`}\n`);
    },
    note: (text) => options.write(`${text}\n`),
    close: () => undefined,
  };
}
