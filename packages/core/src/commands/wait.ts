import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, HealthReport, Route } from '../runtime/index.js';
import { renderHealth } from '../ui/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

interface WaitResult {
  readonly until: string;
  readonly health: HealthReport | null;
}

export default class Wait extends EnvctlCommand<WaitResult, EngineRuntime> {
  static override summary = 'Wait until everything is healthy (or stopped); exit 1 when it is not in time.';
  static override examples = ['<%= config.bin %> wait', '<%= config.bin %> wait --until stopped --timeout 30'];
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: false };
  static override flags = {
    ...selectorFlags,
    ...allFlag,
    until: Flags.string({ summary: 'What to wait for.', options: ['healthy', 'stopped'], default: 'healthy' }),
    timeout: Flags.integer({ summary: 'Seconds to wait at most.', default: 60, min: 0 }),
  };

  protected async execute(route: Route): Promise<CommandResult<WaitResult>> {
    const until = route.flags['until'] === 'stopped' ? 'stopped' : 'healthy';
    const health = await (await this.runtime()).wait(route, { until, timeoutMs: (route.flags['timeout'] as number) * 1000 });
    return { data: { until, health: health ?? null } };
  }

  protected render(data: WaitResult): string {
    return data.health === null ? `${data.until}: nothing is recorded.` : renderHealth(data.health);
  }
}
