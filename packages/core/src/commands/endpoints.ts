import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import { projectFlag } from './base-command.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class Endpoints extends HotEnvctlCommand {
  static override summary = 'Print the URLs and ports of one running project.';
  static override description = 'A project that is not running is an error that lists what runs; it never shows the addresses of another one.';
  static override examples = ['<%= config.bin %> endpoints', '<%= config.bin %> endpoints --project Main --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'load', mutates: false };
  static override args = { project: Args.string({ description: 'The project; needed when several run.', required: false, ignoreStdin: true }) };
  static override flags = projectFlag;
}
