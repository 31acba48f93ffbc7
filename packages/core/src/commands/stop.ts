import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StopSummary } from '../runtime/index.js';
import { renderStop } from '../ui/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

export default class Stop extends EnvctlCommand<StopSummary, EngineRuntime> {
  static override summary = 'Stop services; servers stop with their last user, data stays.';
  static override examples = ['<%= config.bin %> stop', '<%= config.bin %> stop frontend', '<%= config.bin %> stop --project Main'];
  static override envctl: CommandContract = { family: 'lifecycle_cleanup', bootstrap: 'skip', statePolicy: 'load', mutates: true, aliases: ['s', 'kill'] };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...selectorFlags, ...allFlag };

  protected async execute(route: Route): Promise<CommandResult<StopSummary>> {
    const data = await (await this.runtime()).stop(route);
    for (const warning of data.warnings) this.say(`Warning: ${warning}`);
    return { data, ok: data.not_stopped.length === 0 };
  }

  protected render(data: StopSummary): string {
    return renderStop(data);
  }
}
