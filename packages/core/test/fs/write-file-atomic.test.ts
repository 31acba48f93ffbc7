import { expect } from 'chai';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { ensureDirectory, formatJson, parseTemporaryName, readJsonFile, stageLink, temporaryName, writeFileAtomic, writeFileGroups, writeJsonAtomic } from '../../dist/fs/index.js';
import { temporaryDirectory } from './support.js';

function codeOf(action: () => void): string | undefined {
  try {
    action();
  } catch (error) {
    return isEnvctlError(error) ? error.code : String(error);
  }
  return undefined;
}

describe('atomic files', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { directory = temporaryDirectory(); });
  afterEach(() => directory.remove());
  const at = (name: string): string => join(directory.path, name);

  it('says in one error which directory cannot be made, and makes parents', async function () {
    this.timeout(5000);
    ensureDirectory(at('a/b/c'));
    ensureDirectory(at('a/b/c'));
    expect(statSync(at('a/b/c')).mode & 0o777).to.equal(0o700);
    writeFileSync(at('file'), '');
    for (const path of ['/proc/envctl-test/a', at('file'), at('file/below')]) {
      expect(codeOf(() => ensureDirectory(path)), path).to.equal('ENVCTL_E_STATE_WRITE');
    }
  });

  it('writes private files whatever the umask, and other modes when asked', async () => {
    const old = process.umask(0o277);
    try {
      await writeFileAtomic(at('private'), 'a');
      await writeFileAtomic(at('public'), 'a', { mode: 0o644 });
    } finally {
      process.umask(old);
    }
    expect(statSync(at('private')).mode & 0o777).to.equal(0o600);
    expect(statSync(at('public')).mode & 0o777).to.equal(0o644);
  });

  it('replaces a file without touching other names of the old one', async () => {
    writeFileSync(at('file'), 'old');
    linkSync(at('file'), at('other'));
    await writeFileAtomic(at('file'), 'new');
    expect([readFileSync(at('file'), 'utf8'), readFileSync(at('other'), 'utf8')]).to.deep.equal(['new', 'old']);
    expect(readdirSync(directory.path)).to.have.members(['file', 'other']);
  });

  it('calls the seam before, between and after, in this order', async () => {
    const seen: string[] = [];
    const seam = (point: string): void => {
      seen.push(`${point} ${readFileSync(at('file'), 'utf8')} ${readdirSync(directory.path).length}`);
    };
    writeFileSync(at('file'), 'old');
    await writeFileAtomic(at('file'), 'new', { seam, point: 'state.pointer' });
    expect(seen).to.deep.equal(['state.pointer.before-effect old 1', 'state.pointer.after-effect old 2', 'state.pointer.after-confirm new 1']);
  });

  it('names the path and a way out when it cannot write, and leaves nothing behind', async () => {
    const error = await writeFileAtomic(at('missing/file'), 'x').catch((reason: unknown) => reason);
    expect(isEnvctlError(error) && [error.code, error.kind, error.data['path'], error.hints.length]).to.deep.equal(['ENVCTL_E_STATE_WRITE', 'environment', at('missing/file'), 1]);
    expect(String(error)).to.include(at('missing/file'));
    mkdirSync(at('taken'));
    const onDirectory = await writeFileAtomic(at('taken'), 'x').catch((reason: unknown) => reason);
    expect(onDirectory).to.deep.include({ code: 'ENVCTL_E_STATE_WRITE', message: `Cannot write ${at('taken')}: it is a directory (EISDIR).`, hints: [`Move it away, then run the command again: mv '${at('taken')}' '${at('taken')}.away'`] });
    expect(readdirSync(directory.path)).to.deep.equal(['taken']);
  });

  it('publishes none of a set when one cannot be staged', async () => {
    writeFileSync(at('a'), 'old');
    const error = await writeFileGroups([[{ path: at('a'), content: 'new' }], [{ path: at('nowhere/b'), content: 'new' }]]).catch((reason: unknown) => reason);
    expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_STATE_WRITE');
    expect(readFileSync(at('a'), 'utf8')).to.equal('old');
    expect(readdirSync(directory.path)).to.deep.equal(['a']);
  });

  it('links a growing file so that later lines show under both names', async () => {
    writeFileSync(at('events'), 'one\n');
    await (await stageLink(at('latest'), at('events'))).publish();
    await (await stageLink(at('latest'), at('events'))).publish();
    writeFileSync(at('events'), 'two\n', { flag: 'a' });
    expect(readFileSync(at('latest'), 'utf8')).to.equal('one\ntwo\n');
    expect(readdirSync(directory.path)).to.have.members(['events', 'latest']);
  });

  it('writes JSON with sorted keys, indent 2 and a newline', async () => {
    const value = JSON.parse('{"b":[{"z":1,"a":2}],"a":null,"__proto__":{"x":1}}') as unknown;
    expect(formatJson(value)).to.equal('{\n  "__proto__": {\n    "x": 1\n  },\n  "a": null,\n  "b": [\n    {\n      "a": 2,\n      "z": 1\n    }\n  ]\n}\n');
    await writeJsonAtomic(at('x.json'), value);
    const read = await readJsonFile(at('x.json'));
    expect(read.ok && read.value).to.deep.equal(value);
  });

  it('tells missing, unreadable and damaged apart', async () => {
    const reasonOf = async (name: string): Promise<string> => {
      const file = await readJsonFile(at(name));
      return file.ok ? 'ok' : file.reason;
    };
    writeFileSync(at('empty'), '');
    writeFileSync(at('half'), '{"a":');
    mkdirSync(at('folder'));
    expect(await Promise.all(['none', 'half/none', 'empty', 'half', 'folder'].map(reasonOf))).to.deep.equal(['missing', 'missing', 'damaged', 'damaged', 'unreadable']);
  });

  it('makes private directories and leaves existing ones as they are', async () => {
    mkdirSync(at('open'));
    chmodSync(at('open'), 0o755);
    ensureDirectory(at('open/a/b'));
    expect([statSync(at('open')).mode & 0o777, statSync(at('open/a')).mode & 0o777, statSync(at('open/a/b')).mode & 0o777]).to.deep.equal([0o755, 0o700, 0o700]);
    ensureDirectory(at('open'));
    writeFileSync(at('file'), '');
    expect(codeOf(() => ensureDirectory(at('file/x')))).to.equal('ENVCTL_E_STATE_WRITE');
  });

  it('keeps owner and base in a temporary name, within the limit of the file system', async () => {
    expect(parseTemporaryName(temporaryName('/x/run-state.json', { pid: 7, startTicks: '99' }).slice(3))).to.deep.include({ owner: { pid: 7, startTicks: '99' }, base: 'run-state.json' });
    const long = `${'é'.repeat(120)}.json`;
    await writeFileAtomic(at(long), 'x');
    expect(readdirSync(directory.path)).to.deep.equal([long]);
    expect(parseTemporaryName('run_state.json')).to.equal(undefined);
  });
});
