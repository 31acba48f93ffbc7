import { expect } from 'chai';
import { ownVariableNames, serviceEnvironment, type ServiceEnvironmentInput } from '../../dist/services/index.js';

const input: ServiceEnvironmentInput = {
  service: 'backend',
  audience: 'backend',
  processEnv: { PATH: '/bin', EDITOR: 'vi', DATABASE_URL: 'postgresql://elsewhere', PORT: '1', ABSENT: undefined, ENVCTL_TEST_FAULT: 'x', ENVCTL_LAUNCH_TOKEN: 'outer' },
  projectName: 'Main',
  port: 8000,
  commandEnv: { MODE: 'dev' },
  dependencies: { DATABASE_URL: { value: 'postgresql://u:p@127.0.0.1:5432/d', secret: true }, REDIS_PORT: { value: '6379', secret: false } },
  secretNames: [],
  sections: {},
  urls: { backend: 'http://localhost:8000', frontend: 'http://localhost:9000' },
};

describe('serviceEnvironment', () => {
  it('gives a backend the user’s variables, its port, its project and its dependencies', () => {
    expect(serviceEnvironment(input)).to.deep.equal({
      PATH: '/bin',
      EDITOR: 'vi',
      MODE: 'dev',
      PORT: '8000',
      ENVCTL_PROJECT_NAME: 'Main',
      DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/d',
      REDIS_PORT: '6379',
      FRONTEND_URL: 'http://localhost:9000',
    });
  });

  it('gives a frontend the backend’s address and no variable with a credential, whoever set it', () => {
    expect(serviceEnvironment({ ...input, service: 'frontend', audience: 'frontend', port: 9000 })).to.deep.equal({
      PATH: '/bin',
      EDITOR: 'vi',
      MODE: 'dev',
      PORT: '9000',
      ENVCTL_PROJECT_NAME: 'Main',
      REDIS_PORT: '6379',
      VITE_BACKEND_URL: 'http://localhost:8000',
      VITE_API_URL: 'http://localhost:8000/api/v1',
    });
  });

  it('gives a frontend that is its own backend what a backend gets', () => {
    const own = serviceEnvironment({ ...input, service: 'frontend', audience: 'backend', port: 9000, urls: { frontend: 'http://localhost:9000' } });
    expect(own).to.include({ DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/d', REDIS_PORT: '6379', PORT: '9000' });
    expect(own).to.not.have.property('VITE_BACKEND_URL');
  });

  it('gives a frontend no credential of the user’s for a dependency that is not up yet', () => {
    const early = { ...input, dependencies: {}, secretNames: ['DATABASE_URL'] };
    expect(serviceEnvironment({ ...early, service: 'frontend', audience: 'frontend' })).to.not.have.property('DATABASE_URL');
    expect(serviceEnvironment(early)).to.have.property('DATABASE_URL', 'postgresql://elsewhere');
  });

  it('gives a frontend nothing of the caller’s that may carry a credential; a backend keeps it', () => {
    const table: Readonly<Record<string, readonly [value: string, given: boolean]>> = {
      GITHUB_TOKEN: ['yyy', false],
      AWS_SECRET_ACCESS_KEY: ['x', false],
      AWS_REGION: ['eu', true],
      STRIPE_KEY: ['x', false],
      BASIC_AUTH: ['x', false],
      BW_SESSION: ['x', false],
      NPM_TOKEN: ['x', false],
      NODE_AUTH_TOKEN: ['x', false],
      'npm_config_//host/:_authToken': ['x', false],
      npm_config__authtoken: ['x', false],
      npm_config_cache: ['/c', true],
      DECLARED: ['x', false],
      MY_DB: ['postgres://u:pw123456@h/x', false],
      CACHE: ['redis://:pw@h', false],
      DIGITS: ['amqp://u:12345@h', false],
      SLOPPY: ['postgres://u:p/w#d@h/x', false],
      VITE_DB: ['postgres://u:pw@h/x', false],
      LIST: ['http://a http://u:pw@b', false],
      SENTRY_DSN: ['https://public@host/1', true],
      REMOTE: ['ssh://git@host/x', true],
      ASSET: ['http://host:80/@scope/name', true],
      HTTP_PROXY: ['http://u:pw@proxy', true],
      https_proxy: ['http://u:pw@proxy', true],
      ALL_PROXY: ['socks5://u:pw@proxy', true],
      VITE_MAP_KEY: ['x', true],
      NEXT_PUBLIC_TOKEN: ['x', true],
      PUBLIC_API_KEY: ['x', true],
      SSH_AUTH_SOCK: ['/s', true],
      AUTH_URL: ['http://host', true],
      DBUS_SESSION_BUS_ADDRESS: ['unix:path=/b', true],
      DESKTOP_SESSION: ['x', true],
      XDG_SESSION_CLASS: ['user', true],
      PWD: ['/w', true],
    };
    const processEnv = Object.fromEntries(Object.entries(table).map(([name, [value]]) => [name, value]));
    const caller = { ...input, processEnv, secretNames: ['DECLARED'] };
    const frontend = serviceEnvironment({ ...caller, service: 'frontend', audience: 'frontend' });
    for (const [name, [value, given]] of Object.entries(table)) expect(frontend[name], name).to.equal(given ? value : undefined);
    expect(serviceEnvironment(caller)).to.include(processEnv);
  });

  it('gives a frontend what the project sets for it, whatever its name', () => {
    const given = serviceEnvironment({ ...input, service: 'frontend', audience: 'frontend', processEnv: { A_TOKEN: 'caller', B_TOKEN: 'caller' }, sections: { A_TOKEN: 'section' }, commandEnv: { B_TOKEN: 'command' } });
    expect(given).to.include({ A_TOKEN: 'section', B_TOKEN: 'command' });
  });

  it('lets the sections of .envctl win over everything but PORT and the name of the project', () => {
    const given = serviceEnvironment({ ...input, sections: { EDITOR: 'a', DATABASE_URL: 'b', FRONTEND_URL: 'c', MODE: 'd', PORT: 'e', NEW: 'f' } });
    expect(given).to.include({ EDITOR: 'a', DATABASE_URL: 'b', FRONTEND_URL: 'c', MODE: 'd', PORT: '8000', NEW: 'f', ENVCTL_PROJECT_NAME: 'Main' });
  });

  it('names what envctl itself sets', () => {
    for (const service of ['backend', 'frontend'] as const) {
      const own = ownVariableNames(service, ['backend', 'frontend']);
      const bare = serviceEnvironment({ ...input, service, processEnv: {}, commandEnv: {}, dependencies: {} });
      expect([...own].sort()).to.deep.equal(Object.keys(bare).sort());
    }
    expect(ownVariableNames('frontend', [])).to.deep.equal(['PORT', 'ENVCTL_PROJECT_NAME']);
  });

  it('names no peer that does not run', () => {
    const alone = { ...input, urls: {} };
    expect(serviceEnvironment(alone)).not.to.have.property('FRONTEND_URL');
    expect(serviceEnvironment({ ...alone, service: 'frontend', audience: 'frontend' })).not.to.have.any.keys('VITE_BACKEND_URL', 'VITE_API_URL');
  });
});
