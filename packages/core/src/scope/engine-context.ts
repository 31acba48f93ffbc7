import type { DataUser, EventEmitter, FaultSeam, ProcessIdentity, ProgramFinder, ScopeFacts } from '../contract/index.js';
import type { ConfigModel } from '../config/index.js';
import type { GenerationLock } from '../fs/index.js';
import type { LeaseTable } from '../ports/index.js';
import type { Ledger, StateRepository } from '../state/index.js';
import type { ScopePaths } from './scope-paths.js';

/**
 * What every domain room works with: the scope, its stores and the outside world as arguments.
 * Built once per command by the composition root; rooms take the members they need.
 */
export interface EngineContext {
  readonly scope: ScopeFacts;
  readonly paths: ScopePaths;
  readonly config: ConfigModel;
  readonly state: StateRepository;
  readonly ledger: Ledger;
  readonly leases: LeaseTable;
  readonly events: EventEmitter;
  /** A lock by name within the scope: `scope`, `project-<slug>`, `instance-<id>`. */
  readonly lock: (name: string) => GenerationLock;
  readonly self: ProcessIdentity;
  readonly dataUser: DataUser | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly findProgram: ProgramFinder;
  /** Binds the event stream to the directory of a run. */
  readonly bindRun: (runId: string, directory: string) => void;
  readonly seam: FaultSeam;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** `bytes` random bytes as hex digits. */
  readonly randomHex: (bytes: number) => string;
}
