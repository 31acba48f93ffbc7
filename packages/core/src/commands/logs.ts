import { createDeadline } from '../contract/index.js';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, LogsOptions, LogsReport, Route } from '../runtime/index.js';
import { allFlag, EnvctlCommand, selectorFlags, type CommandResult } from './base-command.js';

export default class Logs extends EnvctlCommand<LogsReport, EngineRuntime> {
  static override summary = 'Show the logs of services; --logs-follow goes on until Ctrl-C.';
  static override examples = ['<%= config.bin %> logs', '<%= config.bin %> logs backend --logs-tail 100', '<%= config.bin %> logs --logs-follow --logs-duration 30'];
  static override envctl: CommandContract = { family: 'state_action', bootstrap: 'skip', statePolicy: 'load', mutates: false, aliases: ['l'] };
  static override args = { target: Args.string({ description: 'Projects or services; default: all.', required: false }) };
  static override strict = false;
  static override flags = {
    ...selectorFlags,
    ...allFlag,
    'logs-tail': Flags.integer({ aliases: ['tail'], summary: 'Lines to show of each log.', default: 20, min: 0 }),
    'logs-follow': Flags.boolean({ aliases: ['follow'], summary: 'Go on as lines are written, also across a restart.' }),
    'logs-duration': Flags.integer({ aliases: ['duration'], summary: 'Follow for this many seconds.', min: 1 }),
    'logs-no-color': Flags.boolean({ summary: 'Strip colours.' }),
  };

  protected async execute(route: Route): Promise<CommandResult<LogsReport>> {
    const runtime = await this.runtime();
    const duration = route.flags['logs-duration'] as number | undefined;
    const options: LogsOptions = {
      tail: route.flags['logs-tail'] as number,
      follow: route.flags['logs-follow'] === true || duration !== undefined,
      durationSeconds: duration ?? null,
      stripColour: route.flags['logs-no-color'] === true || !this.invocation.terminal.colour.stdout,
    };
    const report = await runtime.logs(route, options.follow && !route.json ? { ...options, tail: 0 } : options);
    if (!options.follow || route.json) return { data: report };
    const { stdout, signal, outputClosed } = this.invocation;
    const ends = AbortSignal.any([signal, outputClosed]);
    const limit = duration === undefined ? undefined : createDeadline(ends, duration * 1000);
    const width = Math.max(...report.services.map((service) => service.name.length));
    await runtime.followLogs(route, {
      ...options,
      signal: limit?.signal ?? ends,
      onTail: (log) => stdout(`${renderLog(log)}\n`),
      onLine: (service, line) => stdout(`${report.services.length > 1 ? `${service.padEnd(width)} | ` : ''}${line}\n`),
    });
    limit?.clear();
    const data = { ...report, services: [] };
    return signal.aborted ? { data, exitCode: 2 } : { data };
  }

  protected render(data: LogsReport): string {
    return data.services.map(renderLog).join('\n');
  }
}

function renderLog(log: LogsReport['services'][number]): string {
  const head = log.reason === 'missing' ? `${log.name}: log missing at ${log.log_path}` : `${log.name}: log=${log.log_path ?? 'n/a'}`;
  return [head, ...log.tail_lines].join('\n');
}
