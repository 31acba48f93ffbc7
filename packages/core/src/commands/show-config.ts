import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class ShowConfigCommand extends HotEnvctlCommand {
  static override summary = 'Show the effective configuration and where every value comes from.';
  static override description = 'Environment before file before default. Secrets are hidden unless --reveal is given.';
  static override examples = ['<%= config.bin %> show-config', '<%= config.bin %> show-config --json', 'BACKEND_PORT_BASE=8100 <%= config.bin %> show-config'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
  static override flags = { reveal: Flags.boolean({ summary: 'Show the values of secrets.' }) };
}
