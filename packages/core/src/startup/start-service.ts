/** Starts one service of a project on its leased port and waits until it is ready. */
import { join } from 'node:path';
import { EnvctlError, type EdgeCondition, type ProjectedVariable } from '../contract/index.js';
import { secretVariableNames } from '../requirements/index.js';
import { acquireProcess, type AcquiredProcess } from '../resources/index.js';
import { commandOnPort, createLaunchListeners, createWaitedLaunch, declaredSecretNames, fillEnvLines, serviceEnvironment, toEnvSources, waitServiceReady, type ServiceName, type ServiceReadiness } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';
import type { ExecuteContext, ExecuteRequest } from './project-run.js';
import type { PlannedService } from './plan.js';

/** A service whose port is leased under the launch token it will be started with. */
export interface LeasedService {
  readonly service: PlannedService;
  readonly token: string;
  readonly port: number;
  readonly source: string;
}

export interface ServiceStart {
  readonly leased: LeasedService;
  /** Every service that gets a port in this call. */
  readonly leases: readonly LeasedService[];
  readonly variables: Readonly<Record<string, ProjectedVariable>>;
  /** Told as soon as there is something to undo. */
  readonly onLaunched: (launch: AcquiredProcess) => void;
  readonly signal: AbortSignal;
  readonly reached: (condition: EdgeCondition) => void;
}

/** Throws ENVCTL_E_SERVICE_FAILED when it ends, ENVCTL_E_SERVICE_NOT_READY when it takes too long. */
export async function startService(context: ExecuteContext, request: ExecuteRequest, start: ServiceStart): Promise<ServiceRecord> {
  const { service, port } = start.leased;
  const { command, env, healthUrl } = commandOnPort(service.command, port);
  const logPath = serviceLogPath(request, service);
  const launch = await launchService(context, request, start, { command, env, logPath });
  start.onLaunched(launch);
  start.reached('started');
  const listeners = createLaunchListeners(launch.directory);
  const readiness = await waitServiceReady({
    launch: createWaitedLaunch(launch.directory, logPath),
    port: service.listens ? port : null,
    healthUrl,
    timeoutMs: context.serviceTimeoutMs(service.type),
    signal: start.signal,
    redact: context.redaction.text,
    listenersOf: listeners.listenersOf,
  });
  if (readiness.status !== 'ready' && readiness.status !== 'completed') throw notReady(context, service, request.project.name, port, readiness);
  if (service.listens) context.events.emit('service.bind.actual', { project: request.project.name, service: service.type, actual_port: port });
  else await listeners.listenersOf();
  return toRecord(context, request, start.leased, launch, { logPath, healthUrl, pid: listeners.childPid(), listenerPids: listeners.pidsOn(port) });
}

/** What goes on record of a service that was launched by a start that failed; `failure` when it was the one that failed. */
export function toFailedRecord(context: ExecuteContext, request: ExecuteRequest, leased: LeasedService, launch: AcquiredProcess, failure: string | undefined): ServiceRecord {
  const record = toRecord(context, request, leased, launch, { logPath: serviceLogPath(request, leased.service), healthUrl: undefined, pid: null, listenerPids: [] });
  return { ...record, status: failure === undefined ? 'stopped' : 'failed', actual_port: null, public_url: null, failure_detail: failure ?? null };
}

function serviceLogPath({ project, runDirectory }: ExecuteRequest, { type }: PlannedService): string {
  return join(runDirectory, `${project.name.replace(/[/ ]/g, '_')}_${type}.log`);
}

function launchService(context: ExecuteContext, request: ExecuteRequest, start: ServiceStart, parts: { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly logPath: string }): Promise<AcquiredProcess> {
  const { project } = request;
  const { service, port, token } = start.leased;
  context.events.emit('service.start', { project: project.name, service: service.type, port, retry: false });
  return acquireProcess(context, {
    name: service.name,
    kind: 'service',
    token,
    project: project.name,
    runId: request.runId,
    command: parts.command,
    cwd: service.command.cwd,
    env: serviceEnvironment({
      service: service.type,
      audience: service.environment.audience,
      processEnv: context.env,
      forwarded: request.forwarded,
      projectName: project.name,
      port,
      commandEnv: parts.env,
      dependencies: start.variables,
      secretNames: [...declaredSecretNames(context.declarations), ...secretNames(context, request)],
      sections: sectionVariables(context, request, start),
      urls: mapPorts(servicePorts(request, start.leases), (peer) => `http://${context.publicHost}:${peer}`),
    }),
    logPath: parts.logPath,
    ports: [port],
    dataDirectories: [],
    stop: [
      { signal: 'SIGTERM', target: 'group', waitMs: 10_000 },
      { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
    ],
    restart: { when: 'no', max: 0, backoffMs: 0 },
    logRotation: 'running',
  });
}

/** A frontend waits for no dependency: what it must not get is known all the same. */
function secretNames(context: ExecuteContext, { project, handles }: ExecuteRequest): readonly string[] {
  return project.dependencies.flatMap(({ id }) => {
    const handle = handles.get(id);
    return handle === undefined ? [] : secretVariableNames(context, project, handle);
  });
}

function toRecord(
  context: ExecuteContext,
  request: ExecuteRequest,
  { service, port }: LeasedService,
  launch: AcquiredProcess,
  facts: { readonly logPath: string; readonly healthUrl: string | undefined; readonly pid: number | null; readonly listenerPids: readonly number[] },
): ServiceRecord {
  return {
    type: service.type,
    cwd: service.command.cwd,
    name: service.name,
    pid: facts.pid,
    requested_port: service.listens ? service.preferred_port : null,
    actual_port: service.listens ? port : null,
    log_path: facts.logPath,
    status: 'running',
    synthetic: false,
    started_at: context.now() / 1000,
    listener_pids: [...facts.listenerPids],
    project: request.project.name,
    service_slug: service.type,
    launch_id: launch.launchId,
    launch_directory: launch.directory,
    run_id: request.runId,
    listener_expected: service.listens,
    public_url: service.listens ? `http://${context.publicHost}:${port}` : null,
    health_url: facts.healthUrl ?? null,
    failure_detail: null,
    critical: true,
    degraded: false,
  };
}

/** What the launch env sections of `.envctl` set for the service that starts. */
function sectionVariables(context: ExecuteContext, request: ExecuteRequest, { leased, leases, variables }: ServiceStart): Record<string, string> {
  const { type, environment } = leased.service;
  const addresses = Object.entries(servicePorts(request, leases)).flatMap(([service, port]) => {
    const name = service.toUpperCase();
    const open = (value: string) => ({ value, secret: false });
    return [[`${name}_URL`, open(`http://${context.publicHost}:${port}`)], [`${name}_HOST`, open(context.publicHost)], [`${name}_PORT`, open(String(port))]] as const;
  });
  return fillEnvLines(context.config.envLines(request.plan.mode, type), toEnvSources({ ...variables, ...Object.fromEntries(addresses) }), environment.audience);
}

/** Ports of the project's services that listen, started now or kept. */
function servicePorts(request: ExecuteRequest, leases: readonly LeasedService[]): Partial<Record<ServiceName, number>> {
  return Object.fromEntries(
    (['backend', 'frontend'] as const).flatMap((type) => {
      const port = leases.find(({ service }) => service.type === type && service.listens)?.port ?? request.kept[type]?.actual_port;
      return port === undefined || port === null ? [] : [[type, port]];
    }),
  );
}

function mapPorts(ports: Partial<Record<ServiceName, number>>, map: (port: number) => string): Partial<Record<ServiceName, string>> {
  return Object.fromEntries(Object.entries(ports).map(([service, port]) => [service, map(port)]));
}

function notReady(context: ExecuteContext, service: PlannedService, project: string, port: number, readiness: Extract<ServiceReadiness, { readonly status: 'exited' | 'timeout' }>): EnvctlError {
  const failureClass = readiness.status === 'timeout' ? 'listener_not_detected' : readiness.reason === 'bind_conflict' ? 'bind_conflict' : 'process_exited';
  context.events.emit('service.failure', { project, service: service.type, failure_class: failureClass, port, detail: readiness.detail });
  return new EnvctlError(readiness.status === 'timeout' ? 'ENVCTL_E_SERVICE_NOT_READY' : 'ENVCTL_E_SERVICE_FAILED', `${service.name} ${readiness.detail}`, {
    hints: readiness.hints,
    data: { service: service.name, port, failure_class: failureClass },
  });
}
