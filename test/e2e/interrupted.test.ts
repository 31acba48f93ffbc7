import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createWorld, processesIn, servedBy, type World } from './world.js';

/** As `health --json` tells it. */
interface Left {
  readonly name: string;
  readonly project: string | null;
  readonly pid: number;
  readonly port: number | null;
}

describe('what an interrupted command left running', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => void (world = await createWorld('interrupted', { settings: { MAIN_REDIS_ENABLE: true } })));
  afterEach(() => world.close());

  const health = async () => {
    const { code, document, stderr } = await world.json(['health']);
    return { code, left: (document['left_running'] ?? []) as readonly Left[], hints: document.hints, services: document.services ?? [], stderr };
  };
  /** Until the backend waits for its gate. */
  const backendWaits = async () => {
    while (!processesIn(world.directory).some((pid) => readCommand(pid).includes('--gate'))) await delay(20);
  };
  const warnings = async (words: readonly string[]) => (await world.envctl(words)).stderr.split('\n').filter((line) => line.includes('interrupted command'));

  it('of a restart is told by health, endpoints and show-state until a start has replaced it', async () => {
    await world.succeed(['start']);
    expect(await health()).to.deep.include({ code: 0, left: [], hints: [] });
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'gate')}` });
    const restart = world.spawn(['restart']);
    await restart.said(/Main\/frontend: ready/);
    await backendWaits();
    // What a living command has started is its own.
    expect(await health()).to.deep.include({ left: [] });
    expect(await warnings(['endpoints'])).to.deep.equal([]);
    restart.process.kill('SIGKILL');
    await restart.finished;

    const frontend = await servedBy(world.ports.frontend);
    const { code, left, hints, services } = await health();
    expect([code, services.find(({ name }) => name === 'Main Frontend')?.status]).to.deep.equal([1, 'stopped']);
    expect(left.map(({ name, project, port }) => [name, project, port])).to.deep.equal([['Main Backend', 'Main', null], ['Main Frontend', 'Main', world.ports.frontend]]);
    expect(left[1]!.pid).to.equal(frontend);
    expect(hints).to.deep.equal(['envctl start', 'envctl stop-all']);
    const line = `Main Frontend runs (pid ${frontend}, port ${world.ports.frontend}), and no state lists it: an interrupted command left it`;
    expect((await world.envctl(['health'])).stdout).to.include(line);
    for (const words of [['endpoints'], ['show-state'], ['endpoints', '--json']]) expect((await warnings(words))[1], words.join(' ')).to.equal(`Warning: ${line}. Mend it with: envctl start, or envctl stop-all.`);

    await world.configure();
    await world.succeed(['start']);
    expect(await health()).to.deep.include({ code: 0, left: [], hints: [] });
    expect(await warnings(['endpoints'])).to.deep.equal([]);
  });

  it('of a first start is told where no state is, and ended by stop-all', async () => {
    await world.configure({ ENVCTL_BACKEND_START_CMD: `node server.mjs --gate ${path.join(world.directory, 'gate')}` });
    const start = world.spawn(['start']);
    await start.said(/Main\/frontend: ready/);
    await backendWaits();
    start.process.kill('SIGKILL');
    await start.finished;
    const told = (await warnings(['health'])).map((line) => /^Warning: (\S+(?: \S+)?) runs/.exec(line)?.[1]?.replace(/\/.*/, ''));
    expect(told).to.deep.equal(['Main Backend', 'Main Frontend', 'redis-main']);
    expect(await warnings(['show-state'])).to.have.length(3);
    await world.succeed(['stop-all']);
    expect(await warnings(['health'])).to.deep.equal([]);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });
});

/** Empty where it has ended. */
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
