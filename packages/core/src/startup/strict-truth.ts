/**
 * What ENVCTL_RUNTIME_TRUTH_MODE=strict adds to a start (contracts, sections 7.1 and 17.2): the readiness gate before
 * anything is touched, and a look at everything recorded, as `health` looks, before the run counts as good.
 */
import { EnvctlError, type ConfigReader } from '../contract/index.js';
import type { ReadinessPort, RunState } from '../state/index.js';
import { isGoodStatus, readTruthMode, reconcile, type ReconcileContext, type StateTruth } from '../truth/index.js';

export interface StrictContext extends ReconcileContext {
  readonly readiness: ReadinessPort;
}

type Command = 'start' | 'restart' | 'resume';

/** Throws ENVCTL_E_START_REFUSED when an evaluator says the runtime is not ready; without an evaluator it passes. */
export async function assertReadinessGate(context: Pick<StrictContext, 'reader' | 'readiness' | 'events'>, command: Command, signal: AbortSignal): Promise<void> {
  if (!isStrict(context.reader)) return;
  const { passed, errors, summary } = await context.readiness.evaluate(signal);
  context.events.emit('cutover.gate.evaluate', { scope: command, runtime_readiness_contract_enforced: true, runtime_readiness_contract_passed: passed, runtime_readiness_blocking_gap_count: summary['blocking_gap_count'] ?? null });
  if (passed !== false) return;
  context.events.emit('cutover.gate.fail_reason', { scope: command, gate: 'shipability', reason: errors.join('; '), reason_code: 'runtime_readiness_contract' });
  throw new EnvctlError('ENVCTL_E_START_REFUSED', `${command === 'resume' ? 'Resume' : 'Startup'} blocked: strict runtime readiness gate is incomplete.`, {
    kind: 'environment',
    hints: [...errors, 'ENVCTL_RUNTIME_TRUTH_MODE=auto starts without the gate'],
    data: { reason: 'runtime_readiness_contract', errors },
  });
}

/** Throws ENVCTL_E_START_FAILED that names what of the whole state, kept parts included, does not run or answer. */
export async function assertWholeTruth(context: StrictContext, toState: () => RunState, signal: AbortSignal): Promise<void> {
  if (!isStrict(context.reader)) return;
  const truth = await reconcile(context, toState(), { source: 'start.post_start', signal });
  if (truth.healthy) return;
  const untrue = describeUntrue(truth);
  throw new EnvctlError('ENVCTL_E_START_FAILED', `strict truth: ${untrue.join('; ')}`, {
    kind: 'environment',
    hints: ['envctl health', 'ENVCTL_RUNTIME_TRUTH_MODE=auto looks only at what it starts'],
    data: { untrue },
  });
}

function isStrict(reader: ConfigReader): boolean {
  return readTruthMode(reader) === 'strict';
}

function describeUntrue({ services, dependencies }: StateTruth): readonly string[] {
  return [
    ...services.filter(({ status }) => !isGoodStatus(status)).map(({ name, status, detail }) => `${name} is ${status}${detail === undefined ? '' : ` (${detail})`}`),
    ...dependencies
      .filter(({ status }) => status !== 'healthy' && status !== 'disabled')
      .map(({ project, component, status, detail }) => `${component} of ${project} is ${status}${detail === undefined ? '' : ` (${detail})`}`),
  ];
}
