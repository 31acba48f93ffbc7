import { join } from 'node:path';
import { EnvctlError, type Mode } from '../contract/index.js';
import { createRunId, isLegacyState, withoutLegacyPids } from '../state/index.js';
import { reconcile, type ReconcileContext } from '../truth/index.js';

export interface LegacyResumeRequest {
  readonly mode: Mode;
  readonly signal: AbortSignal;
  /** Told one line for each service that is not restored; absent: nothing is written down either (a dry run). */
  readonly warn?: (line: string) => void;
}

/**
 * A state of the original is not resumed (contracts, section 3.5): its pids are dropped, so that nothing of it counts as
 * running, and what is missing is not started again. Throws ENVCTL_E_RESUME_NOTHING; returns when there is no such state.
 */
export async function refuseLegacyResume(context: ReconcileContext, { mode, signal, warn }: LegacyResumeRequest): Promise<void> {
  const loaded = await context.state.load({ mode, legacy: true });
  if (loaded === undefined || !isLegacyState(loaded.state)) return;
  if (warn !== undefined) {
    const runId = createRunId(context.now(), context.random);
    context.bindRun(runId, join(context.paths.runs, runId));
  }
  const { state, pids } = withoutLegacyPids(loaded.state);
  const run = { run_id: state.run_id };
  context.events.emit('resume.legacy_state.sanitized', { ...run, service_count: Object.keys(state.services).length, sanitized_pids: pids });
  const truth = await reconcile(context, state, { source: 'resume', signal });
  const missing = truth.services.filter(({ status }) => status !== 'running').map(({ name }) => name);
  context.events.emit('resume.phase', { mode, phase: 'pre_restore_reconcile', missing_count: missing.length, legacy_state: true });
  context.events.emit('resume.restore.skip', { ...run, reason: 'legacy_state', missing_count: missing.length, missing_services: missing });
  for (const name of missing) warn?.(`Warning: ${name} was recorded by the original envctl and is not restored.`);
  throw new EnvctlError('ENVCTL_E_RESUME_NOTHING', `No active services to resume: ${state.run_id} was recorded by the original envctl in ${loaded.path}, and what it recorded is not started again.`, {
    hints: ['envctl start', 'envctl stop   (tells what of it still lives)'],
    data: { ...run, legacy_state: true, missing_services: missing },
  });
}
