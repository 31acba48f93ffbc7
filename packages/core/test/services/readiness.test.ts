import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { waitForExit } from '../../dist/processes/index.js';
import { createLaunchListeners, waitServiceReady, type ServiceReadiness, type ServiceReadyRequest } from '../../dist/services/index.js';
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
    await withService('process.exit(3)', async (service) => {
      expect(await waitServiceReady({ ...service, port: null, timeoutMs: 10_000, signal: new AbortController().signal })).to.include({ status: 'exited', reason: 'crash' });
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
  return result.status === 'ready' ? '' : result.detail;
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
async function withService(code: string, work: (service: Service) => Promise<void>): Promise<void> {
  const bench = createBench();
  try {
    const port = await freePort();
    const script = path.join(bench.directory, 'service.cjs');
    await writeFile(script, `const http = require('http'); const port = ${port};\n${code}\n`);
    const { spec } = await bench.start([process.execPath, script], { ports: [port] });
    const { directory, logPath } = spec;
    await work({ port, redact: (text) => text, launch: { logPath, exited: (signal) => waitForExit(directory, signal) }, listenersOf: createLaunchListeners(directory).listenersOf });
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
