// Reads what the compiled packages say about themselves.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Schemas, commands, config keys, error codes, detection rules and events of core and every plugin of the workspace. */
export async function collectContracts(root) {
  const room = (name) => import(pathToFileURL(join(root, 'packages/core/dist', name, 'index.js')).href);
  const [{ errorCodes }, state, config, events, runtime, services] = await Promise.all(['contract', 'state', 'config', 'events', 'runtime', 'services'].map(room));
  const packages = readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => readPackage(join(root, 'packages', name)));
  return {
    schemas: { ...state.describeSchemas(), ...(await config.describeConfigSchemas()), ...(await runtime.describeDocumentSchemas()) },
    globalFlags: globalFlagsOf(packages),
    commands: packages.flatMap(({ commands }) => commands).map(withoutGlobalFlags).sort(by('id')),
    configKeys: configKeysOf(packages, config).sort(by('key')),
    errorCodes,
    detectionRules: services.detectionRules.map(({ id, services: types, inRoot, about }) => ({ id, services: types, inRoot, ...about })),
    events: [...owned('@envctl/core', events.describeSignals()), ...contributed(packages, 'signals')].sort(by('event')),
  };
}

function readPackage(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const path = join(directory, 'oclif.manifest.json');
  const { commands = {} } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  return {
    name: manifest.name,
    contributes: manifest.envctl?.contributes ?? {},
    commands: Object.values(commands).map((command) => toCommand(manifest.name, command)),
  };
}

/** Flags of the base class are the same in every command; they stand once. */
function globalFlagsOf(packages) {
  const flags = packages.flatMap(({ commands }) => commands).flatMap((command) => command.flags.filter((flag) => flag.global));
  return [...new Map(flags.map((flag) => [flag.name, flag])).values()].sort(by('name'));
}

function withoutGlobalFlags(command) {
  return { ...command, flags: command.flags.filter((flag) => !flag.global) };
}

/**
 * Core's keys, those it derives from the dependencies, and those of the plugins, each with the package it comes from;
 * then every other name that has a meaning: renamed, retired, or of a package that is not there.
 */
function configKeysOf(packages, config) {
  const all = (kind) => packages.flatMap(({ contributes }) => contributes[kind] ?? []);
  const sources = { declarations: all('config'), dependencies: all('dependencies') };
  return [...config.describeConfigKeys(sources), ...config.describeOtherNames(sources)].map(({ owner, ...row }) => {
    const declares = ({ contributes }) =>
      (contributes.config ?? []).some(({ key }) => key === (row.replaced_by ?? row.key)) || (contributes.dependencies ?? []).some(({ id }) => id === owner);
    const source = owner === 'core' ? undefined : packages.find(declares);
    return { package: source?.name ?? '@envctl/core', ...row };
  });
}

function contributed(packages, kind) {
  return packages.flatMap(({ name, contributes }) => owned(name, contributes[kind] ?? []));
}

function owned(packageName, declarations) {
  return declarations.map((declaration) => ({ ...declaration, package: packageName }));
}

/** The part of oclif's manifest a user or a script can depend on. */
function toCommand(packageName, command) {
  return {
    id: command.id.replaceAll(':', ' '),
    package: packageName,
    aliases: command.aliases ?? [],
    summary: command.summary ?? command.description ?? '',
    hidden: command.hidden === true,
    envctl: command.envctl ?? null,
    args: Object.values(command.args ?? {}).map(({ name, required, options, description, summary }) => ({
      name,
      required: required === true,
      ...(options === undefined ? {} : { options }),
      summary: summary ?? description ?? '',
    })),
    flags: Object.values(command.flags ?? {})
      .map(toFlag)
      .sort(by('name')),
  };
}

function toFlag(flag) {
  return {
    name: flag.name,
    type: flag.type,
    aliases: flag.aliases ?? [],
    ...(flag.char === undefined ? {} : { char: flag.char }),
    ...(flag.options === undefined ? {} : { options: flag.options }),
    ...(flag.default === undefined ? {} : { default: flag.default }),
    allowNo: flag.allowNo === true,
    multiple: flag.multiple === true,
    required: flag.required === true,
    hidden: flag.hidden === true,
    global: flag.helpGroup === 'GLOBAL',
    valueName: flag.helpValue ?? '',
    summary: flag.summary ?? flag.description ?? '',
  };
}

function by(key) {
  return (a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0);
}
