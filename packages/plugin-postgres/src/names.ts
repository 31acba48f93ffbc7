import { createHash } from 'node:crypto';

/** The superuser of every cluster that envctl makes. Its password never leaves the instance. */
export const adminRole = 'envctl_admin';
/** Where the superuser connects; closed to project roles. */
export const adminDatabase = 'postgres';
/** Name of the superuser's password in the instance's secrets. */
export const adminPasswordName = 'admin-password';

const prefix = 'envctl_';
const maxBytes = 63;
const reserved = new Set(['postgres', 'template0', 'template1', 'public', 'none', 'user', 'all', 'replication', 'sameuser', 'samerole']);

/**
 * The name of a project's role and database. Slugs have no underscores, so different slugs give different
 * names; the prefix marks names that Postgres or envctl keep for themselves.
 */
export function toRoleName(slug: string): string {
  const plain = slug.replaceAll('-', '_');
  const name = reserved.has(plain) || plain.startsWith('pg_') || plain.startsWith(prefix) || !/^[a-z]/.test(plain) ? prefix + plain : plain;
  if (name.length <= maxBytes) return name;
  const digest = createHash('sha256').update(slug).digest('hex').slice(0, 10);
  return `${name.slice(0, maxBytes - digest.length - 1)}_${digest}`;
}

/** Name of a project's password in the instance's secrets. */
export function toPasswordName(slug: string): string {
  return `password-${slug}`;
}
