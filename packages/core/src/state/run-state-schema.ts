/**
 * The state of one run as `run_state.json` has it, after normalisation (run-state-document.ts fills in
 * what older files lack). Every object is loose: fields of a newer envctl or a plugin survive a
 * read-modify-write. Field names are the original's.
 */
import * as z from 'zod';
import type { DeepReadonly } from './deep-readonly.js';

const port = z.int().nullable();
const text = z.string().nullable();

export const serviceDocumentSchema = z.looseObject({
  /** backend, frontend, or the slug of an additional service */
  type: z.string(),
  cwd: z.string(),
  /** Root process of the launched command. */
  pid: z.int().nullable(),
  requested_port: port,
  actual_port: port,
  log_path: text,
  /** running, completed (a job that has done well), failed, healthy, starting, unknown, stale, unreachable, simulated; in the history of a failed start: failed, stopped */
  status: z.string(),
  synthetic: z.boolean(),
  /** Epoch seconds. */
  started_at: z.number().nullable(),
  listener_pids: z.array(z.int()).nullable(),
  project: text,
  service_slug: text,
  launch_id: text,
  /** Absolute path of the launch record's directory. */
  launch_directory: text,
  /** Run that launched it; the run that lists it may be a later one. */
  run_id: text,
  listener_expected: z.boolean(),
  public_url: text,
  health_url: text,
  failure_detail: text,
  critical: z.boolean(),
  degraded: z.boolean(),
  /** server, worker, job */
  kind: z.string(),
  /** Exit codes that are a good end. */
  success_exit_codes: z.array(z.int()),
  /** Types of services and ids of dependencies of the project that it waited for: it ends before them. */
  depends_on: z.array(z.string()),
  /** Ports in the variables it was started with, by service type or dependency id. */
  given_ports: z.record(z.string(), z.array(z.int())),
});

export const requirementComponentSchema = z.looseObject({
  id: z.string(),
  enabled: z.boolean(),
  success: z.boolean(),
  simulated: z.boolean(),
  health: z.string(),
  /** `requested` and `primary` ports, and further ports by resource name. */
  resources: z.record(z.string(), z.int()),
  retries: z.int(),
  reason_code: text,
  failure_class: text,
  error: text,
  runtime_status: text,
  container_name: text,
  /** native, docker, external, command */
  driver: text,
  instance_id: text,
  launch_id: text,
  launch_directory: text,
  /** False: nothing that is critical needs it. */
  critical: z.boolean(),
});

export const requirementsSchema = z.looseObject({
  components: z.record(z.string(), requirementComponentSchema),
  /** healthy, degraded, unknown */
  health: z.string(),
  /** `<id>:<failure class>:<error>` */
  failures: z.array(z.string()),
});

export const runStateDocumentSchema = z.looseObject({
  schema_version: z.literal(1),
  run_id: z.string().min(1),
  mode: z.enum(['main', 'trees']),
  services: z.record(z.string(), serviceDocumentSchema),
  requirements: z.record(z.string(), requirementsSchema),
  pointers: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.unknown()),
});

export type ServiceDocument = DeepReadonly<z.infer<typeof serviceDocumentSchema>>;
/** A service of a run; `name` (`Main Backend`) is its key in the map. */
export type ServiceRecord = ServiceDocument & { readonly name: string };
export type RequirementComponent = DeepReadonly<z.infer<typeof requirementComponentSchema>>;
/** The dependencies of one project; `project` is its key in the map. */
export type RequirementsResult = DeepReadonly<z.infer<typeof requirementsSchema>> & { readonly project: string };
export type RunStateDocument = DeepReadonly<z.infer<typeof runStateDocumentSchema>>;

/** The state of one run in memory. */
export type RunState = Omit<RunStateDocument, 'services' | 'requirements'> & {
  readonly schema_version: 1;
  readonly run_id: string;
  readonly mode: 'main' | 'trees';
  readonly services: Readonly<Record<string, ServiceRecord>>;
  readonly requirements: Readonly<Record<string, RequirementsResult>>;
  readonly pointers: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** Why a normalised document is not a run state; `undefined` when it is one. */
export function explainRunStateDocument(document: unknown): string | undefined {
  const result = runStateDocumentSchema.safeParse(document);
  if (result.success) return undefined;
  const [issue] = result.error.issues;
  return issue === undefined ? 'not a run state' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}
