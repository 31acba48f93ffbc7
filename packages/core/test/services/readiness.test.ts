import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { waitServiceReady, type ServiceReadiness, type WaitedLaunch } from '../../dist/services/index.js';
import { withDirectory } from './support.js';

describe('waitServiceReady', () => {
  it('is ready when the service itself listens', async () => {
    await withService('http.createServer().listen(port, "127.0.0.1", announce)', async (service) => {
      expect(await wait(service)).to.deep.equal({ status: 'ready' });
    });
  });

  it('waits for 2xx where a health URL is given', async () => {
    const code = 'let n = 0; http.createServer((q, r) => { r.statusCode = ++n < 3 ? 503 : 204; r.end() }).listen(port, "127.0.0.1", announce)';
    await withService(code, async (service) => {
      expect(await wait(service, { healthUrl: `http://localhost:${service.port}/healthz` })).to.deep.equal({ status: 'ready', healthStatus: 204 });
    });
  });

  it('asks localhost on ::1 too', async function () {
    if (!(await hasIpv6())) this.skip();
    await withService('http.createServer((q, r) => r.end()).listen(port, "::1", announce)', async (service) => {
      expect(await wait(service, { healthUrl: `http://localhost:${service.port}/` })).to.include({ status: 'ready' });
    });
  });

  it('does not take a redirect for health', async () => {
    await withService('http.createServer((q, r) => { r.writeHead(302, { location: "/x" }); r.end() }).listen(port, "127.0.0.1", announce)', async (service) => {
      const result = await wait(service, { healthUrl: `http://127.0.0.1:${service.port}/`, timeoutMs: 300 });
      expect(result).to.include({ status: 'timeout', waitedFor: 'health' });
      expect(detailOf(result)).to.match(/HTTP 302 from http/);
    });
  });

  it('never takes a stranger on the port for the service', async () => {
    await withService('setInterval(() => {}, 1000); announce()', async (service) => {
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
    await withService('http.createServer().listen(0, "127.0.0.1", function () { port = this.address().port; announce() })', async (service) => {
      const result = await wait({ ...service, port: 1 }, { timeoutMs: 200 });
      expect(result).to.deep.include({ status: 'timeout', waitedFor: 'listener' });
      expect(detailOf(result)).to.match(/nothing of it listens on port 1 after 0\.2 s, it listens on \d+/);
    });
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

  it('rejects with the reason it was aborted for', async () => {
    await withService('setInterval(() => {}, 1000); announce()', async (service) => {
      const reason = new Error('cancelled');
      const abort = new AbortController();
      const waiting = wait(service, { signal: abort.signal, timeoutMs: 60_000 });
      abort.abort(reason);
      const error: unknown = await waiting.then(() => undefined, (value: unknown) => value);
      expect(error === reason || (error as Error).cause === reason).to.equal(true);
    });
  });
});

interface Service {
  readonly port: number;
  readonly launch: WaitedLaunch;
  listenersOf(): Promise<readonly number[]>;
}

function detailOf(result: ServiceReadiness): string {
  return result.status === 'ready' ? '' : result.detail;
}

function wait(service: Service, options: { healthUrl?: string; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<ServiceReadiness> {
  return waitServiceReady({ launch: service.launch, port: service.port, listenersOf: service.listenersOf, timeoutMs: 10_000, signal: new AbortController().signal, ...options });
}

/** Runs `code` in a Node of its own; the ports it listens on are what it announces on descriptor 3. */
async function withService(code: string, work: (service: Service) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const port = await freePort();
    const script = path.join(directory, 'service.cjs');
    const logPath = path.join(directory, 'log');
    await writeFile(script, `const http = require('http'); let port = ${port}; const announce = () => require('fs').writeSync(3, port + ' ');\n${code}\n`);
    const log = createWriteStream(logPath);
    await new Promise((resolve) => log.once('open', resolve));
    const child = spawn(process.execPath, [script], { stdio: ['ignore', log, log, 'pipe'] });
    let announced = '';
    child.stdio[3]!.on('data', (data: Buffer) => (announced += data.toString()));
    const exited = new Promise<{ code: number; at: number }>((resolve) => child.once('close', (value) => resolve({ code: value ?? 137, at: 0 })));
    const listening = code.includes('listen(');
    try {
      await work({ port, launch: { logPath, exited: () => exited }, listenersOf: async () => (listening ? announced.trim().split(' ').filter(Boolean).map(Number) : []) });
    } finally {
      await end(child);
      log.close();
    }
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
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
