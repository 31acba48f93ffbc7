import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartContext, TaskRequest } from '@envctl/core';
import { expect } from 'chai';
import { ensureCluster } from '../dist/server/cluster.js';
import { runsInPlace } from '../dist/server/embedded.js';

const working = 'while [ "$1" != --pgdata ]; do shift; done\nmkdir "$2" && echo 18 >"$2/PG_VERSION" && echo "$0" >"$2/made-by"\n';

describe('a new cluster', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'envctl-test-cluster-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  /** A package with an `initdb` that is a shell script; gives its `bin`. */
  function program(name: string, script: string): string {
    for (const part of ['bin', 'lib', 'share']) mkdirSync(join(root, name, 'native', part), { recursive: true });
    const bin = join(root, name, 'native/bin');
    for (const one of ['initdb', 'postgres']) writeFileSync(join(bin, one), `#!/bin/sh\n${script}`, { mode: 0o755 });
    return bin;
  }

  /** What a start gives, with tasks that run at once. */
  function context(dataUser?: StartContext['dataUser']): StartContext {
    const directory = async (name: string, build: (path: string) => Promise<void>): Promise<string> => {
      if (existsSync(join(root, name))) return join(root, name);
      mkdirSync(join(root, name));
      await build(join(root, name));
      return join(root, name);
    };
    const task = ({ command: [word = '', ...words], onLaunched }: TaskRequest) => {
      onLaunched?.();
      try {
        execFileSync(word, words, { stdio: 'pipe' });
        return Promise.resolve({ code: 0, output: [] });
      } catch {
        return Promise.resolve({ code: 1, output: ['it failed'] });
      }
    };
    const parts = { directory, task, dataUser, signal: new AbortController().signal, instance: { directory: root }, project: { name: 'Main' }, secrets: { ensure: () => Promise.resolve('secret') }, events: { emit: () => undefined } };
    return parts as unknown as StartContext;
  }

  /** Selects the programs of `from`, to be kept where `to` is; tells how often they were. */
  function selection(from: string, to: string) {
    const told = { kept: 0 };
    const keep = () => {
      told.kept += 1;
      return Promise.resolve();
    };
    return { told, selected: { server: { source: 'embedded', bin: to, major: 15 } as const, bin: from, keep } };
  }

  const madeBy = (): string => readFileSync(join(root, 'cluster/data/made-by'), 'utf8').trim();

  it('is made where the package has its programs, which are kept meanwhile', async () => {
    const [from, to] = [program('package', working), join(root, 'kept/bin')];
    const { told, selected } = selection(from, to);
    expect(await ensureCluster(context(), selected)).to.equal(join(root, 'cluster/data'));
    expect(madeBy()).to.equal(join(from, 'initdb'));
    expect(told.kept).to.be.greaterThan(0);
    expect(JSON.parse(readFileSync(join(root, 'cluster/server.json'), 'utf8'))).to.deep.include({ bin: to });
  });

  it('is made by what is kept where the programs of the package fail', async () => {
    const [from, to] = [program('package', 'mkdir "$(dirname "$0")/../../../cluster/data"; exit 1\n'), program('kept', working)];
    const { told, selected } = selection(from, to);
    await ensureCluster(context(), selected);
    expect(madeBy()).to.equal(join(to, 'initdb'));
    expect(told.kept).to.be.greaterThan(0);
  });

  it('is made by what is kept where the path of the package means something to a shell', async () => {
    const [from, to] = [program('a $HOME', working), program('kept', working)];
    await ensureCluster(context(), selection(from, to).selected);
    expect(madeBy()).to.equal(join(to, 'initdb'));
  });

  it('is made by what is kept where the data user cannot reach the package', async () => {
    const [from, to] = [program('package', working), program('kept', working)];
    chmodSync(join(root, 'package'), 0o700);
    // Its own ids: only root may give a file to somebody else.
    await ensureCluster(context({ name: 'nobody', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, home: '/' }), selection(from, to).selected);
    expect(madeBy()).to.equal(join(to, 'initdb'));
  });

  it('is made by what is kept where the package may not be executed', async () => {
    const [from, to] = [program('package', working), program('kept', working)];
    chmodSync(join(from, 'initdb'), 0o644);
    await ensureCluster(context(), selection(from, to).selected);
    expect(madeBy()).to.equal(join(to, 'initdb'));
  });

  it('has no name while its programs could not be kept', async () => {
    const { selected } = selection(program('package', working), join(root, 'kept/bin'));
    const keep = () => Promise.reject(new Error('no space left'));
    const error: unknown = await ensureCluster(context(), { ...selected, keep }).catch((reason: unknown) => reason);
    expect(String(error)).to.include('no space left');
    expect(existsSync(join(root, 'cluster/server.json'))).to.equal(false);
  });

  it('tells why it cannot be made in place where what is kept cannot be run', async () => {
    const { selected } = selection(program('package', 'exit 1\n'), join(root, 'a $HOME/bin'));
    const error: unknown = await ensureCluster(context(), selected).catch((reason: unknown) => reason);
    expect(String(error)).to.include('initdb ended with code 1: it failed');
  });

  it('tells what was said when neither works', async () => {
    const { selected } = selection(program('package', 'exit 1\n'), program('kept', 'exit 1\n'));
    const error: unknown = await ensureCluster(context(), selected).catch((reason: unknown) => reason);
    expect(String(error)).to.include('initdb ended with code 1: it failed');
  });

  it('needs the links to its libraries to be made in place', () => {
    const bin = program('package', working);
    expect(runsInPlace(bin, false)).to.equal(true);
    writeFileSync(join(bin, '../pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]));
    expect(runsInPlace(bin, false)).to.equal(false);
    writeFileSync(join(bin, '../lib/libpq.so.5'), '');
    expect(runsInPlace(bin, false)).to.equal(true);
  });

  it('needs directories that are open to the data user to be made in place', () => {
    const bin = program('package', working);
    chmodSync(root, 0o711);
    expect(runsInPlace(bin, true)).to.equal(true);
    chmodSync(join(bin, '../share'), 0o711);
    expect(runsInPlace(bin, true)).to.equal(false);
    chmodSync(join(bin, '../share'), 0o755);
    chmodSync(root, 0o700);
    expect(runsInPlace(bin, true)).to.equal(false);
    expect(runsInPlace(bin, false)).to.equal(true);
  });
});
