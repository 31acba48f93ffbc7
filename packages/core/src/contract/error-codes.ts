/**
 * Every code a user can meet, with its meaning. A code is never reused for another meaning.
 * `contracts/error-codes.json` and `docs/reference/errors.md` are generated from this table.
 */
export const errorCodes = {
  // argv and routing
  ENVCTL_E_ARGV_UNKNOWN_COMMAND: 'The command is not known.',
  ENVCTL_E_ARGV_UNKNOWN_OPTION: 'The option is not known to the command.',
  ENVCTL_E_ARGV_INVALID: 'A word of the command line cannot be understood.',
  ENVCTL_E_COMMAND_FAILED: 'A command of another package ended with an error.',
  // repository
  ENVCTL_E_REPO_NOT_FOUND: 'No git repository at or above the working directory.',
  ENVCTL_E_REPO_INVALID: 'The path given with --repo is not a git repository.',
  // configuration
  ENVCTL_E_CONFIG_MISSING: 'The repository has no .envctl and there is no terminal to ask.',
  ENVCTL_E_CONFIG_INVALID: 'A configuration value is not valid.',
  ENVCTL_E_CONFIG_UNKNOWN_KEY: 'A configuration key is not known to envctl or an installed plugin.',
  ENVCTL_E_CONFIG_UNREADABLE: 'The configuration file cannot be read or written.',
  // selection
  ENVCTL_E_TARGET_UNKNOWN: 'A named project or service does not exist.',
  ENVCTL_E_TARGET_NOT_RUNNING: 'A named project is not running.',
  ENVCTL_E_TARGET_REQUIRED: 'The command needs a target and none was given.',
  ENVCTL_E_PROJECTS_DUPLICATE: 'Two projects of the mode cannot be told apart.',
  ENVCTL_E_PROJECTS_NONE: 'No project was found for the mode.',
  ENVCTL_E_RUNS_DISABLED: 'Runs are disabled for this mode in the configuration.',
  // prerequisites
  ENVCTL_E_PREREQUISITE_MISSING: 'A program the command needs is not installed.',
  ENVCTL_E_FILE_SYSTEM: 'The file system refused: permissions, space or a read-only mount.',
  ENVCTL_E_SHELL_BLOCK: 'The PATH block of a shell file is not whole.',
  ENVCTL_E_PLATFORM_UNSUPPORTED: 'The platform is not supported.',
  // state
  ENVCTL_E_STATE_NOT_FOUND: 'There is no recorded run.',
  ENVCTL_E_STATE_UNREADABLE: 'A state file is damaged or of a newer version.',
  ENVCTL_E_STATE_WRITE: 'A state file could not be written.',
  ENVCTL_E_LEDGER_DAMAGED: 'A ledger entry cannot be read.',
  ENVCTL_E_LOCK_TIMEOUT: 'Another envctl command holds a lock for too long.',
  // ports
  ENVCTL_E_PORT_EXHAUSTED: 'No free port was found in the range.',
  ENVCTL_E_PORT_CONFLICT: 'A port is held by somebody else.',
  // processes
  ENVCTL_E_PROCESS_SPAWN: 'A process could not be started.',
  ENVCTL_E_PROCESS_EXITED: 'A process ended before it was ready.',
  ENVCTL_E_PROCESS_SURVIVED: 'A process could not be stopped.',
  ENVCTL_E_RUN_FAILED: 'A short command ended with an error.',
  ENVCTL_E_RUN_TIMEOUT: 'A short command took too long.',
  // services
  ENVCTL_E_SERVICE_COMMAND_MISSING: 'No start command is configured or detected for a service.',
  ENVCTL_E_SERVICE_COMMAND_NOT_FOUND: 'The program of a start command does not exist.',
  ENVCTL_E_SERVICE_PREPARATION: 'The packages of a service could not be installed.',
  ENVCTL_E_SERVICE_MIGRATION: 'A database could not be migrated or seeded.',
  ENVCTL_E_SERVICE_NOT_READY: 'A service did not become ready in time.',
  ENVCTL_E_SERVICE_FAILED: 'A service failed to start.',
  // hooks
  ENVCTL_E_HOOK_INVALID: 'The hook files of a project cannot be used as they are.',
  ENVCTL_E_HOOK_FAILED: 'A hook of the project failed.',
  // dependencies
  ENVCTL_E_DEPENDENCY_UNKNOWN: 'No installed plugin brings this dependency.',
  ENVCTL_E_DEPENDENCY_NONE_ENABLED: 'Only dependencies are to start, and none is enabled.',
  ENVCTL_E_DEPENDENCY_DRIVER: 'No driver can run this dependency here.',
  ENVCTL_E_DEPENDENCY_FAILED: 'A dependency could not be brought up.',
  ENVCTL_E_DEPENDENCY_CYCLE: 'Dependencies require each other in a circle.',
  // start and stop
  ENVCTL_E_START_FAILED: 'The start failed and was undone.',
  ENVCTL_E_START_REFUSED: 'The start would disturb what runs now.',
  ENVCTL_E_RESUME_NOTHING: 'There is nothing to resume.',
  ENVCTL_E_STOP_INCOMPLETE: 'Something could not be stopped or removed; it stays on record.',
  ENVCTL_E_WAIT_TIMEOUT: 'What was waited for did not happen in time.',
  ENVCTL_E_UNHEALTHY: 'Something that should run does not.',
  ENVCTL_E_CANCELLED: 'The command was cancelled from the keyboard.',
  // extensions
  ENVCTL_E_PLUGIN_NOT_LOADED: 'An installed or linked plugin cannot be loaded; its contributions do not count.',
  ENVCTL_E_PLUGIN_COMMAND: 'The module of a command of a plugin cannot be loaded; the command is left out.',
  ENVCTL_E_PLUGIN_MANIFEST: 'The envctl field of a plugin is not valid.',
  ENVCTL_E_PLUGIN_API_VERSION: 'The plugin and this envctl speak no common contract version.',
  ENVCTL_E_PLUGIN_EXTENSION_MISSING: 'The extension module of a plugin cannot be loaded.',
  ENVCTL_E_PLUGIN_EXTENSION_INVALID: 'The extension module of a plugin does not export an extension.',
  ENVCTL_E_PLUGIN_ACTIVATION: 'A plugin failed or hung while it was activated.',
  ENVCTL_E_PLUGIN_UNDECLARED: 'A plugin registered something its manifest does not declare.',
  ENVCTL_E_PLUGIN_LATE: 'A plugin registered something after its activation.',
  ENVCTL_E_PLUGIN_CLASH: 'Two plugins declare the same id; the later one is set aside.',
  ENVCTL_E_PLUGIN_UNREGISTERED: 'A plugin declares something it never registered.',
  ENVCTL_E_PLUGIN_TOKEN: 'A plugin asked for something the host does not give.',
  // us
  ENVCTL_E_DISPOSE: 'Something could not be closed at the end of a command.',
  ENVCTL_E_BUG: 'An error in envctl itself.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
