import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { chmod, lchown, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataUser, DriverName } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';
import { ensureDirectory, readJsonFile, writeJsonAtomic } from '../fs/index.js';
import type { EngineContext } from '../scope/index.js';
import { accountName } from './data-user.js';
import { parseInstanceRecord, type InstanceRecord } from './instance-schema.js';

type Context = Pick<EngineContext, 'paths' | 'dataUser' | 'scope' | 'seam'>;

/** How long a command waits for another one that has an instance. */
export const instanceLockMs = 120_000;

/** Reads every instance of the scope; damaged records are listed, not thrown. */
export async function readInstances(context: Pick<Context, 'paths'>): Promise<{ readonly instances: readonly InstanceRecord[]; readonly damaged: readonly string[] }> {
  const names = await readdir(context.paths.instances).catch(() => []);
  const instances: InstanceRecord[] = [];
  const damaged: string[] = [];
  for (const name of names.filter((file) => file.endsWith('.json')).sort()) {
    const path = join(context.paths.instances, name);
    const record = parseInstanceRecord(await readJsonFile(path));
    if (record === undefined) damaged.push(path);
    else instances.push(record);
  }
  return { instances, damaged };
}

export async function readInstance(context: Pick<Context, 'paths'>, id: string): Promise<InstanceRecord | undefined> {
  const path = instancePath(context, id);
  const file = await readJsonFile(path);
  if (!file.ok && file.reason === 'missing') return undefined;
  const record = parseInstanceRecord(file);
  if (record === undefined) {
    throw new EnvctlError('ENVCTL_E_STATE_UNREADABLE', `The record of dependency instance ${id} is damaged: ${path}`, {
      kind: 'environment',
      hints: ['envctl stop-all   (removes the record; the data stays and is found again)'],
      data: { path },
    });
  }
  return record;
}

/** Call under the instance lock. */
export async function writeInstance(context: Pick<Context, 'paths' | 'seam'>, record: InstanceRecord): Promise<void> {
  ensureDirectory(context.paths.instances);
  await writeJsonAtomic(instancePath(context, record.id), record, { seam: context.seam, point: 'instance.record' });
}

export function instancePath(context: Pick<Context, 'paths'>, id: string): string {
  return join(context.paths.instances, `${id}.json`);
}

export interface InstanceIdentity {
  readonly dependency: string;
  readonly share: 'scope' | 'project';
  readonly project: string | null;
  readonly driver: DriverName;
}

export function newInstanceRecord(context: Pick<Context, 'paths' | 'scope'>, id: string, identity: InstanceIdentity): InstanceRecord {
  return {
    version: 1,
    id,
    ...identity,
    directory: join(context.paths.store, id),
    socketDirectory: toSocketDirectory(context.paths.store, id),
    ports: {},
    token: null,
    holders: [],
  };
}

/** Socket paths are limited to 107 bytes; a long store falls back to a short directory that only holds sockets. */
export function toSocketDirectory(store: string, id: string): string {
  const digest = createHash('sha256').update(`${store}/${id}`).digest('hex').slice(0, 10);
  const near = join(store, '..', 's', digest);
  return Buffer.byteLength(near) <= 80 ? near : join('/tmp', `envctl-s-${digest}`);
}

/**
 * Makes the instance's directories with the right owner. Parents of a data user's files must be passable (0711).
 * Throws ENVCTL_E_DEPENDENCY_FAILED when the data belongs to another account: its owner is not changed.
 */
export async function prepareInstanceDirectories(context: Context, record: InstanceRecord): Promise<void> {
  context.seam('instance.directories.before-effect');
  await makeInstanceDirectories(context, record);
  context.seam('instance.directories.after-effect');
}

async function makeInstanceDirectories(context: Context, record: InstanceRecord): Promise<void> {
  const owner = context.dataUser;
  await assertDataAccount(owner, record);
  const parents = [join(context.paths.store, '..'), context.paths.store];
  if (owner === undefined) {
    for (const path of [...parents, record.directory, record.socketDirectory]) ensureDirectory(path);
    await assertOurs(record.socketDirectory, []);
    return;
  }
  for (const path of [...parents, join(record.socketDirectory, '..'), context.paths.storeLaunches]) {
    ensureDirectory(path, 0o711);
    if (((await stat(path)).mode & 0o001) === 0) await chmod(path, 0o711);
  }
  for (const path of [record.directory, record.socketDirectory]) {
    ensureDirectory(path);
    context.seam('instance.directory.after-effect');
    await assertOurs(path, [owner.uid]);
    await lchown(path, owner.uid, owner.gid);
  }
}

/**
 * What runs as the data user has to get to the store, of which envctl opens the top and nothing above it. Throws
 * ENVCTL_E_FILE_SYSTEM with the directory that is closed.
 */
export function assertStoreReachable(user: DataUser, store: string): void {
  for (let directory = dirname(realpathSync(store)); ; directory = dirname(directory)) {
    const facts = statSync(directory);
    const bit = facts.uid === user.uid ? 0o100 : facts.gid === user.gid ? 0o010 : 0o001;
    if ((facts.mode & bit) === 0) {
      throw new EnvctlError('ENVCTL_E_FILE_SYSTEM', `${directory} is closed to ${user.name}, the account that servers run as: they cannot get to the store ${store}.`, {
        kind: 'environment',
        hints: [`chmod o+x ${directory}`, 'or export ENVCTL_STORE_DIR=<a directory that everybody may pass through>', 'or export ENVCTL_DATA_USER=<an account that may>'],
        data: { path: directory, account: user.name, store },
      });
    }
    if (directory === dirname(directory)) return;
  }
}

/** A socket directory can lie in /tmp, where anybody may have been first, with a directory of their own or a link to somewhere. */
async function assertOurs(path: string, owners: readonly number[]): Promise<void> {
  const facts = await lstat(path);
  if (facts.isDirectory() && [process.getuid?.() ?? facts.uid, ...owners].includes(facts.uid)) return;
  throw new EnvctlError('ENVCTL_E_FILE_SYSTEM', `${path} is not a directory of envctl's own: it belongs to user ${facts.uid}${facts.isSymbolicLink() ? ' and is a link' : ''}.`, {
    kind: 'environment',
    hints: [`ls -ld ${path}`, 'Set ENVCTL_STORE_DIR to a shorter path.'],
    data: { path, uid: facts.uid },
  });
}

/** The owner of the directory is the account that made the data. */
async function assertDataAccount(user: DataUser | undefined, record: InstanceRecord): Promise<void> {
  const found = await stat(record.directory).then((facts) => facts.uid, () => undefined);
  const own = process.geteuid?.() ?? found;
  const wanted = user?.uid ?? own;
  if (found === undefined || found === wanted) return;
  // A command that was killed between making the directory and giving it away left it empty.
  if (found === own && (await readdir(record.directory)).length === 0) return;
  const [theirs, ours] = await Promise.all([accountName(found), user?.name ?? accountName(wanted ?? found)]);
  throw new EnvctlError('ENVCTL_E_DEPENDENCY_FAILED', `The data of ${record.id} in ${record.directory} belongs to ${theirs}; the server would run as ${ours}.`, {
    kind: 'environment',
    hints: [
      ...(user === undefined ? [`run envctl as ${theirs}`] : [`export ENVCTL_DATA_USER=${theirs}`]),
      'or remove the data and begin anew: envctl stop-all --remove-volumes',
    ],
    data: { instance: record.id, path: record.directory, owner: theirs, dataUser: ours },
  });
}
