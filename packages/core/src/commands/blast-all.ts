import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StopSummary } from '../runtime/index.js';
import { renderStop } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class BlastAll extends EnvctlCommand<StopSummary, EngineRuntime> {
  static override summary = 'Stop everything of this repository at once and forget its run history.';
  static override description = 'This repository only, by ledger and label. Data of Main is kept unless --blast-remove-main-volumes.';
  static override examples = ['<%= config.bin %> blast-all', '<%= config.bin %> blast-all --blast-remove-main-volumes'];
  static override envctl: CommandContract = { family: 'lifecycle_cleanup', bootstrap: 'skip', statePolicy: 'load', mutates: true, aliases: ['blastall'] };
  static override flags = {
    'blast-remove-main-volumes': Flags.boolean({ summary: 'Remove the data of dependencies too.', exclusive: ['blast-keep-main-volumes'] }),
    'blast-keep-main-volumes': Flags.boolean({ summary: 'Keep the data of dependencies (the default).' }),
  };

  protected async execute(route: Route): Promise<CommandResult<StopSummary>> {
    const data = await (await this.runtime()).stopAll(route, 'blast-all', { removeVolumes: route.flags['blast-remove-main-volumes'] === true });
    for (const warning of data.warnings) this.say(`Warning: ${warning}`);
    return { data, ok: data.not_stopped.length === 0 };
  }

  protected render(data: StopSummary): string {
    return renderStop(data);
  }
}
