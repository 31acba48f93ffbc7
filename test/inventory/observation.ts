import { readFileSync } from 'node:fs';
import { hotCommands } from '../../packages/core/dist/boot/door.js';
import { createRoutingTables, normaliseArgv, routeOfLine } from '../../packages/core/dist/routing/index.js';
import { mapAtMost } from '../../packages/core/dist/startup/at-most.js';

/** `original` and `found` are said in the same words; they differ where the product does. */
export interface Observation {
  readonly item: string;
  readonly original: string;
  readonly found: string;
}

/** A file of contracts/. */
export const contracts = (file: string): unknown => read(`../../contracts/${file}`);

/** A few at a time: each is a process. */
export const atOnce = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => mapAtMost(4, items, work);

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));

type HotContext = Parameters<(typeof hotCommands)[string]>[0];

/** How a look goes: `env` is all there is of an environment; `now` in milliseconds, the clock's unless it says so. */
export interface Look {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

const manifest = read('../../packages/cli/dist/door.json') as HotContext['manifest'];
const tables = createRoutingTables(manifest.commands);

/** The document of an inspection command through the fast door, in this process: as quick as many looks want it. Throws what the command is refused with. */
export async function look(words: readonly string[], { cwd, env, now = Date.now }: Look): Promise<Readonly<Record<string, unknown>>> {
  const line = normaliseArgv(words, tables);
  const route = routeOfLine(line, tables.commands.get(line.id)!);
  const result = await hotCommands[line.id]!({ route: route!, env, cwd, manifest, now });
  return (result?.json ?? {}) as Readonly<Record<string, unknown>>;
}
