/** A server that goes to the background: its command ends well, and what it started is the service. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, isAlive, processesIn, servedBy, type World } from './world.js';

/** `listens`: before it goes to the background; `goes`: it listens when its command is gone; `dies`: it goes, and ends then without having listened. */
const program = `
import os, socket, sys, time
what = sys.argv[1]
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
def listen():
    server.bind(('127.0.0.1', int(os.environ['PORT'])))
    server.listen()
if what == 'listens': listen()
command = os.getpid()
if os.fork() > 0: os._exit(0)
os.setsid()
if os.fork() > 0: os._exit(0)
nowhere = os.open(os.devnull, os.O_RDWR)
for descriptor in range(3): os.dup2(nowhere, descriptor)
def command_lives():
    try: os.kill(command, 0)
    except OSError: return False
    return True
while command_lives(): time.sleep(0.01)
if what == 'dies': os._exit(1)
if what == 'goes': listen()
while True:
    connection, _ = server.accept()
    connection.recv(4096)
    connection.sendall(('HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\nconnection: close\\r\\n\\r\\n{"pid":%d}' % os.getpid()).encode())
    connection.close()
`;

describe('a service that goes to the background', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await createWorld('daemon', { settings: { MAIN_FRONTEND_ENABLE: false } });
    await writeFile(path.join(world.repository, 'backend', 'daemon.py'), program);
  });
  afterEach(() => world.close());
  const configure = (what: string) => world.configure({ ENVCTL_BACKEND_START_CMD: `python3 daemon.py ${what}`, ENVCTL_BACKEND_READY_TIMEOUT: 60 });

  for (const [what, how] of [['listens', 'and listened before'], ['goes', 'and listens then']] as const) {
    it(`${how} is ready and running, by the process that listens, and ends whole`, async () => {
      await configure(what);
      await world.succeed(['start']);
      const pid = await servedBy(world.ports.backend);
      const recorded = (await world.succeed(['show-state'])).state.services['Main Backend'] as { readonly listener_pids: readonly number[] };
      expect(recorded.listener_pids).to.deep.equal([pid]);
      const { code, document } = await world.json(['health']);
      expect([code, ...document.services.map((service) => [service.status, service.pid])], JSON.stringify(document)).to.deep.equal([0, ['running', pid]]);
      expect((await world.succeed(['start'])).decision.kind).to.equal('reuse');
      expect((await world.succeed(['stop'])).stopped).to.deep.equal(['Main Backend']);
      expect(isAlive(pid)).to.equal(false);
      expect(processesIn(world.directory)).to.deep.equal([]);
    });
  }

  it('and ends there without having listened fails the start', async () => {
    await configure('dies');
    const { code, document } = await world.json(['start']);
    expect([code, document.code]).to.deep.equal([1, 'ENVCTL_E_START_FAILED']);
    expect(document.message).to.match(/Main Backend exited with code 0; log_path/);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });
});
