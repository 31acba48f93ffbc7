/** Starts one service of a project on its leased port and waits until it is ready. */
import { join } from 'node:path';
import { EnvctlError, type EdgeCondition, type ProjectedVariable } from '../contract/index.js';
import { quoteForShell } from '../processes/read-only.js';
import { secretVariableNames } from '../requirements/index.js';
import { acquireProcess, type AcquiredProcess } from '../resources/index.js';
import { addressVariables, commandOnPort, createDetectionFiles, createLaunchListeners, createReadyCommand, createWaitedLaunch, declaredSecretNames, fillEnvLines, readEnvFile, secretValues, serviceEnvironment, substitutePort, toEnvSources, waitServiceReady, type ServiceAddress, type ServiceReadiness, type ServiceReadyRequest } from '../services/index.js';
import type { ServiceRecord } from '../state/index.js';
import { followMove } from './follow-move.js';
import { givenPorts, toDependencyProvider, toServiceProvider } from './given-ports.js';
import type { ExecuteContext, ExecuteRequest } from './project-run.js';
import type { PlannedProject, PlannedService } from './plan.js';

/** A service whose port is leased under the launch token it will be started with. */
export interface LeasedService {
  readonly service: PlannedService;
  readonly token: string;
  /** null: it has none. Where the service is: one that moves takes it along. */
  port: number | null;
  /** The port it was leased first, when it has moved. */
  movedFrom?: number;
  readonly source: string;
}

export interface ServiceStart {
  readonly leased: LeasedService;
  /** Every service that gets a port in this call. */
  readonly leases: readonly LeasedService[];
  readonly variables: Readonly<Record<string, ProjectedVariable>>;
  /** The dependencies that `variables` are of. */
  readonly dependencies: readonly { readonly id: string; readonly ports: readonly number[]; readonly variables: readonly string[] }[];
  /** Told as soon as there is something to undo. */
  readonly onLaunched: (launch: AcquiredProcess, waitAgain: (signal: AbortSignal) => Promise<ServiceRecord>) => void;
  readonly signal: AbortSignal;
  readonly reached: (condition: EdgeCondition) => void;
}

/** Throws ENVCTL_E_SERVICE_FAILED when it ends, ENVCTL_E_SERVICE_NOT_READY when it takes too long; a job has to end well. */
export async function startService(context: ExecuteContext, request: ExecuteRequest, start: ServiceStart): Promise<ServiceRecord> {
  const { service, port } = start.leased;
  const { command } = commandOnPort(service.command, port);
  const logPath = serviceLogPath(request, service);
  const environment = environmentOfService(context, request, start);
  const given = givenPorts(service, environment, [
    ...start.dependencies.map(({ id, ports, variables }) => toDependencyProvider(id, ports, variables)),
    ...addressesOf(context, request, start.leases).map((address) => toServiceProvider(service.type, address)),
  ]);
  const launch = await launchService(context, request, start, { command, env: environment, logPath });
  const launched = { launch, logPath, environment, given };
  start.onLaunched(launch, (signal) => awaitService(context, request, { ...start, signal }, { ...launched, wasReady: true }));
  start.reached('started');
  return awaitService(context, request, start, { ...launched, wasReady: false });
}

interface LaunchedParts {
  readonly launch: AcquiredProcess;
  readonly logPath: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly given: ServiceRecord['given_ports'];
  /** It was, and is waited for once more. */
  readonly wasReady: boolean;
}

async function awaitService(context: ExecuteContext, request: ExecuteRequest, start: ServiceStart, { launch, logPath, environment, given, wasReady }: LaunchedParts): Promise<ServiceRecord> {
  const { service, port } = start.leased;
  const { ready } = service;
  const { healthUrl } = commandOnPort(service.command, port);
  const listeners = createLaunchListeners(launch.directory);
  const readiness = await waitServiceReady({
    launch: createWaitedLaunch(launch.directory, logPath),
    port: service.listens ? port : null,
    learnsPort: service.command.portMode === 'env',
    healthUrl,
    readyLog: ready.log === null ? undefined : new RegExp(ready.log),
    readyCommand: ready.command === null ? undefined : toReadyCommand(context, request, start, environment, ready.command),
    completesWith: service.kind === 'job' ? service.success_exit_codes : undefined,
    timeoutMs: ready.timeout_ms,
    signal: start.signal,
    onLogReady: () => start.reached('log-ready'),
    redact: context.redaction.text,
    listenersOf: listeners.listenersOf,
    leftOn: listeners.leftOn,
    lives: listeners.lives,
    rebound: { maxDelta: context.config.truth.reboundMaxDelta, healthUrlOn: (other) => commandOnPort(service.command, other).healthUrl },
  });
  if (readiness.status !== 'ready' && readiness.status !== 'completed') throw notReady(context, request, start.leased, { ...readiness, wasReady });
  if (readiness.status === 'ready' && readiness.movedTo !== undefined) await followMove(context, request, { leased: start.leased, launch, port: readiness.movedTo, pid: listeners.childPid() });
  const { port: bound } = start.leased;
  if (service.listens) context.events.emit('service.bind.actual', { project: request.project.name, service: service.type, actual_port: bound });
  else await listeners.listenersOf();
  if (readiness.status === 'ready' && healthUrl !== undefined) start.reached('healthy');
  return toRecord(context, request, start.leased, launch, { logPath, healthUrl: commandOnPort(service.command, bound).healthUrl, pid: readiness.status === 'completed' ? null : listeners.childPid(), listenerPids: bound === null ? [] : listeners.pidsOn(bound), status: readiness.status === 'completed' ? 'completed' : 'running', given });
}

/** What goes on record of a service that was launched by a start that failed; `failure` when it was the one that failed. */
export function toFailedRecord(context: ExecuteContext, request: ExecuteRequest, leased: LeasedService, launch: AcquiredProcess, failure: string | undefined): ServiceRecord {
  const record = toRecord(context, request, leased, launch, { logPath: serviceLogPath(request, leased.service), healthUrl: undefined, pid: null, listenerPids: [], status: 'stopped' });
  return { ...record, status: failure === undefined ? 'stopped' : 'failed', actual_port: null, public_url: null, failure_detail: failure ?? null };
}

/** What goes on record of a service that a start went on without: nothing of it is left. */
export function toAbsentRecord(context: ExecuteContext, request: ExecuteRequest, service: PlannedService, failure: string): ServiceRecord {
  const record = toRecord(context, request, { service, token: '', port: null, source: 'none' }, undefined, { logPath: serviceLogPath(request, service), healthUrl: undefined, pid: null, listenerPids: [], status: 'failed' });
  return { ...record, requested_port: null, actual_port: null, started_at: null, public_url: null, failure_detail: failure, degraded: true };
}

function toReadyCommand(context: ExecuteContext, request: ExecuteRequest, { leased: { service, port } }: ServiceStart, env: Readonly<Record<string, string>>, words: readonly string[]): NonNullable<ServiceReadyRequest['readyCommand']> {
  const [program = '', ...rest] = words.map((word) => substitutePort(word, port));
  return createReadyCommand(context, {
    name: `ready ${service.type}`,
    project: request.project.name,
    runId: request.runId,
    command: [program, ...rest],
    cwd: service.command.cwd,
    env,
    logPath: serviceLogPath(request, service).replace(/\.log$/, '.ready.log'),
  });
}

function serviceLogPath({ project, runDirectory }: ExecuteRequest, { type }: PlannedService): string {
  return join(runDirectory, `${project.name.replace(/[/ ]/g, '_')}_${type}.log`);
}

/** The whole environment of a service; that of what is run for it too. */
export function environmentOfService(context: ExecuteContext, request: ExecuteRequest, start: Pick<ServiceStart, 'leased' | 'leases' | 'variables'>): Record<string, string> {
  const { service, port } = start.leased;
  const { env: commandEnv } = commandOnPort(service.command, port);
  const addresses = addressesOf(context, request, start.leases);
  const { envFile } = service.command;
  const values = envFile === undefined ? {} : readEnvFile(createDetectionFiles(), envFile);
  for (const value of secretValues(values)) context.onSecret(value);
  return serviceEnvironment({
    service: service.type,
    audience: service.environment.audience,
    processEnv: context.env,
    forwarded: request.forwarded,
    projectName: request.project.name,
    port,
    commandEnv,
    dependencies: start.variables,
    secretNames: [...declaredSecretNames(context.declarations), ...secretNames(context, request)],
    envFile: envFile === undefined ? undefined : { path: envFile.path, values, overrides: envFile.overrides },
    sections: sectionVariables(context, request, start, addresses),
    urls: Object.fromEntries(addresses.map((address) => [address.type, `http://${address.host}:${address.port}`])),
  });
}

function launchService(context: ExecuteContext, request: ExecuteRequest, start: ServiceStart, parts: { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly logPath: string }): Promise<AcquiredProcess> {
  const { project } = request;
  const { service, port, token } = start.leased;
  const { stop, restart } = service;
  context.events.emit('service.start', { project: project.name, service: service.type, port, retry: false });
  return acquireProcess(context, {
    name: service.name,
    kind: 'service',
    token,
    project: project.name,
    runId: request.runId,
    command: parts.command,
    cwd: service.command.cwd,
    env: parts.env,
    logPath: parts.logPath,
    ports: port === null ? [] : [port],
    dataDirectories: [],
    stop: [
      { signal: stop.signal, target: 'group', waitMs: stop.timeout_ms },
      { signal: 'SIGKILL', target: 'tree', waitMs: 2_000 },
    ],
    restart: { when: restart.when, max: restart.max, backoffMs: restart.backoff_ms },
    successExitCodes: service.success_exit_codes,
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
  launch: AcquiredProcess | undefined,
  facts: { readonly logPath: string; readonly healthUrl: string | undefined; readonly pid: number | null; readonly listenerPids: readonly number[]; readonly status: string; readonly given?: ServiceRecord['given_ports'] },
): ServiceRecord {
  const shown = service.public_url === null || port === null ? service.public_url : substitutePort(service.public_url, port);
  return {
    type: service.type,
    cwd: service.command.cwd,
    name: service.name,
    pid: facts.pid,
    requested_port: service.listens ? service.preferred_port : null,
    actual_port: service.listens ? port : null,
    log_path: facts.logPath,
    status: facts.status,
    synthetic: false,
    started_at: context.now() / 1000,
    listener_pids: [...facts.listenerPids],
    project: request.project.name,
    service_slug: service.type,
    launch_id: launch?.launchId ?? null,
    launch_directory: launch?.directory ?? null,
    run_id: request.runId,
    listener_expected: service.listens,
    public_url: shown ?? (service.listens ? `http://${context.publicHost}:${port}` : null),
    health_url: facts.healthUrl ?? null,
    failure_detail: null,
    critical: service.critical,
    degraded: false,
    kind: service.kind,
    success_exit_codes: [...service.success_exit_codes],
    depends_on: needsOf(request.project, service),
    given_ports: facts.given ?? {},
  };
}

/** What it waited for, of services and dependencies, for a stop that goes the other way. */
function needsOf({ nodes, services, dependencies }: PlannedProject, { type }: PlannedService): string[] {
  const known = [...services.map((service) => service.type), ...dependencies.map(({ id }) => id)];
  const needs = nodes.find(({ kind, id }) => kind === 'service' && id === type)?.needs ?? [];
  return needs.map(({ id }) => id).filter((id) => known.includes(id));
}

/** What the launch env sections of `.envctl` set for the service that starts. */
function sectionVariables(context: ExecuteContext, request: ExecuteRequest, { leased, variables }: Pick<ServiceStart, 'leased' | 'variables'>, addresses: readonly ServiceAddress[]): Record<string, string> {
  const { type, environment } = leased.service;
  const sources = toEnvSources({ ...variables, ...Object.assign({}, ...addresses.map(addressVariables)) as typeof variables });
  return fillEnvLines(context.config.envLines(request.plan.mode, type), sources, environment.audience);
}

/** Where the project's services are that listen, started now or kept. */
function addressesOf({ publicHost }: ExecuteContext, { project, kept }: ExecuteRequest, leases: readonly LeasedService[]): readonly ServiceAddress[] {
  return project.services.flatMap(({ type, listens, command, public_url: publicUrl }) => {
    const port = leases.find(({ service }) => service.type === type && listens)?.port ?? kept[type]?.actual_port ?? null;
    if (port === null) return [];
    const healthUrl = command.healthUrl === undefined ? null : substitutePort(command.healthUrl, port);
    return [{ type, host: publicHost, port, publicUrl: publicUrl === null ? null : substitutePort(publicUrl, port), healthUrl }];
  });
}

function notReady(context: ExecuteContext, request: ExecuteRequest, { service, port }: LeasedService, readiness: Extract<ServiceReadiness, { readonly status: 'exited' | 'timeout' }> & { readonly wasReady: boolean }): EnvctlError {
  const failureClass = readiness.wasReady ? 'post_start_truth_check' : readiness.status === 'timeout' ? 'listener_not_detected' : readiness.reason === 'bind_conflict' ? 'bind_conflict' : 'process_exited';
  context.events.emit('service.failure', { project: request.project.name, service: service.type, failure_class: failureClass, port, detail: readiness.detail });
  return new EnvctlError(readiness.status === 'timeout' ? 'ENVCTL_E_SERVICE_NOT_READY' : 'ENVCTL_E_SERVICE_FAILED', `${service.name}${readiness.wasReady ? ', which was ready,' : ''} ${readiness.detail}`, {
    hints: [...readiness.hints, `less ${quoteForShell(serviceLogPath(request, service))}`],
    data: { service: service.name, port, failure_class: failureClass },
  });
}
