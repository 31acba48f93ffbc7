/**
 * The documents that commands print with `--json`, by their `contract_version`. Emitted into `contracts/schemas/`;
 * the end-to-end tests check real outputs against them, so a field that is added or lost shows.
 */
import * as z from 'zod';
import { loadConfigDocuments } from '../config/index.js';

const text = z.string().nullable();
const lastExit = z.strictObject({ code: z.int(), signal: text, at: z.string() }).nullable();
const port = z.int().nullable();
const mode = z.enum(['main', 'trees']);
const names = z.array(z.string());

const decision = z.strictObject({ kind: z.enum(['reuse', 'resume', 'expand', 'fresh', 'restart']), reason: z.string() });
const action = z.enum(['start', 'keep', 'replace']);
const command = z.enum(['start', 'restart', 'resume']);

const envLine = { name: z.string(), section: z.string(), line: z.int() };
const environment = z.strictObject({
  audience: z.enum(['backend', 'frontend']),
  dependencies: z.array(z.strictObject({ id: z.string(), names })),
  sections: z.array(z.strictObject({ ...envLine, sources: names })),
  skipped: z.array(z.strictObject({ ...envLine, reason: z.string() })),
  withheld: names,
  own: names,
});

const condition = z.enum(['started', 'ready', 'healthy', 'completed', 'log-ready']);
const node = { id: z.string(), label: z.string(), needs: z.array(z.strictObject({ id: z.string(), condition, optional: z.boolean() })) };

const planBody = {
  command,
  mode,
  decision,
  projects: z.array(
    z.strictObject({
      name: z.string(),
      root: z.string(),
      slug: z.string(),
      services: z.array(
        z.strictObject({
          type: z.string(),
          name: z.string(),
          kind: z.enum(['server', 'worker', 'job']),
          action,
          command: z.looseObject({ command: names, cwd: z.string(), rule: z.string() }),
          preferred_port: port,
          listens: z.boolean(),
          public_url: text,
          ready: z.strictObject({ log: text, command: names.nullable(), timeout_ms: z.int() }),
          critical: z.boolean(),
          stop: z.strictObject({ signal: z.string(), timeout_ms: z.int() }),
          restart: z.strictObject({ when: z.enum(['no', 'on-failure', 'always']), max: z.int(), backoff_ms: z.int() }),
          success_exit_codes: z.array(z.int()),
          start_order: z.int(),
          depends_on: z.array(z.strictObject({ name: z.string(), condition: z.string(), optional: z.boolean(), restart: z.boolean() })),
          environment,
          reason: z.string().optional(),
        }),
      ),
      dependencies: z.array(z.strictObject({ id: z.string(), display_name: z.string(), action, requires: names })),
      steps: z.array(z.strictObject({ ...node, kind: z.enum(['preparation', 'migration', 'hook']), before: names, action: z.enum(['run', 'skip']), reason: z.string(), preparation: z.looseObject({ manager: z.string(), directory: z.string(), commands: z.array(names) }).optional(), migration: z.strictObject({ purpose: z.enum(['migrate', 'seed']), tool: z.string(), command: names, cwd: z.string(), evidence: z.string() }).optional(), hook: z.strictObject({ name: z.enum(['setupInfrastructure', 'defineServices']), file: z.string() }).optional() })),
      nodes: z.array(z.strictObject({ ...node, critical: z.boolean(), kind: z.enum(['dependency', 'preparation', 'migration', 'hook', 'service']) })),
      notes: names,
    }),
  ),
  edges: z.array(z.strictObject({ project: z.string(), node: z.string(), needs: z.string(), condition, optional: z.boolean() })),
};

const status = z.enum(['started', 'kept', 'completed', 'failed']);
const startBody = {
  command,
  run_id: z.string(),
  mode,
  decision,
  projects: z.array(
    z.strictObject({
      name: z.string(),
      root: z.string(),
      services: z.array(z.strictObject({ name: z.string(), type: z.string(), status, url: text, port, log_path: text })),
      dependencies: z.array(z.strictObject({ id: z.string(), status: z.enum(['started', 'kept', 'failed']), port, health: z.string() })),
      notes: names,
    }),
  ),
  total_ms: z.int(),
  slowest: z.array(z.strictObject({ project: z.string(), node: z.string(), duration_ms: z.int(), status: z.enum(['done', 'failed', 'skipped']) })),
};

const stopBody = {
  command: z.enum(['stop', 'stop-all', 'blast-all']),
  message: z.string(),
  stopped: names,
  ended: names,
  released_projects: names,
  removed_data: names,
  not_stopped: z.array(z.strictObject({ what: z.string(), detail: z.string() })),
  detached: z.array(z.strictObject({ pid: z.int(), comm: z.string(), reason: z.string() })),
  warnings: names,
};

const issue = z.strictObject({ project: z.string(), component: z.string(), status: z.string(), port });
const healthBody = {
  run_id: z.string(),
  mode,
  projects: z.int(),
  legacy_state: z.boolean(),
  services: z.array(z.strictObject({ project: z.string(), name: z.string(), status: z.enum(['running', 'completed', 'healthy', 'outdated', 'orphaned', 'starting', 'unreachable', 'stale', 'failed', 'stopped', 'unknown', 'simulated']), level: z.enum(['ok', 'warn', 'bad']), critical: z.boolean(), port, pid: port, url: text, detail: text, restarts: z.int(), last_exit: lastExit })),
  dependencies: z.array(z.strictObject({ project: z.string(), component: z.string(), status: z.string(), level: z.enum(['ok', 'warn', 'bad']), critical: z.boolean(), port, detail: text })),
  status_counts: z.strictObject({ ok: z.int(), warn: z.int(), bad: z.int() }),
  healthy: z.boolean(),
  issues: z.strictObject({ failing_services: names, requirement_issues: z.array(issue), recent_failures: names }),
  detached: stopBody.detached,
  left_running: z.array(z.strictObject({ name: z.string(), project: text, pid: z.int(), port })),
  hints: names,
};

const errorsBody = {
  run_id: z.string(),
  mode,
  selected_services: names.nullable(),
  failed_services: z.array(z.strictObject({ name: z.string(), status: z.string(), log_path: text, detail: text, log_line: text, last_exit: lastExit })),
  log_issues: z.array(z.strictObject({ service: z.string(), rule: z.string(), file: z.string(), line: z.int(), headline: z.string(), excerpt: names, count: z.int() })),
  log_issues_left_out: z.int(),
  requirement_issues: z.array(issue),
  recent_failures: names,
};

const logsBody = {
  run_id: z.string(),
  mode,
  tail: z.int().nullable(),
  since: text,
  grep: text,
  follow_requested: z.boolean(),
  duration_seconds: z.int().nullable(),
  streaming: z.literal(false),
  services: z.array(z.strictObject({ name: z.string(), status: z.string(), log_path: text, exists: z.boolean(), tail_lines: names, since_basis: z.enum(['lines', 'file']).optional(), tail_cut: z.literal(true).optional(), size_bytes: z.int().optional(), reason: z.enum(['missing', 'unavailable']).optional() })),
};

const clearLogsBody = {
  run_id: z.string(),
  mode,
  summary: z.strictObject({ cleared: z.int(), missing: z.int(), unavailable: z.int(), failed: z.int() }),
  services: z.array(z.strictObject({ name: z.string(), log_path: text, status: z.enum(['cleared', 'missing', 'unavailable', 'failed']), removed: z.int(), error: text })),
};

/** One line of `logs --json --logs-follow`. A runner keeps both outputs of a service in one log. */
const logLineDocument = z.strictObject({ contract_version: z.literal('envctl.logs.line.v1'), service: z.string(), stream: z.literal('combined'), text: z.string() });

const targetsBody = {
  mode,
  count: z.int(),
  projects: z.array(z.strictObject({ name: z.string(), root: z.string(), ports: z.record(z.string(), z.int()), actual_ports: z.record(z.string(), z.int()), preselected: z.boolean(), running: z.boolean() })),
};

const endpoint = z.strictObject({ name: z.string().optional(), status: z.string(), port, local_url: text, public_url: text, health_url: text.optional() });
const endpointsBody = {
  run_id: z.string(),
  mode,
  project: z.string(),
  project_root: text,
  frontend: endpoint,
  backend: endpoint,
  additional_services: z.record(z.string(), endpoint),
  dependencies: z.record(z.string(), z.strictObject({ enabled: z.boolean(), status: z.string(), observed: z.boolean(), port, resources: z.record(z.string(), z.int()) })),
  dependency_mode: z.record(z.string(), text),
  shared_dependencies: names,
  legacy_state: z.boolean(),
};

const endpointsFailures = [
  z.strictObject({ ...failed('endpoints'), error: z.literal('state_not_found'), mode }),
  z.strictObject({ ...failed('endpoints'), error: z.literal('project_required'), active_projects: names }),
  z.strictObject({ ...failed('endpoints'), error: z.literal('requested_project_not_running'), requested_project: z.string(), active_projects: names }),
  z.strictObject({ ...failed('endpoints'), error: z.literal('multiple_projects_not_supported'), requested_projects: names, active_projects: names }),
  z.strictObject({ ...failed('endpoints'), error: z.literal('ambiguous_project_selector'), requested_project: z.string(), active_projects: names, matches: names }),
];

/** Any command that could not do its work; the data of the error stands beside the envelope. */
export const failureDocument = z.looseObject({ contract_version: z.string(), ok: z.literal(false), error: z.string(), code: z.string().regex(/^ENVCTL_E_[A-Z_]+$/), message: z.string(), hints: names });

const versionBody = { version: z.string(), node: z.string(), platform: z.string(), arch: z.string() };

const helpBody = {
  command: text,
  commands: z.array(z.strictObject({ name: z.string(), plugin: z.string(), summary: text, description: text, examples: names, family: text, aliases: names, flags: names, mutates: z.boolean().nullable() })),
};

const listedPlugin = {
  name: z.string(),
  version: z.string(),
  origin: z.enum(['core', 'bundled', 'user', 'link']),
  status: z.enum(['active', 'degraded', 'inactive']),
  problems: z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string(), mend: z.string() })),
};

const pluginsBody = {
  plugins: z.array(z.strictObject({ ...listedPlugin, contributes: z.record(z.string(), names) })),
};

const pluginChangesBody = {
  added: names,
  removed: names,
  updated: names,
  installed: z.array(z.strictObject({ name: z.string(), version: text, origin: z.enum(['user', 'link']), root: z.string() })),
};

const inspectedPlugin = z.strictObject({
  ...listedPlugin,
  root: z.string(),
  commands: names,
  dependencies: z.array(z.strictObject({ name: z.string(), wanted: z.string(), version: z.string() })),
});

/** Of oclif's sub-commands of `plugins`, by contract version as the others. */
export const pluginCommandDocuments: Readonly<Record<string, z.ZodType>> = {
  'plugins.inspect': document('plugins.inspect', { plugins: z.array(inspectedPlugin) }),
  ...Object.fromEntries(['install', 'link', 'reset', 'uninstall', 'update'].map((word) => [`plugins.${word}`, document(`plugins.${word}`, pluginChangesBody)])),
};

const launcherBody = {
  launcher: z.string(),
  version: z.string(),
  node: z.string(),
  binary_path: text,
  launcher_root: z.string(),
  repo_root: text,
  runtime_entry: z.string(),
  on_path: text,
  shell_file: text,
  path_block: z.enum(['absent', 'current', 'outdated', 'damaged', 'unreadable']),
  problems: z.array(z.strictObject({ message: z.string(), hint: z.string() })),
};

/** Schema of each command's document, by contract version without its `envctl.` and `.v1`. */
export async function loadCommandDocuments(): Promise<Readonly<Record<string, z.ZodType>>> {
  const { cancelledConfigBody, savedConfigBody, showConfigBody } = await loadConfigDocuments();
  return {
    ...ownDocuments,
    config: z.union([document('config', savedConfigBody), document('config', cancelledConfigBody)]),
    'show-config': document('show-config', showConfigBody),
  };
}

const ownDocuments: Readonly<Record<string, z.ZodType>> = {
  version: document('version', versionBody),
  completion: z.union([
    document('completion', { shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() }),
    document('completion', { candidates: z.array(z.strictObject({ value: z.string(), description: z.string().optional() })), hints: z.array(z.enum(['files', 'nospace'])) }),
  ]),
  help: document('help', helpBody),
  plugins: document('plugins', pluginsBody),
  install: document('install', { shell_file: z.string(), directory: z.string(), action: z.enum(['added', 'refreshed', 'unchanged']), dry_run: z.boolean(), block: names }),
  uninstall: document('uninstall', { shell_file: z.string(), action: z.enum(['removed', 'absent']), dry_run: z.boolean(), remaining: text }),
  'launcher.doctor': document('launcher.doctor', launcherBody),
  start: z.union([document('start', startBody), document('start', planBody)]),
  restart: z.union([document('restart', startBody), document('restart', planBody)]),
  resume: z.union([document('resume', startBody), document('resume', planBody)]),
  'explain-startup': document('explain-startup', {
    ...planBody,
    command: z.literal('start'),
    configured: z.boolean(),
    startup_enabled: z.boolean(),
    reason: z.enum(['not_configured', 'config_startup_disabled']).nullable(),
    problem: z.strictObject({ code: z.string(), message: z.string(), hints: names }).nullable(),
    selection: z.strictObject({ required: z.boolean(), selected_projects: names }),
    services: z.record(z.string(), z.boolean()),
    dependencies: names,
    parallel_trees: z.strictObject({ enabled: z.boolean(), workers: z.int().nullable() }),
    decision: decision.nullable(),
  }),
  preflight: document('preflight', {
    surface: z.literal('preflight'),
    command: z.literal('start'),
    mode,
    startup_enabled: z.boolean(),
    selection_required: z.boolean(),
    startup: z.union([
      z.strictObject({ ready: z.literal(true), plan: z.strictObject(planBody), problem: z.null() }),
      z.strictObject({ ready: z.literal(false), plan: z.null(), problem: z.strictObject({ code: z.string(), message: z.string(), hints: names }) }),
    ]),
  }),
  stop: document('stop', stopBody),
  'stop-all': document('stop-all', stopBody),
  'blast-all': document('blast-all', stopBody),
  'list-targets': document('list-targets', targetsBody),
  'list-commands': document('list-commands', { commands: names }),
  'show-state': z.union([
    document('show-state', { found: z.literal(true), runtime_root: z.string(), run_state_path: z.string(), state: z.looseObject({ run_id: z.string(), mode, schema_version: z.literal(1) }), ends: z.record(z.string(), z.strictObject({ restarts: z.int(), last_exit: lastExit })) }),
    document('show-state', { found: z.literal(false), mode, error: z.literal('state_not_found') }),
  ]),
  endpoints: z.union([document('endpoints', endpointsBody), ...endpointsFailures]),
  health: document('health', healthBody),
  errors: document('errors', errorsBody),
  'migrate-hooks': document('migrate-hooks', { source: z.string(), target: z.string(), converted: names, unsupported: names }),
  'clear-logs': document('clear-logs', clearLogsBody),
  logs: z.union([document('logs', logsBody), logLineDocument]),
  wait: document('wait', { until: z.enum(['healthy', 'stopped']), health: z.strictObject(healthBody).nullable() }),
};

function document<T extends z.ZodRawShape>(id: string, body: T) {
  return z.strictObject({ contract_version: z.literal(`envctl.${id}.v1`), ok: z.boolean(), ...body });
}

function failed(id: string) {
  return { contract_version: z.literal(`envctl.${id}.v1`), ok: z.literal(false), code: z.string(), message: z.string(), hints: names };
}

/** JSON Schemas by file name without its ending. */
export async function toDocumentSchemas(): Promise<Readonly<Record<string, object>>> {
  const commands = Object.entries({ ...(await loadCommandDocuments()), ...pluginCommandDocuments }).map(([id, schema]) => [`envctl.${id}.v1`, z.toJSONSchema(schema)] as const);
  return Object.fromEntries([...commands, ['envctl.failure.v1', z.toJSONSchema(failureDocument)]]);
}
