import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runOrThrow } from './packaging/run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Generated whole; a file beside them in contracts/ may have another origin. */
const generatedFolders = ['contracts/schemas', 'docs/reference'];

describe('generated contracts', function () {
  this.timeout(60_000);
  let fresh: string;

  before(async () => {
    fresh = await mkdtemp(join(tmpdir(), 'envctl-test-contracts-'));
    await runOrThrow(process.execPath, [join(root, 'scripts/contracts.mjs'), '--out', fresh], { cwd: root });
  });

  after(() => rm(fresh, { recursive: true, force: true }));

  it('are the committed ones (npm run contracts)', () => {
    const paths = filesBelow(fresh, '.');
    expect(paths).to.include.members(['contracts/commands.json', 'contracts/config-keys.json', 'contracts/error-codes.json', 'contracts/events.json']);
    for (const path of paths) {
      expect(readOrMissing(join(root, path)), path).to.equal(readFileSync(join(fresh, path), 'utf8'));
    }
  });

  it('leave no file of something that is gone', () => {
    for (const folder of generatedFolders) expect(filesBelow(root, folder)).to.deep.equal(filesBelow(fresh, folder));
  });

  it('name commands, keys, codes, events and schemas', () => {
    for (const name of ['commands', 'config-keys', 'events']) expect(entriesOf(fresh, name), name).to.not.be.empty;
    expect(filesBelow(fresh, 'contracts/schemas')).to.include('contracts/schemas/run_state.json');
  });

  it('have a schema of the document of every command', () => {
    const documents = filesBelow(fresh, 'contracts/schemas').flatMap((path) => /envctl\.(.+)\.v1\.json$/.exec(path)?.[1] ?? []);
    expect(documents.sort()).to.deep.equal([...entriesOf(fresh, 'commands').map(({ id }) => String(id).replaceAll(' ', '.')), 'failure', 'help', ...['inspect', 'install', 'link', 'reset', 'uninstall', 'update'].map((word) => `plugins.${word}`)].sort());
  });

  it('declare no command, key or event twice', () => {
    const keyOf = { commands: 'id', 'config-keys': 'key', events: 'event' };
    for (const [name, key] of Object.entries(keyOf)) {
      const ids = entriesOf(fresh, name).map((entry) => entry[key]);
      expect(ids.filter((id, index) => ids.indexOf(id) !== index), name).to.deep.equal([]);
    }
  });
});

function entriesOf(base: string, name: string): readonly Readonly<Record<string, unknown>>[] {
  const document = JSON.parse(readFileSync(join(base, 'contracts', `${name}.json`), 'utf8')) as unknown;
  return (Array.isArray(document) ? document : (document as { readonly commands: unknown }).commands) as Record<string, unknown>[];
}

function filesBelow(base: string, folder: string): readonly string[] {
  return readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .sort();
}

function readOrMissing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return `missing: ${path}`;
  }
}
