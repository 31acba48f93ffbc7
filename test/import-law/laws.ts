import { posix } from 'node:path';
import { type Fact, type SourceText, scanSource } from './scan.js';

export interface Violation {
  readonly law: string;
  /** `packages/core/src/fs/atomic.ts:12` */
  readonly where: string;
  readonly what: string;
}

interface Place {
  readonly packageName: string;
  /** First folder below `src`; empty for files that stand in `src` itself. */
  readonly room: string;
  /** Path below `src`. */
  readonly file: string;
}

type Import = Extract<Fact, { kind: 'import' }>;

/** Rooms that stand below everything else: they know the contract and Node, nothing more. */
const groundRooms: ReadonlySet<string> = new Set(['fs', 'processes', 'events']);

/** Rooms the oclif commands may see: the facade, the base class with its front door, and what renders. */
const roomsOfCommands: ReadonlySet<string> = new Set(['contract', 'runtime', 'boot', 'ui', 'commands']);

/** What the commands stand on: the base class and its kin bind the commands to the front door. */
const baseOfCommands = /^commands\/(?:base|hot)-command\.ts$/;

/** The table by which the front door finds core's commands without oclif. */
const tableOfCommands = 'boot/own-commands.ts';

/** A library and the files of core that may import it. */
const libraryHomes: readonly (readonly [library: RegExp, homes: RegExp, name: string])[] = [
  [/^(?:tsyringe|reflect-metadata)(?:\/|$)/, /^(?:host\/container\.ts|runtime\/)/, 'tsyringe'],
  [/^execa(?:\/|$)/, /^processes\/run\.ts$/, 'execa'],
  [/^pino(?:\/|$)/, /^events\/sinks\.ts$/, 'pino'],
  [/^zod(?:\/|$)/, /(?:^|\/)[\w-]*schemas?\.ts$/, 'zod'],
];

/** Rooms of core that meet the outside: environment, and the terminal with its signals. */
const environmentRooms: ReadonlySet<string> = new Set(['boot', 'config']);
const terminalRooms: ReadonlySet<string> = new Set(['boot', 'ui']);

/** Every breach of the import law in `sources`; pure, so that a planted breach needs no file. */
export function findViolations(sources: readonly SourceText[]): readonly Violation[] {
  return sources.flatMap((source) => {
    const place = placeOf(source.path);
    return scanSource(source).flatMap((fact) =>
      breachesOf(place, fact).map(([law, what]) => ({ law, where: `${source.path}:${fact.line}`, what })),
    );
  });
}

type Breach = readonly [law: string, what: string];

function breachesOf(place: Place, fact: Fact): readonly Breach[] {
  switch (fact.kind) {
    case 'import':
      return [...graphBreaches(place, fact), ...libraryBreaches(place, fact)];
    case 'environment':
      return isIn(place, environmentRooms) ? [] : [['environment', `${fact.what} is read outside boot/ and config/`]];
    case 'exit':
    case 'console':
    case 'signal-handler':
      return isIn(place, terminalRooms) ? [] : [[fact.kind, `${fact.what} outside boot/ and ui/`]];
    case 'mutable-module-state':
      return [['module-state', fact.what]];
    case 'work-at-import':
      return place.packageName === 'cli' && place.room === 'bin' ? [] : [['import-work', fact.what]];
  }
}

function graphBreaches(place: Place, fact: Import): readonly Breach[] {
  const { specifier } = fact;
  if (place.packageName !== 'core') return outsideBreaches(specifier);
  if (place.room === 'contract' && !specifier.startsWith('./')) {
    return [['contract-imports-nothing', `contract imports ${specifier}`]];
  }
  if (!specifier.startsWith('.')) {
    return specifier.startsWith('@envctl/') ? [['core-knows-no-package', `core imports ${specifier}`]] : [];
  }
  const target = targetOf(place, specifier);
  if (target.room === place.room || target.room === 'contract') return [];
  if (groundRooms.has(place.room)) {
    return [['ground-rooms-know-the-contract', `${place.room} imports ${target.room}${fact.isTypeOnly ? ' (a type counts too)' : ''}`]];
  }
  if (place.room === 'commands' && !baseOfCommands.test(place.file) && !roomsOfCommands.has(target.room)) {
    return [['commands-know-the-facade', `a command imports ${target.file}`]];
  }
  if (target.room === 'commands' && place.file !== tableOfCommands) return [['nobody-knows-commands', `${place.file} imports ${target.file}`]];
  if (target.room === 'testing') return [['nobody-knows-testing', `${place.file} imports ${target.file}`]];
  if (target.room !== '' && target.room !== 'commands' && !doorsOf(target.room).includes(target.file)) {
    return [['rooms-have-one-door', `${place.file} imports ${target.file} past ${target.room}/index.ts`]];
  }
  return [];
}

/** A room's door, and the light one without libraries that the fast door of the CLI goes through. */
function doorsOf(room: string): readonly string[] {
  return [`${room}/index.ts`, `${room}/read-only.ts`];
}

/** Other packages reach core by its published entries only. */
function outsideBreaches(specifier: string): readonly Breach[] {
  const isDeep = specifier.startsWith('@envctl/core/') && !/^@envctl\/core\/(?:boot|command|door|testing|package\.json)$/.test(specifier);
  const isPath = specifier.includes('/core/src') || specifier.includes('/core/dist');
  return isDeep || isPath ? [['packages-use-public-entries', `imports ${specifier}`]] : [];
}

function libraryBreaches(place: Place, fact: Import): readonly Breach[] {
  const breaches: Breach[] = [];
  for (const [library, homes, name] of libraryHomes) {
    if (!library.test(fact.specifier)) continue;
    const isHome = name === 'zod' ? homes.test(place.file) : place.packageName === 'core' && homes.test(place.file);
    if (!isHome) breaches.push([`library-${name}`, `${place.file} imports ${fact.specifier}`]);
  }
  return breaches;
}

function placeOf(path: string): Place {
  const match = /^packages\/([^/]+)\/(?:src\/(.*)|(bin\/.*))$/.exec(path);
  if (match === null) throw new Error(`not a source of a package: ${path}`);
  const file = match[2] ?? match[3] ?? '';
  return { packageName: match[1] ?? '', file, room: file.includes('/') ? (file.split('/')[0] ?? '') : '' };
}

function targetOf(place: Place, specifier: string): { readonly room: string; readonly file: string } {
  const file = posix.normalize(posix.join(posix.dirname(place.file), specifier)).replace(/\.js$/, '.ts');
  return { file, room: file.includes('/') ? (file.split('/')[0] ?? '') : '' };
}

/** packages/cli has no rooms of its own: the whole package is the front door. */
function isIn(place: Place, rooms: ReadonlySet<string>): boolean {
  return place.packageName === 'cli' || (place.packageName === 'core' && rooms.has(place.room));
}
