import { EnvctlError, type CommandContract } from '../contract/index.js';

/** What a command asks of the facade: bring something up anew, bring back what is recorded, or see what is recorded. */
export type StateUse = 'start' | 'restore' | 'read';

const permitted: Readonly<Record<CommandContract['statePolicy'], readonly StateUse[]>> = {
  none: ['start', 'restore', 'read'],
  load: ['restore', 'read'],
  'skip-startup': [],
};

const words: Readonly<Record<StateUse, string>> = { start: 'to start something', restore: 'to bring something back', read: 'for the recorded state' };

/** Holds a command to the state policy it declares; one that declares nothing may do what it likes. Throws ENVCTL_E_BUG, which names the command's package. */
export function assertStatePolicy(command: string, policy: CommandContract['statePolicy'] | undefined, use: StateUse): void {
  if (policy === undefined || permitted[policy].includes(use)) return;
  throw new EnvctlError('ENVCTL_E_BUG', `The command ${command} declares the state policy ${policy} and asked ${words[use]}.`, { kind: 'bug', data: { command, policy, use } });
}
