/** A knob of the original that nothing reads any more. */
export interface RetiredKey {
  readonly key: string;
  /** Why there is nothing to set, as half a sentence. */
  readonly reason: string;
  /** What to do instead of setting it. */
  readonly mend: string;
  /** True for a name that other programs read too: in the environment nothing is said about it. */
  readonly shared?: boolean;
}

const drop = 'Remove it.';

/** Every retired knob by its full name. */
export const retiredKeys: readonly RetiredKey[] = [
  ...retire(['ENVCTL_PORT_AVAILABILITY_MODE'], 'ports are leased machine-wide and compared with the tables of the kernel', drop),
  ...retire(['ENVCTL_DOCKER_PREWARM', 'ENVCTL_DOCKER_PREWARM_TIMEOUT_SECONDS'], 'Docker is asked only where a dependency runs in it', drop),
  ...retire(['ENVCTL_PROBE_PSUTIL'], 'processes are read from the kernel', drop),
  ...retire(['ENVCTL_PROJECT_PREFIX'], 'containers are known by their label, not by their name', drop),
  ...retire(['DOCKER_PROJECT_NAME', 'DB_CONTAINER_NAME', 'REDIS_CONTAINER_NAME'], 'containers are known by their label, not by their name', drop, { shared: true }),
  ...retire(['ENVCTL_ASYNC_RUNTIME_READINESS_REPORT'], 'the readiness report is written whole, together with the state', drop),
  ...retire(['ENVCTL_BLAST_ALL_ECOSYSTEM', 'ENVCTL_BLAST_PORT_SCAN_SPAN'], 'blast-all ends what the ledger has on record and looks for nothing else on the machine', drop),
  ...retire(['ENVCTL_DYNAMIC_MAIN_DEPENDENCY_PORTS'], 'a leased port stays the same from start to start', drop),
  ...retire(['ENVCTL_REQUIREMENTS_PARALLEL', 'ENVCTL_REQUIREMENTS_PARALLEL_MAX'], 'dependencies start as wide as their graph allows', drop),
  ...retire(['ENVCTL_REQUIREMENTS_PORT_MISMATCH_POLICY'], 'a running instance keeps its port', drop),
  ...retire(['ENVCTL_REQUIREMENT_BIND_SAFE_CLEANUP', ...ofDependencies((id) => `ENVCTL_REQUIREMENT_${id}_BIND_SAFE_CLEANUP`)], 'nothing foreign is stopped to free a port; another port is taken', 'ENVCTL_REQUIREMENT_BIND_MAX_RETRIES says how many are tried.'),
  ...retire(['ENVCTL_REQUIREMENT_LISTENER_TIMEOUT_SECONDS'], 'each dependency has a limit of its own', 'Set ENVCTL_POSTGRES_START_TIMEOUT_SECONDS or ENVCTL_REDIS_START_TIMEOUT_SECONDS instead.'),
  ...retire(['ENVCTL_RESUME_RESTART_MISSING'], 'resume starts what is missing', 'envctl health looks and starts nothing.'),
  ...retire(['ENVCTL_RESUME_AGGRESSIVE_TERMINATE'], 'a process is stopped the way it was launched to be stopped', drop),
  ...retire(['ENVCTL_SERVICE_ATTACH_PARALLEL'], 'a service starts as soon as what it needs is ready', 'Remove it, or give --service-sequential to a start.'),
  ...retire(['ENVCTL_SERVICE_PREP_PARALLEL'], 'packages are installed side by side', 'Remove it, or give --service-prep-sequential to a start.'),
  ...retire(['ENVCTL_SERVICE_TRUTH_TIMEOUT'], 'listeners are read from the tables of the kernel, which need no time-out', drop),
  ...retire(
    [
      'ENVCTL_UI_EXPERIMENTAL_DASHBOARD',
      'ENVCTL_UI_TEXTUAL_HEADLESS_ALLOWED',
      'ENVCTL_UI_SELECTOR_IMPL',
      'ENVCTL_UI_SELECTOR_BACKEND',
      'ENVCTL_UI_PROMPT_TOOLKIT',
      'ENVCTL_UI_SIMPLE_MENUS',
      'ENVCTL_UI_TEXTUAL_SELECTOR_SUBPROCESS',
      'ENVCTL_UI_TEXTUAL_MOUSE',
    ],
    'there are no Textual and no prompt_toolkit to choose between',
    drop,
  ),
  ...retire(
    [
      'ENVCTL_UI_BASIC_INPUT',
      'ENVCTL_UI_BASIC_INPUT_FD',
      'ENVCTL_UI_RESET_ESCAPE_MODES',
      ...['ESCDELAY', 'FOCUS_REPORTING', 'TIMEOUT_MS', 'TTIMEOUT_MS', 'PREFLIGHT_DRAIN', 'PREFLIGHT_FLUSH', 'CHARACTER_MODE', 'NONBLOCK_READ_GUARD'].map((name) => `ENVCTL_UI_SELECTOR_${name}`),
    ],
    'it worked around the terminal input of the original',
    drop,
  ),
  ...retire(['ENVCTL_UI_SPINNER', 'ENVCTL_UI_RICH'], 'one key says whether rows are redrawn', 'Set ENVCTL_UI_SPINNER_MODE=off instead.'),
  ...retire(['ENVCTL_UI_SPINNER_STYLE', 'ENVCTL_UI_SPINNER_MIN_MS', 'ENVCTL_UI_SPINNER_VERBOSE_EVENTS'], 'progress is one row per step, without a spinner', drop),
  ...retire(
    [...ofDependencies((id) => `ENVCTL_TEST_CONFLICT_${id}`), 'ENVCTL_TEST_BACKEND_ACTUAL_PORT', 'ENVCTL_TEST_FRONTEND_ACTUAL_PORT', 'ENVCTL_TEST_FRONTEND_REBOUND_DELTA'],
    'faults are not injected into a product',
    drop,
  ),
];

function ofDependencies(toKey: (id: string) => string): string[] {
  return ['POSTGRES', 'REDIS', 'SUPABASE', 'N8N'].map(toKey);
}

function retire(keys: readonly string[], reason: string, mend: string, options: { readonly shared?: boolean } = {}): RetiredKey[] {
  return keys.map((key) => ({ key, reason, mend, ...options }));
}
