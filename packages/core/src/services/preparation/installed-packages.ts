import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readJsonObject, toObject } from './read-json-object.js';
import type { Preparation, PreparedApp } from './preparation.js';
import { requirementFiles } from './requirement-files.js';

/**
 * Whether what somebody else installed is what the files ask for, as far as a look can tell: true, false, or undefined when
 * there is nothing to tell by. Only asked where envctl itself did not install, or the files changed since.
 */
export function looksInstalled(files: PreparedApp['files'], preparation: Preparation): boolean | undefined {
  switch (preparation.manager) {
    case 'npm':
      return npmAgrees(files, preparation.directory);
    case 'pnpm':
      return sameText(files, path.join(preparation.directory, 'node_modules/.pnpm/lock.yaml'), path.join(preparation.directory, 'pnpm-lock.yaml'));
    case 'pip':
    case 'uv':
    case 'poetry':
    case 'pipenv':
      return pythonAgrees(files, preparation);
    case 'yarn':
    case 'bun':
    case 'bundler':
      return undefined;
  }
}

/** npm notes in node_modules what it installed, in the words of the lock file. */
function npmAgrees(files: PreparedApp['files'], directory: string): boolean | undefined {
  const wanted = toObject((readJsonObject(files, path.join(directory, 'package-lock.json')) ?? readJsonObject(files, path.join(directory, 'npm-shrinkwrap.json')))?.['packages']);
  const installed = toObject(readJsonObject(files, path.join(directory, 'node_modules/.package-lock.json'))?.['packages']);
  if (wanted === undefined || installed === undefined) return undefined;
  if (!isLockOf(files, directory, wanted)) return false;
  const names = Object.keys(wanted).filter((name) => name.startsWith('node_modules/') || name.includes('/node_modules/'));
  return names.every((name) => {
    const { version, optional, devOptional, peer, link } = toObject(wanted[name]) ?? {};
    const found = toObject(installed[name]);
    if (found === undefined) return optional === true || devOptional === true || peer === true;
    return link === true || found['version'] === version;
  });
}

const dependencyFields = ['dependencies', 'devDependencies', 'optionalDependencies'];

/** Whether a lock file was made for the manifests beside it: the project's own and those of its workspaces. */
function isLockOf(files: PreparedApp['files'], directory: string, locked: Readonly<Record<string, unknown>>): boolean {
  const own = Object.keys(locked).filter((name) => !name.startsWith('node_modules/') && !name.includes('/node_modules/'));
  return own.every((name) => {
    const manifest = readJsonObject(files, path.join(directory, name, 'package.json'));
    const entry = toObject(locked[name]) ?? {};
    return manifest === undefined || dependencyFields.every((field) => isDeepStrictEqual(toObject(manifest[field]) ?? {}, toObject(entry[field]) ?? {}));
  });
}

function sameText(files: PreparedApp['files'], left: string, right: string): boolean | undefined {
  const [one, other] = [files.hash(left), files.hash(right)];
  return one === undefined || other === undefined ? undefined : one === other;
}

function pythonAgrees(files: PreparedApp['files'], { environment, inputs }: Preparation): boolean | undefined {
  if (environment === undefined) return undefined;
  const config = files.readText(path.join(environment, 'pyvenv.cfg')) ?? '';
  const requirements = inputs.flatMap((file) => (file.endsWith('pyproject.toml') ? projectRequirements(files.readText(file) ?? '') : file.endsWith('.txt') ? requirementFiles(files, file).flatMap((each) => lines(files.readText(each) ?? '')) : []));
  const named = requirements.flatMap((text) => toRequirement(text) ?? []);
  // What the system's Python brings cannot be seen from here.
  if (named.length === 0 || /^include-system-site-packages\s*=\s*true/m.test(config)) return undefined;
  const installed = distributionsIn(files, environment);
  return named.every(({ name, version }) => installed.has(name) && (version === undefined || installed.get(name) === version));
}

interface Requirement {
  readonly name: string;
  readonly version: string | undefined;
}

/** A requirement that holds on every machine; one with a marker or a URL tells nothing. */
function toRequirement(text: string): Requirement | undefined {
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;@]*)$/.exec(text.trim());
  return match === null ? undefined : { name: normalise(match[1]!), version: /^==\s*([\w.!+-]+)$/.exec(match[2]!.trim())?.[1] };
}

function lines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(/(?:^|\s)#.*$/, '').replace(/\s+--hash.*$|\s*\\$/, '').trim()).filter((line) => line !== '' && !line.startsWith('-'));
}

/** `dependencies` of `[project]`, and the keys of `[tool.poetry.dependencies]`. */
function projectRequirements(toml: string): readonly string[] {
  const tables = toml.split(/\n(?=\[)/);
  const list = /^dependencies\s*=\s*\[([\s\S]*?)\]\s*$/m.exec(tables.find((table) => /^\s*\[project\]/.test(table)) ?? '')?.[1] ?? '';
  const keys = (tables.find((table) => /^\s*\[tool\.poetry\.dependencies\]/.test(table)) ?? '').matchAll(/^([A-Za-z0-9][\w.-]*)\s*=\s*"/gm);
  return [...[...list.matchAll(/"([^"\n]+)"|'([^'\n]+)'/g)].map((match) => match[1] ?? match[2]!), ...[...keys].map((match) => match[1]!).filter((name) => name !== 'python')];
}

/** Name → version of what stands in the site-packages of an environment. */
function distributionsIn(files: PreparedApp['files'], environment: string): ReadonlyMap<string, string> {
  const library = path.join(environment, 'lib');
  const names = files.list(library).flatMap((version) => files.list(path.join(library, version, 'site-packages')));
  return new Map(names.flatMap((name) => {
    const match = /^(.+)-([^-]+)\.(?:dist|egg)-info$/.exec(name);
    return match === null ? [] : [[normalise(match[1]!), match[2]!] as const];
  }));
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
