/** Brings one dependency up for one project, and probes it: driver, instance, ports, retries. */
import { existsSync } from 'node:fs';
import type {
  ConfigReader,
  DependencyDeclaration,
  DependencyDefinition,
  DependencyOutcome,
  DependencyPlan,
  DriverName,
  FailedOutcome,
  ProbeContext,
  ProjectedVariable,
  ProjectFacts,
} from '../contract/index.js';
import { errorMessage } from '../contract/index.js';
import { readProcessTable } from '../processes/index.js';
import { createLaunchToken, isLaunchAlive, readRecordedLaunches } from '../resources/index.js';
import type { EngineContext } from '../scope/index.js';
import { withCommand } from './command-driver.js';
import { decideDriver } from './driver.js';
import { askExternal } from './external.js';
import type { InstanceRecord } from './instance-schema.js';
import { digestSettings } from './instance-sketch.js';
import { instanceLockMs, newInstanceRecord, prepareInstanceDirectories, readInstance, readInstances, writeInstance } from './instance-store.js';
import { assertNoLostServer, readOrRebuildInstance } from './rebuild-instance.js';
import { giveBack, stopInstanceProcesses } from './release-instance.js';
import { decideRetry, type RetryCounts } from './retry.js';
import { createSecretStore } from './secret-store.js';
import { createStartContext } from './start-context.js';

export interface DependencyHandle {
  readonly declaration: DependencyDeclaration;
  readonly definition: DependencyDefinition;
}

export interface RequirementsContext extends EngineContext {
  readonly reader: ConfigReader;
  readonly onSecret: (value: string) => void;
  /** Preferred port of a resource for a project (contracts, section 6.1). */
  readonly preferredPort: (basePort: number, projectName: string) => number;
}

export interface BringUpRequest {
  readonly project: ProjectFacts;
  readonly handle: DependencyHandle;
  readonly runId: string;
  readonly required: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly signal: AbortSignal;
  /** Told when nothing more needs to be launched before what does not need the dependency: maybe more than once. */
  readonly onLaunched?: () => void;
}

export interface BringUpResult {
  readonly outcome: DependencyOutcome;
  readonly instance: string;
  readonly driver: DriverName;
  readonly ports: Readonly<Record<string, number>>;
  readonly requested: Readonly<Record<string, number>>;
  readonly retries: number;
  /** True when the project did not use the instance before this call. */
  readonly joined: boolean;
  /** True when this call started the server. */
  readonly started: boolean;
  readonly variables: Readonly<Record<string, ProjectedVariable>>;
}

export async function bringUpDependency(context: RequirementsContext, request: BringUpRequest): Promise<BringUpResult> {
  const { declaration } = request.handle;
  context.events.emit('requirements.start', { project: request.project.name, service: declaration.id });
  const existing = await existingDriver(context, declaration.id, request.project);
  const driver = await decideDriver({ id: declaration.id, definition: request.handle.definition, config: context.reader, requested: context.config.dependencyMode(declaration.id), existing, findProgram: context.findProgram, signal: request.signal });
  const plan = request.handle.definition.plan({ scope: context.scope, project: request.project, config: context.reader, driver });
  const id = instanceId(declaration.id, plan, request.project, driver);
  return context.lock(`instance-${id}`).hold(`bring up ${id}`, { timeoutMs: instanceLockMs, signal: request.signal }, () => bringUpInstance(context, request, { id, plan, driver }));
}

interface Target {
  readonly id: string;
  readonly plan: DependencyPlan;
  readonly driver: DriverName;
}

async function bringUpInstance(context: RequirementsContext, request: BringUpRequest, target: Target): Promise<BringUpResult> {
  const { declaration } = request.handle;
  const known = await readInstance(context, target.id);
  const base = known ?? newInstanceRecord(context, target.id, { dependency: declaration.id, share: target.plan.share, project: target.plan.share === 'project' ? request.project.name : null, driver: target.driver });
  const wasHolder = base.holders.includes(request.project.name);
  const wasRunning = await isRunning(context, target.id);
  // Whoever stopped a server has taken its token off the record: nobody looks for that one.
  const mayBeLost = known === undefined ? existsSync(base.directory) : !wasRunning && known.token !== null;
  if (mayBeLost && target.driver !== 'external') await assertNoLostServer(context, target.id);
  // A given server has no data here.
  if (target.driver !== 'external') {
    await registerDirectory(context, base, request.runId);
    await prepareInstanceDirectories(context, base);
  }
  const limits = { bind: Math.max(1, context.reader.integer('ENVCTL_REQUIREMENT_BIND_MAX_RETRIES') ?? 8), transient: 3 };
  let record = withHolder({ ...base, driver: target.driver }, request.project.name);
  let counts: RetryCounts = { bind: 0, transient: 0 };
  const avoid = new Set<number>();
  const requested = toRequestedPorts(context, request, target.plan);
  let leased = wasRunning && record.token !== null;

  try {
    // Whom a server is for is on record before it runs; with new ports it is written together with them.
    if ((leased || target.driver === 'external') && record.holders !== base.holders) await writeInstance(context, record);
    for (;;) {
      if (!leased) record = await leasePorts(context, request, target, record, avoid);
      // Another try on the same port keeps its lease: the server may run there already.
      leased = true;
      const outcome = await attempt(context, request, target, record);
      request.signal.throwIfAborted();
      if (outcome.status !== 'failed') {
        record = { ...record, settings: digestSettings(context.config), ports: { ...record.ports, ...(outcome.status === 'degraded' ? {} : outcome.ports) } };
        await writeInstance(context, record);
        context.events.emit('requirements.healthy', { project: request.project.name, service: declaration.id, final_port: Object.values(record.ports)[0] ?? null });
        const variables = await projectVariables(context, request.project, request.handle, target, record);
        return { outcome, instance: target.id, driver: target.driver, ports: record.ports, requested, retries: counts.bind + counts.transient, joined: !wasHolder || !wasRunning, started: !wasRunning, variables };
      }
      context.events.emit('requirements.failure_class', { project: request.project.name, service: declaration.id, failure_class: outcome.class, reason: outcome.message, reason_code: outcome.reasonCode, error: outcome.message });
      const decision = decideRetry(outcome, counts, limits);
      if (!decision.retry) {
        await giveBack(context, record, request.project.name, { wasHolder, wasRunning });
        return { outcome: toFinal(outcome, counts), instance: target.id, driver: target.driver, ports: record.ports, requested, retries: counts.bind + counts.transient, joined: false, started: false, variables: {} };
      }
      counts = decision.counts;
      context.events.emit('requirements.retry', { project: request.project.name, service: declaration.id, attempt: counts.bind + counts.transient, failure_class: outcome.class, reason: outcome.message, reason_code: outcome.reasonCode, error: outcome.message });
      if (decision.port === 'next' && !wasRunning) {
        for (const port of Object.values(record.ports)) avoid.add(port);
        await stopInstanceProcesses(context, record, { keepReserved: false });
        record = { ...record, token: null };
        leased = false;
      }
    }
  } catch (error) {
    await giveBack(context, record, request.project.name, { wasHolder, wasRunning });
    throw error;
  }
}

async function attempt(context: RequirementsContext, request: BringUpRequest, target: Target, record: InstanceRecord): Promise<DependencyOutcome> {
  const start = async (signal: AbortSignal) => {
    const probe = toProbeContext(context, request.project, target, record, signal);
    const { onLaunched, required, runId } = request;
    const started = createStartContext({ engine: context, record: { ...record, token: record.token ?? '' }, probe, required, runId, holder: request.project.name, ...(onLaunched === undefined ? {} : { onLaunched }) });
    try {
      return await request.handle.definition.start(started);
    } finally {
      await started.settle();
    }
  };
  try {
    if (target.driver !== 'external') return await start(request.signal);
    request.onLaunched?.();
    return await askExternal({ id: request.handle.declaration.id, config: context.reader, signal: request.signal, ask: start });
  } catch (error) {
    request.signal.throwIfAborted();
    return { status: 'failed', class: 'hard_start_failure', reasonCode: 'hard_start_failure', message: errorMessage(error), hints: hintsOf(error) };
  }
}

/** What a state says of a dependency that was brought up. */
export interface RecordedServer {
  /** Id of its instance. */
  readonly instance: string;
  readonly driver: DriverName;
}

export interface ServerRequest {
  readonly project: ProjectFacts;
  readonly handle: DependencyHandle;
  /** The server that is meant; default: the one that the configuration asks for now. */
  readonly recorded?: RecordedServer | undefined;
}

/** Whether a process of the server lives, answering or not; of a server of the user's own nobody here can tell: true. */
export async function isServerAlive(context: RequirementsContext, request: ServerRequest): Promise<boolean> {
  const { id, driver } = await toTarget(context, request);
  return driver === 'external' || isRunning(context, id);
}

/** Whether a start would use another server than the recorded one, as the configuration is now. Never throws: what cannot be planned is no other. */
export async function isAnotherAsked(context: RequirementsContext, { project, handle, recorded }: ServerRequest & { readonly recorded: RecordedServer }): Promise<boolean> {
  const asked = await toTarget(context, { project, handle }).catch(() => undefined);
  return asked !== undefined && (asked.id !== recorded.instance || asked.driver !== recorded.driver);
}

/** One real request to what the application will call. Never throws. */
export async function probeDependency(context: RequirementsContext, request: ServerRequest & { readonly signal: AbortSignal }): Promise<DependencyOutcome & { readonly ports?: Readonly<Record<string, number>> }> {
  try {
    const target = await toTarget(context, request);
    const record = await readOrRebuildInstance(context, target.id);
    if (record === undefined || (target.driver !== 'external' && !record.holders.includes(request.project.name))) {
      return { status: 'failed', class: 'hard_start_failure', reasonCode: 'not_running', message: `${target.id} is not running` };
    }
    const { definition } = target.driver === 'command' ? withCommand(context, request.handle) : request.handle;
    const ask = (signal: AbortSignal) => definition.probe(toProbeContext(context, request.project, target, record, signal));
    const outcome = target.driver === 'external' ? await askExternal({ id: request.handle.declaration.id, config: context.reader, signal: request.signal, ask }) : await ask(request.signal);
    return { ...outcome, ports: record.ports };
  } catch (error) {
    return { status: 'failed', class: 'hard_start_failure', reasonCode: 'probe_failed', message: errorMessage(error) };
  }
}

/** The variables of a dependency that is already up. */
export async function readVariables(context: RequirementsContext, project: ProjectFacts, handle: DependencyHandle): Promise<Readonly<Record<string, ProjectedVariable>>> {
  const target = await toTarget(context, { project, handle });
  const record = await readOrRebuildInstance(context, target.id);
  return record === undefined ? {} : projectVariables(context, project, handle, target, record);
}

async function isRunning(context: EngineContext, id: string): Promise<boolean> {
  const { launches } = await readRecordedLaunches(context);
  const own = launches.filter((launch) => launch.name?.startsWith(`${id}/`) === true && launch.kind === 'dependency');
  if (own.length === 0) return false;
  const table = readProcessTable();
  return own.some((launch) => launch.state !== undefined && isLaunchAlive(launch, table));
}

async function leasePorts(context: RequirementsContext, request: BringUpRequest, target: Target, record: InstanceRecord, avoid: ReadonlySet<number>): Promise<InstanceRecord> {
  if (target.driver === 'external') return record;
  const token = createLaunchToken(context);
  const ports: Record<string, number> = {};
  for (const resource of request.handle.declaration.resources.filter((candidate) => target.plan.ports.includes(candidate.name))) {
    const lease = await context.leases.acquire({
      preferred: toPreferred(context, request, target.plan, resource),
      owner: { scopeId: context.scope.id, project: target.plan.share === 'scope' ? '*' : request.project.name, service: `${target.id}:${resource.name}`, repositoryRoot: context.scope.repositoryRoot },
      token,
      http: false,
      avoid,
    });
    ports[resource.name] = lease.port;
  }
  const leased = { ...record, token, ports };
  await writeInstance(context, leased);
  return leased;
}

function toRequestedPorts(context: RequirementsContext, request: BringUpRequest, plan: DependencyPlan): Record<string, number> {
  return Object.fromEntries(request.handle.declaration.resources.filter((resource) => plan.ports.includes(resource.name)).map((resource) => [resource.name, toPreferred(context, request, plan, resource)]));
}

function toPreferred(context: RequirementsContext, request: BringUpRequest, plan: DependencyPlan, resource: { readonly configKey: string; readonly defaultPort: number }): number {
  const base = context.reader.integer(resource.configKey) ?? resource.defaultPort;
  return context.preferredPort(base, plan.share === 'scope' ? 'Main' : request.project.name);
}

function withHolder(record: InstanceRecord, project: string): InstanceRecord {
  return record.holders.includes(project) ? record : { ...record, holders: [...record.holders, project].sort() };
}

/** The data directory is on the ledger from before it exists until it is removed. */
async function registerDirectory(context: EngineContext, record: InstanceRecord, runId: string): Promise<void> {
  const { entries } = await context.ledger.list();
  const known = entries.find((entry) => entry.step.kind === 'file' && entry.step.path === record.directory);
  if (known?.phase === 'confirmed') return;
  const entry = known ?? (await context.ledger.intent({ kind: 'file', project: record.project, runId, durable: true, step: { kind: 'file', path: record.directory } }));
  await context.ledger.confirm(entry.id);
}

async function projectVariables(context: RequirementsContext, project: ProjectFacts, handle: DependencyHandle, target: Target, record: InstanceRecord): Promise<Readonly<Record<string, ProjectedVariable>>> {
  const planContext = { scope: context.scope, project, config: context.reader, driver: target.driver };
  const secrets = createSecretStore({ directory: record.directory, randomHex: context.randomHex, onSecret: context.onSecret, seam: context.seam });
  const names = handle.definition.credentials?.(planContext) ?? [];
  const credentials: Record<string, string> = {};
  for (const name of names) {
    const value = await secrets.get(name);
    if (value !== undefined) credentials[name] = value;
  }
  const declaredSecret = new Set((handle.declaration.variables ?? []).flatMap(({ name, secret }) => (secret === true ? [name] : [])));
  const variables = handle.definition.project({ ...planContext, plan: target.plan, ports: record.ports, credentials });
  // A URL without a password today may have one tomorrow: what may carry a credential is treated as if it did.
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, declaredSecret.has(name) ? { ...variable, secret: true } : variable]));
}

/** Whether the dependency could be started now, asked as bringing it up asks. Throws ENVCTL_E_DEPENDENCY_DRIVER. */
export async function assertDriver(context: RequirementsContext, { handle, project, signal }: Pick<BringUpRequest, 'handle' | 'project' | 'signal'>): Promise<void> {
  const { declaration, definition } = handle;
  const requested = context.config.dependencyMode(declaration.id);
  const existing = await existingDriver(context, declaration.id, project);
  // A server that runs already is joined, whatever is on PATH now.
  if (requested === 'auto' && existing !== undefined && (await isRunning(context, (await toTarget(context, { project, handle })).id))) return;
  await decideDriver({ id: declaration.id, definition, config: context.reader, requested: requested === 'auto' ? (existing ?? requested) : requested, existing, findProgram: context.findProgram, signal });
}

async function toTarget(context: RequirementsContext, { project, handle, recorded }: ServerRequest): Promise<Target> {
  const id = handle.declaration.id;
  if (recorded !== undefined) return { id: recorded.instance, driver: recorded.driver, plan: handle.definition.plan({ scope: context.scope, project, config: context.reader, driver: recorded.driver }) };
  const requested = context.config.dependencyMode(id);
  const existing = await existingDriver(context, id, project);
  const driver = requested === 'auto' ? (existing ?? 'native') : requested;
  const plan = handle.definition.plan({ scope: context.scope, project, config: context.reader, driver });
  return { id: instanceId(id, plan, project, driver), plan, driver };
}

async function existingDriver(context: RequirementsContext, dependency: string, project: ProjectFacts): Promise<DriverName | undefined> {
  const { instances } = await readInstances(context);
  return instances.find((instance) => instance.dependency === dependency && (instance.project === null || instance.project === project.name) && instance.driver !== 'external' && instance.driver !== 'command')?.driver;
}

/** A server of the user's own has a record of its own: it never inherits ports or secrets of one that envctl ran. */
function instanceId(dependency: string, plan: DependencyPlan, project: ProjectFacts, driver: DriverName): string {
  if (driver === 'external' || driver === 'command') return `${dependency}-${driver}-${project.slug}`;
  return plan.share === 'scope' ? dependency : `${dependency}-${project.slug}`;
}

function toProbeContext(context: RequirementsContext, project: ProjectFacts, target: Target, record: InstanceRecord, signal: AbortSignal): ProbeContext {
  return {
    scope: context.scope,
    project,
    config: context.reader,
    plan: target.plan,
    signal,
    secrets: createSecretStore({ directory: record.directory, randomHex: context.randomHex, onSecret: context.onSecret, seam: context.seam }),
    instance: { id: record.id, directory: record.directory, socketDirectory: record.socketDirectory, ports: record.ports, driver: target.driver },
  };
}

function toFinal(outcome: FailedOutcome, counts: RetryCounts): FailedOutcome {
  return outcome.class === 'bind_conflict_retryable' && counts.bind > 0 ? { ...outcome, reasonCode: 'bind_conflict_unresolved' } : outcome;
}

function hintsOf(error: unknown): readonly string[] {
  return typeof error === 'object' && error !== null && 'hints' in error && Array.isArray(error.hints) ? error.hints.filter((hint) => typeof hint === 'string') : [];
}
