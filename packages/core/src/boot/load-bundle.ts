/*
 * Runs a bundle with the code that V8 compiled the last time: Node 20 compiles a megabyte anew at every command otherwise.
 * In a packed package `dist/all.js` calls this; nothing else does.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { makeDirectoriesSync } from '../fs/read-only.js';
import { oclifDirectories } from './oclif-directories.js';

export interface BundleOptions {
  /** Address of the bundle: the body of a CommonJS module that also sees `__import` and `__address`, in Latin-1. */
  readonly address: string;
  /** ES modules the bundle requires, by the name it asks for them. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** The dynamic import of the module that calls: a script of its own has none. */
  readonly importModule: (specifier: string) => Promise<unknown>;
  /** Directory of the caches; undefined: none is kept. */
  readonly cacheDirectory: string | undefined;
}

/** Files of one cache directory: a few versions of envctl and Node. */
const keptFiles = 8;
const digestBytes = 32;

/** Where compiled code is kept, by the environment of this process. */
export function codeCacheDirectory(): string | undefined {
  const directories = oclifDirectories(process.env, process.platform);
  return directories === undefined ? undefined : join(directories.cache, 'code');
}

/**
 * The exports of the bundle. What V8 compiled is kept when the process ends, unless a kept one was used. A cache that
 * is damaged, of another user, of another bundle or of another V8 is as good as none, and so is one that cannot be written.
 */
export function loadBundle({ address, shared, importModule, cacheDirectory }: BundleOptions): unknown {
  const filename = fileURLToPath(address);
  const source = readFileSync(filename, 'latin1');
  const cachePath = cacheDirectory === undefined ? undefined : join(cacheDirectory, `${cacheKey(filename)}.bin`);
  const cachedData = cachePath === undefined ? undefined : readCache(cachePath);
  const script = new Script(`(function (exports, require, module, __filename, __dirname, __import, __address) {${source}\n})`, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
  if (cachePath !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    process.once('exit', () => writeCache(cachePath, script.createCachedData()));
  }
  const run = script.runInThisContext() as (...values: readonly unknown[]) => void;
  const module = { exports: {} };
  const ownRequire = createRequire(filename);
  const require = (name: string): unknown => (Object.hasOwn(shared, name) ? shared[name] : ownRequire(name));
  run(module.exports, require, module, filename, dirname(filename), importModule, address);
  return module.exports;
}

/** Another bundle under the same path has another change time. */
function cacheKey(filename: string): string {
  const { size, ctimeMs, ino } = statSync(filename);
  return createHash('sha256').update(JSON.stringify([filename, size, ctimeMs, ino, process.version, process.arch, cachedDataVersionTag()])).digest('hex').slice(0, 24);
}

/** V8 does not look whether the code is whole, so the digest before it is. */
function readCache(path: string): Buffer | undefined {
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
    const code = bytes.subarray(digestBytes);
    return code.length > 0 && digest(code).equals(bytes.subarray(0, digestBytes)) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function writeCache(path: string, code: Buffer): void {
  const directory = dirname(path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeDirectoriesSync(directory);
    sweep(directory);
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      for (const part of [digest(code), code]) if (writeSync(descriptor, part) !== part.length) throw new Error('the disk is full');
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A cache is not worth an error.
  }
}

/** Removes the oldest files beyond `keptFiles`, what a killed envctl left half written among them. */
function sweep(directory: string): void {
  const files = readdirSync(directory).map((name) => join(directory, name));
  const byAge = files.map((path) => ({ path, age: statSync(path).mtimeMs })).sort((a, b) => b.age - a.age);
  for (const { path } of byAge.slice(keptFiles - 1)) rmSync(path, { force: true });
}

function digest(code: Buffer): Buffer {
  return createHash('sha256').update(code).digest();
}
