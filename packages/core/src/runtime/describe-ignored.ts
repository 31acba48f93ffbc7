import { basename, dirname } from 'node:path';
import { runCommand } from '../processes/index.js';

const timeoutMs = 5000;

/** That git ignores a file which nobody has committed, and by which line; null when it does not, or cannot be asked. Never throws. */
export async function describeIgnored(file: string, env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const answer = await runCommand(['git', 'check-ignore', '--verbose', '--', basename(file)], { cwd: dirname(file), env: set, timeoutMs, signal: new AbortController().signal }).catch(() => undefined);
  const [, source, line, pattern] = /^(.*?):(\d+):(.*?)\t/.exec(answer?.stdout ?? '') ?? [];
  if (answer?.code !== 0 || source === undefined || pattern?.startsWith('!') !== false) return null;
  return `git ignores ${basename(file)} (${pattern} in ${source}:${line}), so it is not committed; to commit it: git add --force ${basename(file)}`;
}
