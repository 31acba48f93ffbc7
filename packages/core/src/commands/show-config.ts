import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, ShowConfig } from '../runtime/index.js';
import { renderShowConfig } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class ShowConfigCommand extends EnvctlCommand<ShowConfig, EngineRuntime> {
  static override summary = 'Show the effective configuration and where every value comes from.';
  static override description = 'Environment before file before default. Secrets are hidden unless --reveal is given.';
  static override examples = ['<%= config.bin %> show-config', '<%= config.bin %> show-config --json', 'BACKEND_PORT_BASE=8100 <%= config.bin %> show-config'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };
  static override flags = { reveal: Flags.boolean({ summary: 'Show the values of secret keys.' }) };

  protected async execute(route: Route): Promise<CommandResult<ShowConfig>> {
    return { data: await (await this.runtime()).showConfig(route, { reveal: route.flags['reveal'] === true }) };
  }

  protected render(data: ShowConfig): string {
    return renderShowConfig(data);
  }
}
