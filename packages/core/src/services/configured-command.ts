import path from 'node:path';
import { findProgram, splitShellWords } from '../processes/read-only.js';
import type { DetectionFiles } from './detection-files.js';
import type { RuleMatch } from './detection-rules.js';
import type { DetectionProblem } from './service-command.js';

export interface ConfiguredCommandInput {
  readonly service: string;
  /** The command line as the user wrote it, with `{port}` where the port belongs. */
  readonly text: string;
  /** The key it was read from, for messages. */
  readonly key: string;
  readonly cwd: string;
  readonly searchPath: string;
  readonly files: DetectionFiles;
}

/** Reads a configured start command. A command that cannot run is a problem with an undefined match. */
export function readConfiguredCommand(input: ConfiguredCommandInput): RuleMatch | { readonly command: undefined; readonly problems: readonly DetectionProblem[] } {
  const split = splitShellWords(input.text);
  if (!split.ok) {
    const message = {
      'unterminated-quote': `${input.key} has a quote that is never closed: ${split.at}`,
      'shell-syntax': `${input.key} uses shell syntax (${split.at}), but it is run without a shell.`,
      empty: `${input.key} names no program.`,
    }[split.reason];
    const hints = split.reason === 'shell-syntax' ? [`${input.key}=sh -c '${input.text.replaceAll("'", `'\\''`)}'`] : [`envctl config --set ${input.key}='<command>'`, 'envctl show-config shows where it is set'];
    return { command: undefined, problems: [{ service: input.service, code: 'ENVCTL_E_CONFIG_INVALID', reasonCode: 'invalid_service_start_command', message, hints }] };
  }
  const [program, ...rest] = split.words as [string, ...string[]];
  const searchPath = split.assignments['PATH'] ?? input.searchPath;
  const search = findProgram(program, { cwd: input.cwd, path: searchPath, isExecutable: (file) => input.files.isExecutable(file) });
  if (!search.found && !isInstalledPlace(program)) return { command: undefined, problems: [notFound(input, program)] };
  return {
    command: {
      type: input.service,
      command: [program, ...rest],
      cwd: input.cwd,
      portMode: split.words.some((word) => word.includes('{port}')) ? 'flag' : 'env',
      env: split.assignments,
      source: 'configured',
      rule: 'configured',
    },
    evidence: search.found ? [{ path: search.path, text: `${input.key}: ${input.text}` }] : [],
    problems: search.found ? [] : [notFound(input, program)],
  };
}

/** True for a program where installers put them: it may be there once the packages are. */
export function isInstalledPlace(program: string): boolean {
  return /^(?:\.\/)?(?:node_modules\/\.bin|\.?venv[^/]*\/bin)\//.test(program);
}

function notFound(input: ConfiguredCommandInput, program: string): DetectionProblem {
  const local = path.join(input.cwd, 'node_modules/.bin', program);
  const hints = input.files.isExecutable(local)
    ? [`${input.key}=./node_modules/.bin/${input.text.trim()}`]
    : [program.includes('/') ? `ls -l ${path.resolve(input.cwd, program)}` : `command -v ${program}`];
  const where = program.includes('/') ? `no executable file ${path.resolve(input.cwd, program)}` : 'not found on PATH';
  return {
    service: input.service,
    code: 'ENVCTL_E_SERVICE_COMMAND_NOT_FOUND',
    reasonCode: 'missing_command_executable',
    message: `missing_command_executable: ${program} (${input.key}: ${where})`,
    hints,
  };
}
