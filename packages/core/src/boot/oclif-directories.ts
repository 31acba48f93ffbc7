import { join } from 'node:path';

/** Where oclif keeps installed plugins and caches, by its own rules. */
export interface OclifDirectories {
  readonly data: string;
  readonly cache: string;
}

export function oclifDirectories(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): OclifDirectories | undefined {
  const home = filled(env['HOME']);
  const data = filled(env['ENVCTL_DATA_DIR']) ?? under(filled(env['XDG_DATA_HOME']) ?? under(home, '.local/share'), 'envctl');
  const fallback = platform === 'darwin' ? under(home, 'Library/Caches') : (filled(env['XDG_CACHE_HOME']) ?? under(home, '.cache'));
  const cache = filled(env['ENVCTL_CACHE_DIR']) ?? under(fallback, 'envctl');
  return data === undefined || cache === undefined ? undefined : { data, cache };
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function under(directory: string | undefined, name: string): string | undefined {
  return directory === undefined ? undefined : join(directory, name);
}
