import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, ErrorsReport, Route } from '../runtime/index.js';
import { showControls } from '../ui/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

export default class Errors extends EnvctlCommand<ErrorsReport, EngineRuntime> {
  static override summary = 'What is wrong now, and which errors were logged since the start; exit 1 on any issue.';
  static override examples = ['<%= config.bin %> errors', '<%= config.bin %> errors backend --json'];
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: false, aliases: ['e'] };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = { ...selectorFlags, ...allFlag };

  protected async execute(route: Route): Promise<CommandResult<ErrorsReport>> {
    const data = await (await this.runtime()).errors(route);
    return { data, ok: data.ok };
  }

  protected render(data: ErrorsReport): string {
    if (data.ok) return 'No known service errors.';
    const text = [
      ...data.failed_services.map((service) => {
        const detail = service.detail === null ? '' : `, ${service.detail}`;
        const at = service.last_exit === null || service.detail?.includes(service.last_exit.at) === true ? '' : ` at ${service.last_exit.at}`;
        return `${service.name}: ${service.status}${detail}${at}${service.log_line === null ? '' : `\n  ${service.log_line}`}${service.log_path === null ? '' : `\n  log: ${service.log_path}`}`;
      }),
      ...data.log_issues.map(({ service, rule, file, line, headline, excerpt, count }) =>
        [`${service}: ${headline}${count > 1 ? ` (${count} times)` : ''}`, `  ${file}:${line} (${rule})`, ...(excerpt.length > 1 ? excerpt.map((text) => `  | ${text}`) : [])].join('\n'),
      ),
      ...(data.log_issues_left_out > 0 ? [`${data.log_issues_left_out} other errors were logged before: envctl logs --logs-grep ERROR`] : []),
      ...data.requirement_issues.map((issue) => `${issue.project} ${issue.component}: ${issue.status}`),
      ...data.recent_failures.map((failure) => `last start failed: ${failure}`),
    ].join('\n');
    return showControls(text);
  }
}
