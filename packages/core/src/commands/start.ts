import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StartPlan, StartSummary } from '../runtime/index.js';
import { renderPlan, renderStart } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';
import { freshAssignments, freshFlags, planFlagTokens, scopeFlags, startAssignments, startFlags } from './start-flags.js';

export default class Start extends EnvctlCommand<StartSummary | StartPlan, EngineRuntime> {
  static override summary = 'Bring the environment up.';
  static override description =
    'Starts the dependencies and services of the selected projects, each on ports of its own, and waits until they are ready. ' +
    'What already runs is kept: on a running environment it does nothing. A start that fails or is cancelled stops what it started.';
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start backend', '<%= config.bin %> start --dry-run', '<%= config.bin %> start --json'];
  static override envctl: CommandContract = { family: 'startup', bootstrap: 'require', statePolicy: 'none', mutates: true, prerequisites: ['git'], flagTokens: planFlagTokens, assignments: { ...startAssignments, ...freshAssignments } };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...startFlags, ...scopeFlags, ...freshFlags };

  protected async execute(route: Route): Promise<CommandResult<StartSummary | StartPlan>> {
    const runtime = await this.runtime();
    return { data: route.flags['dry-run'] === true ? await runtime.explain(route, 'start') : await runtime.start(route, 'start') };
  }

  protected render(data: StartSummary | StartPlan): string {
    return 'run_id' in data ? renderStart(data) : renderPlan(data);
  }
}
