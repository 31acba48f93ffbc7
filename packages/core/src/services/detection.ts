import path from 'node:path';
import { EnvctlError } from '../contract/index.js';
import { brokenManifest } from './broken-manifest.js';
import { companionNotes } from './companion-notes.js';
import { readConfiguredCommand } from './configured-command.js';
import type { DetectionFiles } from './detection-files.js';
import { firstMatch, type AppDirectory, type DetectionRule, type RuleMatch } from './detection-rules.js';
import { detectionRules } from './rules/index.js';
import { severalDjangos } from './rules/python.js';
import { severalPrograms } from './rules/several-programs.js';
import { findWorkspaceApplication } from './rules/workspace.js';
import { healthUrlOf, type DetectionEvidence, type DetectionProblem, type ServiceCommand, type ServiceName } from './service-command.js';

export interface DetectionInput {
  /** Absolute path of the checkout. */
  readonly projectRoot: string;
  /** BACKEND_DIR and FRONTEND_DIR, relative to the checkout or absolute. */
  readonly directories: Readonly<Record<ServiceName, string>>;
  /** ENVCTL_BACKEND_START_CMD and ENVCTL_FRONTEND_START_CMD; an empty text counts as unset. */
  readonly commands: Partial<Readonly<Record<ServiceName, string | undefined>>>;
  /** A path (`/healthz`) or URL, `{port}` allowed, that answers 2xx when the service is healthy. */
  readonly healthUrls?: Partial<Readonly<Record<ServiceName, string | undefined>>>;
  /** Services that nobody wants: that there is none needs no word. */
  readonly switchedOff?: readonly ServiceName[];
  /** Names of the additional services that the configuration has, for companions that are there already. */
  readonly additional?: readonly string[];
  /** The value of PATH. */
  readonly searchPath: string;
  readonly files: DetectionFiles;
}

export interface ServiceDetection {
  readonly backend?: ServiceCommand;
  readonly frontend?: ServiceCommand;
  /** Of the additional services, by name. */
  readonly additional?: Readonly<Record<string, ServiceCommand>>;
  /** Program and arguments that say whether a service is ready, by its name; no shell. */
  readonly readyCommands?: Readonly<Record<string, readonly [string, ...string[]]>>;
  readonly evidence: readonly DetectionEvidence[];
  /** One service can have a command and a problem: its packages are not installed. */
  readonly problems: readonly DetectionProblem[];
  readonly notes: readonly string[];
}

/**
 * Finds how the services of a project are started. Reads files and starts nothing. A configured command
 * wins; else the service's own directory is examined, else the root of the checkout, else the packages of
 * its workspace. One application is never both services: which one it is in the root, its rule says.
 */
export function detectServices(input: DetectionInput): ServiceDetection {
  const backend = detectOne(input, 'backend');
  const frontend = detectOne(input, 'frontend');
  const found = { backend, frontend };
  const twice = sameApplication(backend, frontend) ? (ruleOf(frontend)?.inRoot === 'frontend' ? 'backend' : 'frontend') : undefined;
  const kept = (['backend', 'frontend'] as const).filter((name) => found[name] !== undefined && name !== twice);
  return {
    ...Object.fromEntries(kept.flatMap((name) => (found[name]?.command === undefined ? [] : [[name, { ...withHealthUrl(found[name].command, input.healthUrls?.[name]), evidence: found[name].evidence }]]))),
    evidence: kept.flatMap((name) => (found[name]?.evidence ?? []).map((entry) => ({ service: name, rule: found[name]!.command?.rule ?? '', ...entry }))),
    problems: kept.flatMap((name) => found[name]?.problems ?? []),
    notes: [
      ...kept.flatMap((name) => found[name]?.notes ?? []),
      ...kept.flatMap((name) => companionNotes(found[name]?.companions ?? [], input.additional ?? [])),
      ...(['backend', 'frontend'] as const).filter((name) => !kept.includes(name) && input.switchedOff?.includes(name) !== true).map((name) => absenceNote(input, name)),
    ],
  };
}

/** The error of a problem, for a command that cannot go on. */
export function toDetectionError(problem: DetectionProblem): EnvctlError {
  return new EnvctlError(problem.code, problem.message, {
    kind: problem.code === 'ENVCTL_E_PREREQUISITE_MISSING' ? 'environment' : 'user',
    hints: problem.hints,
    data: { service: problem.service, reason: problem.reasonCode },
  });
}

/** The error for a service that is wanted by name and has no command. `notes`: of the detection; those with a command to give are its hints. */
export function missingCommandError(service: ServiceName, input: Pick<DetectionInput, 'projectRoot' | 'directories'> & { readonly notes?: readonly string[] }): EnvctlError {
  const directory = path.resolve(input.projectRoot, input.directories[service]);
  const key = startCommandKey(service);
  return new EnvctlError('ENVCTL_E_SERVICE_COMMAND_MISSING', `missing_service_start_command: no start command for the ${service} is configured, and none was found in ${directory} or ${input.projectRoot}.`, {
    hints: [...(input.notes ?? []).filter((note) => note.includes('envctl config --set ')), `envctl config --set ${key}='<command> --port {port}'`],
    data: { service, reason: 'missing_service_start_command', directory },
  });
}

export function startCommandKey(service: ServiceName): string {
  return `ENVCTL_${service.toUpperCase()}_START_CMD`;
}

type Detected = RuleMatch | { readonly command: undefined; readonly problems: readonly DetectionProblem[]; readonly evidence?: undefined; readonly notes?: readonly string[]; readonly companions?: undefined };

function detectOne(input: DetectionInput, service: ServiceName): Detected | undefined {
  const own = path.resolve(input.projectRoot, input.directories[service]);
  const hasOwn = input.files.isDirectory(own);
  if (!hasOwn && input.directories[service] !== service && input.switchedOff?.includes(service) !== true) return { command: undefined, problems: [missingDirectory(input, service, own)] };
  const configured = input.commands[service]?.trim();
  if (configured !== undefined && configured !== '') {
    const cwd = hasOwn ? own : input.projectRoot;
    return readConfiguredCommand({ service, text: configured, key: startCommandKey(service), cwd, searchPath: input.searchPath, files: input.files });
  }
  const directory = hasOwn ? own : input.projectRoot;
  const app: AppDirectory = { service, directory, projectRoot: input.projectRoot, isRoot: directory === input.projectRoot, searchPath: input.searchPath, files: input.files };
  const match = matchRules(app) ?? (app.isRoot ? findWorkspaceApplication(rulesFor(app), app) : undefined);
  const found = match ?? severalDjangos(app) ?? severalPrograms(app);
  const broken = brokenManifest(app, service);
  if (broken === undefined) return found;
  return found === undefined ? { command: undefined, problems: [broken] } : { ...found, notes: [...(found.notes ?? []), broken.message] };
}

/** By default a service may be in the root as well; a directory that somebody named is meant. */
function missingDirectory(input: DetectionInput, service: ServiceName, directory: string): DetectionProblem {
  const key = `${service.toUpperCase()}_DIR`;
  const isFile = input.files.isFile(directory);
  return {
    service,
    code: 'ENVCTL_E_CONFIG_INVALID',
    reasonCode: 'missing_service_directory',
    message: `${key}=${input.directories[service]} names no directory: ${isFile ? `${directory} is a file` : `there is no ${directory}`}.`,
    hints: [`envctl config --set ${key}=${isFile ? path.relative(input.projectRoot, path.dirname(directory)) || '.' : '<directory>'}`, `envctl config --set ${key}=${service}`],
  };
}

/** What the first rule says that knows the application. */
export function matchRules(app: AppDirectory): RuleMatch | undefined {
  return firstMatch(rulesFor(app), app);
}

function rulesFor({ service, isRoot }: AppDirectory): readonly DetectionRule[] {
  return detectionRules.filter((rule) => rule.services.includes(service) && (!isRoot || rule.inRoot === service));
}

/** One package.json speaks of one application. */
function sameApplication(backend: Detected | undefined, frontend: Detected | undefined): boolean {
  const both = [backend, frontend].map((found) => (found?.command?.source === 'autodetected' && ruleOf(found)?.services.includes('frontend') === true ? found.command.cwd : undefined));
  return both[0] !== undefined && both[0] === both[1];
}

function ruleOf(found: Detected | undefined): DetectionRule | undefined {
  return detectionRules.find(({ id }) => id === found?.command?.rule);
}

export function withHealthUrl(command: ServiceCommand, healthUrl: string | undefined): ServiceCommand {
  if (healthUrl === undefined || healthUrl === '') return command;
  return { ...command, healthUrl: healthUrlOf(healthUrl) };
}

function absenceNote(input: DetectionInput, service: ServiceName): string {
  return `No ${service} found in ${input.directories[service]}/ or the root of ${input.projectRoot}.`;
}
