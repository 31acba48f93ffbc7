import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class ListCommands extends HotEnvctlCommand {
  static override summary = 'List the commands.';
  static override examples = ['<%= config.bin %> list-commands', '<%= config.bin %> list-commands --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
}
