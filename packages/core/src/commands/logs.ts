import { createDeadline } from '../contract/index.js';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import { parseGrep, parseSince, type EngineRuntime, type LogsOptions, type LogsReport, type Route } from '../runtime/index.js';
import { renderLog, renderLogLines } from '../ui/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult, type RenderOptions } from './base-command.js';

const defaultTail = 20;

export default class Logs extends EnvctlCommand<LogsReport, EngineRuntime> {
  static override summary = 'Show the logs of services; --logs-follow goes on until Ctrl-C.';
  static override examples = [
    '<%= config.bin %> logs',
    '<%= config.bin %> logs backend --logs-tail 100',
    "<%= config.bin %> logs --logs-since 10m --logs-grep 'ERROR|timeout'",
    '<%= config.bin %> logs --logs-follow --logs-duration 30',
    '<%= config.bin %> logs --logs-follow --json',
    '<%= config.bin %> logs backend --reveal',
  ];
  static override description = 'Secrets that envctl knows are taken out of what services logged unless --reveal is given; the file keeps what was written.';
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: false, aliases: ['l'] };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false, ignoreStdin: true }) };
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    ...allFlag,
    'logs-tail': Flags.integer({ aliases: ['tail'], summary: `Lines to show of each log; default: ${defaultTail}, with --logs-since all.`, min: 0, max: Number.MAX_SAFE_INTEGER }),
    'logs-since': Flags.string({ aliases: ['since'], summary: 'Only what was logged since then: 10m, 1h30m, or a time.', helpValue: 'TIME' }),
    'logs-grep': Flags.string({ aliases: ['grep'], summary: 'Only lines that match this regular expression.', helpValue: 'PATTERN' }),
    'logs-follow': Flags.boolean({ aliases: ['follow'], summary: 'Go on as lines are written, also across a restart; with --json one object per line.' }),
    'logs-duration': Flags.integer({ aliases: ['duration'], summary: 'Follow for this many seconds.', min: 1, max: 86_400 }),
    'logs-no-color': Flags.boolean({ summary: 'Strip colours.' }),
    reveal: Flags.boolean({ summary: 'Show the values of secrets.' }),
  };

  protected async execute(route: Route): Promise<CommandResult<LogsReport>> {
    const options = this.toOptions(route);
    const runtime = await this.runtime();
    const report = await runtime.logs(route, options.follow ? { ...options, tail: 0 } : options);
    if (!options.follow) return { data: report };
    const { stdout, stdoutReady, signal, outputClosed } = this.invocation;
    const ends = AbortSignal.any([signal, outputClosed]);
    const limit = options.durationSeconds === null ? undefined : createDeadline(ends, options.durationSeconds * 1000);
    const until = limit?.signal ?? ends;
    const colour = !options.stripColour;
    const width = report.services.length > 1 ? Math.max(...report.services.map((service) => service.name.length)) : undefined;
    const tell = (service: string, lines: readonly string[]): void => {
      if (lines.length > 0) stdout(route.json ? lines.map((text) => toJsonLine(service, text)).join('') : renderLogLines(service, lines, { width, colour }));
    };
    await runtime.followLogs(route, {
      ...options,
      signal: until,
      onTail: (log) => (route.json ? tell(log.name, log.tail_lines) : stdout(`${renderLog(log, colour)}\n`)),
      onLines: async (service, lines) => {
        tell(service, lines);
        await stdoutReady(until);
      },
    });
    limit?.clear();
    return { data: report, isPrinted: true, exitCode: signal.aborted ? 2 : 0 };
  }

  protected render(data: LogsReport, { colour }: RenderOptions): string {
    return data.services.map((log) => renderLog(log, colour)).join('\n');
  }

  private toOptions({ flags }: Route): LogsOptions {
    const { 'logs-tail': tail, 'logs-since': since, 'logs-grep': grep, 'logs-duration': duration } = flags as LogsFlags;
    return {
      tail: tail ?? (since === undefined ? defaultTail : null),
      ...(since === undefined ? {} : { since: parseSince(since, this.invocation.now()) }),
      ...(grep === undefined ? {} : { grep: { pattern: grep, match: parseGrep(grep) } }),
      follow: flags['logs-follow'] === true || duration !== undefined,
      durationSeconds: duration ?? null,
      stripColour: flags['logs-no-color'] === true || !this.invocation.terminal.colour.stdout,
      reveal: flags['reveal'] === true,
    };
  }
}

interface LogsFlags {
  readonly 'logs-tail'?: number;
  readonly 'logs-since'?: string;
  readonly 'logs-grep'?: string;
  readonly 'logs-duration'?: number;
}

/** One line of `logs --json --logs-follow`; a service's two outputs are one log. */
function toJsonLine(service: string, text: string): string {
  return `${JSON.stringify({ contract_version: 'envctl.logs.line.v1', service, stream: 'combined', text })}\n`;
}
