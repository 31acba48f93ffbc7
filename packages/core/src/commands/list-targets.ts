import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class ListTargets extends HotEnvctlCommand {
  static override summary = 'List the projects of the mode with their planned ports; of what runs, the ports in use.';
  static override examples = ['<%= config.bin %> list-targets --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
}
