import { highestPort } from './core-keys.js';
import type { ConfigKey } from './model.js';
import { serviceSuffix, standardServices } from './service-names.js';

type OptionFacts = Pick<ConfigKey, 'type' | 'values' | 'min' | 'max' | 'default' | 'description'>;

/** What every service can be told, backend and frontend too. */
const commonOptions: Readonly<Record<string, OptionFacts>> = {
  PUBLIC_URL: { type: 'string', description: 'URL that people are shown for {name}; {port} is replaced.' },
  READY_LOG: { type: 'string', description: 'Regular expression: {name} is ready when a line of its log matches.' },
  READY_CMD: { type: 'string', description: 'Command that exits with 0 when {name} is ready; {port} is replaced, no shell.' },
  DEPENDS_ON: { type: 'string', description: 'Services and dependencies that {name} waits for: <name>[:started|ready|healthy|completed|log-ready][?][+restart], separated by commas. ?: done without when it is not there or fails; +restart: {name} is started again when it is.' },
  START_ORDER: { type: 'integer', min: 0, max: 100_000, default: '100', description: 'Of services that wait for nothing of each other, those with a smaller number are started first.' },
  CRITICAL: { type: 'boolean', default: 'true', description: 'Whether a failure of {name} fails the start; false: the project goes on without it and counts as degraded.' },
  STOP_SIGNAL: { type: 'string', default: 'SIGTERM', description: 'Signal that ends {name}: SIGTERM, SIGINT, SIGQUIT, SIGHUP or SIGKILL; TERM and term are SIGTERM.' },
  STOP_TIMEOUT: { type: 'string', default: '10s', description: 'How long {name} may take to end before it is killed: 500ms, 10s, 2m; a bare number is seconds; 0: it is killed at once after the signal.' },
  RESTART: { type: 'enum', values: ['no', 'on-failure', 'always'], default: 'no', description: 'When {name} is started again after it ended by itself.' },
  RESTART_MAX: { type: 'integer', min: 0, max: 1_000_000, default: '5', description: 'Restarts of {name} in all, at most; 0: none.' },
  RESTART_BACKOFF: { type: 'string', default: '1s', description: 'The pause before the first restart of {name}, doubled from restart to restart up to 30 s: 500ms, 2s; a bare number is seconds; 0: no pause.' },
  SUCCESS_EXIT_CODES: { type: 'string', default: '0', description: 'Exit codes of {name} that are a good end, 0 to 255, separated by commas.' },
};

/** What only an additional service can be told: backend and frontend have older keys for it. */
const additionalOptions: Readonly<Record<string, OptionFacts>> = {
  ENABLE: { type: 'boolean', default: 'true', description: 'Whether {name} runs, where the key of the mode does not say.' },
  MAIN_ENABLE: { type: 'boolean', description: 'Whether {name} runs in mode main.' },
  TREES_ENABLE: { type: 'boolean', description: 'Whether {name} runs in mode trees.' },
  KIND: { type: 'enum', values: ['server', 'worker', 'job'], description: 'server: listens on its port (the default); worker: listens nowhere and is up while it lives; job: runs once and has done well when it exits with a success code.' },
  EXPECT_LISTENER: { type: 'boolean', description: 'Whether {name} listens on a port; false is KIND=worker.' },
  DIR: { type: 'string', description: 'Directory {name} is started in, relative to the project and in it, or absolute and then the same for every project; default: the one of its name, or the project itself.' },
  START_CMD: { type: 'string', description: 'Start command of {name}; {port} is replaced by its port.' },
  TEST_CMD: { type: 'string', description: 'Command that tests {name}, for the test action of @envctl/plugin-actions; nothing of core runs it.' },
  PORT_BASE: { type: 'integer', min: 1, max: highestPort, description: 'Preferred port of {name} of Main; default 10000, and 100 more for each service before it in ENVCTL_ADDITIONAL_SERVICES.' },
  HEALTH_URL: { type: 'string', description: 'URL or path that answers 2xx when {name} is healthy; {port} is replaced.' },
  READY_TIMEOUT: { type: 'string', description: 'How long {name} may take to become ready, a job to complete: 500ms, 10s, 2m; a bare number is seconds; default 60s, of a job and of what has to be compiled first 10m.' },
};

/** `ENVCTL_SERVICE_<SUFFIX>_<OPTION>` */
export function serviceKey(name: string, option: string): string {
  return `ENVCTL_SERVICE_${serviceSuffix(name)}_${option}`;
}

/** The keys of backend and frontend that additional services have, too. */
export function standardServiceKeys(): readonly ConfigKey[] {
  return standardServices.flatMap((service) => toKeys({ service, suffix: serviceSuffix(service), shown: `the ${service}` }, commonOptions));
}

/** The keys of an additional service. `name` and `suffix` may be placeholders, for the reference. */
export function additionalServiceKeys(name: string, suffix = serviceSuffix(name)): readonly ConfigKey[] {
  return toKeys({ service: name, suffix, shown: name }, { ...additionalOptions, ...commonOptions });
}

function toKeys({ service, suffix, shown }: { readonly service: string; readonly suffix: string; readonly shown: string }, options: Readonly<Record<string, OptionFacts>>): readonly ConfigKey[] {
  return Object.entries(options).map(([option, { description, ...facts }]) => ({
    key: `ENVCTL_SERVICE_${suffix}_${option}`,
    owner: 'core',
    managed: false,
    section: 'other',
    service: { name: service, option },
    ...facts,
    description: description.replaceAll('{name}', shown),
  }));
}
