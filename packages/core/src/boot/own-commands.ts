/** Core's commands by id, each loaded when it is asked for; `@envctl/core` is known to have no others. */
export const ownCommands: Readonly<Record<string, () => Promise<{ readonly default: CommandClass }>>> = {
  'blast-all': () => import('../commands/blast-all.js'),
  'clear-logs': () => import('../commands/clear-logs.js'),
  completion: () => import('../commands/completion.js'),
  config: () => import('../commands/config.js'),
  endpoints: () => import('../commands/endpoints.js'),
  errors: () => import('../commands/errors.js'),
  'explain-startup': () => import('../commands/explain-startup.js'),
  health: () => import('../commands/health.js'),
  'list-commands': () => import('../commands/list-commands.js'),
  'list-targets': () => import('../commands/list-targets.js'),
  logs: () => import('../commands/logs.js'),
  'migrate-hooks': () => import('../commands/migrate-hooks.js'),
  preflight: () => import('../commands/preflight.js'),
  restart: () => import('../commands/restart.js'),
  resume: () => import('../commands/resume.js'),
  'show-config': () => import('../commands/show-config.js'),
  'show-state': () => import('../commands/show-state.js'),
  start: () => import('../commands/start.js'),
  stop: () => import('../commands/stop.js'),
  'stop-all': () => import('../commands/stop-all.js'),
  version: () => import('../commands/version.js'),
  wait: () => import('../commands/wait.js'),
};

/** What is asked of an oclif command class. */
export interface CommandClass {
  id: string;
  run(argv: string[], config: never): Promise<unknown>;
}
