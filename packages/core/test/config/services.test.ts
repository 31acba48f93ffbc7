import { expect } from 'chai';
import { assertConfig, saveConfig, type ConfigModel, type ServiceOptions } from '../../dist/config/index.js';
import { load, useRepository } from './fixtures.js';

describe('services of the configuration', () => {
  const repository = useRepository();
  const loadLines = (...lines: readonly string[]): ConfigModel => {
    repository.write('.envctl', `${lines.join('\n')}\n`);
    return load(repository.root);
  };
  const errors = (model: ConfigModel) => model.problems.filter(({ severity }) => severity === 'error').map(({ message, hint }) => `${message} | ${hint}`);
  const serviceOf = (model: ConfigModel, name: string, mode: 'main' | 'trees' = 'main'): ServiceOptions => model.services(mode).find(({ slug }) => slug === name)!;

  it('without any: backend and frontend with their defaults', () => {
    const model = loadLines('');
    expect(model.services('main').map(({ slug }) => slug)).to.deep.equal(['backend', 'frontend']);
    expect(serviceOf(model, 'backend')).to.deep.equal({
      slug: 'backend',
      kind: 'server',
      enabled: { enabled: true, explicit: false },
      directory: 'backend',
      directoryIsSet: false,
      startCommand: undefined,
      testCommand: undefined,
      portBase: 8000,
      dependsOn: [],
      healthUrl: undefined,
      publicUrl: undefined,
      readyLog: undefined,
      readyCommand: undefined,
      readyTimeoutMs: 60_000,
      readyTimeoutIsSet: false,
      critical: true,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 10_000,
      restart: { when: 'no', max: 5, backoffMs: 1000 },
      successExitCodes: [0],
      startOrder: 100,
    });
  });

  it('reads every option of an additional service', () => {
    const model = loadLines(
      'ENVCTL_ADDITIONAL_SERVICES=my-worker, seed',
      'ENVCTL_SERVICE_MY_WORKER_KIND=worker',
      'ENVCTL_SERVICE_MY_WORKER_TREES_ENABLE=false',
      'ENVCTL_SERVICE_MY_WORKER_DIR=services/worker',
      'ENVCTL_SERVICE_MY_WORKER_START_CMD=node worker.js',
      'ENVCTL_SERVICE_MY_WORKER_TEST_CMD=npm test',
      'ENVCTL_SERVICE_MY_WORKER_DEPENDS_ON=backend:started?, seed, redis:healthy+restart, frontend?',
      'ENVCTL_SERVICE_MY_WORKER_READY_LOG=ready to work',
      'ENVCTL_SERVICE_MY_WORKER_READY_CMD=./ready.sh',
      'ENVCTL_SERVICE_MY_WORKER_READY_TIMEOUT=2m',
      'ENVCTL_SERVICE_MY_WORKER_CRITICAL=false',
      'ENVCTL_SERVICE_MY_WORKER_STOP_SIGNAL=int',
      'ENVCTL_SERVICE_MY_WORKER_STOP_TIMEOUT=500ms',
      'ENVCTL_SERVICE_MY_WORKER_RESTART=on-failure',
      'ENVCTL_SERVICE_MY_WORKER_RESTART_MAX=3',
      'ENVCTL_SERVICE_MY_WORKER_RESTART_BACKOFF=2',
      'ENVCTL_SERVICE_MY_WORKER_SUCCESS_EXIT_CODES=0, 130',
      'ENVCTL_SERVICE_MY_WORKER_START_ORDER=10',
      'ENVCTL_SERVICE_MY_WORKER_PUBLIC_URL=https://worker.test',
      'ENVCTL_SERVICE_SEED_KIND=job',
      'MAIN_REDIS_ENABLE=true',
    );
    expect(errors(model)).to.deep.equal([]);
    expect(serviceOf(model, 'my-worker')).to.deep.equal({
      slug: 'my-worker',
      kind: 'worker',
      enabled: { enabled: true, explicit: false },
      directory: 'services/worker',
      directoryIsSet: true,
      startCommand: 'node worker.js',
      testCommand: 'npm test',
      portBase: undefined,
      dependsOn: [
        { name: 'backend', condition: 'started', optional: true, restart: false },
        { name: 'seed', condition: 'completed', optional: false, restart: false },
        { name: 'redis', condition: 'healthy', optional: false, restart: true },
        { name: 'frontend', condition: 'ready', optional: true, restart: false },
      ],
      healthUrl: undefined,
      publicUrl: 'https://worker.test',
      readyLog: 'ready to work',
      readyCommand: './ready.sh',
      readyTimeoutMs: 120_000,
      readyTimeoutIsSet: true,
      critical: false,
      stopSignal: 'SIGINT',
      stopTimeoutMs: 500,
      restart: { when: 'on-failure', max: 3, backoffMs: 2000 },
      successExitCodes: [0, 130],
      startOrder: 10,
    });
    expect(serviceOf(model, 'my-worker', 'trees').enabled).to.deep.equal({ enabled: false, explicit: true });
    expect(serviceOf(model, 'seed')).to.include({ kind: 'job', directory: 'seed', readyTimeoutMs: 600_000, readyTimeoutIsSet: false, portBase: undefined });
  });

  it('what listens has a port of its own: its PORT_BASE, else one by its place in the list', () => {
    const model = loadLines('ENVCTL_ADDITIONAL_SERVICES=a,b,c', 'ENVCTL_SERVICE_B_PORT_BASE=7777', 'ENVCTL_SERVICE_C_EXPECT_LISTENER=false');
    expect(model.services('main').slice(2).map(({ kind, portBase }) => [kind, portBase])).to.deep.equal([['server', 10_000], ['server', 7777], ['worker', undefined]]);
  });

  it('backend and frontend have the common options under the same names', () => {
    const model = loadLines('ENVCTL_SERVICE_BACKEND_RESTART=always', 'ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=backend', 'ENVCTL_SERVICE_FRONTEND_CRITICAL=no', 'TREES_BACKEND_EXPECT_LISTENER=false', 'ENVCTL_BACKEND_READY_TIMEOUT=5');
    expect(errors(model)).to.deep.equal([]);
    expect(serviceOf(model, 'backend')).to.deep.include({ restart: { when: 'always', max: 5, backoffMs: 1000 }, kind: 'server', readyTimeoutMs: 5000, readyTimeoutIsSet: true });
    expect(serviceOf(model, 'backend', 'trees').kind).to.equal('worker');
    expect(serviceOf(model, 'frontend')).to.deep.include({ critical: false, dependsOn: [{ name: 'backend', condition: 'ready', optional: false, restart: false }] });
  });

  it('every time to become ready is a duration', () => {
    const timesOf = (...lines: string[]) => (['backend', 'frontend'] as const).map((name) => serviceOf(loadLines(...lines), name).readyTimeoutMs);
    expect(timesOf('ENVCTL_BACKEND_READY_TIMEOUT=8s', 'ENVCTL_FRONTEND_READY_TIMEOUT=2m')).to.deep.equal([8000, 120_000]);
    expect(timesOf('ENVCTL_BACKEND_READY_TIMEOUT=8s', 'ENVCTL_SERVICE_LISTENER_TIMEOUT=90')).to.deep.equal([90_000, 90_000]);
    expect(timesOf()).to.deep.equal([60_000, 60_000]);
  });

  it('a dependency that a service needs runs, unless a switch says no', () => {
    const model = loadLines('ENVCTL_SERVICE_BACKEND_DEPENDS_ON=redis', 'ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=postgres?');
    expect(model.profile('main').dependencies).to.deep.include({ redis: { enabled: true, explicit: false }, postgres: { enabled: false, explicit: false } });
    expect(model.problems.map(({ message }) => message)).to.include('redis runs in mode main because backend needs it (ENVCTL_SERVICE_BACKEND_DEPENDS_ON).');
    const off = loadLines('ENVCTL_SERVICE_BACKEND_DEPENDS_ON=redis', 'MAIN_REDIS_ENABLE=false', 'TREES_STARTUP_ENABLE=false');
    expect(errors(off).join('\n')).to.match(/needs redis, which does not run in mode main\. \| Switch redis on, or write redis\? to do without it\.$/);
  });

  const service = ['ENVCTL_ADDITIONAL_SERVICES=worker,seed', 'ENVCTL_SERVICE_SEED_KIND=job', 'TREES_STARTUP_ENABLE=false'];
  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a name that is a dependency', ['ENVCTL_ADDITIONAL_SERVICES=redis'], /redis is a dependency/],
    ['a name that is a dependency of a plugin that is not there', ['ENVCTL_ADDITIONAL_SERVICES=n8n'], /n8n is a dependency/],
    ['a name with a meaning', ['ENVCTL_ADDITIONAL_SERVICES=backend'], /backend has a meaning of its own/],
    ['a name of a mode', ['ENVCTL_ADDITIONAL_SERVICES=trees'], /trees has a meaning of its own/],
    ['a name in capitals', ['ENVCTL_ADDITIONAL_SERVICES=Worker'], /"Worker" is none/],
    ['names that share keys', ['ENVCTL_ADDITIONAL_SERVICES=api,api-main'], /a key of api-main is a key of api, too/],
    ['an unknown option', [...service, 'ENVCTL_SERVICE_WORKER_RESTARTS=no'], /ENVCTL_SERVICE_WORKER_RESTARTS .*is no option of the service worker\. \| Did you mean ENVCTL_SERVICE_WORKER_RESTART/],
    ['an option of a service that nobody lists', [...service, 'ENVCTL_SERVICE_MAILER_START_CMD=x'], /belongs to no service: ENVCTL_ADDITIONAL_SERVICES lists worker, seed\. \| envctl config --set ENVCTL_ADDITIONAL_SERVICES=worker,seed,mailer/],
    ['an option of the backend that has an older name', ['ENVCTL_SERVICE_BACKEND_START_CMD=x'], /is no option of the service backend\. \| For the backend it is ENVCTL_BACKEND_START_CMD/],
    ['a duration', [...service, 'ENVCTL_SERVICE_WORKER_STOP_TIMEOUT=soon'], /STOP_TIMEOUT="soon" .*expected a duration/],
    ['a signal', [...service, 'ENVCTL_SERVICE_WORKER_STOP_SIGNAL=SIGUSR1'], /expected one of SIGTERM, SIGINT/],
    ['a directory outside of the project', [...service, 'ENVCTL_SERVICE_WORKER_DIR=api/../../other'], /expected a directory in the project, relative to it, or an absolute path/],
    ['the same of the backend', ['BACKEND_DIR=../..'], /BACKEND_DIR="\.\.\/\.\.".*expected a directory in the project/],
    ['a health URL of the backend', ['ENVCTL_BACKEND_HEALTH_URL=nonsense'], /expected a path that begins with \//],
    ['no duration for the backend', ['ENVCTL_BACKEND_READY_TIMEOUT=soon'], /ENVCTL_BACKEND_READY_TIMEOUT="soon" .*expected a duration above 0/],
    ['no time to become ready', [...service, 'ENVCTL_SERVICE_WORKER_READY_TIMEOUT=0'], /expected a duration above 0/],
    ['an exit code', [...service, 'ENVCTL_SERVICE_WORKER_SUCCESS_EXIT_CODES=0,300'], /expected a comma list of exit codes/],
    ['a pattern', [...service, 'ENVCTL_SERVICE_WORKER_READY_LOG=(up'], /expected a regular expression/],
    ['a restart', [...service, 'ENVCTL_SERVICE_WORKER_RESTART=sometimes'], /expected one of no, on-failure, always/],
    ['a URL', [...service, 'ENVCTL_SERVICE_WORKER_PUBLIC_URL=worker.test'], /expected a URL/],
    ['a condition', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend:up'], /expected a comma list of names of services and dependencies/],
    ['a name twice', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend,backend:started'], /each name once/],
    ['a need of nobody', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=bakend'], /names bakend, which is neither a service nor a dependency\. \| Did you mean backend/],
    ['a need of itself', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=worker'], /names the service itself/],
    ['a need of what is off', [...service, 'MAIN_FRONTEND_ENABLE=false', 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=frontend'], /needs frontend, which does not run in mode main/],
    ['a server that would have to complete', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend:completed'], /waits for backend to be completed, which it never is\. \| backend can be waited for as started, ready\./],
    ['health without a question', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend:healthy'], /can be waited for as started, ready; it has no ENVCTL_BACKEND_HEALTH_URL/],
    ['a log line that nobody told', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend:log-ready'], /it has no ENVCTL_SERVICE_BACKEND_READY_LOG/],
    ['a job that would have to be ready', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=seed:ready'], /waits for seed to be ready, which it never is\. \| seed can be waited for as started, completed\./],
    ['a dependency that would have to complete', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=redis:completed'], /waits for redis to be completed/],
    ['a restart with a job', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=seed+restart'], /has \+restart for seed, a job/],
    ['a circle', [...service, 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend', 'ENVCTL_SERVICE_BACKEND_DEPENDS_ON=frontend', 'ENVCTL_SERVICE_FRONTEND_DEPENDS_ON=worker'], /closes a circle: backend → frontend → worker → backend/],
    ['a kind that contradicts the listener', [...service, 'ENVCTL_SERVICE_WORKER_KIND=worker', 'ENVCTL_SERVICE_WORKER_EXPECT_LISTENER=true'], /EXPECT_LISTENER="true" .*contradicts KIND=worker/],
    ['a port of a worker', [...service, 'ENVCTL_SERVICE_WORKER_KIND=worker', 'ENVCTL_SERVICE_WORKER_PORT_BASE=7000'], /PORT_BASE="7000" .*is of no use: a worker listens nowhere/],
    ['a health path of a worker', [...service, 'ENVCTL_SERVICE_WORKER_KIND=worker', 'ENVCTL_SERVICE_WORKER_HEALTH_URL=/up'], /asks a port of its own/],
    ['a job that would begin again', [...service, 'ENVCTL_SERVICE_SEED_RESTART=always'], /would begin a job again that has completed\. \| ENVCTL_SERVICE_SEED_RESTART=on-failure/],
  ];
  for (const [what, lines, expected] of refused) {
    it(`refuses a start and a save for ${what}`, async () => {
      const model = loadLines(...lines);
      expect(errors(model).join('\n')).to.match(expected);
      expect(() => assertConfig(model, { for: 'start', mode: 'main' })).to.throw().with.property('code').that.matches(/^ENVCTL_E_CONFIG_/);
      const error = await saveConfig({ repositoryRoot: repository.root, env: { HOME: '/home/tester' }, isRoot: false, assignments: [{ key: 'PORT_SPACING', value: '30' }] }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code').that.matches(/^ENVCTL_E_CONFIG_/);
    });
  }

  it('a service that is switched off may say what it likes', () => {
    expect(errors(loadLines(...service, 'ENVCTL_SERVICE_WORKER_ENABLE=false', 'ENVCTL_SERVICE_WORKER_DEPENDS_ON=backend:completed'))).to.deep.equal([]);
  });

  const save = (...assignments: readonly (readonly [string, string])[]) =>
    saveConfig({ repositoryRoot: repository.root, env: { HOME: '/home/tester' }, isRoot: false, assignments: assignments.map(([key, value]) => ({ key, value })) });

  it('is saved together with its name, and shown', async () => {
    const { config } = await save(['ENVCTL_SERVICE_WORKER_START_CMD', 'node worker.js'], ['ENVCTL_ADDITIONAL_SERVICES', 'worker'], ['ENVCTL_SERVICE_WORKER_TREES_ENABLE', 'false']);
    expect(config.additional_services).to.deep.equal(['worker']);
    expect(config.profiles.main.additional_services).to.deep.equal({ worker: true });
    expect(config.profiles.trees.additional_services).to.deep.equal({ worker: false });
    expect(serviceOf(load(repository.root), 'worker').startCommand).to.equal('node worker.js');
  });

  it('goes together with its keys', async () => {
    await save(['ENVCTL_ADDITIONAL_SERVICES', 'worker'], ['ENVCTL_SERVICE_WORKER_START_CMD', 'node worker.js']);
    const error = await save(['ENVCTL_ADDITIONAL_SERVICES', '']).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.matches(/ENVCTL_SERVICE_WORKER_START_CMD .*belongs to no service: ENVCTL_ADDITIONAL_SERVICES does not list worker/);
    await save(['ENVCTL_ADDITIONAL_SERVICES', ''], ['ENVCTL_SERVICE_WORKER_START_CMD', '']);
    expect(load(repository.root).services('main').map(({ slug }) => slug)).to.deep.equal(['backend', 'frontend']);
  });

  it('has launch env sections and sources of its own', () => {
    const model = loadLines('ENVCTL_ADDITIONAL_SERVICES=my-worker', '# >>> envctl service my-worker launch env >>>', 'API=${ENVCTL_SOURCE_BACKEND_URL}', '# <<< envctl service my-worker launch env <<<', '# >>> envctl backend launch env >>>', 'WORKER=${ENVCTL_SOURCE_SERVICE_MY_WORKER_URL}', '# <<< envctl backend launch env <<<');
    expect(model.problems).to.deep.equal([]);
    expect(model.envLines('main', 'my-worker').map(({ name }) => name)).to.deep.equal(['API']);
    const unlisted = loadLines('# >>> envctl backend launch env >>>', 'WORKER=${ENVCTL_SOURCE_SERVICE_MY_WORKER_URL}', '# <<< envctl backend launch env <<<');
    expect(errors(unlisted).join('\n')).to.match(/refers to ENVCTL_SOURCE_SERVICE_MY_WORKER_URL, which nothing offers/);
  });
});
