import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StartPlan, StartSummary } from '../runtime/index.js';
import { renderPlan, renderStart } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';
import { startAssignments, startFlags, planFlagTokens } from './start-flags.js';

export default class Resume extends EnvctlCommand<StartSummary | StartPlan, EngineRuntime> {
  static override summary = 'Bring back what the last run had and is missing now.';
  static override description = 'Only missing services and dependencies are started; what runs is not touched.';
  static override examples = ['<%= config.bin %> resume'];
  static override envctl: CommandContract = { family: 'resume', bootstrap: 'skip', statePolicy: 'none', mutates: true, prerequisites: ['git'], flagTokens: { ...planFlagTokens, '--skip-startup': { flag: 'dry-run', value: true }, '--command-only': { flag: 'dry-run', value: true } }, assignments: startAssignments };
  static override flags = startFlags;

  protected async execute(route: Route): Promise<CommandResult<StartSummary | StartPlan>> {
    const runtime = await this.runtime();
    return { data: route.flags['dry-run'] === true ? await runtime.explain(route, 'resume') : await runtime.start(route, 'resume') };
  }

  protected render(data: StartSummary | StartPlan): string {
    return 'run_id' in data ? renderStart(data) : renderPlan(data);
  }
}
