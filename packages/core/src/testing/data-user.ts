import type { DataUser } from '../contract/index.js';
import { resolveDataUser } from '../requirements/index.js';

/** The account for servers in tests: absent unless the tests run as root. */
export async function dataUserForTests(): Promise<DataUser | undefined> {
  return await resolveDataUser({ uid: process.getuid?.() ?? 1 });
}
