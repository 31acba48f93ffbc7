import { chownSync, existsSync, writeFileSync } from 'node:fs';
import type { LaunchSpec } from './launch-spec.js';

export const environmentName = 'environment';

/**
 * A shell drops variables whose names it cannot say (`spring.datasource.url`) and sets some of its own. These
 * few the runner hands over through `env`, from a private file it sources: never from its own public argv.
 * Nothing is written when there are none.
 */
export function writeEnvironmentFile(path: string, spec: LaunchSpec): void {
  const words = Object.entries(spec.env)
    .filter(([name]) => !isPlainName(name))
    .map(([name, value]) => quote(`${name}=${value}`));
  if (words.length === 0) return;
  const env = ['/usr/bin/env', '/bin/env'].find((candidate) => existsSync(candidate)) ?? 'env';
  writeFileSync(path, `set -- ${env} ${words.join(' ')} "$@"\n`, { mode: 0o600 });
  if (spec.user) chownSync(path, spec.user.uid, spec.user.gid);
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !['IFS', 'OPTIND', 'PPID'].includes(name);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
