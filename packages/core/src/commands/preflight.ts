import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, PreflightReport, Route } from '../runtime/index.js';
import { renderPlan } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';
import { freshAssignments, freshFlags, planFlagTokens, scopeFlags, startAssignments, startFlags } from './start-flags.js';

export default class Preflight extends EnvctlCommand<PreflightReport, EngineRuntime> {
  static override summary = 'Say whether a start would go ahead now; exit 1 when it would be refused.';
  static override description = 'Configuration, programs, selection and plan are looked at as a start looks at them. Nothing is written, nothing is started.';
  static override examples = ['<%= config.bin %> preflight', '<%= config.bin %> preflight --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false, flagTokens: planFlagTokens, assignments: { ...startAssignments, ...freshAssignments } };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...startFlags, ...scopeFlags, ...freshFlags };

  protected async execute(route: Route): Promise<CommandResult<PreflightReport>> {
    const data = await (await this.runtime()).preflight(route);
    return { data, ok: data.startup.ready };
  }

  protected render({ mode, startup }: PreflightReport): string {
    if (startup.ready) return renderPlan(startup.plan);
    const { message, hints } = startup.problem;
    return [`start in mode ${mode} would be refused: ${message}`, ...hints.map((hint) => `  → ${hint}`)].join('\n');
  }
}
