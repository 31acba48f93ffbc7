import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runOrThrow } from './run.js';

export interface LocalRegistry {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  /** npm settings that send everything to this registry, as environment variables. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The newest line of verdaccio that runs on Node 20.19. */
const verdaccio = { verdaccio: '6.1.2' };

/** A registry in `directory` that keeps what is published and asks npm's configured registry for everything else. */
export async function startLocalRegistry(directory: string): Promise<LocalRegistry> {
  const prefix = join(directory, 'verdaccio');
  await mkdir(prefix, { recursive: true });
  // Its audit plug-in asks for node-fetch by a tag that mirrors do not all keep.
  const manifest = { private: true, dependencies: verdaccio, overrides: { 'node-fetch': '2.7.0' } };
  await writeFile(join(prefix, 'package.json'), JSON.stringify(manifest));
  await runOrThrow('npm', ['install', '--ignore-scripts', '--prefer-offline', '--loglevel=error'], { cwd: prefix });

  const upstream = (await runOrThrow('npm', ['config', 'get', 'registry'], { cwd: prefix })).stdout.trim();
  const config = join(directory, 'verdaccio.yaml');
  await writeFile(config, toConfig(join(directory, 'storage'), upstream));
  const url = `http://127.0.0.1:${await freePort()}/`;
  const userConfig = join(directory, 'npmrc');
  // npm publishes only with a token; this registry takes any.
  await writeFile(userConfig, `registry=${url}\n${url.replace('http:', '')}:_authToken=anybody\n`);

  const server = spawn(process.execPath, [join(prefix, 'node_modules/verdaccio/bin/verdaccio'), '--config', config, '--listen', url], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilListening(server);
  return {
    url,
    env: { npm_config_userconfig: userConfig, npm_config_registry: url },
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    },
  };
}

function toConfig(storage: string, upstream: string): string {
  return JSON.stringify({
    storage,
    uplinks: { upstream: { url: upstream } },
    packages: {
      'envctl': { access: '$all', publish: '$anonymous' },
      '@envctl/*': { access: '$all', publish: '$anonymous' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    log: { type: 'stdout', format: 'json', level: 'warn' },
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** verdaccio says where it listens on its first lines. */
async function untilListening(server: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('http address')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`verdaccio ended with ${code}\n${output}`)));
  });
}
