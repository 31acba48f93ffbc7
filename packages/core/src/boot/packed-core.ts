/*
 * Core as it is installed: bundles beside each other, each with the code that V8 compiled before. `dist/boot/door.cjs` of the package
 * is made of this (scripts/pack-package.mjs): it is CommonJS, so that Node sets up no module loader for a fast command.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Door from './door.js';
import type { FrontDoorOptions } from './front-door.js';
import { codeCacheDirectory, loadBundle } from './load-bundle.js';

export interface PackedCore {
  readonly runCli: (options: FrontDoorOptions) => Promise<void>;
  /** The fast door's bundle. */
  readonly door: () => typeof Door;
  /** The bundle of everything else, by entry. */
  readonly parts: () => Readonly<Record<string, unknown>>;
}

export interface PackedCoreOptions {
  /** Directory of the bundles `door.cjs`, `all.cjs` and those of `besides`. */
  readonly directory: string;
  /** Bundles of parts of the fast door; each is asked for as `./<name>.js`. */
  readonly besides: readonly string[];
  /** Key of `run-line.js` in `all.cjs`. */
  readonly runLine: string;
  readonly importModule: (specifier: string) => Promise<unknown>;
}

export function openPackedCore({ directory, besides, runLine, importModule }: PackedCoreOptions): PackedCore {
  const cacheDirectory = codeCacheDirectory();
  const loaded = new Map<string, unknown>();
  let command = '';
  const load = (name: string, use: string): unknown => {
    if (!loaded.has(name)) loaded.set(name, loadBundle({ address: pathToFileURL(join(directory, `${name}.cjs`)).href, shared: {}, importModule: importPart, cacheDirectory, use }));
    return loaded.get(name);
  };
  const parts = (): Readonly<Record<string, unknown>> => load('all', command) as Readonly<Record<string, unknown>>;
  const importPart = async (specifier: string): Promise<unknown> => {
    if (specifier === './run-line.js') return parts()[runLine];
    const name = besides.find((one) => specifier === `./${one}.js`);
    return name === undefined ? importModule(specifier) : load(name, command);
  };
  const openDoor = (use: string): typeof Door => load('door', use) as typeof Door;
  return {
    runCli: (options) => openDoor(options.argv[0] === 'completion' ? 'completion' : '').runCli({ ...options, onCommand: (id) => { command = id; } }),
    door: () => openDoor(''),
    parts,
  };
}
