import { hotCommands, type HotContext, type Route } from '../boot/index.js';
import { EnvctlError } from '../contract/index.js';
import type { EngineRuntime } from '../runtime/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

/** A command whose whole answer is the hot function of its id: the fast door and oclif give the same words. */
export abstract class HotEnvctlCommand extends EnvctlCommand<object, EngineRuntime> {
  #text = '';

  protected async execute(route: Route): Promise<CommandResult<object>> {
    const answer = hotCommands[route.command];
    if (answer === undefined) throw new EnvctlError('ENVCTL_E_BUG', `No hot function for ${route.command}.`, { kind: 'bug' });
    const refine: HotContext['refine'] = async (config, modes) => (await this.runtime()).refine(config, modes);
    const result = await answer({ ...this.hotContext(route), refine });
    if (result === undefined) throw new EnvctlError('ENVCTL_E_BUG', `The hot function of ${route.command} gave no answer.`, { kind: 'bug' });
    for (const warning of result.warnings ?? []) this.say(warning);
    this.#text = result.text;
    return { data: result.json, exitCode: result.exitCode };
  }

  protected render(): string {
    return this.#text;
  }
}
