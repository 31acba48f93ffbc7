import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PreparationFiles } from './preparation-files.js';
import type { Preparation } from './preparation.js';
import { parseJsonObject } from './read-json-object.js';

/** What is remembered of an installation, outside the checkout. */
export interface PreparationRecord {
  readonly version: 1;
  readonly directory: string;
  readonly manager: string;
  /** `running` while commands are at work: what a killed one left is not trusted. */
  readonly phase: 'running' | 'done';
  readonly inputs: string;
  readonly tools: string;
  /** Names of what it left, to notice what is lost; no earlier record has them. */
  readonly entries?: readonly string[];
}

/** What decides whether an installation is still the right one, in two words. */
export interface Fingerprint {
  /** Manager, the way it is called, and the content of its files. */
  readonly inputs: string;
  /** The programs behind it. */
  readonly tools: string;
}

export function fingerprint(files: PreparationFiles, preparation: Preparation): Fingerprint {
  const { manager, commands, directory, inputs, tools } = preparation;
  const last = commands.at(-1)!.slice(1).map((word) => word.replaceAll(directory, '.'));
  return {
    inputs: digest([manager, last, inputs.map((file) => [file.replace(directory, '.'), files.hash(file) ?? null])]),
    tools: digest(tools.map((tool) => files.identity(tool) ?? null)),
  };
}

/** `<scope>/preparations/<digest of manager and directory>.json`: one record per installation. */
export function recordPath(recordsDirectory: string, { manager, directory }: Pick<Preparation, 'manager' | 'directory'>): string {
  return join(recordsDirectory, `${preparationId({ manager, directory })}.json`);
}

/** Names an installation in file and lock names. */
export function preparationId({ manager, directory }: Pick<Preparation, 'manager' | 'directory'>): string {
  return digest([manager, directory]).slice(0, 16);
}

/** A damaged record is as good as none. */
export function readRecord(files: Pick<PreparationFiles, 'readText'>, path: string): PreparationRecord | undefined {
  const value = parseJsonObject(files.readText(path) ?? '');
  const isWhole = value?.['version'] === 1 && ['directory', 'manager', 'phase', 'inputs', 'tools'].every((key) => typeof value[key] === 'string');
  return isWhole ? (value as unknown as PreparationRecord) : undefined;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
