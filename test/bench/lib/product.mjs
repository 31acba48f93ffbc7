// The product as a user has it: packed tarballs in an empty prefix, the demo beside it, an environment of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Packs, installs and configures everything in a directory that the data user can pass through. `demo`: also installs the demo.
 * `close` stops what runs and removes the directory.
 */
export function installProduct({ demo }) {
  const directory = mkdtempSync(join(process.getuid() === 0 ? '/var/lib' : tmpdir(), 'envctl-bench-'));
  chmodSync(directory, 0o711);
  const prefix = join(directory, 'prefix');
  mkdirSync(prefix);
  quiet(process.execPath, [join(root, 'scripts/pack.mjs')], root);
  const tarballs = readdirSync(join(root, 'packages')).map((name) => {
    const answer = quiet('npm', ['pack', join(root, 'packages', name, 'pack'), '--pack-destination', directory, '--json', '--loglevel=error'], directory);
    return join(directory, JSON.parse(answer)[0].filename);
  });
  writeFileSync(join(prefix, 'package.json'), '{"private":true}');
  quiet('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], prefix);

  const repository = join(directory, 'repository');
  cpSync(join(root, 'examples/demo'), repository, { recursive: true, filter: (path) => !/node_modules|\/dist$/.test(path) });
  quiet('git', ['init', '--quiet', repository], directory);
  if (demo) for (const part of ['backend', 'frontend']) quiet('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], join(repository, part));

  const { NODE_EXTRA_CA_CERTS: _certificates, ...env } = process.env;
  Object.assign(env, {
    HOME: directory,
    ENVCTL_RUNTIME_DIR: join(directory, 'runtime'),
    ENVCTL_STORE_DIR: join(directory, 'store'),
    PATH: `${join(prefix, 'node_modules/.bin')}:${process.env.PATH}`,
  });
  const envctl = (...args) => spawnSync('envctl', args, { cwd: repository, env, encoding: 'utf8' });
  return {
    directory, repository, env, envctl,
    close() {
      envctl('blast-all', '--blast-remove-main-volumes');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Wall milliseconds of a command; throws when it does not end with one of `codes`, or not within two minutes (a port it wants is somebody else's). */
export function timed(command, args, { cwd, env, codes = [0] }) {
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 120_000 });
  const took = performance.now() - began;
  if (!codes.includes(status)) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return took;
}

function quiet(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 });
}
