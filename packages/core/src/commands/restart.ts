import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StartPlan, StartSummary } from '../runtime/index.js';
import { renderPlan, renderStart } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';
import { startAssignments, startFlags, planFlagTokens } from './start-flags.js';

export default class Restart extends EnvctlCommand<StartSummary | StartPlan, EngineRuntime> {
  static override summary = 'Stop and start services again, on the same ports.';
  static override description = 'Without a target every recorded service is restarted. Dependencies keep running. An unknown target is an error. Where nothing is recorded, what is named is started.';
  static override examples = ['<%= config.bin %> restart', '<%= config.bin %> restart backend', '<%= config.bin %> restart --service "Main Backend"'];
  static override envctl: CommandContract = { family: 'startup', bootstrap: 'require', statePolicy: 'load', mutates: true, aliases: ['r'], prerequisites: ['git'], flagTokens: planFlagTokens, assignments: startAssignments };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = startFlags;

  protected async execute(route: Route): Promise<CommandResult<StartSummary | StartPlan>> {
    const runtime = await this.runtime();
    return { data: route.flags['dry-run'] === true ? await runtime.explain(route, 'restart') : await runtime.start(route, 'restart') };
  }

  protected render(data: StartSummary | StartPlan): string {
    return 'run_id' in data ? renderStart(data) : renderPlan(data);
  }
}
