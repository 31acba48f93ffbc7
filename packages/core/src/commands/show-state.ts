import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class ShowState extends HotEnvctlCommand {
  static override summary = 'Print the recorded state of the latest run; exit 1 when there is none.';
  static override examples = ['<%= config.bin %> show-state --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'load', mutates: false };
}
