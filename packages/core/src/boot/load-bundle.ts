/*
 * Runs a bundle with the code that V8 compiled the last time: Node 20 compiles it anew at every command otherwise.
 * In a packed package `dist/boot/door.cjs` and `dist/all.js` call this; nothing else does.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { makeDirectoriesSync } from '../fs/read-only.js';
import { oclifDirectories } from './oclif-directories.js';

export interface BundleOptions {
  /** Address of the bundle: a script in Latin-1 whose value is a function of `exports, require, module, __filename, __dirname, __import, __address`. */
  readonly address: string;
  /** ES modules the bundle requires, by the name it asks for them. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** The dynamic import of the module that calls: a script of its own has none. */
  readonly importModule: (specifier: string) => Promise<unknown>;
  /** Directory of the caches; undefined: none is kept. */
  readonly cacheDirectory: string | undefined;
  /** What the bundle is run for, in a few letters: each use keeps the code of the functions that it ran. */
  readonly use: string;
}

/** Bytes of one cache directory: a few versions of envctl and Node. */
const keptBytes = 48 * 1024 * 1024;
/** V8 takes code from here without copying it. */
const alignment = 64;

/** Node loads these when a command first uses something of them: each is some of a command's milliseconds. */
const lateBuiltins: ReadonlySet<string> = new Set(['child_process', 'crypto', 'dns', 'fs/promises', 'http', 'https', 'net', 'readline', 'timers/promises', 'tls', 'tty', 'zlib']);

/** Where compiled code is kept, by the environment of this process. */
export function codeCacheDirectory(): string | undefined {
  const directories = oclifDirectories(process.env, process.platform);
  return directories === undefined ? undefined : join(directories.cache, 'code');
}

/**
 * The exports of the bundle. What V8 compiled is kept when the process ends, unless a kept one was used. A cache that
 * is damaged, of another user, of another bundle or of another V8 is as good as none, and so is one that cannot be written.
 */
export function loadBundle({ address, shared, importModule, cacheDirectory, use }: BundleOptions): unknown {
  const filename = fileURLToPath(address);
  const source = readFileSync(filename, 'latin1');
  const cache = cacheDirectory === undefined ? undefined : cacheOf(filename, cacheDirectory, use);
  const cachedData = cache === undefined ? undefined : readCache(cache);
  const script = new Script(source, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
  if (cache !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    process.once('exit', () => writeCache(cache, script.createCachedData()));
  }
  const run = script.runInThisContext() as (...values: readonly unknown[]) => void;
  const module = { exports: {} };
  const ownRequire = createRequire(filename);
  const require = (name: string): unknown => {
    if (Object.hasOwn(shared, name)) return shared[name];
    return lateBuiltins.has(name.replace(/^node:/, '')) ? toLate(() => ownRequire(name) as object) : ownRequire(name);
  };
  run(module.exports, require, module, filename, dirname(filename), importModule, address);
  return module.exports;
}

/** Stands for a module that is loaded when something of it is first looked at. */
function toLate(load: () => object): object {
  let loaded: object | undefined;
  const real = (): object => (loaded ??= load());
  return new Proxy({}, {
    get: (_, key) => Reflect.get(real(), key) as unknown,
    set: (_, key, value) => Reflect.set(real(), key, value),
    has: (_, key) => Reflect.has(real(), key),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => {
      const found = Reflect.getOwnPropertyDescriptor(real(), key);
      return found === undefined ? undefined : { ...found, configurable: true };
    },
  });
}

interface Cache {
  readonly path: string;
  /** What the code must have been made of. */
  readonly key: string;
}

/** Another bundle under the same path has another change time. V8 looks at its own version and flags. */
function cacheOf(filename: string, directory: string, use: string): Cache {
  const { size, ctimeMs, ino } = statSync(filename);
  const name = [basename(filename, '.cjs'), use.replaceAll(/[^\w-]/g, '-'), ino.toString(36), process.version].filter((part) => part !== '').join('.');
  return { path: join(directory, `${name}.bin`), key: JSON.stringify([filename, size, ctimeMs, ino, process.version, process.arch]) };
}

/** V8 does not look whether the code is whole, so it is kept twice, and both must be the same: comparing costs less than loading a digest. */
function readCache({ path, key }: Cache): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(descriptor);
    const head = toHead(key);
    const length = (bytes.length - head.length) / 2;
    if (length <= 0 || !Number.isInteger(length) || !bytes.subarray(0, head.length).equals(head)) return undefined;
    const code = bytes.subarray(head.length, head.length + length);
    return code.equals(bytes.subarray(head.length + length)) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function writeCache({ path, key }: Cache, code: Buffer): void {
  const directory = dirname(path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeDirectoriesSync(directory);
    const parts = [toHead(key), code, code];
    sweep(directory, parts.reduce((sum, part) => sum + part.length, 0));
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      for (const part of parts) if (writeSync(descriptor, part) !== part.length) throw new Error('the disk is full');
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch {
    removeQuietly(temporary);
  }
}

function toHead(key: string): Buffer {
  const bytes = Buffer.from(`${key}\n`);
  return Buffer.concat([bytes], Math.ceil(bytes.length / alignment) * alignment);
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A cache is not worth an error.
  }
}

/** Makes room by removing the oldest files, what a killed envctl left half written among them. */
function sweep(directory: string, wanted: number): void {
  const files = readdirSync(directory).map((name) => join(directory, name)).map((path) => ({ path, stats: statSync(path) }));
  let room = keptBytes - wanted;
  for (const { path, stats } of files.sort((a, b) => b.stats.mtimeMs - a.stats.mtimeMs)) {
    room -= stats.size;
    if (room < 0) rmSync(path, { force: true });
  }
}
