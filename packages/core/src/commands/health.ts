import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, HealthReport, Route } from '../runtime/index.js';
import { renderHealth } from '../ui/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

export default class Health extends EnvctlCommand<HealthReport, EngineRuntime> {
  static override summary = 'Ask everything that should run whether it works now; exit 1 on any issue.';
  static override examples = ['<%= config.bin %> health', '<%= config.bin %> health --json'];
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: false, aliases: ['h'] };
  static override flags = { ...selectorFlags, ...allFlag };

  protected async execute(route: Route): Promise<CommandResult<HealthReport>> {
    const data = await (await this.runtime()).health(route);
    return { data, ok: data.healthy };
  }

  protected render(data: HealthReport): string {
    return renderHealth(data);
  }
}
