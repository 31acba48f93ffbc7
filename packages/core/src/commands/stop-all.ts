import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StopSummary } from '../runtime/index.js';
import { renderStop } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class StopAll extends EnvctlCommand<StopSummary, EngineRuntime> {
  static override summary = 'Stop everything of this repository; data stays unless --remove-volumes.';
  static override description = 'Works from the ledger, so that it also finds what a killed command or a damaged state left behind. Other repositories are not touched.';
  static override examples = ['<%= config.bin %> stop-all', '<%= config.bin %> stop-all --remove-volumes'];
  static override envctl: CommandContract = { family: 'lifecycle_cleanup', bootstrap: 'skip', statePolicy: 'load', mutates: true, aliases: ['stopall', 'kill-all', 'killall'] };
  static override flags = {
    'remove-volumes': Flags.boolean({ aliases: ['stop-all-remove-volumes'], summary: 'Remove the data of all dependencies, databases and roles with it.' }),
  };

  protected async execute(route: Route): Promise<CommandResult<StopSummary>> {
    const data = await (await this.runtime()).stopAll(route, 'stop-all', { removeVolumes: route.flags['remove-volumes'] === true });
    for (const warning of data.warnings) this.say(`Warning: ${warning}`);
    return { data, ok: data.not_stopped.length === 0 };
  }

  protected render(data: StopSummary): string {
    return renderStop(data);
  }
}
