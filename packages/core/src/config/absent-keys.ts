/** Keys that come with a package of their own, or with a later version of core. */
export interface AbsentKeys {
  readonly package: string;
  /** The keys by name, for the reference. */
  readonly keys: readonly string[];
  /** Everything that is surely one of them. */
  readonly family: RegExp;
  /** The dependency they belong to: they matter only when that dependency is switched on. */
  readonly dependency?: string;
  /** Value that asks for what happens anyway. */
  readonly harmless?: string;
  /** False: set or not, the same things run. */
  readonly decides: boolean;
}

/** The package of what core itself brings in a later version. */
export const corePackage = '@envctl/core';

/** In order: the first entry whose family has a name speaks for it. */
export const absentKeys: readonly AbsentKeys[] = [
  dependency('supabase', ['MAIN_SUPABASE_ENABLE', 'TREES_SUPABASE_ENABLE', 'SUPABASE_MAIN_ENABLE', 'ENVCTL_DEPENDENCY_SUPABASE_MODE', 'ENVCTL_REQUIREMENT_SUPABASE_CMD', 'ENVCTL_SUPABASE_AUTO_REINIT', 'ENVCTL_SUPABASE_COMPOSE_UP_TIMEOUT_SECONDS', 'ENVCTL_SUPABASE_DB_START_NATIVE', 'ENVCTL_SUPABASE_TWO_PHASE_STARTUP'], /^((MAIN|TREES)_SUPABASE_ENABLE|SUPABASE_MAIN_ENABLE|(ENVCTL_)?SUPABASE_[A-Z0-9_]+|ENVCTL_DEPENDENCY_SUPABASE_MODE|ENVCTL_REQUIREMENT_SUPABASE_CMD)$/),
  dependency('n8n', ['MAIN_N8N_ENABLE', 'TREES_N8N_ENABLE', 'N8N_MAIN_ENABLE', 'N8N_ENABLE', 'N8N_PORT_BASE', 'ENVCTL_DEPENDENCY_N8N_MODE', 'ENVCTL_REQUIREMENT_N8N_CMD', 'ENVCTL_STRICT_N8N_BOOTSTRAP'], /^((MAIN|TREES)_N8N_ENABLE|N8N_(MAIN_)?ENABLE|N8N_PORT_BASE|ENVCTL_N8N_[A-Z0-9_]+|ENVCTL_STRICT_N8N_BOOTSTRAP|ENVCTL_DEPENDENCY_N8N_MODE|ENVCTL_REQUIREMENT_N8N_CMD)$/),
  dependency('postgres', [], /^((MAIN|TREES)_POSTGRES_ENABLE|POSTGRES_MAIN_ENABLE|DB_PORT|ENVCTL_POSTGRES_[A-Z0-9_]+|ENVCTL_DEPENDENCY_POSTGRES_MODE|ENVCTL_REQUIREMENT_POSTGRES_CMD)$/),
  dependency('redis', [], /^((MAIN|TREES)_REDIS_ENABLE|REDIS_(MAIN_)?ENABLE|REDIS_PORT|ENVCTL_REDIS_[A-Z0-9_]+|ENVCTL_DEPENDENCY_REDIS_MODE|ENVCTL_REQUIREMENT_REDIS_CMD)$/),
  plugin('worktrees', ['TREES_DIR_NAME'], { harmless: 'trees' }),
  plugin('worktrees', ['ENVCTL_PLANNING_DIR'], { harmless: 'todo/plans' }),
  plugin('worktrees', ['ENVCTL_PLAN_STRICT_SELECTION', 'PLANNING_KEEP_PLAN', 'ENVCTL_SETUP_WORKTREE_PLACEHOLDER_FALLBACK'], { harmless: 'false' }),
  plugin('worktrees', ['ENVCTL_DEFAULT_TREE_DEPENDENCY_SCOPE'], { harmless: '' }),
  plugin('worktrees', ['RUN_SH_OPT_PARALLEL_TREES', 'RUN_SH_OPT_PARALLEL_TREES_MAX']),
  plugin('actions', ['ENVCTL_ACTION_TEST_CMD', 'ENVCTL_ACTION_PR_CMD', 'ENVCTL_ACTION_COMMIT_CMD', 'ENVCTL_ACTION_ANALYZE_CMD', 'ENVCTL_ACTION_MIGRATE_CMD', 'ENVCTL_ACTION_TEST_PARALLEL', 'ENVCTL_ACTION_TEST_PARALLEL_MAX', 'ENVCTL_BACKEND_TEST_CMD', 'ENVCTL_FRONTEND_TEST_CMD', 'ENVCTL_FRONTEND_TEST_PATH', 'FRONTEND_TEST_RUNNER', 'PR_REMOTE']),
  plugin('dashboard', ['ENVCTL_DASHBOARD_PR_LINKS', 'ENVCTL_DASHBOARD_PR_CACHE_SECONDS', 'ENVCTL_DASHBOARD_TRUTH_REFRESH_SECONDS', 'ENVCTL_UI_BACKEND'], { family: /^ENVCTL_(DASHBOARD|UI)_[A-Z0-9_]+$/ }),
  plugin('debug', ['ENVCTL_DEBUG_UI_MODE', 'ENVCTL_DEBUG_UI_PATH', 'ENVCTL_DEBUG_UI_RING_BYTES', 'ENVCTL_DEBUG_UI_MAX_EVENTS', 'ENVCTL_DEBUG_UI_SAMPLE_RATE', 'ENVCTL_DEBUG_UI_BUNDLE_STRICT', 'ENVCTL_DEBUG_UI_CAPTURE_PRINTABLE', 'ENVCTL_DEBUG_UI_RUN_ID', 'ENVCTL_DEBUG_RETENTION_DAYS', 'ENVCTL_DEBUG_TRACE_ID_MODE', 'ENVCTL_DEBUG_AUTO_PACK', 'ENVCTL_DEBUG_REQUIREMENTS_TRACE', 'ENVCTL_DEBUG_DOCKER_COMMAND_TIMING', 'ENVCTL_DEBUG_STARTUP_BREAKDOWN', 'ENVCTL_DEBUG_RESTORE_TIMING', 'ENVCTL_DEBUG_PLAN_SNAPSHOT', 'ENVCTL_DEBUG_MINIMAL_DASHBOARD'], { family: /^ENVCTL_DEBUG_[A-Z0-9_]+$/ }),
  plugin('doctor', ['ENVCTL_DOCTOR_CHECK_TESTS', 'ENVCTL_RELEASE_CHECK_TESTS']),
  { ...later([], { family: /^ENVCTL_PLAN_AGENT_[A-Z0-9_]+$/ }), decides: false },
];

interface Facts {
  readonly harmless?: string;
  readonly family?: RegExp;
}

function dependency(id: string, keys: readonly string[], family: RegExp): AbsentKeys {
  return { package: `@envctl/plugin-${id}`, dependency: id, keys, family, decides: true };
}

/** Settings of commands that are not there without their package: nothing else depends on them. */
function plugin(name: string, keys: readonly string[], facts: Facts = {}): AbsentKeys {
  return { package: `@envctl/plugin-${name}`, keys, family: oneOf(keys), decides: false, ...facts };
}

function later(keys: readonly string[], facts: Facts = {}): AbsentKeys {
  return { package: corePackage, keys, family: oneOf(keys), decides: true, ...facts };
}

function oneOf(keys: readonly string[]): RegExp {
  return new RegExp(`^(${keys.join('|')})$`);
}
