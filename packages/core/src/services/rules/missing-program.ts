import { installCommand } from '../../processes/read-only.js';
import type { AppDirectory } from '../detection-rules.js';
import type { DetectionProblem } from '../service-command.js';

/** A program that the command of a service begins with, and that is not on PATH. */
export function missingProgram(app: AppDirectory, program: string): DetectionProblem {
  return {
    service: app.service,
    code: 'ENVCTL_E_SERVICE_COMMAND_NOT_FOUND',
    reasonCode: 'missing_command_executable',
    message: `missing_command_executable: the ${app.service} in ${app.directory} is started by ${program}, which is not on PATH.`,
    hints: [installCommand(program, app.searchPath)],
  };
}
