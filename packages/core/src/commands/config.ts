import { text } from 'node:stream/consumers';
import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { ConfigAnswer, EngineRuntime, Route } from '../runtime/index.js';
import { renderConfigAnswer } from '../ui/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class Config extends EnvctlCommand<ConfigAnswer, EngineRuntime> {
  static override summary = 'Set the configuration of the repository.';
  static override description =
    'Asks in a terminal; takes --set and --stdin-json anywhere. Writes the managed block of .envctl and nothing else; ' +
    'a value or key that is not valid is refused and the file stays as it is.';
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config --set MAIN_POSTGRES_ENABLE=true --set BACKEND_PORT_BASE=8100',
    '<%= config.bin %> show-config --json | jq .effective | <%= config.bin %> config --stdin-json',
  ];
  static override envctl: CommandContract = { family: 'config', bootstrap: 'skip', statePolicy: 'none', mutates: true, aliases: ['init'] };
  static override flags = {
    set: Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: 'KEY=VALUE', summary: 'Set one key; may be given again.' }),
    'stdin-json': Flags.boolean({ summary: 'Read the settings as JSON from stdin: flat keys, or any part of show-config.effective.' }),
  };

  protected async execute(route: Route): Promise<CommandResult<ConfigAnswer>> {
    const runtime = await this.runtime();
    const set = (route.flags['set'] as readonly string[] | undefined) ?? [];
    const stdinJson = route.flags['stdin-json'] === true ? { stdinJson: () => text(process.stdin) } : {};
    const data = await runtime.config(route, { set, ...stdinJson });
    for (const { message, hint } of data.saved ? data.warnings : []) this.say(`Warning: ${message}\n  ${hint}`);
    return { data, ok: true };
  }

  protected render(data: ConfigAnswer): string {
    return renderConfigAnswer(data);
  }
}
