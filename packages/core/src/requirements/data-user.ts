import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { DataUser } from '../contract/dependency.js';
import { EnvctlError } from '../contract/errors.js';

export interface DataUserOptions {
  /** Effective user id of this process. */
  readonly uid: number;
  /** Value of ENVCTL_DATA_USER, when set. */
  readonly configured?: string | undefined;
  readonly passwdPath?: string;
}

/** Accounts that may own the data of servers when envctl is root, in order of preference. */
export const dataUserCandidates = ['postgres', 'nobody'] as const;

/**
 * The account that owns servers and their data when envctl runs as root; `undefined` for any other user.
 * Throws ENVCTL_E_CONFIG_INVALID when the configured account cannot be used, and
 * ENVCTL_E_PREREQUISITE_MISSING when the machine has no unprivileged account.
 */
export async function resolveDataUser(options: DataUserOptions): Promise<DataUser | undefined> {
  if (options.uid !== 0) return undefined;
  const passwdPath = options.passwdPath ?? '/etc/passwd';
  const users = parsePasswd(readFileSync(passwdPath, 'utf8'));
  if (options.configured !== undefined && options.configured !== '') return configuredUser(options.configured, users, passwdPath);
  for (const name of dataUserCandidates) {
    const user = users.find((entry) => entry.name === name && entry.uid !== 0);
    if (user !== undefined) return user;
  }
  throw new EnvctlError('ENVCTL_E_PREREQUISITE_MISSING', `no unprivileged account in ${passwdPath}: servers like Postgres refuse to run as root`, {
    kind: 'environment',
    hints: ['useradd --system envctl && export ENVCTL_DATA_USER=envctl'],
  });
}

/** The name of an account for messages; `uid <n>` when it has none. */
export async function accountName(uid: number, passwdPath = '/etc/passwd'): Promise<string> {
  const text = await readFile(passwdPath, 'utf8').catch(() => '');
  return parsePasswd(text).find((user) => user.uid === uid)?.name ?? `uid ${uid}`;
}

function configuredUser(name: string, users: readonly DataUser[], passwdPath: string): DataUser {
  const user = users.find((entry) => entry.name === name);
  if (user === undefined) {
    throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `ENVCTL_DATA_USER names ${name}, which has no entry in ${passwdPath}`, {
      hints: [`useradd --system ${name}`, 'unset ENVCTL_DATA_USER'],
      data: { user: name, path: passwdPath },
    });
  }
  if (user.uid === 0) {
    throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `ENVCTL_DATA_USER names ${name}, which is root: servers like Postgres refuse that`, {
      hints: ['unset ENVCTL_DATA_USER'],
      data: { user: name },
    });
  }
  return user;
}

function parsePasswd(text: string): DataUser[] {
  const users: DataUser[] = [];
  for (const line of text.split('\n')) {
    const [name, , uid, gid, , home] = line.split(':');
    if (name === undefined || name === '' || home === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    users.push({ name, uid: Number(uid), gid: Number(gid), home });
  }
  return users;
}
