/**
 * A save that was killed leaves its temporary file in the user's repository. The name tells whose it is:
 * process, and a digest of boot and pid namespace, because a repository may be shared with a container.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseTemporaryName, temporaryName } from '../fs/index.js';
import { identityOf, selfIdentity } from '../processes/index.js';

const basePattern = /^([0-9a-f]{12})-envctl-config$/;
const dayMs = 86_400_000;

/** A fresh name beside the configuration file `target`. */
export function configTemporaryName(target: string): string {
  return temporaryName(path.join(path.dirname(target), `${worldOf(selfIdentity())}-envctl-config`));
}

/**
 * Removes from `directory` the temporary files of saves whose process is dead: gone from this boot and pid
 * namespace, or of another one and a day old, when a save takes milliseconds. Gives the removed paths; never throws.
 */
export async function sweepConfigLeftovers(directory: string, nowMs: number): Promise<readonly string[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = names.flatMap((name) => {
    const parsed = parseTemporaryName(name);
    const world = basePattern.exec(parsed?.base ?? '')?.[1];
    return parsed === undefined || world === undefined ? [] : [{ file: path.join(directory, name), owner: parsed.owner, world }];
  });
  if (found.length === 0) return [];
  const here = worldOf(selfIdentity());
  const removed = await Promise.all(
    found.map(async ({ file, owner, world }) => {
      const dead = world === here ? identityOf(owner.pid)?.startTicks !== owner.startTicks : nowMs - (await changedMs(file)) > dayMs;
      return dead && (await removeFile(file)) ? [file] : [];
    }),
  );
  return removed.flat();
}

function worldOf({ bootId, pidNamespace }: { readonly bootId: string; readonly pidNamespace: string }): string {
  return createHash('sha256').update(`${bootId} ${pidNamespace}`).digest('hex').slice(0, 12);
}

async function changedMs(file: string): Promise<number> {
  return stat(file).then((entry) => entry.mtimeMs, () => Infinity);
}

async function removeFile(file: string): Promise<boolean> {
  return rm(file).then(() => true, () => false);
}
