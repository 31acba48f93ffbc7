/* What becomes of the original's keys, found out by setting each of them. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { World } from '../e2e/world.js';
import { keysWithEffect } from './key-effects.js';
import { isOlderSpelling, type KeyRow, valueOf } from './key-values.js';
import { contracts, look, type Observation } from './observation.js';
import { type Original, unconfiguredRepository } from './observe.js';

type OriginalKey = Original['keys'][number];

export async function observeKeys(world: World, original: Original): Promise<readonly Observation[]> {
  const rows = new Map((contracts('config-keys.json') as readonly KeyRow[]).map((row) => [row.key, row]));
  const became = original.keys.flatMap(({ key }): Observation[] => {
    const row = rows.get(key);
    return row?.status === 'kept' ? [] : [{ item: `key ${key}`, original: 'kept', found: row === undefined ? 'no row' : whatBecameOf(row, rows) }];
  });
  const live = original.keys.filter(({ key }) => ['kept', 'renamed'].includes(rows.get(key)?.status ?? ''));
  const kept = live.filter(({ key }) => rows.get(key)!.status === 'kept');
  const repository = await unconfiguredRepository(world, 'keys');
  return [
    ...became,
    ...(await observeDefaults(repository, kept)),
    ...(await observePlaces(repository, live, rows)),
    ...(await observeManaged(repository, kept)),
    ...(await observeEffects(live.map(({ key }) => ({ ...canonical(rows, key), key })))),
  ];
}

/** A row that is not kept decides for itself, if it is whole. */
function whatBecameOf(row: KeyRow, rows: ReadonlyMap<string, KeyRow>): string {
  if (row.status === 'absent' && row.package === '@envctl/core') return 'to come';
  const isWhole =
    row.status === 'absent' ? row.package?.startsWith('@envctl/plugin-') === true
    : row.status === 'renamed' ? rows.get(row.replaced_by ?? '')?.status === 'kept' && (row.mend ?? '') !== ''
    : row.status === 'retired' && (row.reason ?? '') !== '' && (row.mend ?? '') !== '';
  return isWhole ? 'decided by its row' : `a row that does not say enough: ${JSON.stringify(row)}`;
}

interface Shown {
  readonly value: string;
  readonly source: string;
  readonly set_as?: string;
  readonly line?: number;
}

async function originsOf(cwd: string, env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Shown>>> {
  return (await look(['show-config', '--reveal'], { cwd, env: { HOME: cwd, ...env } }))['origins'] as Readonly<Record<string, Shown>>;
}

/** Where nothing is set. */
async function observeDefaults(repository: string, keys: readonly OriginalKey[]): Promise<readonly Observation[]> {
  const origins = await originsOf(repository, {});
  return keys.map(({ key, default: was }) => ({ item: `default of ${key}`, original: was ?? 'none', found: origins[key]?.value ?? 'none' }));
}

/** Which ones the document lists as those that envctl itself writes. */
async function observeManaged(repository: string, keys: readonly OriginalKey[]): Promise<readonly Observation[]> {
  const { effective } = await look(['show-config'], { cwd: repository, env: { HOME: repository } });
  const { managed_keys: managed } = effective as { readonly managed_keys: object };
  return keys.map(({ key, managed: was }) => ({ item: `managed ${key}`, original: String(was), found: String(Object.hasOwn(managed, key)) }));
}

/** Every key at once in the file, then in the environment: each is shown with its value and its place. Older names and older spellings have turns of their own, so that none stands behind its new one or decides about it. */
async function observePlaces(repository: string, keys: readonly OriginalKey[], rows: ReadonlyMap<string, KeyRow>): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  const turnOf = (row: KeyRow): string => (isOlderSpelling(row) ? 'older spelling' : row.status);
  for (const turn of ['kept', 'older spelling', 'renamed']) {
    const mine = keys.filter(({ key }) => turnOf(rows.get(key)!) === turn).map(({ key, places }) => ({ key, places, row: canonical(rows, key) }));
    const value = ({ key, row }: (typeof mine)[number]): string => (key === 'ENVCTL_CONFIG_FILE' ? path.join(repository, '.envctl') : valueOf(row));
    const note = (one: (typeof mine)[number], place: string, shown: Shown | undefined, expected: object): void => {
      const isShown = shown !== undefined && Object.entries({ value: value(one), ...expected, ...(one.key === one.row.key ? {} : { set_as: one.key }) }).every(([name, text]) => shown[name as keyof Shown] === text);
      observations.push({ item: `${one.key} in the ${place}`, original: 'taken', found: isShown ? 'taken' : JSON.stringify(shown ?? 'not taken') });
    };
    const inFile = mine.filter(({ places }) => places.includes('file'));
    await writeFile(path.join(repository, '.envctl'), inFile.map((one) => `${one.key}=${value(one)}\n`).join(''));
    const fromFile = await originsOf(repository, {});
    inFile.forEach((one, index) => note(one, 'file', fromFile[one.row.key], { source: 'file', line: index + 1 }));
    await writeFile(path.join(repository, '.envctl'), '');
    const fromEnvironment = await originsOf(repository, Object.fromEntries(mine.map((one) => [one.key, value(one)])));
    for (const one of mine.filter(({ places }) => places.includes('environment'))) note(one, 'environment', fromEnvironment[one.row.key], { source: 'env' });
  }
  return observations;
}

function canonical(rows: ReadonlyMap<string, KeyRow>, key: string): KeyRow {
  const row = rows.get(key)!;
  return row.status === 'renamed' ? rows.get(row.replaced_by!)! : row;
}

/** Whether anything comes of setting the key. */
async function observeEffects(rows: readonly KeyRow[]): Promise<readonly Observation[]> {
  const effective = await keysWithEffect(rows);
  return rows.map(({ key }) => ({ item: `effect of ${key}`, original: 'has one', found: effective.has(key) ? 'has one' : 'none' }));
}
