import { serviceKey, type ServiceOptions } from '../config/read-only.js';
import { readConfiguredCommand } from './configured-command.js';
import type { DetectionFiles } from './detection-files.js';
import type { DetectionProblem, ServiceCommand } from './service-command.js';

/** The command that says whether a service is ready, as words; undefined when there is none. A command that cannot run is a problem. */
export function readReadyCommand(options: ServiceOptions, command: ServiceCommand, { searchPath, files }: { readonly searchPath: string; readonly files: DetectionFiles }): { readonly words?: readonly [string, ...string[]]; readonly problems: readonly DetectionProblem[] } {
  if (options.readyCommand === undefined) return { problems: [] };
  const read = readConfiguredCommand({ service: options.slug, text: options.readyCommand, key: serviceKey(options.slug, 'READY_CMD'), cwd: command.cwd, searchPath, files });
  return read.command === undefined ? { problems: read.problems } : { words: read.command.command, problems: [] };
}
