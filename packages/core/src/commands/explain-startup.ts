import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, StartupExplanation } from '../runtime/index.js';
import { renderExplanation } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';
import { freshAssignments, freshFlags, planFlagTokens, scopeFlags, startAssignments, startFlags } from './start-flags.js';

export default class ExplainStartup extends EnvctlCommand<StartupExplanation, EngineRuntime> {
  static override summary = 'Print what a start would do now, and why; nothing is written.';
  static override description = 'A server of ours that lives and listens is shown as kept; a start asks it, and brings it up when it does not answer.';
  static override examples = ['<%= config.bin %> explain-startup', '<%= config.bin %> explain-startup --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false, prerequisites: ['git'], flagTokens: planFlagTokens, assignments: { ...startAssignments, ...freshAssignments } };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...startFlags, ...scopeFlags, ...freshFlags };

  protected async execute(route: Route): Promise<CommandResult<StartupExplanation>> {
    return { data: await (await this.runtime()).explainStartup(route) };
  }

  protected render(data: StartupExplanation): string {
    return renderExplanation(data);
  }
}
