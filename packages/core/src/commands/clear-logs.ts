import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { ClearLogsReport, EngineRuntime, Route } from '../runtime/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

export default class ClearLogs extends EnvctlCommand<ClearLogsReport, EngineRuntime> {
  static override summary = 'Empty the logs of services; what runs goes on writing to them.';
  static override examples = ['<%= config.bin %> clear-logs', '<%= config.bin %> clear-logs backend'];
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: true, aliases: ['logs-clear'] };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...selectorFlags, ...allFlag };

  protected async execute(route: Route): Promise<CommandResult<ClearLogsReport>> {
    const data = await (await this.runtime()).clearLogs(route);
    return { data, ok: data.ok };
  }

  protected render({ services, summary }: ClearLogsReport): string {
    return [
      ...services.filter(({ status }) => status !== 'cleared').map(({ name, log_path: path, status, error }) => `${name}: ${status === 'failed' ? error : status === 'missing' ? `log missing at ${path}` : 'log=n/a'}`),
      `Log clear summary: cleared=${summary.cleared} missing=${summary.missing} unavailable=${summary.unavailable} failed=${summary.failed}`,
    ].join('\n');
  }
}
