import { EnvctlError } from '../contract/index.js';
import type { DamagedCandidate } from './candidate-files.js';

/** The error for a command that needs a state and found only damaged ones. */
export function unreadableState(damaged: readonly DamagedCandidate[]): EnvctlError {
  const [first] = damaged;
  return new EnvctlError('ENVCTL_E_STATE_UNREADABLE', `No readable state is left: ${damaged.map((item) => `${item.path}: ${item.message}`).join('; ')}.`, {
    kind: 'environment',
    hints: first?.reason === 'newer' ? ['Update envctl: the state was written by a newer one.'] : ['Stop everything that is on record: envctl stop-all'],
    data: { damaged },
  });
}
