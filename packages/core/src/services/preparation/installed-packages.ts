import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readJsonObject, toObject } from './read-json-object.js';
import type { Preparation, PreparedApp } from './preparation.js';
import { isWhole, pythonDistributions } from './python-distributions.js';
import { projectRequirements, toRequirement } from './python-requirements.js';
import { requirementFiles } from './requirement-files.js';

/**
 * Whether what somebody else installed is what the files ask for, as far as a look can tell: true, false, or undefined when
 * there is nothing to tell by. Only asked where envctl itself did not install, or the files changed since.
 */
export function looksInstalled(files: PreparedApp['files'], preparation: Preparation): boolean | undefined {
  switch (preparation.manager) {
    case 'npm':
      return declaredAreThere(files, preparation) && npmAgrees(files, preparation.directory);
    case 'pnpm':
      return declaredAreThere(files, preparation) && sameText(files, path.join(preparation.directory, 'node_modules/.pnpm/lock.yaml'), path.join(preparation.directory, 'pnpm-lock.yaml'));
    case 'pip':
    case 'uv':
    case 'poetry':
    case 'pipenv':
      return pythonAgrees(files, preparation);
    case 'yarn':
    case 'bun':
      return declaredAreThere(files, preparation) ? undefined : false;
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
    return link === true || (found['version'] === version && files.isDirectory(path.join(directory, name)));
  });
}

/** Whether what the application names itself stands where packages are; one that is optional need not, and Plug'n'Play keeps archives. */
function declaredAreThere(files: PreparedApp['files'], { modules = [], inputs }: Preparation): boolean {
  const places = modules.filter((place) => path.basename(place) === 'node_modules');
  const manifest = readJsonObject(files, inputs[0]!) ?? {};
  const optional = toObject(manifest['optionalDependencies']) ?? {};
  const names = ['dependencies', 'devDependencies'].flatMap((field) => Object.keys(toObject(manifest[field]) ?? {})).filter((name) => optional[name] === undefined);
  return places.length === 0 || names.every((name) => places.some((place) => files.isDirectory(path.join(place, name))));
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
  const installed = new Map(pythonDistributions(files, environment).map((distribution) => [distribution.name, distribution]));
  return named.every(({ name, version }) => {
    const found = installed.get(name);
    return found !== undefined && (version === undefined || found.version === version) && isWhole(files, found);
  });
}

function lines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.replace(/(?:^|\s)#.*$/, '').replace(/\s+--hash.*$|\s*\\$/, '').trim()).filter((line) => line !== '' && !line.startsWith('-'));
}
