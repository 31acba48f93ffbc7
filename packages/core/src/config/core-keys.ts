import type { Mode } from '../contract/index.js';
import type { ConfigKey, ConfigSection } from './model.js';

/** Highest port the reservation walk reaches; a higher base could never be given out. */
export const highestPort = 65_000;

/** Keys core itself owns, managed ones first and in the order they are written. */
export const coreKeys: readonly ConfigKey[] = [
  managed('ENVCTL_DEFAULT_MODE', 'mode', { type: 'enum', values: ['main', 'trees'], default: 'main', description: 'Mode of a command that names none.' }),
  managed('BACKEND_DIR', 'directories', { type: 'string', default: 'backend', components: ['backend'], description: 'Directory of the backend, relative to the project and in it, or absolute and then the same for every project.' }),
  managed('FRONTEND_DIR', 'directories', { type: 'string', default: 'frontend', components: ['frontend'], description: 'Directory of the frontend, relative to the project and in it, or absolute and then the same for every project.' }),
  managed('BACKEND_PORT_BASE', 'ports', { ...port('8000'), components: ['backend'], description: 'Preferred backend port of Main; other projects follow from it.' }),
  managed('FRONTEND_PORT_BASE', 'ports', { ...port('9000'), components: ['frontend'], description: 'Preferred frontend port of Main; other projects follow from it.' }),
  managed('PORT_SPACING', 'ports', { type: 'integer', min: 1, max: highestPort, default: '20', description: 'Distance between projects under the strategy legacy_spacing.' }),
  ...modeSwitches('main'),
  ...modeSwitches('trees'),
  ...(['main', 'trees'] as const).map((mode) =>
    other(`${mode.toUpperCase()}_BACKEND_EXPECT_LISTENER`, { type: 'boolean', default: 'true', description: `Whether the backend of ${mode} listens on a port; false for a worker.` }),
  ),
  other('ENVCTL_ADDITIONAL_SERVICES', { type: 'string', description: 'Comma list of names of services beside backend and frontend. Each has keys of its own: ENVCTL_SERVICE_<SUFFIX>_…, with its name in capitals and _ for -.' }),
  other('ENVCTL_BACKEND_START_CMD', { type: 'string', description: 'Start command of the backend; {port} is replaced by its port.' }),
  other('ENVCTL_FRONTEND_START_CMD', { type: 'string', description: 'Start command of the frontend; {port} is replaced by its port.' }),
  other('ENVCTL_BACKEND_HEALTH_URL', { type: 'string', description: 'URL or path that answers 2xx when the backend is healthy; {port} is replaced.' }),
  other('ENVCTL_FRONTEND_HEALTH_URL', { type: 'string', description: 'URL or path that answers 2xx when the frontend is healthy; {port} is replaced.' }),
  other('ENVCTL_BACKEND_READY_TIMEOUT', { type: 'string', default: '60', description: 'How long the backend may take to become ready: 500ms, 10s, 2m; a bare number is seconds; one that is compiled first (Go, Rust) has ten minutes while this is not set.' }),
  other('ENVCTL_FRONTEND_READY_TIMEOUT', { type: 'string', default: '60', description: 'How long the frontend may take to become ready: 500ms, 10s, 2m; a bare number is seconds.' }),
  other('ENVCTL_SERVICE_PREP', { type: 'boolean', default: 'true', description: 'Whether the packages of a service are installed before it starts, exactly as locked.' }),
  other('ENVCTL_SERVICE_PREP_TIMEOUT_SECONDS', { ...seconds('300'), description: 'Seconds that each step of a preparation or a migration may take.' }),
  ...['backend', 'frontend'].flatMap((service) => {
    const name = service.toUpperCase();
    return [
      other(`${name}_ENV_FILE_OVERRIDE`, { type: 'string', description: `Env file of the ${service}, relative to the project; wins over what dependencies project.` }),
      other(service === 'backend' ? 'MAIN_ENV_FILE_PATH' : 'MAIN_FRONTEND_ENV_FILE_PATH', { type: 'string', description: `Env file of the ${service} of Main, relative to the project; default .env where it is started.` }),
    ];
  }),
  other('SKIP_LOCAL_DB_ENV', { type: 'boolean', default: 'false', description: 'Whether env files win over what dependencies project.' }),
  other('ENVCTL_BACKEND_MIGRATIONS_ON_STARTUP', { type: 'boolean', default: 'false', description: 'Whether the migrations that are found for the backend run before it starts.' }),
  other('ENVCTL_BACKEND_BOOTSTRAP_STRICT', { type: 'boolean', default: 'false', description: 'Whether a migration or a seed that fails ends the start; false: the backend starts, and the failure is shown with it.' }),
  other('ENVCTL_POSTGRES_MIGRATE_CMD', { type: 'string', description: 'Migrates the database of a project, before every start of its backend.' }),
  other('ENVCTL_POSTGRES_SEED_CMD', { type: 'string', description: 'Fills the database of a project, once for each database, after its migration.' }),
  other('ENVCTL_SERVICE_LISTENER_TIMEOUT', { type: 'string', description: 'How long any service may take to become ready: 500ms, 10s, 2m; a bare number is seconds; set, it replaces both …_READY_TIMEOUT keys.' }),
  other('ENVCTL_SERVICE_STARTUP_GRACE_SECONDS', { ...seconds('15'), description: 'Seconds after its start during which a service that does not listen yet counts as starting.' }),
  other('ENVCTL_SERVICE_REBOUND_MAX_DELTA', { type: 'integer', min: 0, max: highestPort, default: '200', description: 'How far above its port a service may listen and still be recognised.' }),
  other('ENVCTL_PUBLIC_HOST', { type: 'string', default: 'localhost', description: 'Host name in the URLs that are shown.' }),
  other('ENVCTL_PORT_PREFERRED_STRATEGY', { type: 'enum', values: ['project_slot', 'legacy_spacing'], default: 'project_slot', description: 'How the preferred ports of a project follow from the bases.' }),
  other('ENVCTL_RUNTIME_TRUTH_MODE', { type: 'enum', values: ['auto', 'strict', 'best_effort'], default: 'auto', description: 'What counts as running. auto: a service that listens, a dependency that answers; best_effort: what lives; strict: as auto, and a start fails unless everything recorded is so.' }),
  other('ENVCTL_REQUIREMENTS_STRICT', { type: 'boolean', default: 'true', description: 'Whether a failing dependency fails the start; false: the project starts without it and its variables, and is shown as degraded.' }),
  other('ENVCTL_REQUIREMENT_BIND_MAX_RETRIES', { type: 'integer', min: 1, max: 100, default: '8', description: 'Further ports tried for a dependency whose port is taken.' }),
  other('ENVCTL_EXTERNAL_DEPENDENCIES', { type: 'string', description: 'Comma list of dependencies that run outside envctl.' }),
  other('ENVCTL_EXTERNAL_DEPENDENCY_PROBE', { type: 'boolean', default: 'true', description: 'Whether external dependencies are probed.' }),
  other('ENVCTL_EXTERNAL_DEPENDENCY_PROBE_TIMEOUT', { ...seconds('3'), description: 'Seconds an external dependency may take to answer, attempts included.' }),
  other('ENVCTL_ENABLE_HOOK_BRIDGE', { type: 'boolean', default: 'true', description: 'Whether the hooks of a project are run; false: a start does as if there were none.' }),
  other('ENVCTL_HOOK_TIMEOUT_SECONDS', { ...seconds('120'), description: 'Seconds a hook of a project may take.' }),
  other('ENVCTL_RUNTIME_DIR', { type: 'path', aliases: ['RUN_SH_RUNTIME_DIR'], description: 'Runtime root of all repositories; default ${XDG_STATE_HOME:-~/.local/state}/envctl.' }),
  other('ENVCTL_STATE_COMPAT_MODE', { type: 'enum', values: ['compat_read_only', 'compat_read_write', 'scoped_only'], default: 'compat_read_only', description: 'State of the original in RUN_SH_RUNTIME_DIR (/tmp/envctl-runtime). compat_read_only: shown when there is none of ours; compat_read_write: ours is mirrored there too; scoped_only: left alone.' }),
  other('ENVCTL_STORE_DIR', { type: 'path', description: 'Root of durable data; default store/ in the runtime root, /var/lib/envctl for root.' }),
  other('ENVCTL_RUNTIME_SCOPE_ID', { type: 'string', description: 'Replaces the scope id derived from the path of the repository.' }),
  ...environmentKeys(),
  { ...other('ENVCTL_DATA_USER', { type: 'string', description: 'User that owns data and runs the servers when envctl is root.' }), environmentOnly: true },
  { ...other('ENVCTL_CONFIG_FILE', { type: 'path', description: 'The configuration file to read; a name other than .envctl is read as a legacy file.' }), environmentOnly: true },
];

type KeyFacts = Omit<ConfigKey, 'key' | 'owner' | 'managed' | 'section'>;

function managed(key: string, section: ConfigSection, facts: KeyFacts): ConfigKey {
  return { key, owner: 'core', managed: true, section, ...facts };
}

function other(key: string, facts: KeyFacts): ConfigKey {
  return { key, owner: 'core', managed: false, section: 'other', ...facts };
}

/** What the command line itself goes by, before any file is read. Names that other programs share take any text. */
function environmentKeys(): ConfigKey[] {
  const keys = [
    other('BATCH', { type: 'string', aliases: ['ENVCTL_FORCE_BATCH'], description: '1, true, yes or on: never ask, as --headless.' }),
    other('CI', { type: 'string', description: 'Set to anything: progress is written line by line, never over.' }),
    other('NO_COLOR', { type: 'string', description: 'Set to anything: no colours.' }),
    other('FORCE_COLOR', { type: 'string', description: 'Set to anything: colours, in a pipe too and whatever NO_COLOR says; 0: none.' }),
    other('CLICOLOR', { type: 'string', description: '0: no colours.' }),
    other('CLICOLOR_FORCE', { type: 'string', description: 'Set to anything but 0: colours, in a pipe too and whatever NO_COLOR says.' }),
    other('ENVCTL_UI_COLOR_MODE', { type: 'enum', values: ['auto', 'on', 'off'], default: 'auto', aliases: ['ENVCTL_UI_COLOR'], description: 'Colours; auto goes by the terminal and the variables above.' }),
    other('ENVCTL_UI_SPINNER_MODE', { type: 'enum', values: ['auto', 'on', 'off'], default: 'auto', description: 'Whether progress in a terminal is written over; auto: unless CI is set.' }),
    other('ENVCTL_DATA_DIR', { type: 'path', description: 'Where installed plugins are kept; default ${XDG_DATA_HOME:-~/.local/share}/envctl.' }),
    other('ENVCTL_CACHE_DIR', { type: 'path', description: 'Where what can be made again is kept; default ${XDG_CACHE_HOME:-~/.cache}/envctl.' }),
    other('ENVCTL_DEBUG', { type: 'string', description: '1: an error is followed by its stack.' }),
  ];
  return keys.map((key) => ({ ...key, environmentOnly: true }));
}

function port(value: string): Pick<ConfigKey, 'type' | 'min' | 'max' | 'default'> {
  return { type: 'integer', min: 1, max: highestPort, default: value };
}

function seconds(value: string): Pick<ConfigKey, 'type' | 'min' | 'max' | 'default'> {
  return { type: 'integer', min: 1, max: 86_400, default: value };
}

function modeSwitches(mode: Mode): ConfigKey[] {
  const prefix = mode.toUpperCase();
  return [
    managed(`${prefix}_STARTUP_ENABLE`, mode, { type: 'boolean', default: 'true', description: `Whether anything of mode ${mode} is started.` }),
    ...['backend', 'frontend'].map((component) =>
      managed(`${prefix}_${component.toUpperCase()}_ENABLE`, mode, {
        type: 'boolean',
        default: 'true',
        enables: { component, modes: [mode] },
        description: `Whether the ${component} runs in mode ${mode}.`,
      }),
    ),
  ];
}
