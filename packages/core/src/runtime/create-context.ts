/**
 * Builds what bringing dependencies up stands on: ledger, leases, locks, state and events of one scope, for one
 * command. The composition root adds what commands need; the conformance kit uses it as it is.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FaultSeam, ProcessIdentity, ScopeFacts, SignalDeclaration } from '../contract/index.js';
import type { ConfigModel } from '../config/index.js';
import { coreSignals, createJsonlSink, createRecorder, createRedactor } from '../events/index.js';
import { createGenerationLock, type GenerationLockOptions, makeDirectoriesSync } from '../fs/index.js';
import { createLeaseTable, createPortPreference } from '../ports/index.js';
import { mayBeAlive, selfIdentity } from '../processes/index.js';
import { createProgramFinder, resolveDataUser, type RequirementsContext } from '../requirements/index.js';
import { toScopePaths } from '../scope/index.js';
import { createLedger, createStateRepository, toLegacyPlaces } from '../state/index.js';
import type { Redaction } from './redact-failures.js';

export interface ContextInputs {
  readonly config: ConfigModel;
  readonly scope: ScopeFacts;
  /** Signals of the plugins; core's own are always there. */
  readonly signals: readonly SignalDeclaration[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the command in traces. */
  readonly command: string;
  readonly seam: FaultSeam;
  /** Where the secrets of the configuration and of dependencies are put as they become known. */
  readonly secrets: Set<string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told what went wrong beside the command's own work. */
  readonly onWarning?: (message: string) => void;
  /** Told once when another command holds a lock that is needed. */
  readonly onWait?: NonNullable<GenerationLockOptions['onWait']>;
}

export interface ScopedContext extends RequirementsContext {
  readonly preferredServicePort: (base: number, projectName: string) => number;
  readonly redaction: Redaction;
  dispose(): Promise<void>;
}

/** Throws what `resolveDataUser` throws. Nothing is written before the first use. */
export async function createContext(inputs: ContextInputs): Promise<ScopedContext> {
  const { config, scope, env, seam, now, secrets } = inputs;
  const paths = toScopePaths({ runtimeRoot: config.runtimeDirectory, storeRoot: config.storeDirectory, scopeId: scope.id });
  for (const value of config.secrets()) secrets.add(value);
  const redactor = createRedactor({ secrets: () => secrets, home: env['HOME'] ?? '/' });
  const recorder = createRecorder({
    catalogue: [...coreSignals, ...inputs.signals],
    sinks: [createJsonlSink()],
    redactor,
    now,
    salt: randomBytes(16).toString('hex'),
    traceId: `${inputs.command}-${randomBytes(4).toString('hex')}`,
  });
  const self = selfIdentity();
  // Whoever cannot be seen from here counts as alive: what it holds is not taken over.
  const isAlive = (identity: ProcessIdentity) => mayBeAlive(identity, self);
  const waiting = inputs.onWait === undefined ? {} : { onWait: inputs.onWait };
  const lock = (name: string) => createGenerationLock({ directory: paths.locks, name, identity: self, isAlive, seam, ...waiting });

  const original = { mode: config.stateCompatMode, runtimeDirectory: config.legacyRuntimeDirectory, uid: process.getuid?.() ?? -1 };
  const legacy = toLegacyPlaces({ ...original, scopeId: scope.id, repositoryRoot: scope.repositoryRoot });
  const mirror = {
    ...original,
    onSkipped: (reason: string) => {
      recorder.emit('state.mirror.skipped', { path: original.runtimeDirectory, reason });
      inputs.onWarning?.(`The mirror for the original envctl was not written: ${redactor.text(reason)}`);
    },
  };

  return {
    scope,
    paths,
    config,
    reader: config.reader(),
    state: createStateRepository({ scopeDirectory: paths.scope, scopeId: scope.id, lock: lock('scope'), now, seam, legacy, mirror }),
    ledger: createLedger({ directory: paths.ledger, seam, now, self }),
    leases: createLeaseTable({ directory: paths.leases, self, isAlive, seam, now, events: recorder }),
    events: recorder,
    lock,
    self,
    dataUser: await resolveDataUser({ uid: process.getuid?.() ?? -1, configured: env['ENVCTL_DATA_USER'] }),
    env,
    findProgram: createProgramFinder(env['PATH'] ?? ''),
    bindRun: (runId, directory) => {
      makeRunDirectory(directory);
      recorder.setRun(runId, join(directory, 'events.jsonl'));
    },
    seam,
    now,
    random: (bytes) => randomBytes(bytes),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    onSecret: (value) => secrets.add(value),
    redaction: { text: (text) => redactor.text(text), value: (value) => redactor.value(value) },
    ...createPortPreference(config.ports, scope.id),
    dispose: () => {
      recorder.flush();
      recorder.close();
      return Promise.resolve();
    },
  };
}

/** From the first event on there is a file to write to. A disk that takes no directory takes no events either: the command goes on. */
function makeRunDirectory(directory: string): void {
  try {
    makeDirectoriesSync(directory);
  } catch {
    // The recorder counts what it could not write.
  }
}
