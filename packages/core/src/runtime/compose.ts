/**
 * The composition root: builds what the domain rooms work with, once per command. Everything of the
 * outside world (environment, clock, randomness, terminal) comes in through the invocation.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DependencyDeclaration, FaultSeam, ProcessIdentity, ProjectProvider, ScopeFacts } from '../contract/index.js';
import type { RuntimeRequest } from '../boot/index.js';
import { assertConfig, describeProblem, loadConfig } from '../config/index.js';
import { coreSignals, createJsonlSink, createRecorder, createRedactor } from '../events/index.js';
import { createGenerationLock, type GenerationLock, type GenerationLockOptions } from '../fs/index.js';
import { describeDiagnostic, discoverPlugins, loadHost, type Registry } from '../host/index.js';
import { createLeaseTable, portSpan, preferredPort } from '../ports/index.js';
import { mayBeAlive, selfIdentity } from '../processes/index.js';
import { createMainProvider, resolveRepository, type Repository } from '../projects/index.js';
import { createProgramFinder, resolveDataUser, type DependencyHandle } from '../requirements/index.js';
import type { Route } from '../routing/index.js';
import { toScopePaths, type ScopePaths } from '../scope/index.js';
import { createLedger, createStateRepository, noReadinessEvaluator, type ReadinessPort } from '../state/index.js';
import type { ReconcileContext } from '../truth/index.js';
import type { Redaction } from './redact-failures.js';

export interface Engine extends ReconcileContext {
  readonly repository: Repository;
  readonly declarations: readonly DependencyDeclaration[];
  readonly providers: readonly ProjectProvider[];
  readonly host: Registry;
  readonly readiness: ReadinessPort;
  readonly publicHost: string;
  readonly serviceTimeoutMs: (service: 'backend' | 'frontend') => number;
  readonly bindRun: (runId: string, directory: string) => void;
  readonly preferredServicePort: (service: 'backend' | 'frontend', projectName: string) => number;
  readonly redaction: Redaction;
  dispose(): Promise<void>;
}

/** What a command needs of the configuration before it may go on. */
export type ConfigDemand = 'valid' | 'any';

export async function composeEngine(request: RuntimeRequest, route: Route, demand: ConfigDemand): Promise<Engine> {
  const { invocation } = request;
  const repository = resolveRepository(invocation.cwd, route.repo);
  const host = loadHost({ plugins: discoverPlugins(request.config.plugins.values()) });
  for (const diagnostic of host.diagnostics()) invocation.stderr(`Warning: ${describeDiagnostic(diagnostic)}\n`);
  const declarations = host.dependencies.map((entry) => entry.declaration);
  const config = loadConfig({ repositoryRoot: repository.root, env: invocation.env, declarations: host.configKeys.map((entry) => entry.declaration), dependencies: declarations });
  const mode = route.mode ?? config.defaultMode;
  assertConfig(config, demand === 'valid' ? { for: 'start', mode } : { for: 'target' });
  if (demand === 'any') for (const problem of config.problems.filter((candidate) => candidate.severity === 'error')) invocation.stderr(`Warning: ${describeProblem(problem)}\n`);
  const now = invocation.now;
  const scope: ScopeFacts = { id: config.scopeId, repositoryRoot: repository.root, mode };
  const paths = toScopePaths({ runtimeRoot: config.runtimeDirectory, storeRoot: config.storeDirectory, scopeId: config.scopeId });
  const secrets = new Set<string>(config.secrets());
  const redactor = createRedactor({ secrets: () => secrets, home: invocation.env['HOME'] ?? '/' });
  const sink = createJsonlSink();
  const recorder = createRecorder({ catalogue: [...coreSignals, ...host.signals.map((entry) => entry.declaration)], sinks: [sink], redactor, now, salt: randomBytes(16).toString('hex'), traceId: `${route.command}-${randomBytes(4).toString('hex')}` });
  const reader = config.reader();
  const self = selfIdentity();
  // Whoever cannot be seen from here counts as alive: what it holds is not taken over.
  const isAlive = (identity: ProcessIdentity) => mayBeAlive(identity, self);
  const onWait = ({ pid, purpose }: { readonly pid: number; readonly purpose: string }) => invocation.stderr(`Waiting for envctl (pid ${pid}): ${purpose}\n`);
  const lock = toLockFactory(paths, { identity: self, isAlive, seam: invocation.seam, onWait });
  const bases = [config.ports.backend, config.ports.frontend, ...Object.values(config.ports.dependencies).flatMap((resources) => Object.values(resources))];
  const span = portSpan(bases, config.ports.spacing);
  const preferred = (base: number, project: string, kind: 'service' | 'dependency') => preferredPort({ base, span, kind, scopeId: scope.id, project, strategy: config.ports.strategy, spacing: config.ports.spacing, index: 0 });

  return {
    repository,
    host,
    scope,
    paths,
    config,
    reader,
    state: createStateRepository({ scopeDirectory: paths.scope, scopeId: scope.id, lock: lock('scope'), now, seam: invocation.seam }),
    ledger: createLedger({ directory: paths.ledger, seam: invocation.seam, now, self }),
    leases: createLeaseTable({ directory: paths.leases, self, isAlive, seam: invocation.seam, now, events: recorder }),
    events: recorder,
    lock,
    self,
    dataUser: await resolveDataUser({ uid: process.getuid?.() ?? -1, configured: invocation.env['ENVCTL_DATA_USER'] }),
    env: invocation.env,
    findProgram: createProgramFinder(invocation.env['PATH'] ?? ''),
    seam: invocation.seam,
    now,
    random: (bytes) => randomBytes(bytes),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    onSecret: (value) => secrets.add(value),
    redaction: { text: (text) => redactor.text(text), value: (value) => redactor.value(value) },
    preferredPort: (base, project) => preferred(base, project, 'dependency'),
    preferredServicePort: (service, project) => preferred(config.ports[service], project, 'service'),
    declarations,
    providers: [createMainProvider()],
    readiness: noReadinessEvaluator,
    publicHost: reader.string('ENVCTL_PUBLIC_HOST') ?? 'localhost',
    serviceTimeoutMs: (service) => (reader.integer('ENVCTL_SERVICE_LISTENER_TIMEOUT') ?? reader.integer(`ENVCTL_${service.toUpperCase()}_READY_TIMEOUT`) ?? 60) * 1000,
    handles: (ids) => toHandles(host, ids),
    bindRun: (runId, directory) => recorder.setRun(runId, join(directory, 'events.jsonl')),
    dispose: () => {
      recorder.flush();
      recorder.close();
      return Promise.resolve();
    },
  };
}

async function toHandles(host: Registry, ids: readonly string[]): Promise<ReadonlyMap<string, DependencyHandle>> {
  const handles = new Map<string, DependencyHandle>();
  await Promise.all(
    ids.map(async (id) => {
      const declaration = host.dependencies.find((candidate) => candidate.declaration.id === id)?.declaration;
      if (declaration !== undefined) handles.set(id, { declaration, definition: await host.dependency(id) });
    }),
  );
  return handles;
}

function toLockFactory(paths: ScopePaths, facts: Pick<GenerationLockOptions, 'identity' | 'isAlive' | 'onWait'> & { readonly seam: FaultSeam }): (name: string) => GenerationLock {
  return (name) => createGenerationLock({ directory: paths.locks, name, ...facts });
}
