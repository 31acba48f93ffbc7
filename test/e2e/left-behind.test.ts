/** What an earlier start of a command left behind listens on the port of its service: it is never taken for the service. */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createWorld, isAlive, processesIn, servedBy, type World } from './world.js';

/**
 * The first time it has somebody else listen and stays, or ends before that one listens, which no look can then take for ready; the second time it
 * ends with a code as soon as somebody listens, or lives and does nothing.
 */
const program = `
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
const [, , journal, first, second] = process.argv;
const lives = existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\\n').length : 0;
appendFileSync(journal, process.pid + '\\n');
const stay = () => setInterval(() => undefined, 1000);
const knock = (then) => connect(Number(process.env.PORT), '127.0.0.1').on('connect', then).on('error', () => setTimeout(() => knock(then), 20));
const leave = (program) => spawn('/bin/sh', ['-c', program, 'sh', process.execPath, String(process.pid)], { detached: true, stdio: 'ignore' }).unref();
if (lives > 0) second === 'stay' ? stay() : knock(() => process.exit(Number(second)));
else if (first === 'stay') leave('exec "$1" server.mjs'), stay();
else leave('while kill -0 "$2" 2>/dev/null; do sleep 0.02; done; exec "$1" server.mjs'), process.exit(Number(first));
`;

describe('what an earlier start of a command left behind', function () {
  this.timeout(120_000);
  let world: World;
  const journal = () => path.join(world.directory, 'journal');
  const lives = (): readonly number[] => (existsSync(journal()) ? readFileSync(journal(), 'utf8').trim().split('\n').map(Number) : []);
  beforeEach(async () => {
    world = await createWorld('left-behind', { settings: { MAIN_FRONTEND_ENABLE: false, ENVCTL_SERVICE_BACKEND_RESTART_BACKOFF: '10ms', ENVCTL_SERVICE_BACKEND_RESTART_MAX: 1 } });
    await writeFile(path.join(world.repository, 'backend', 'leaver.mjs'), program);
  });
  afterEach(() => world.close());
  const configure = (first: string, second: string, restart: string) => world.configure({ ENVCTL_BACKEND_START_CMD: `node leaver.mjs ${journal()} ${first} ${second}`, ENVCTL_SERVICE_BACKEND_RESTART: restart, ENVCTL_BACKEND_READY_TIMEOUT: 5 });

  it('makes no start ready, is named, and ends with it', async () => {
    await configure('1', 'stay', 'on-failure');
    const { code, document } = await world.json(['start']);
    expect(code, JSON.stringify(document)).to.equal(1);
    expect(document.message).to.match(/does not listen on port \d+ after 5 s; pid \d+, left behind by its command, listens there/);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });

  it('on its port the next one fails, which is no conflict with a stranger: nothing moves to another port', async () => {
    await configure('1', '9', 'on-failure');
    const { code, document } = await world.json(['start']);
    expect([code, lives().length]).to.deep.equal([1, 2]);
    expect(document.message).to.match(/exited with code 9.*; pid \d+, left behind by its command, listens there/);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });

  for (const [what, second, restart, detail] of [
    ['lives on and does not listen', 'stay', 'on-failure', /^its command \(pid \d+\) does not listen on port \d+; pid (\d+), left behind by an earlier start of its command, listens on port \d+$/],
    ['ended for good, and well', '0', 'always', /^its command \(pid \d+\) exited with code 0 at .*; pid (\d+), left behind by an earlier start of its command, listens on port \d+$/],
  ] as const) {
    it(`is no service, where the next one ${what}; a start replaces it`, async () => {
      await configure('stay', second, restart);
      await world.succeed(['start']);
      const listener = await servedBy(world.ports.backend);
      process.kill(lives()[0]!, 'SIGKILL');
      while (lives().length < 2) await delay(20);
      const look = async () => (await world.json(['health'])).document.services[0]!;
      if (second === '0') while (isAlive(lives()[1]!)) await delay(20);
      const { code } = await world.json(['health']);
      const seen = await look();
      expect([code, seen.status, seen.pid], JSON.stringify(seen)).to.deep.equal([1, 'orphaned', listener]);
      expect(seen.detail).to.match(detail);
      await world.configure();
      const { projects } = await world.succeed(['start']);
      expect(projects[0]!.services.map(({ status, port }) => [status, port])).to.deep.equal([['started', world.ports.backend]]);
      expect(isAlive(listener)).to.equal(false);
      expect((await world.json(['health'])).code).to.equal(0);
    });
  }
});
