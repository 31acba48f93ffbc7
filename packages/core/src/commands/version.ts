import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class Version extends HotEnvctlCommand {
  static override summary = 'Show the version.';
  static override examples = ['<%= config.bin %> --version', '<%= config.bin %> version --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
}
