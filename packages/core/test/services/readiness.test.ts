import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import type { LaunchSpec } from '../../dist/processes/index.js';
import { createLaunchListeners, createWaitedLaunch, waitServiceReady, type ServiceReadiness, type ServiceReadyRequest, type WaitedLaunch } from '../../dist/services/index.js';
import { createBench, eventually, patienceMs } from '../processes/support.js';
import { skip } from '../skip.js';

describe('waitServiceReady', function () {
  this.timeout(patienceMs);

  it('is ready when the service itself listens', async () => {
    await withService('http.createServer().listen(port, "127.0.0.1")', async (service) => {
      expect(await wait(service)).to.deep.equal({ status: 'ready' });
    });
  });

  it('waits for 2xx where a health URL is given', async () => {
    const code = 'let n = 0; http.createServer((q, r) => { r.statusCode = ++n < 3 ? 503 : 204; r.end() }).listen(port, "127.0.0.1")';
    await withService(code, async (service) => {
      expect(await wait(service, { healthUrl: `http://localhost:${service.port}/healthz` })).to.deep.equal({ status: 'ready', healthStatus: 204 });
    });
  });

  it('asks localhost on ::1 too', async function () {
    if (!(await hasIpv6())) skip(this, 'platform: no IPv6 loopback');
    await withService('http.createServer((q, r) => r.end()).listen(port, "::1")', async (service) => {
      expect(await wait(service, { healthUrl: `http://localhost:${service.port}/` })).to.include({ status: 'ready' });
    });
  });

  it('does not take a redirect for health', async () => {
    await withService('http.createServer((q, r) => { r.writeHead(302, { location: "/x" }); r.end() }).listen(port, "127.0.0.1")', async (service) => {
      await listening(service);
      const result = await wait(service, { healthUrl: `http://127.0.0.1:${service.port}/`, timeoutMs: 50 });
      expect(result).to.include({ status: 'timeout', waitedFor: 'health' });
      expect(detailOf(result)).to.match(/HTTP 302 from http/);
    });
  });

  it('takes a worker for ready when it lives on, not when it ends', async () => {
    await withService('setInterval(() => {}, 1000)', async (service) => {
      expect(await waitServiceReady({ ...service, port: null, timeoutMs: 10_000, signal: new AbortController().signal })).to.deep.equal({ status: 'ready' });
    });
    await withService("const { existsSync } = require('fs'); setInterval(() => existsSync(__dirname + '/go') && process.exit(3), 5)", async (service) => {
      let looks = 0;
      const read = async () => {
        looks += 1;
        // It ends while it is looked at, however long it took to begin.
        if (looks > 1) {
          await writeFile(besideLog(service, 'go'), '');
          await service.launch.exited(AbortSignal.timeout(patienceMs));
        }
        return service.launch.read!();
      };
      const launch: WaitedLaunch = { ...service.launch, read };
      expect(await wait({ ...service, launch }, { port: null })).to.include({ status: 'exited', reason: 'crash' });
    });
  });

  it('never takes a stranger on the port for the service', async () => {
    await withService('setInterval(() => {}, 1000)', async (service) => {
      const stranger = net.createServer();
      await new Promise<void>((resolve) => stranger.listen(service.port, '127.0.0.1', resolve));
      try {
        expect(await wait(service, { timeoutMs: 200 })).to.include({ status: 'timeout', waitedFor: 'listener' });
      } finally {
        stranger.close();
      }
    });
  });

  it('says where a service listens that ignores its port', async () => {
    await withService('http.createServer().listen(0, "127.0.0.1")', async (service) => {
      const [actual] = await listening(service);
      const result = await wait(service, { timeoutMs: 50 });
      expect(result).to.deep.include({ status: 'timeout', waitedFor: 'listener', otherPorts: [actual] });
      expect(detailOf(result)).to.include(`does not listen on port ${service.port} after 0.05 s, but on ${actual}; log_path: `);
    });
  });

  it('tells what gives the port where nothing listens at all, unless the command is told its port', async () => {
    await withService('setInterval(() => {}, 1000)', async (service) => {
      const hints = async (learnsPort: boolean) => ((await wait(service, { timeoutMs: 50, learnsPort })) as { readonly hints: readonly string[] }).hints;
      expect(await hints(true)).to.deep.equal(['Make the service listen on the port in the variable PORT, or give its start command a {port}.']);
      expect(await hints(false)).to.deep.equal([]);
    });
  });

  it('knows a listener that is a child, and one that left the session', async () => {
    for (const prefix of ['', 'setsid ']) {
      const code = `require('child_process').spawn('sh', ['-c', ${JSON.stringify(`${prefix}"$0" -e "require('http').createServer().listen(PORT)"`)}.replace('PORT', port), process.execPath], { stdio: 'inherit' })`;
      await withService(code, async (service) => {
        expect(await wait(service)).to.deep.equal({ status: 'ready' });
      });
    }
  });

  it('ends at once when the service crashes, with the line that tells why', async () => {
    await withService('throw new TypeError("no such table")', async (service) => {
      const result = await wait(service, { timeoutMs: 60_000 });
      expect(result).to.include({ status: 'exited', reason: 'crash', logLine: 'TypeError: no such table' });
      expect(detailOf(result)).to.match(/^exited with code 1; log_path: .*; log: TypeError: no such table$/);
    });
  });

  it('tells a taken port from a crash', async () => {
    const holder = net.createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as net.AddressInfo;
    try {
      await withService(`http.createServer().listen(${port}, "127.0.0.1")`, async (service) => {
        expect(await wait(service, { timeoutMs: 60_000 })).to.include({ status: 'exited', reason: 'bind_conflict' });
      });
    } finally {
      holder.close();
    }
  });

  describe('by its log', () => {
    it('waits for the line, without colours, also of a worker', async () => {
      await withService('setTimeout(() => console.log("\\x1b[32mWorker\\x1b[0m ready in 5 ms"), 50); setInterval(() => {}, 1000)', async (service) => {
        const told: string[] = [];
        expect(await wait({ ...service }, { port: null, readyLog: /^Worker ready/, onLogReady: () => told.push('log-ready') })).to.deep.equal({ status: 'ready' });
        expect(told).to.deep.equal(['log-ready']);
      });
    });

    it('is not ready by a line that never comes', async () => {
      await withService('console.log("not yet"); setInterval(() => {}, 1000)', async (service) => {
        await eventually(path.dirname(service.launch.logPath), () => readFileSync(service.launch.logPath, 'utf8').includes('not yet') || undefined);
        const result = await wait(service, { port: null, readyLog: /ready/, timeoutMs: 300 });
        expect(result).to.include({ status: 'timeout', waitedFor: 'log' });
        expect(detailOf(result)).to.match(/^runs but no line of its log matched \/ready\/ within 0\.3 s; log_path: .*log: not yet$/);
      });
    });

    it('refuses an expression for its log that takes for ever over a line', async () => {
      await withService("console.log('a'.repeat(59) + '!'); setInterval(() => {}, 1000)", async (service) => {
        const refused = await wait(service, { port: null, readyLog: /^(a+)+$/ }).catch((error: unknown) => error);
        expect(refused).to.include({ code: 'ENVCTL_E_CONFIG_INVALID' }).and.to.have.property('message').that.matches(/^The expression \/\^\(a\+\)\+\$\/ takes more than 2 s over a few lines of \/.*\.log\.$/);
      });
    });

    it('believes no line of an incarnation that has ended', async () => {
      // Says that it is ready and dies, twice; the third lives on without a word.
      const code = `const fs = require('fs'); const file = __dirname + '/count'; fs.appendFileSync(file, '.');
        if (fs.statSync(file).size < 3) { console.log('ready'); process.exit(1); } else { fs.writeFileSync(__dirname + '/third', ''); setInterval(() => {}, 1000); }`;
      await withService(
        code,
        async (service) => {
          const third = besideLog(service, 'third');
          const launch: WaitedLaunch = { ...service.launch, read: () => (existsSync(third) ? service.launch.read!() : Promise.resolve({ restarts: 0, ended: true, logStart: { rotations: 0, bytes: 0 } })) };
          const result = await wait({ ...service, launch }, { port: null, readyLog: /ready/, timeoutMs: 1500 });
          expect(result).to.include({ status: 'timeout', waitedFor: 'log' });
          expect(detailOf(result)).to.match(/; restarted 2 times, last exited with code 1 at /);
        },
        { restart: { when: 'on-failure', max: 5, backoffMs: 1 } },
      );
    });

    it('reads on where the log was rotated', async () => {
      const code = `const fs = require('fs'); const log = __dirname + '/own.log'; const one = fs.openSync(log, 'a');
        fs.writeSync(one, 'x'.repeat(1000) + '\\nhalf'); setTimeout(() => { fs.renameSync(log, log + '.1'); fs.writeSync(one, ' a line\\n'); fs.appendFileSync(log, 'next\\nready\\n'); }, 200); setInterval(() => {}, 1000);`;
      await withService(code, async (service) => {
        const log = besideLog(service, 'own.log');
        expect(await wait({ ...service, launch: { ...service.launch, logPath: log } }, { port: null, readyLog: /^ready$/ })).to.deep.equal({ status: 'ready' });
      });
    });
  });

  it('is asked by its command, again and again, until that succeeds', async () => {
    await withService('setInterval(() => {}, 1000)', async (service) => {
      const answers = ['first', 'second'];
      const readyCommand = () => Promise.resolve({ ready: answers.length === 0, detail: answers.shift() ?? '' });
      expect(await wait(service, { port: null, readyCommand })).to.deep.equal({ status: 'ready' });
      const result = await wait(service, { port: null, readyCommand: () => Promise.resolve({ ready: false, detail: 'exited with code 1: no table' }), timeoutMs: 100 });
      expect(result).to.include({ status: 'timeout', waitedFor: 'command' });
      expect(detailOf(result)).to.include('runs but its ready command did not succeed within 0.1 s: exited with code 1: no table; log_path:');
    });
  });

  it('a job is complete when it ends with a code that counts as success, and failed by any other', async () => {
    for (const [code, expected] of [[0, 'completed'], [7, 'completed'], [1, 'exited']] as const) {
      await withService(`setTimeout(() => process.exit(${code}), 50)`, async (service) => {
        expect(await wait(service, { port: null, completesWith: [0, 7] })).to.include({ status: expected });
      });
    }
  });

  it('tells how often it was restarted when it ends for good, and each incarnation has the whole time', async () => {
    await withService(
      '',
      async (service) => {
        // All lives together take longer; one takes as long only where a shell needs two seconds to begin.
        const result = await wait(service, { timeoutMs: 3000 });
        expect(result).to.include({ status: 'exited', reason: 'crash' });
        expect(detailOf(result)).to.match(/^restarted 4 times, last exited with code 4 at 20\d\d-[^;]*Z; log_path: /);
        expect(readFileSync(besideLog(service, 'count'), 'utf8')).to.equal('.....');
      },
      { command: ['sh', '-c', 'printf . >>"$FIXTURE_DIRECTORY/count"; sleep 1; exit 4'], restart: { when: 'on-failure', max: 4, backoffMs: 1 } },
    );
  });

  describe('on another port', () => {
    const moved = 'const s = http.createServer((q, r) => r.end()); s.on("error", () => s.listen(port + 3, "127.0.0.1")); s.listen(port, "127.0.0.1")';
    const rebound = (maxDelta: number) => ({ maxDelta, healthUrlOn: (port: number) => `http://127.0.0.1:${port}/` });

    for (const [delta, expected] of [[3, 'ready'], [2, 'timeout']] as const) {
      it(`a server that found its port taken is ${delta === 3 ? 'followed there' : 'not followed too far'}`, async () => {
        const stranger = net.createServer();
        await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
        const { port } = stranger.address() as net.AddressInfo;
        try {
          await withService(moved.replaceAll('port', String(port)), async (service) => {
            if (expected === 'timeout') await listening(service);
            const result = await wait({ ...service, port }, { healthUrl: `http://127.0.0.1:${port}/`, rebound: rebound(delta), timeoutMs: expected === 'ready' ? patienceMs : 400 });
            if (expected === 'ready') expect(result).to.deep.equal({ status: 'ready', healthStatus: 200, movedTo: port + 3 });
            else expect(result).to.deep.include({ status: 'timeout', waitedFor: 'listener', otherPorts: [port + 3] });
          });
        } finally {
          stranger.close();
        }
      });
    }

    it('one that listens elsewhere though its port is free is followed only when it has had its time', async () => {
      await withService('http.createServer((q, r) => r.end()).listen(port + 2, "127.0.0.1")', async (service) => {
        await listening(service);
        expect(await wait(service, { rebound: rebound(10), timeoutMs: 300 })).to.include({ status: 'ready', movedTo: service.port + 2 });
      });
    });
  });

  it('rejects with the reason it was aborted for', async () => {
    await withService('setInterval(() => {}, 1000)', async (service) => {
      const reason = new Error('cancelled');
      const abort = new AbortController();
      const waiting = wait(service, { signal: abort.signal, timeoutMs: 60_000 });
      abort.abort(reason);
      const error: unknown = await waiting.then(() => undefined, (value: unknown) => value);
      expect(error).to.equal(reason);
    });
  });
});

type Service = Pick<ServiceReadyRequest, 'launch' | 'listenersOf' | 'redact'> & { readonly port: number };

function detailOf(result: ServiceReadiness): string {
  return 'detail' in result ? result.detail : '';
}

function besideLog(service: Service, name: string): string {
  return path.join(path.dirname(service.launch.logPath), name);
}

function wait(service: Service, options: Partial<ServiceReadyRequest> = {}): Promise<ServiceReadiness> {
  return waitServiceReady({ ...service, timeoutMs: patienceMs, signal: new AbortController().signal, ...options });
}

async function listening(service: Service): Promise<readonly number[]> {
  return eventually(path.dirname(service.launch.logPath), async () => {
    const ports = await service.listenersOf();
    return ports.length > 0 ? ports : undefined;
  });
}

/** Launches `code` under a runner, in a Node of its own that is given a free `port`. */
async function withService(code: string, work: (service: Service) => Promise<void>, change: Partial<LaunchSpec> = {}): Promise<void> {
  const bench = createBench();
  try {
    const port = await freePort();
    const script = path.join(bench.directory, 'service.cjs');
    await writeFile(script, `const http = require('http'); const port = ${port};\n${code}\n`);
    const { spec } = await bench.start([process.execPath, script], { ports: [port], ...change });
    const { directory, logPath } = spec;
    await work({ port, redact: (text) => text, launch: createWaitedLaunch(directory, logPath), listenersOf: createLaunchListeners(directory).listenersOf });
  } finally {
    await bench.close();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function hasIpv6(): Promise<boolean> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '::1', () => server.close(() => resolve(true)));
  });
}
