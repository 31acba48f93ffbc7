import type { KeyRegistry } from './registry.js';

/** What is known about a key that this installation does not support. */
export interface KnownKey {
  readonly kind: 'absent-plugin' | 'not-supported-yet';
  /** The package that brings it, for `absent-plugin`. */
  readonly package?: string;
  /** The dependency it belongs to: its keys matter only when that dependency is switched on. */
  readonly dependency?: string;
  /** The value that asks for what happens anyway. */
  readonly harmless?: string;
  /** False for comfort settings: set or not, the same things run. */
  readonly decides: boolean;
}

interface Pattern extends KnownKey {
  readonly match: RegExp;
}

/** What is known about `key`, which the registry does not have. */
export function findKnownKey(key: string, registry: KeyRegistry): KnownKey | undefined {
  const pattern = patterns.find((candidate) => candidate.match.test(key));
  if (pattern?.dependency !== undefined && registry.dependencies.some((dependency) => dependency.id === pattern.dependency)) {
    return { kind: 'not-supported-yet', decides: false };
  }
  return pattern;
}

/** True when `key` with a true value switches the dependency of `known` on. */
export function isEnableKey(key: string): boolean {
  return /^(MAIN|TREES)_[A-Z0-9]+_ENABLE$|^[A-Z0-9]+_MAIN_ENABLE$|^[A-Z0-9]+_ENABLE$/.test(key);
}

const patterns: readonly Pattern[] = [
  ...dependency('supabase', '@envctl/plugin-supabase', /^((MAIN|TREES)_SUPABASE_ENABLE|SUPABASE_MAIN_ENABLE|(ENVCTL_)?SUPABASE_[A-Z0-9_]+|ENVCTL_DEPENDENCY_SUPABASE_MODE)$/),
  ...dependency('n8n', '@envctl/plugin-n8n', /^((MAIN|TREES)_N8N_ENABLE|N8N_(MAIN_)?ENABLE|N8N_PORT_BASE|ENVCTL_N8N_[A-Z0-9_]+|ENVCTL_STRICT_N8N_BOOTSTRAP|ENVCTL_DEPENDENCY_N8N_MODE)$/),
  ...dependency('postgres', '@envctl/plugin-postgres', /^((MAIN|TREES)_POSTGRES_ENABLE|POSTGRES_MAIN_ENABLE|DB_PORT|ENVCTL_POSTGRES_[A-Z0-9_]+|ENVCTL_DEPENDENCY_POSTGRES_MODE)$/),
  ...dependency('redis', '@envctl/plugin-redis', /^((MAIN|TREES)_REDIS_ENABLE|REDIS_(MAIN_)?ENABLE|REDIS_PORT|ENVCTL_REDIS_[A-Z0-9_]+|ENVCTL_DEPENDENCY_REDIS_MODE)$/),
  plugin('@envctl/plugin-worktrees', /^TREES_DIR_NAME$/, 'trees'),
  plugin('@envctl/plugin-worktrees', /^ENVCTL_PLANNING_DIR$/, 'todo/plans'),
  plugin('@envctl/plugin-worktrees', /^(ENVCTL_PLAN_STRICT_SELECTION|PLANNING_KEEP_PLAN|ENVCTL_SETUP_WORKTREE_PLACEHOLDER_FALLBACK)$/, 'false'),
  plugin('@envctl/plugin-actions', /^(ENVCTL_ACTION_(TEST|PR|COMMIT|ANALYZE|MIGRATE)_CMD|ENVCTL_(BACKEND|FRONTEND)_TEST_CMD|ENVCTL_FRONTEND_TEST_PATH|ENVCTL_ACTION_TEST_PARALLEL(_MAX)?|FRONTEND_TEST_RUNNER|PR_REMOTE)$/),
  plugin('@envctl/plugin-dashboard', /^ENVCTL_(DASHBOARD|UI)_[A-Z0-9_]+$/),
  plugin('@envctl/plugin-debug', /^ENVCTL_DEBUG_[A-Z0-9_]+$/),
  plugin('@envctl/plugin-doctor', /^ENVCTL_(DOCTOR|RELEASE)_CHECK_TESTS$/),
  later(/^ENVCTL_REQUIREMENT_[A-Z0-9_]+_CMD$/),
  later(/^ENVCTL_ADDITIONAL_SERVICES$/, ''),
  later(/^ENVCTL_SERVICE_[A-Z0-9_]+_(ENABLE|MAIN_ENABLE|TREES_ENABLE|DIR|START_CMD|TEST_CMD|PORT_BASE|EXPECT_LISTENER|HEALTH_URL|PUBLIC_URL|START_ORDER|DEPENDS_ON|CRITICAL)$/),
  later(/^ENVCTL_BACKEND_(BOOTSTRAP_STRICT|MIGRATIONS_ON_STARTUP)$/, 'false'),
  later(/^ENVCTL_STATE_COMPAT_MODE$/, 'compat_read_write'),
  later(/^ENVCTL_DEFAULT_TREE_DEPENDENCY_SCOPE$/, ''),
  later(/^((BACKEND|FRONTEND)_ENV_FILE_OVERRIDE|MAIN_(FRONTEND_)?ENV_FILE_PATH)$/),
  comfort(/^ENVCTL_PORT_AVAILABILITY_MODE$/),
  comfort(/^ENVCTL_(DOCKER_PREWARM(_TIMEOUT_SECONDS)?|ENABLE_HOOK_BRIDGE|FORCE_BATCH|PROBE_PSUTIL|PROJECT_PREFIX|ASYNC_RUNTIME_READINESS_REPORT)$/),
  comfort(/^ENVCTL_BLAST_(ALL_ECOSYSTEM|PORT_SCAN_SPAN)$/),
  comfort(/^ENVCTL_REQUIREMENT_LISTENER_TIMEOUT_SECONDS$/),
  comfort(/^ENVCTL_REQUIREMENTS_(PARALLEL(_MAX)?|PORT_MISMATCH_POLICY)$/),
  comfort(/^ENVCTL_REQUIREMENT_([A-Z0-9]+_)?BIND_SAFE_CLEANUP$/),
  comfort(/^ENVCTL_RESUME_(RESTART_MISSING|AGGRESSIVE_TERMINATE)$/),
  comfort(/^ENVCTL_SERVICE_(ATTACH_PARALLEL|PREP_PARALLEL|STARTUP_GRACE_SECONDS|TRUTH_TIMEOUT)$/),
  comfort(/^(RUN_SH_OPT_PARALLEL_TREES(_MAX)?|BATCH|DOCKER_PROJECT_NAME|(DB|REDIS)_CONTAINER_NAME)$/),
  comfort(/^ENVCTL_(PLAN_AGENT|DYNAMIC_MAIN)_[A-Z0-9_]+$/),
];

function dependency(id: string, name: string, match: RegExp): Pattern[] {
  return [{ match, kind: 'absent-plugin', package: name, dependency: id, decides: true }];
}

/** Settings of commands that are not there without their package: nothing else depends on them. */
function plugin(name: string, match: RegExp, harmless?: string): Pattern {
  return { match, kind: 'absent-plugin', package: name, decides: false, ...(harmless === undefined ? {} : { harmless }) };
}

function later(match: RegExp, harmless?: string): Pattern {
  return { match, kind: 'not-supported-yet', decides: true, ...(harmless === undefined ? {} : { harmless }) };
}

function comfort(match: RegExp): Pattern {
  return { match, kind: 'not-supported-yet', decides: false };
}
