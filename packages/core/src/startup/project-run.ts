/** What is known while one project comes up: what was asked for, and what the attempt has come to so far. */
import type { DefinedService, DependencyDeclaration, FailedOutcome, HookRequirement, ProjectedVariable } from '../contract/index.js';
import type { BringUpResult, DependencyHandle, RequirementsContext } from '../requirements/index.js';
import type { AcquiredProcess } from '../resources/index.js';
import type { ServiceRecord } from '../state/index.js';
import type { PortsByName } from '../truth/index.js';
import type { Progress } from '../ui/index.js';
import type { FormerServices } from './former-services.js';
import type { HeadStart } from './head-start.js';
import type { PlannedProject, StartPlan } from './plan.js';
import type { LeasedService } from './start-service.js';

export interface ExecuteContext extends RequirementsContext {
  /** What dependencies and services said is told, and goes on record. */
  readonly redaction: { readonly text: (text: string) => string };
  readonly progress: Progress;
  /** Of every dependency that is installed. */
  readonly declarations: readonly DependencyDeclaration[];
  readonly publicHost: string;
}

export interface ExecuteRequest {
  readonly plan: StartPlan;
  readonly project: PlannedProject;
  readonly handles: ReadonlyMap<string, DependencyHandle>;
  readonly runId: string;
  readonly runDirectory: string;
  /** Services of the project that stay, by type. */
  readonly kept: Readonly<Partial<Record<string, ServiceRecord>>>;
  /** Where everything of the project is that was up before. */
  readonly ports: PortsByName;
  /** Variables of the command line for the services that are started. */
  readonly forwarded: Readonly<Record<string, string>>;
  /** What of the project ran before and is to start again. */
  readonly former: FormerServices;
  /** Names of the services that the last good state lists. */
  readonly recorded: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface LaunchedService {
  readonly launch: AcquiredProcess;
  readonly leased: LeasedService;
  /** Waits for it once more when it was ready already, as it was waited for at first. */
  readonly waitAgain: (signal: AbortSignal) => Promise<ServiceRecord>;
}

/** What this attempt has acquired so far, for the undo. */
export interface Acquired {
  readonly leases: LeasedService[];
  readonly processes: LaunchedService[];
  readonly dependencies: Map<string, BringUpResult>;
  /** Dependencies that the project does without. */
  readonly failed: Map<string, FailedOutcome>;
}

export interface ProjectRun {
  readonly context: ExecuteContext;
  readonly request: ExecuteRequest;
  readonly acquired: Acquired;
  /** By name: what will be recorded. */
  readonly services: Map<string, ServiceRecord>;
  /** What somebody should know of how it came up. */
  readonly notes: string[];
  /** By service: what went wrong on the way that does not keep it from running. */
  readonly warnings: Map<string, readonly string[]>;
  /** Of each dependency that is up. */
  readonly variables: Map<string, Readonly<Record<string, ProjectedVariable>>>;
  readonly headStart: HeadStart;
  /** What hooks of the project put in the place of what was planned, once they have run. */
  readonly hooked: HookedParts;
}

export interface HookedParts {
  /** Instead of the dependencies, by id. */
  requirements?: Readonly<Record<string, HookRequirement>>;
  /** Instead of the services. */
  services?: readonly DefinedService[];
}
