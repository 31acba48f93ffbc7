import path from 'node:path';
import { serviceKey, type ServiceOptions } from '../config/read-only.js';
import { brokenManifest } from './broken-manifest.js';
import { readConfiguredCommand } from './configured-command.js';
import { matchRules, withHealthUrl } from './detection.js';
import type { DetectionFiles } from './detection-files.js';
import type { DetectionEvidence, DetectionProblem, ServiceCommand } from './service-command.js';

export interface AdditionalInput {
  /** Absolute path of the checkout. */
  readonly projectRoot: string;
  readonly options: ServiceOptions;
  readonly searchPath: string;
  readonly files: DetectionFiles;
}

export interface AdditionalDetection {
  readonly command: ServiceCommand | undefined;
  readonly evidence: readonly DetectionEvidence[];
  readonly problems: readonly DetectionProblem[];
}

/**
 * How an additional service is started: by its start command, or, for a server in a directory of its own, by what the
 * rules of detection find there. Reads files and starts nothing.
 */
export function detectAdditional(input: AdditionalInput): AdditionalDetection {
  const { options, projectRoot, searchPath, files } = input;
  const own = path.resolve(projectRoot, options.directory);
  const hasOwn = files.isDirectory(own);
  if (!hasOwn && options.directoryIsSet) return refused(options, 'ENVCTL_E_CONFIG_INVALID', 'service_directory_missing', `${serviceKey(options.slug, 'DIR')} names ${own}, which is no directory.`, [`mkdir -p ${own}`]);
  const configured = options.startCommand?.trim();
  if (configured !== undefined && configured !== '') {
    const { command, problems, ...found } = readConfiguredCommand({ service: options.slug, text: configured, key: serviceKey(options.slug, 'START_CMD'), cwd: hasOwn ? own : projectRoot, searchPath, files });
    const evidence = 'evidence' in found ? found.evidence : [];
    return { command: command === undefined ? undefined : withHealthUrl(command, options.healthUrl), evidence: evidence.map((entry) => ({ service: options.slug, rule: 'configured', ...entry })), problems };
  }
  const app = hasOwn && options.kind === 'server' ? ({ service: 'backend', directory: own, projectRoot, isRoot: false, searchPath, files } as const) : undefined;
  const match = app === undefined ? undefined : matchRules(app);
  const broken = app === undefined || match !== undefined ? undefined : brokenManifest(app, options.slug);
  if (broken !== undefined) return { command: undefined, evidence: [], problems: [broken] };
  if (match?.command === undefined) {
    return refused(options, 'ENVCTL_E_SERVICE_COMMAND_MISSING', 'missing_service_start_command', `missing_service_start_command: no start command for the service ${options.slug} is configured${hasOwn && options.kind === 'server' ? `, and none was found in ${own}` : ''}.`, [
      `envctl config --set ${serviceKey(options.slug, 'START_CMD')}='<command>${options.kind === 'server' ? ' --port {port}' : ''}'`,
    ]);
  }
  return {
    command: { ...withHealthUrl(match.command, options.healthUrl), type: options.slug },
    evidence: match.evidence.map((entry) => ({ service: options.slug, rule: match.command.rule, ...entry })),
    problems: match.problems.map((problem) => ({ ...problem, service: options.slug })),
  };
}

function refused({ slug }: ServiceOptions, code: DetectionProblem['code'], reasonCode: string, message: string, hints: readonly string[]): AdditionalDetection {
  return { command: undefined, evidence: [], problems: [{ service: slug, code, reasonCode, message, hints }] };
}
