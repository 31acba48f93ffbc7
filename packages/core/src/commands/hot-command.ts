import { hotCommands, type Route } from '../boot/index.js';
import { EnvctlError } from '../contract/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

/** A command whose whole answer is the hot function of its id: the fast door and oclif give the same words. */
export abstract class HotEnvctlCommand extends EnvctlCommand<object> {
  #text = '';

  protected async execute(route: Route): Promise<CommandResult<object>> {
    const answer = hotCommands[route.command];
    if (answer === undefined) throw new EnvctlError('ENVCTL_E_BUG', `No hot function for ${route.command}.`, { kind: 'bug' });
    const result = await answer(this.hotContext(route));
    for (const warning of result.warnings ?? []) this.say(warning);
    this.#text = result.text;
    return { data: result.json, exitCode: result.exitCode };
  }

  protected render(): string {
    return this.#text;
  }
}
