import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class ListCommands extends HotEnvctlCommand {
  static override summary = 'List the commands.';
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
}
