import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skip } from '../skip.js';
import { temporaryDirectory } from './support.js';

const workerPath = fileURLToPath(new URL('./commit-worker.js', import.meta.url));

/** A shell script in a mount namespace of its own: `$D` is an empty directory, `$W` the worker. */
function inMountNamespace(directory: string, script: string): { status: number | null; stdout: string; stderr: string } {
  const environment = { ...process.env, D: directory, W: workerPath, NODE: process.execPath };
  return spawnSync('unshare', ['-m', ...(process.getuid?.() === 0 ? [] : ['-r']), 'sh', '-ec', script], { encoding: 'utf8', env: environment });
}

const firstCommit = '"$NODE" "$W" "$D/scope" commit > "$D.points"; find "$D/scope" -type f -not -path "*/locks/*" -exec sha256sum {} + | sort > "$D.before"';
const unchanged = 'find "$D/scope" -type f -not -path "*/locks/*" -exec sha256sum {} + | sort > "$D.after"; cmp "$D.before" "$D.after"';

describe('state on a disk that fails', function () {
  this.timeout(60_000);
  let root: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => { root = temporaryDirectory(); });
  afterEach(() => root.remove());

  before(function () {
    const probe = temporaryDirectory();
    const { status } = inMountNamespace(probe.path, 'mount -t tmpfs tmpfs "$D"');
    probe.remove();
    if (status !== 0) skip(this, 'platform: a private mount namespace is not permitted');
  });

  for (const freeKiB of [0, 4, 12, 24, 48]) {
    it(`says that the disk is full and keeps the old state, with ${freeKiB} KiB left`, () => {
      const directory = join(root.path, 'disk');
      mkdirSync(directory);
      const result = inMountNamespace(directory, `
        mount -t tmpfs -o size=4m tmpfs "$D"; mkdir "$D/scope"; ${firstCommit}
        dd if=/dev/zero of="$D/filler" bs=1k 2>/dev/null || true
        size=$(stat -c %s "$D/filler"); truncate -s $((size - ${freeKiB} * 1024)) "$D/filler"
        "$NODE" "$W" "$D/scope" commit-again > "$D.points" && exit 9
        ${unchanged}
        rm "$D/filler"; "$NODE" "$W" "$D/scope" commit-again > /dev/null`);
      expect(result.status, result.stderr + result.stdout).to.equal(0);
      const error = JSON.parse(result.stderr) as { code: string; message: string; hints: string[]; path: string };
      expect(error.code).to.equal('ENVCTL_E_STATE_WRITE');
      expect(error.message).to.include('ENOSPC').and.to.include(error.path);
      expect(error.path).to.include(directory);
      expect(error.hints.join()).to.include('df -h');
    });
  }

  it('says that the root is read-only and changes nothing', () => {
    const directory = join(root.path, 'disk');
    mkdirSync(directory);
    const result = inMountNamespace(directory, `
      mount -t tmpfs tmpfs "$D"; mkdir "$D/scope"; ${firstCommit}
      mount -o remount,bind,ro "$D"
      "$NODE" "$W" "$D/scope" commit-again > "$D.points" && exit 9
      ${unchanged}`);
    expect(result.status, result.stderr).to.equal(0);
    const error = JSON.parse(result.stderr) as { code: string; message: string; hints: string[] };
    expect(error.code).to.equal('ENVCTL_E_STATE_WRITE');
    expect(error.message).to.include('EROFS');
    expect(error.hints.join()).to.include('ENVCTL_RUNTIME_DIR');
  });
});
