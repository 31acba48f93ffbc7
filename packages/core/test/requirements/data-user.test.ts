import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveDataUser } from '../../dist/requirements/data-user.js';

const root = 'root:x:0:0:root:/root:/bin/bash';
const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin';
const postgres = 'postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash';
const own = 'data:x:990:991::/home/data:/bin/sh';

describe('resolveDataUser', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-'));
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function resolve(lines: readonly string[], options: { uid?: number; configured?: string } = {}) {
    const passwdPath = join(directory, 'passwd');
    await writeFile(passwdPath, `${lines.join('\n')}\n`);
    return await resolveDataUser({ uid: options.uid ?? 0, configured: options.configured, passwdPath });
  }

  async function refusal(lines: readonly string[], configured?: string): Promise<string> {
    try {
      await resolve(lines, configured === undefined ? {} : { configured });
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'none';
  }

  it('is absent when envctl is not root', async () => {
    expect(await resolve([root, postgres], { uid: 1000 })).to.equal(undefined);
  });

  it('prefers the configured account, then postgres, then nobody', async () => {
    expect(await resolve([root, nobody, postgres, own], { configured: 'data' })).to.deep.equal({ name: 'data', uid: 990, gid: 991, home: '/home/data' });
    expect((await resolve([root, nobody, postgres]))?.name).to.equal('postgres');
    expect(await resolve([root, nobody])).to.deep.equal({ name: 'nobody', uid: 65534, gid: 65533, home: '/nonexistent' });
  });

  it('refuses a configured account that is missing or root, and a machine without one', async () => {
    expect(await refusal([root, nobody], 'data')).to.equal('ENVCTL_E_CONFIG_INVALID');
    expect(await refusal([root, nobody], 'root')).to.equal('ENVCTL_E_CONFIG_INVALID');
    expect(await refusal([root, 'damaged line', 'x:y'])).to.equal('ENVCTL_E_PREREQUISITE_MISSING');
  });
});
