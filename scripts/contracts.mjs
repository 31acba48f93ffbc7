// `npm run contracts [-- --out <directory>]`: writes contracts/, docs/reference/ and the index of docs/decisions/, so that
// every change of a name, key, code, event or schema shows in a diff. Needs `npm run build` first.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectContracts } from './contracts-collect.mjs';
import { toDecisionIndex } from './decision-index.mjs';
import { toReference } from './contracts-reference.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = process.argv.indexOf('--out');
const target = at === -1 ? root : process.argv[at + 1];

const contracts = await collectContracts(root);
const files = [...toContractFiles(contracts), ...toReference(contracts), toDecisionIndex(root)];

for (const folder of ['contracts/schemas', 'docs/reference']) rmSync(join(target, folder), { recursive: true, force: true });
for (const [path, text] of files) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), text);
}
console.log(`${files.length} files; ${readdirSync(join(target, 'contracts/schemas')).length} schemas`);

function toContractFiles({ schemas, globalFlags, commands, configKeys, errorCodes, events }) {
  return [
    ['contracts/commands.json', toJson({ global_flags: globalFlags, commands })],
    ['contracts/config-keys.json', toJson(configKeys)],
    ['contracts/error-codes.json', toJson(errorCodes)],
    ['contracts/events.json', toJson(events)],
    ...Object.entries(schemas).map(([name, schema]) => [`contracts/schemas/${name}.json`, toJson(schema)]),
  ];
}

function toJson(value) {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** Keys in order, so that moving a line of source changes nothing here. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
