import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { EnvctlError, errorMessage } from '../contract/index.js';
import type { ConfigSource } from './model.js';
import { resolvePath } from './values.js';

/** Environment variables as an argument; nothing here reads the process's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigFile {
  readonly source: ConfigSource;
  /** The `.envctl` that exists or would be written. */
  readonly path: string;
  readonly exists: boolean;
  /** Where the values come from: `path`, a legacy file, or null. */
  readonly readFrom: string | null;
  /** Bytes of `readFrom`; empty when there is none. */
  readonly content: Buffer;
  /** ENVCTL_CONFIG_FILE, when it names nothing that exists. */
  readonly missing?: string;
}

const legacyNames: readonly string[] = ['.envctl.sh', '.supportopia-config'];
const sizeLimit = 1024 * 1024;

/**
 * Finds and reads the configuration file: ENVCTL_CONFIG_FILE, else `.envctl`, else a legacy file.
 * Throws ENVCTL_E_CONFIG_UNREADABLE when the file is there and cannot be read.
 */
export function discoverConfigFile(repositoryRoot: string, env: Environment): ConfigFile {
  const primary = path.join(repositoryRoot, '.envctl');
  const wanted = env['ENVCTL_CONFIG_FILE'];
  const named = wanted === undefined || wanted === '' ? undefined : resolvePath(wanted, { repositoryRoot, home: homeOf(env) });
  if (named !== undefined) {
    const content = readConfigFile(named);
    if (content !== undefined) {
      return path.basename(named) === '.envctl'
        ? { source: 'envctl', path: named, exists: true, readFrom: named, content }
        : { source: 'legacy_prefill', path: primary, exists: isThere(primary), readFrom: named, content };
    }
  }
  const missing = named === undefined ? {} : { missing: named };
  const content = readConfigFile(primary);
  if (content !== undefined) return { source: 'envctl', path: primary, exists: true, readFrom: primary, content, ...missing };
  for (const name of legacyNames) {
    const candidate = path.join(repositoryRoot, name);
    const legacy = readConfigFile(candidate);
    if (legacy !== undefined) return { source: 'legacy_prefill', path: primary, exists: false, readFrom: candidate, content: legacy, ...missing };
  }
  return { source: 'defaults', path: primary, exists: false, readFrom: null, content: Buffer.alloc(0), ...missing };
}

/** The home directory by the environment given, else by the operating system. */
export function homeOf(env: Environment): string {
  const home = env['HOME'];
  return home === undefined || home === '' ? homedir() : home;
}

/** The bytes of a configuration file, or undefined when there is none. */
export function readConfigFile(file: string): Buffer | undefined {
  try {
    const facts = statSync(file);
    // A pipe or device would block or never end.
    if (!facts.isFile()) throw new Error('it is not a regular file');
    if (facts.size > sizeLimit) throw new Error(`it is larger than ${sizeLimit} bytes`);
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new EnvctlError('ENVCTL_E_CONFIG_UNREADABLE', `The configuration file ${file} cannot be read: ${errorMessage(error)}`, {
      kind: 'environment',
      hints: [`ls -ld ${file}`],
      data: { path: file },
      cause: error,
    });
  }
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
