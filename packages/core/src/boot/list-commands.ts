import type { HotContext, HotResult } from './hot-commands.js';

/** `envctl list-commands`: every command a user can type, sorted; sub-commands of other packages stay behind their topic. */
export async function listCommands(context: HotContext): Promise<HotResult> {
  const names = context.manifest.commands
    .filter((command) => command.hidden !== true && (command.envctl !== undefined || !command.id.includes(':')))
    .map((command) => command.id.replaceAll(':', ' '));
  const commands = [...new Set(names)].sort();
  return { exitCode: 0, json: { commands }, text: `${commands.join('\n')}\n` };
}
