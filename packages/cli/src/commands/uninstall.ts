import { EnvctlCommand, type CommandContract, type CommandResult, type Route } from '@envctl/core/command';
import { uninstallPath, type UninstallReport } from '../launcher/change-path.js';
import { shellFlags } from './install.js';

export default class Uninstall extends EnvctlCommand<UninstallReport> {
  static override summary = 'Take envctl off the PATH of your shell.';
  static override description = 'Removes the block that install wrote. A block that is not whole is left alone: where it ends only you can tell.';
  static override examples = ['<%= config.bin %> uninstall', '<%= config.bin %> uninstall --dry-run'];
  static override envctl: CommandContract = { family: 'launcher', bootstrap: 'skip', statePolicy: 'none', mutates: true };
  static override flags = shellFlags;

  protected async execute(route: Route): Promise<CommandResult<UninstallReport>> {
    const { env, cwd } = this.invocation;
    const shellFile = route.flags['shell-file'] as string | undefined;
    return { data: await uninstallPath({ env, cwd, script: process.argv[1], packageRoot: this.config.root, shellFile, dryRun: route.flags['dry-run'] === true }) };
  }

  protected render({ shell_file: file, action, remaining }: UninstallReport): string {
    if (remaining !== null) return remaining;
    return action === 'removed' ? `Removed the PATH block from ${file}.` : `${file} has no PATH block of envctl.`;
  }
}
