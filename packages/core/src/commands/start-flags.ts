import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import { allFlag, selectorFlags } from './base-command.js';

/** `--no-resume`, for a start: restart and resume have said already what becomes of the last run. */
export const freshFlags = {
  'no-resume': Flags.boolean({ aliases: ['no-auto-resume'], summary: 'Begin anew: services that run are replaced; dependencies keep running.' }),
};

export const freshAssignments: NonNullable<CommandContract['assignments']> = { FRESH: { flag: 'no-resume', kind: 'if-true' } };

const level = (what: string) => ({ summary: `Log level for ${what} that is started: LOG_LEVEL_OVERRIDE and its kin in its environment.`, helpValue: 'LEVEL', helpGroup: 'FORWARDED' });
const profile = (what: string) => ({ summary: `Log profile for ${what} that is started: LOG_PROFILE_OVERRIDE and its kin in its environment.`, helpValue: 'NAME', helpGroup: 'FORWARDED' });

const scope = (summary: string, aliases: string[] = []) => Flags.boolean({ summary, helpGroup: 'SCOPE', ...(aliases.length === 0 ? {} : { aliases }) });

/** How much of a project a start means. */
export const scopeFlags = {
  backend: scope('The backend, with what it needs.'),
  frontend: scope('The frontend, with what it needs.'),
  fullstack: scope('Backend and frontend, with what they need.', ['both']),
  dependencies: scope('Dependencies; alone, no service.', ['deps']),
  'entire-system': scope('Everything that is configured (the default).'),
  'only-backend': scope('The backend alone: nothing that it needs is started.'),
  'only-frontend': scope('The frontend alone: nothing that it needs is started.'),
  'no-deps': scope('Only what is named, or all services: dependencies that do not run stay as they are.', ['no-dependencies', 'no-infra', 'no-infrastructure']),
};

/** The flags of start, restart and resume; explain-startup and preflight take them too, so that a line of a start is explained by another first word. */
export const startFlags = {
  ...selectorFlags,
  ...allFlag,
  'service-parallel': Flags.boolean({ allowNo: true, summary: 'Start backend and frontend side by side (the default), or the frontend when the backend is ready.' }),
  'service-prep-parallel': Flags.boolean({ allowNo: true, summary: 'Install packages for services side by side (the default), or for one after the other.' }),
  'dry-run': Flags.boolean({ summary: 'Print the plan; start nothing.' }),
  'parallel-trees': Flags.boolean({ allowNo: true, summary: 'Bring projects up side by side (the default), or one after the other.' }),
  'parallel-trees-max': Flags.integer({ summary: 'Projects that come up at the same time, at most.', min: 1, helpValue: 'N' }),
  'clear-port-state': Flags.boolean({ aliases: ['clear-ports', 'clear-port-cache'], summary: 'Forget which ports were used before: services come up on their preferred ports.' }),
  'log-level': Flags.string(level('every service')),
  'log-profile': Flags.string(profile('every service')),
  'backend-log-level': Flags.string(level('a backend')),
  'backend-log-profile': Flags.string(profile('a backend')),
  'frontend-log-level': Flags.string(level('a frontend')),
  'frontend-log-profile': Flags.string(profile('a frontend')),
  fast: Flags.boolean({ aliases: ['fast-startup'], summary: 'RUN_SH_FAST_STARTUP=true for services that are started.', helpGroup: 'FORWARDED' }),
  'refresh-cache': Flags.boolean({ summary: 'Install packages anew; RUN_SH_REFRESH_CACHE=true for services that are started.', helpGroup: 'FORWARDED' }),
};

export const planFlagTokens: NonNullable<CommandContract['flagTokens']> = { '--service-sequential': { flag: 'service-parallel', value: false }, '--service-prep-sequential': { flag: 'service-prep-parallel', value: false } };

export const startAssignments: NonNullable<CommandContract['assignments']> = {
  SERVICE_PARALLEL: { flag: 'service-parallel', kind: 'boolean' },
  ENVCTL_SERVICE_ATTACH_PARALLEL: { flag: 'service-parallel', kind: 'boolean' },
  SERVICE_PREP_PARALLEL: { flag: 'service-prep-parallel', kind: 'boolean' },
  ENVCTL_SERVICE_PREP_PARALLEL: { flag: 'service-prep-parallel', kind: 'boolean' },
  PARALLEL_TREES: { flag: 'parallel-trees', kind: 'boolean' },
  RUN_SH_OPT_PARALLEL_TREES: { flag: 'parallel-trees', kind: 'boolean' },
  PARALLEL_TREES_MAX: { flag: 'parallel-trees-max', kind: 'value' },
  RUN_SH_OPT_PARALLEL_TREES_MAX: { flag: 'parallel-trees-max', kind: 'value' },
};
