import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readInstances } from '../../requirements/index.js';
import type { EngineContext } from '../../scope/index.js';
import type { LedgerEntry } from '../../state/index.js';
import type { WorldRecord } from './types.js';

export function toWorldRecord({ step, project, phase }: LedgerEntry): WorldRecord {
  const common = { project, confirmed: phase === 'confirmed' };
  switch (step.kind) {
    case 'process':
      return { ...common, kind: step.kind, name: step.launchId };
    case 'file':
      return { ...common, kind: step.kind, name: step.path };
    case 'logical':
      return { ...common, kind: step.kind, name: step.resource.name, resource: step.resource };
    case 'lease':
      return { ...common, kind: step.kind, name: String(step.port) };
    case 'container':
    case 'volume':
    case 'network':
      return { ...common, kind: step.kind, name: step.name };
  }
}

/** What must not be there when nothing runs. */
export async function listHeld(context: EngineContext): Promise<readonly string[]> {
  const [{ entries, damaged }, leases, { instances }] = await Promise.all([context.ledger.list(), context.leases.list(), readInstances(context)]);
  return [
    ...entries.map(toWorldRecord).filter((record) => record.kind === 'process').map((record) => `the process ${record.name} is on record`),
    ...damaged.map(({ path }) => `${path} is damaged`),
    ...leases.filter((lease) => lease.state === 'held').map((lease) => `port ${lease.port} is leased`),
    ...instances.filter((instance) => instance.holders.length > 0).map((instance) => `${instance.id} is held by ${instance.holders.join(', ')}`),
  ];
}

/** The texts of all files below `directory`. */
export async function readTexts(directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))).join('\n');
}
