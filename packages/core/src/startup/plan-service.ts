import type { ServiceKind, ServiceOptions } from '../config/read-only.js';
import type { ServiceCommand, ServiceDetection } from '../services/read-only.js';
import { serviceName } from '../state/read-only.js';
import type { PlannedEnvironment } from './planned-environment.js';
import type { PlanAction, PlanInputs, PlanProjectInputs } from './plan.js';

export interface PlannedService {
  /** `backend`, `frontend`, or the name of an additional service. */
  readonly type: string;
  /** `<Project> Backend` */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly action: PlanAction;
  /** Why it is replaced, or may be once it is known where the others are. */
  readonly reason?: string;
  readonly command: ServiceCommand;
  /** null: it has no port. A worker may have one to tell it of all the same. */
  readonly preferred_port: number | null;
  /** False for a worker and a job: it has no URL. */
  readonly listens: boolean;
  readonly public_url: string | null;
  /** What says that it is ready, beside its listener and its health URL. */
  readonly ready: { readonly log: string | null; readonly command: readonly string[] | null; readonly timeout_ms: number };
  /** False: its failure fails no start. */
  readonly critical: boolean;
  readonly stop: { readonly signal: ServiceOptions['stopSignal']; readonly timeout_ms: number };
  readonly restart: { readonly when: ServiceOptions['restart']['when']; readonly max: number; readonly backoff_ms: number };
  readonly success_exit_codes: readonly number[];
  readonly start_order: number;
  readonly depends_on: ServiceOptions['dependsOn'];
  readonly environment: PlannedEnvironment;
}

/** The service as it will be started or kept, but for its environment; undefined when nothing starts it. */
export function planService(inputs: PlanInputs, { facts, detection, presence }: PlanProjectInputs, options: ServiceOptions): Omit<PlannedService, 'environment'> | undefined {
  const command = commandOf(detection, options.slug);
  if (command === undefined) return undefined;
  const name = serviceName(facts.name, options.slug);
  const recorded = presence.services[name];
  const stale = inputs.command === 'restart' ? [] : (recorded?.stale ?? []);
  const action = toAction(recorded?.running === true, inputs.replace.has(name) || stale.length > 0);
  return {
    type: options.slug,
    name,
    kind: options.kind,
    action,
    ...(action === 'replace' && stale.length > 0 ? { reason: `it was started with ${stale.join(', ')}` } : {}),
    command,
    preferred_port: options.portBase === undefined ? null : inputs.preferredPort(options.portBase, facts.name),
    // What is kept has the address it came up with, whatever is configured since.
    listens: action === 'keep' && recorded !== undefined ? recorded.listens : options.kind === 'server',
    public_url: options.publicUrl ?? null,
    ready: { log: options.readyLog ?? null, command: detection.readyCommands?.[options.slug] ?? null, timeout_ms: readyTimeoutMs(options, command) },
    critical: options.critical,
    stop: { signal: options.stopSignal, timeout_ms: options.stopTimeoutMs },
    restart: { when: options.restart.when, max: options.restart.max, backoff_ms: options.restart.backoffMs },
    success_exit_codes: options.successExitCodes,
    start_order: options.startOrder,
    depends_on: options.dependsOn,
  };
}

/** Compiling takes as long as it takes, unless somebody says how long may be waited. */
const compileTimeoutMs = 600_000;

function readyTimeoutMs(options: ServiceOptions, command: ServiceCommand): number {
  return command.compiles === true && !options.readyTimeoutIsSet ? Math.max(options.readyTimeoutMs, compileTimeoutMs) : options.readyTimeoutMs;
}

export function commandOf(detection: ServiceDetection, slug: string): ServiceCommand | undefined {
  return slug === 'backend' || slug === 'frontend' ? detection[slug] : detection.additional?.[slug];
}

function toAction(running: boolean, replace: boolean): PlanAction {
  if (running) return replace ? 'replace' : 'keep';
  return 'start';
}
