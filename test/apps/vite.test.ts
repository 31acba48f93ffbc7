import { createServer } from 'node:http';
import { expect } from 'chai';
import { runOrThrow } from '../packaging/run.js';
import { checkGenerated } from './generated/check-generated.js';
import { viteApp } from './generated/node-apps.js';
import { commitApplication, createWorld, gitStatus, processesIn, type World } from './world.js';

const backendServer = `require('http').createServer((request, response) => response.end('{}')).listen(process.env.PORT, '127.0.0.1');\n`;

const environmentRoute = `export default {
  plugins: [{ name: 'environment', configureServer: (server) => { server.middlewares.use('/environment', (_request, response) => response.end(JSON.stringify(process.env))) } }],
};
`;

describe('an application as create-vite makes it', function () {
  this.timeout(240_000);
  let world: World;

  beforeEach(async () => {
    world = await createWorld('vite-app');
  });
  afterEach(() => world.close());

  /** The generator takes a name, not a path, and makes it in the working directory. */
  const generate = async (cwd: string, name: string): Promise<void> => {
    await runOrThrow('npx', ['--yes', 'create-vite@9', name, '--template', 'vanilla-ts', '--no-interactive'], { cwd });
    await runOrThrow('npm', ['install', '--loglevel=error', '--no-audit', '--no-fund'], { cwd: `${cwd}/${name}` });
  };

  it('runs unedited as a frontend alone, and leaves nothing', async () => {
    await generate(world.directory, 'vite-app');
    await commitApplication(world, { '.envctl': '' });
    const before = await gitStatus(world);
    const { backend, frontend } = await world.start();
    expect(backend).to.equal(undefined);
    expect(await (await fetch(frontend!)).text()).to.include('/@vite/client');

    await world.stopAll();
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect(await gitStatus(world)).to.equal(before);
  });

  it('knows its backend by VITE_BACKEND_URL, and no credential', async () => {
    await runOrThrow('mkdir', [world.repository], { cwd: world.directory });
    await generate(world.repository, 'frontend');
    await commitApplication(world, {
      '.envctl': 'MAIN_POSTGRES_ENABLE=true\nMAIN_REDIS_ENABLE=true\nENVCTL_BACKEND_START_CMD=node server.cjs\n',
      'backend/server.cjs': backendServer,
      'frontend/src/probe.ts': 'export const backend: string = import.meta.env.VITE_BACKEND_URL;\n',
      'frontend/vite.config.ts': environmentRoute,
    });
    const { backend, frontend } = await world.start();
    expect(await (await fetch(`${frontend}/src/probe.ts`)).text()).to.include(`"VITE_BACKEND_URL": "${backend}"`);
    const environment = await (await fetch(`${frontend}/environment`)).text();
    expect(environment).to.include('ENVCTL_PROJECT_NAME');
    expect(environment).not.to.match(/postgres(ql)?:\/\/|redis:\/\/|PASSWORD/);
    await world.stopAll();
  });

  it('runs unedited before a backend with a row in Postgres and a key in Redis, comes back with both, and leaves nothing', () => checkGenerated(viteApp).then(() => undefined));

  it('does not take a stranger on its port for itself', async () => {
    await generate(world.directory, 'vite-app');
    const stranger = createServer((_request, response) => response.end('stranger'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as { port: number };
    try {
      await commitApplication(world, { '.envctl': `FRONTEND_PORT_BASE=${port}\n` });
      const { frontend } = await world.start();
      expect(frontend).not.to.include(`:${port}`);
      expect(await (await fetch(frontend!)).text()).to.include('/@vite/client');
      await world.stopAll();
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).to.equal('stranger');
    } finally {
      stranger.close();
      stranger.closeAllConnections();
    }
  });
});
