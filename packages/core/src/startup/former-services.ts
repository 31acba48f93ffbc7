/**
 * What ran before of the services that a start replaces. Each goes on until it is its turn; if the start comes to nothing,
 * those that were stopped are started again as they were, so that what ran before runs again or still.
 *
 * The launch directory of a former life is kept until its successor is about to go on record: until then it tells what became of it.
 */
import { EnvctlError, errorMessage, type Mode } from '../contract/index.js';
import { readLaunchEnvironment } from '../processes/index.js';
import { acquireProcess, createLaunchToken, describeIncomplete, forgetProcesses, recordedNeeds, releaseLease, releaseProcesses, toStopOrder, type AcquiredProcess, type RecordedLaunch } from '../resources/index.js';
import { isDiskRefusal } from '../fs/index.js';
import type { ServiceRecord } from '../state/index.js';
import type { ExecuteContext } from './project-run.js';
import type { PlannedService } from './plan.js';
import type { LeasedService } from './start-service.js';
import { waitRecorded } from './wait-recorded.js';

export interface FormerService {
  readonly record: ServiceRecord;
  readonly launch: RecordedLaunch;
  /** It ran when the start was planned: one that did not is nothing to come back to. */
  readonly ran: boolean;
  /** How long it may take to get ready. */
  readonly readyTimeoutMs: number;
}

/** What became of those that had been stopped. */
export interface ComeBack {
  /** Names of those that run again as before. */
  readonly restored: readonly string[];
  readonly lost: readonly { readonly name: string; readonly type: string; readonly why: string }[];
}

export interface FormerServices {
  /**
   * Ends the service, and before it those that wait for it and are replaced too. Does nothing the second time, or when there is
   * none. Throws ENVCTL_E_STOP_INCOMPLETE.
   */
  stop(name: string): Promise<void>;
  stopAll(): Promise<void>;
  /** Ends what is left of services that did not run. */
  clear(): Promise<void>;
  /**
   * The port of a service that still runs, leased for its successor. Undefined when that cannot be, or there is none: then the
   * service has ended, and the port may be leased as any other.
   */
  passLease(service: PlannedService, token: string, avoid: ReadonlySet<number>): Promise<number | undefined>;
  /** Gives the port of a service that still runs back to it; false when it does not run. */
  returnLease(leased: LeasedService): Promise<boolean>;
  /** Starts again what was stopped. Never throws. */
  bringBack(): Promise<ComeBack>;
  /** Their successors are about to go on record. */
  forget(): Promise<void>;
}

type FormerContext = Pick<ExecuteContext, 'scope' | 'paths' | 'ledger' | 'leases' | 'events' | 'seam' | 'now' | 'randomHex' | 'state' | 'redaction' | 'progress'>;

/** @param services of one project: all that are recorded and start again */
export function createFormerServices(context: FormerContext, { mode, project, services }: { readonly mode: Mode; readonly project: string; readonly services: readonly FormerService[] }): FormerServices {
  const needed = recordedNeeds(services.map(({ launch }) => launch), services.map(({ record }) => ({ ...record, project: record.project ?? project })));
  const needsOf = ({ launch }: FormerService): readonly FormerService[] => needed(launch).map((other) => services.find((service) => service.launch === other)!);
  const find = (name: string): FormerService | undefined => services.find(({ record }) => record.name === name);
  const endings = new Map<FormerService, Promise<void>>();
  const environments = new Map<FormerService, Readonly<Record<string, string>> | undefined>();
  const ended = new Set<FormerService>();
  const stuck = new Set<FormerService>();
  const runsStill = (service: FormerService | undefined): service is FormerService => service?.ran === true && !ended.has(service);

  async function end(group: readonly FormerService[]): Promise<void> {
    for (const service of group) if (service.ran && service.launch.state !== undefined) environments.set(service, readLaunchEnvironment(service.launch.state));
    const { incomplete } = await releaseProcesses(context, group.map(({ launch }) => launch), { keepReserved: true, keepRecord: true });
    for (const service of group) (incomplete.some(({ directory }) => directory === service.launch.directory) ? stuck : ended).add(service);
    if (incomplete.length > 0) {
      throw new EnvctlError('ENVCTL_E_STOP_INCOMPLETE', `Could not stop: ${describeIncomplete(incomplete)}`, { kind: 'environment', hints: ['envctl health'] });
    }
  }

  async function endInOrder(wanted: readonly FormerService[]): Promise<void> {
    for (const group of toStopOrder(wanted, needsOf)) {
      const begun = group.filter((service) => !endings.has(service));
      const ending = end(begun);
      for (const service of begun) endings.set(service, ending);
      const results = await Promise.allSettled(group.map((service) => endings.get(service)!));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    }
  }

  /** It, and those that wait for it; whom a dead one has left runs until its own turn. */
  function withDependents(service: FormerService): readonly FormerService[] {
    if (!service.ran) return [service];
    const found = new Set([service]);
    // A set that grows while it is gone through: what is added is gone through, too.
    for (const one of found) for (const other of services) if (other.ran && needsOf(other).includes(one)) found.add(other);
    return [...found];
  }

  async function passLease(planned: PlannedService, token: string, avoid: ReadonlySet<number>): Promise<number | undefined> {
    const service = find(planned.name);
    if (!runsStill(service)) return undefined;
    const [port] = service.launch.ports;
    const from = service.launch.token;
    if (port !== undefined && from !== undefined && planned.preferred_port !== null && !avoid.has(port) && (await context.leases.pass(port, { from, to: token }, planned.preferred_port))) return port;
    await endInOrder(withDependents(service));
    return undefined;
  }

  async function returnLease({ service: { name }, port, token }: LeasedService): Promise<boolean> {
    const service = find(name);
    if (port === null || !runsStill(service) || service.launch.token === undefined || service.launch.ports[0] !== port) return false;
    try {
      await context.leases.pass(port, { from: token, to: service.launch.token });
    } catch (error) {
      if (!isDiskRefusal(error)) throw error;
    }
    return true;
  }

  async function bringBack(): Promise<ComeBack> {
    const stopped = services.filter((service) => service.ran && ended.has(service));
    const restored: string[] = [];
    const lost: ComeBack['lost'][number][] = [...stuck].filter(({ ran }) => ran).map(({ record: { name, type } }) => ({ name, type, why: 'it could not be stopped whole' }));
    for (const group of [...toStopOrder(stopped, needsOf)].reverse()) {
      await Promise.all(
        group.map(async (service) => {
          const { name, type } = service.record;
          const node = `${project}/${type}`;
          context.progress.node(node, 'running', 'again, as before');
          try {
            await restore(context, mode, service, environments.get(service));
            restored.push(name);
            context.progress.node(node, 'ready', 'runs again as before');
          } catch (error) {
            const why = context.redaction.text(errorMessage(error));
            lost.push({ name, type, why });
            context.progress.node(node, 'failed', why);
          }
        }),
      );
    }
    if (stopped.length > 0) context.events.emit('startup.restore.finished', { project, restored, lost: lost.map(({ name }) => name) });
    return { restored, lost };
  }

  return {
    stop: async (name) => {
      const service = find(name);
      if (service !== undefined) await endInOrder(withDependents(service));
    },
    stopAll: () => endInOrder(services),
    clear: () => endInOrder(services.filter(({ ran }) => !ran)),
    passLease,
    returnLease,
    bringBack,
    forget: () => forgetProcesses(context, services.filter((service) => ended.has(service)).map(({ launch }) => launch)),
  };
}

/** Starts a service again by its launch record, waits until it runs, and puts its new launch in the place of the old one on record. */
async function restore(context: FormerContext, mode: Mode, service: FormerService, env: Readonly<Record<string, string>> | undefined): Promise<void> {
  const { launch } = service;
  if (service.record.kind === 'job') throw new EnvctlError('ENVCTL_E_SERVICE_NOT_READY', 'a job is not run twice unasked');
  if (launch.state === undefined || env === undefined) throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', 'the environment it was started with could not be read');
  context.seam('service.restore.before-effect');
  const token = createLaunchToken(context);
  const ports = await leaseAgain(context, service, token);
  let acquired: AcquiredProcess | undefined;
  try {
    acquired = await relaunch(context, launch, { token, env });
    context.seam('service.restore.after-effect');
    // A second Ctrl-C ends envctl at once.
    const seen = await waitRecorded(context, service.record, { directory: acquired.directory, timeoutMs: service.readyTimeoutMs, signal: new AbortController().signal });
    // In this order: a record beside that of its successor would be nobody's, since the next start has nothing to do.
    await forgetProcesses(context, [launch]);
    await record(context, mode, service, acquired, seen);
  } catch (error) {
    // What is on no record must not run.
    if (acquired !== undefined) await releaseProcesses(context, [{ entryId: acquired.entry.id, directory: acquired.directory, token, ports }], { keepReserved: true });
    else for (const port of ports) await releaseLease(context, port, token, { keepReserved: true });
    throw error;
  }
  context.seam('service.restore.after-confirm');
}

/** Its environment tells it and others the ports it had: it is these or none. */
async function leaseAgain(context: FormerContext, { record: { project, type, requested_port: requested }, launch }: FormerService, token: string): Promise<readonly number[]> {
  const owner = { scopeId: context.scope.id, project: project ?? '', service: type, repositoryRoot: context.scope.repositoryRoot };
  for (const port of launch.ports) await context.leases.acquire({ preferred: requested ?? port, exact: port, owner, token, http: true });
  return launch.ports;
}

function relaunch(context: FormerContext, { state, runId }: RecordedLaunch, { token, env }: { readonly token: string; readonly env: Readonly<Record<string, string>> }): Promise<AcquiredProcess> {
  const { name, kind, project, command, cwd, logPath, ports, dataDirectories, user, stop, restart, successExitCodes, logMaxBytes, logRotation } = state!.record;
  return acquireProcess(context, {
    ...{ runId, name, kind, project, command, cwd, logPath, ports, dataDirectories, stop, restart, token, env },
    ...(user && { user }),
    ...(successExitCodes && { successExitCodes }),
    ...(logMaxBytes !== undefined && { logMaxBytes }),
    ...(logRotation && { logRotation }),
  });
}

type Seen = Pick<ServiceRecord, 'pid' | 'listener_pids'>;

async function record(context: FormerContext, mode: Mode, { record: { name } }: FormerService, { launchId, directory }: AcquiredProcess, seen: Seen): Promise<void> {
  const latest = (await context.state.load({ mode }))?.state;
  if (latest?.services[name] === undefined) throw new EnvctlError('ENVCTL_E_STATE_NOT_FOUND', 'it is on no record any more');
  await context.state.update(latest.run_id, (state) => {
    const former = state.services[name];
    if (former === undefined) return state;
    return { ...state, services: { ...state.services, [name]: { ...former, ...seen, launch_id: launchId, launch_directory: directory, started_at: context.now() / 1000 } } };
  });
}
