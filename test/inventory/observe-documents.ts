/* The fields of what the commands print with --json, and of the artifacts, as they really come out. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createWorld, type World } from '../e2e/world.js';
import { contracts, type Observation } from './observation.js';
import type { Original } from './observe.js';

/** In every document of ours. */
const envelope: readonly string[] = ['contract_version', 'ok'];

export async function observeDocuments(original: Original): Promise<readonly Observation[]> {
  const { commands } = contracts('commands.json') as { readonly commands: readonly { readonly id: string; readonly envctl: unknown }[] };
  const here = original.documents.filter(({ command }) => commands.some(({ id, envctl }) => id === command && envctl !== null));
  const world = await createWorld('shapes', { settings: { MAIN_REDIS_ENABLE: true } });
  try {
    const documents = await collectDocuments(world, here);
    const files = original.artifacts.filter((artifact) => artifact.fields !== undefined);
    return [
      ...here.flatMap(({ command, situation, fields }) => compareFields(`${command} (${situation})`, fields, documents.get(`${command} ${situation}`), envelope)),
      ...files.flatMap(({ name, fields }) => compareFields(name, fields!, documents.get(name), [])),
    ];
  } finally {
    await world.close();
  }
}

/** By command and situation, and by the name of the artifact. */
async function collectDocuments(world: World, wanted: Original['documents']): Promise<ReadonlyMap<string, unknown>> {
  const documents = new Map<string, unknown>();
  const collect = async (situation: string): Promise<void> => {
    for (const { command } of wanted.filter((one) => one.situation === situation)) {
      documents.set(`${command} ${situation}`, (await world.json([command, ...(command === 'config' ? ['--set', 'PORT_SPACING=30'] : [])])).document);
    }
  };
  await collect('nothing runs');
  await collect('saved');
  await world.succeed(['start']);
  await collect('always');
  await collect('running');
  for (const file of ['run_state.json', 'runtime_map.json', 'ports_manifest.json', 'error_report.json', 'runtime_readiness_report.json']) {
    documents.set(file, JSON.parse(readFileSync(path.join(world.directory, 'state/engine', world.scopeId, file), 'utf8')));
  }
  const { services } = documents.get('run_state.json') as { readonly services: Readonly<Record<string, { readonly pid: number }>> };
  process.kill(services['Main Backend']!.pid, 'SIGKILL');
  await world.envctl(['wait', '--until', 'stopped', '--service', 'backend']);
  await collect('a service has died');
  return documents;
}

/** Each field of the original, and what stands beside them at the top. */
function compareFields(where: string, fields: readonly string[], document: unknown, ours: readonly string[]): readonly Observation[] {
  const top = new Set(fields.map((field) => field.split(/[.[]/)[0]));
  const more = Object.keys(document as object).filter((key) => !top.has(key) && !ours.includes(key)).sort();
  const isThere = (field: string): boolean => has([document], field.replaceAll('[]', '.[]').split('.'));
  // What belongs to a field that is not there goes with it.
  const asked = fields.filter((field) => !fields.some((outer) => field.startsWith(`${outer}.`) && !isThere(outer)));
  return [
    ...asked.map((field) => ({ item: `field ${field} of ${where}`, original: 'there', found: isThere(field) ? 'there' : 'not there' })),
    { item: `other fields of ${where}`, original: 'none', found: more.join(' ') || 'none' },
  ];
}

/** Whether all of `values` have the rest of the path; `[]` are the entries of a list, `*` the values of a map. There has to be one. */
function has(values: readonly unknown[], [step, ...rest]: readonly string[]): boolean {
  if (values.length === 0) return false;
  if (step === undefined) return true;
  if (step === '[]') return has(values.flatMap((value): readonly unknown[] => value as readonly unknown[]), rest);
  if (step === '*') return has(values.flatMap((value): readonly unknown[] => Object.values(value as Readonly<Record<string, unknown>>)), rest);
  const named = values.map((value): readonly unknown[] => (typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? [(value as Readonly<Record<string, unknown>>)[step]] : []));
  return named.every((found) => found.length === 1) && has(named.flat(), rest);
}
