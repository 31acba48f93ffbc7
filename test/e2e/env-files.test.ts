import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf } from './document.js';
import { createWorld, environmentOf, type World } from './world.js';

describe('env files of a project', function () {
  this.timeout(120_000);
  let world: World;
  const write = (name: string, text: string) => writeFile(path.join(world.repository, name), text);
  const start = async (env: Readonly<Record<string, string>> = {}) => environmentOf(portsOf(await world.succeed(['start'], { env }))['backend']!);

  before(async () => (world = await createWorld('env-files', { settings: { MAIN_REDIS_ENABLE: true, MAIN_FRONTEND_ENABLE: false } })));
  after(() => world.close());
  afterEach(async () => {
    await world.succeed(['stop-all']);
    await world.configure();
    await rm(path.join(world.repository, 'backend/.env'), { force: true });
  });

  it('are below the caller and what dependencies project, and the service is told which it is', async () => {
    await write('backend/.env', 'REDIS_URL=redis://elsewhere\nFROM_FILE="a b"\nFROM_CALLER=file\nPORT=1\n');
    const environment = await start({ FROM_CALLER: 'caller' });
    expect(environment).to.include({ FROM_FILE: 'a b', FROM_CALLER: 'caller', APP_ENV_FILE: path.join(world.repository, 'backend/.env') });
    expect(environment['REDIS_URL']).to.match(/^redis:\/\/.*localhost/);
    expect(environment['PORT']).to.not.equal('1');
    const { stdout } = await world.envctl(['explain-startup', '--no-resume']);
    expect(stdout).to.include('env from backend/.env: REDIS_URL, FROM_FILE, FROM_CALLER, PORT');
    expect(stdout).to.not.include('elsewhere');
  });

  it('win over what dependencies project where it is asked for, in part', async () => {
    await write('mine.env', 'REDIS_URL=redis://mine\n');
    await world.configure({ BACKEND_ENV_FILE_OVERRIDE: 'mine.env' });
    expect((await start())['REDIS_URL']).to.equal('redis://mine');
    await world.succeed(['stop-all']);
    await write('backend/.env', 'OTHER=1\n');
    await world.configure({ SKIP_LOCAL_DB_ENV: true });
    const environment = await start();
    expect(environment['OTHER']).to.equal('1');
    expect(environment['REDIS_URL']).to.match(/localhost/);
  });

  it('that are named and not there are an error before anything starts', async () => {
    await world.configure({ MAIN_ENV_FILE_PATH: 'config/absent.env' });
    for (const command of ['explain-startup', 'start']) {
      const { code, document } = await world.json([command]);
      expect(code).to.equal(1);
      expect(document.message).to.equal(`MAIN_ENV_FILE_PATH names ${world.repository}/config/absent.env, and there is no such file.`);
    }
  });

  it('hold secrets that errors do not tell', async () => {
    await write('backend/.env', 'SERVICE_TOKEN=planted-secret-value\n');
    await write('backend/leak.mjs', 'console.error("Error: refused " + process.env.SERVICE_TOKEN);\nprocess.exit(3);\n');
    await world.configure({ ENVCTL_BACKEND_START_CMD: 'node leak.mjs' });
    const { code, document, stderr } = await world.json(['start']);
    expect(code).to.equal(1);
    expect(document.message).to.include('Error: refused');
    expect(JSON.stringify(document) + stderr).to.not.include('planted-secret-value');

    await write('backend/leak.mjs', 'console.error("Error: refused " + process.env.SERVICE_TOKEN);\nawait import("./server.mjs");\n');
    await start();
    for (const command of ['errors', 'health']) {
      const { stdout } = await world.envctl([command]);
      if (command === 'errors') expect(stdout).to.include('Error: refused');
      expect(stdout, command).to.not.include('planted-secret-value');
    }
  });
});
