import * as Flags from '@oclif/core/flags';
import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, MigrateHooksReport, Route } from '../runtime/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class MigrateHooks extends EnvctlCommand<MigrateHooksReport, EngineRuntime> {
  static override summary = 'Convert the shell hooks of .envctl.sh to .envctl.hooks.mjs.';
  static override examples = ['<%= config.bin %> migrate-hooks', '<%= config.bin %> migrate-hooks --force'];
  static override envctl: CommandContract = { family: 'migrate_hooks', bootstrap: 'skip', statePolicy: 'none', mutates: true };
  static override flags = { force: Flags.boolean({ char: 'f', summary: 'Replace a .envctl.hooks.mjs that is there.' }) };

  protected async execute(route: Route): Promise<CommandResult<MigrateHooksReport>> {
    const data = await (await this.runtime()).migrateHooks(route, { force: route.flags['force'] === true });
    return { data, ok: data.unsupported.length === 0 };
  }

  protected render({ source, target, converted, unsupported }: MigrateHooksReport): string {
    return [
      `Wrote ${target}`,
      ...(converted.length === 0 ? [] : [`converted: ${converted.join(', ')}`]),
      ...unsupported.map((name) => `${name} does more than set ENVCTL_HOOK_JSON: a stub is written, to be completed by hand`),
      ...(unsupported.length === 0 ? [`remove the functions from ${source} when it works`] : []),
    ].join('\n');
  }
}
