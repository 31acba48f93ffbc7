/**
 * What becomes of that which the last look found untrue: what ended is told as any failed node, what comes again (it is restarted, or
 * does not listen for a moment) is waited for, and what is not critical the project goes on without.
 */
import { EnvctlError, errorMessage, isEnvctlError, type FailedOutcome } from '../contract/index.js';
import { describeExit, quoteForShell } from '../processes/read-only.js';
import { releaseDependencies } from '../requirements/index.js';
import { readRecordedLaunches } from '../resources/index.js';
import { diagnoseLog, tailLines } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';
import type { DependencyTruth, RecordedServiceTruth } from '../truth/index.js';
import { isConsequenceOf } from './graph.js';
import type { Untrue } from './last-look.js';
import type { ProjectRun } from './project-run.js';
import { releaseFailed } from './run-service.js';
import { waitRecorded } from './wait-recorded.js';

/** Gives the first failure of something critical, by the id of its node. Rejects when the start is cancelled. */
export async function settleProject(run: ProjectRun, { services, dependencies }: Untrue): Promise<{ readonly node: string; readonly error: unknown } | undefined> {
  const { name } = run.request.project;
  const failure = new AbortController();
  const signal = AbortSignal.any([run.request.signal, failure.signal]);
  let first: { readonly node: string; readonly error: unknown } | undefined;
  const settle = async (id: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (isConsequenceOf(signal, error)) return;
      tell(run, id, 'failed', errorMessage(error));
      first ??= { node: `${name}/${id}`, error };
      failure.abort(error);
    }
  };
  await Promise.all([
    ...services.map((truth) => settle(truth.type, () => settleService(run, truth, signal))),
    ...dependencies.map((truth) => settle(truth.component, () => settleDependency(run, truth))),
  ]);
  run.request.signal.throwIfAborted();
  return first;
}

async function settleService(run: ProjectRun, truth: RecordedServiceTruth, signal: AbortSignal): Promise<void> {
  const { name, type, status } = truth;
  const started = run.services.get(name);
  const record = started ?? run.request.kept[type];
  if (record === undefined) return;
  if (status === 'starting' || status === 'unreachable') tell(run, type, 'running', truth.detail);
  try {
    if (started === undefined) await waitForKept(run, record, truth, signal);
    else await waitForStarted(run, started, truth, signal);
    tell(run, type, 'ready', record.public_url ?? 'running');
  } catch (error) {
    if (record.critical || isConsequenceOf(signal, error)) throw error;
    tell(run, type, 'unusable', errorMessage(error));
    const leased = run.acquired.leases.find(({ service }) => service.name === name);
    if (started !== undefined && leased !== undefined) await releaseFailed(run, leased, error);
    else run.notes.push(run.context.redaction.text(errorMessage(error)));
  }
}

async function waitForStarted({ acquired, services }: ProjectRun, record: ServiceRecord, truth: RecordedServiceTruth, signal: AbortSignal): Promise<void> {
  const process = acquired.processes.find(({ leased }) => leased.service.name === record.name);
  if (process === undefined) throw notRunning(record, truth, 'which was there when the start looked');
  const { degraded, failure_detail } = record;
  services.set(record.name, { ...record, ...(await process.waitAgain(signal)), degraded, failure_detail });
}

async function waitForKept({ context, request }: ProjectRun, record: ServiceRecord, truth: RecordedServiceTruth, signal: AbortSignal): Promise<void> {
  const service = request.project.services.find(({ name }) => name === record.name);
  if (record.launch_directory === null || service === undefined) throw notRunning(record, truth, 'which was kept');
  try {
    await waitRecorded(context, record, { directory: record.launch_directory, timeoutMs: service.ready.timeout_ms, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw notRunning(record, { ...truth, detail: errorMessage(error) }, 'which was kept', isEnvctlError(error) ? error.hints : []);
  }
}

function notRunning({ name, type, log_path: logPath, actual_port: port }: ServiceRecord, { status, detail }: RecordedServiceTruth, what: string, hints: readonly string[] = []): EnvctlError {
  return new EnvctlError('ENVCTL_E_SERVICE_FAILED', `${name}, ${what}, ${detail ?? `is ${status}`}`, {
    hints: [...hints, ...(logPath === null ? [] : [`less ${quoteForShell(logPath)}`]), `envctl start ${type}`],
    data: { service: name, port, failure_class: 'post_start_truth_check' },
  });
}

async function settleDependency(run: ProjectRun, truth: DependencyTruth): Promise<void> {
  const { context, request: { project }, acquired } = run;
  const { component: id } = truth;
  const label = project.dependencies.find((dependency) => dependency.id === id)?.display_name ?? id;
  const started = acquired.dependencies.get(id);
  const end = truth.instance === null ? undefined : await describeServerEnd(run, truth.instance);
  const outcome: FailedOutcome = { status: 'failed', class: 'hard_start_failure', reasonCode: 'post_start_truth_check', message: `it was ready and ${context.redaction.text(truth.detail ?? end?.detail ?? 'is gone')}`, hints: end?.hints ?? [] };
  context.events.emit('requirements.failure_class', { project: project.name, service: id, failure_class: outcome.class, reason: outcome.message, reason_code: outcome.reasonCode, error: outcome.message });
  const error = new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `${label}: ${outcome.message}`, { kind: 'dependency', hints: outcome.hints ?? [], data: { reason: outcome.reasonCode, class: outcome.class } });
  if (project.nodes.find((node) => node.kind === 'dependency' && node.id === id)?.critical !== false) throw error;
  tell(run, id, 'unusable', errorMessage(error));
  if (started === undefined) {
    run.notes.push(errorMessage(error));
    return;
  }
  acquired.failed.set(id, outcome);
  acquired.dependencies.delete(id);
  if (started.joined) await releaseDependencies(context, [project.name], { keepReserved: false, instances: [started.instance] });
}

/** How the server of an instance ended, as its launch record and its log tell; undefined when they do not. */
async function describeServerEnd({ context }: ProjectRun, instance: string): Promise<{ readonly detail: string; readonly hints: readonly string[] } | undefined> {
  const { launches } = await readRecordedLaunches(context);
  const ended = launches.flatMap(({ kind, name, state }) => (kind === 'dependency' && state?.exit !== undefined && name?.startsWith(`${instance}/`) === true ? [{ exit: state.exit, logPath: state.record.logPath }] : []));
  const [latest] = ended.sort((left, right) => right.exit.at - left.exit.at);
  if (latest === undefined) return undefined;
  const diagnosis = diagnoseLog(await tailLines(latest.logPath, 100), context.redaction.text);
  return { detail: `${describeExit(latest.exit.code)}; log_path: ${latest.logPath}; log: ${diagnosis.line ?? '(empty)'}`, hints: [...diagnosis.hints, `less ${quoteForShell(latest.logPath)}`] };
}

/** What a hook defined is no node of the plan, and people were told of none. */
function tell({ context, request: { project } }: ProjectRun, id: string, ...told: readonly [state: 'running' | 'ready' | 'unusable' | 'failed', detail?: string]): void {
  if (project.nodes.some((node) => node.id === id)) context.progress.node(`${project.name}/${id}`, ...told);
}
