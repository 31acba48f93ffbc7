import * as Flags from '@oclif/core/flags';
import { EnvctlCommand, type CommandContract, type CommandResult, type Route } from '@envctl/core/command';
import { installPath, type InstallReport } from '../launcher/change-path.js';

export const shellFlags = {
  'shell-file': Flags.string({ summary: 'The file to change; default: the one of your shell.', helpValue: 'FILE' }),
  'dry-run': Flags.boolean({ summary: 'Print what would be written; change nothing.' }),
};

export default class Install extends EnvctlCommand<InstallReport> {
  static override summary = 'Put envctl on the PATH of your shell.';
  static override description = 'Writes one marked block into the file of your shell; run again, it refreshes the block and touches nothing else.';
  static override examples = ['<%= config.bin %> install', '<%= config.bin %> install --dry-run', '<%= config.bin %> install --shell-file ~/.zshrc'];
  static override envctl: CommandContract = { family: 'launcher', bootstrap: 'skip', statePolicy: 'none', mutates: true };
  static override flags = shellFlags;

  protected async execute(route: Route): Promise<CommandResult<InstallReport>> {
    const { env, cwd } = this.invocation;
    const shellFile = route.flags['shell-file'] as string | undefined;
    return { data: await installPath({ env, cwd, script: process.argv[1], packageRoot: this.config.root, shellFile, dryRun: route.flags['dry-run'] === true }) };
  }

  protected render({ shell_file: file, action, dry_run: dryRun, block }: InstallReport): string {
    if (dryRun) return block.join('\n');
    return action === 'unchanged' ? `${file} already has it.` : `${action === 'added' ? 'Added the PATH block to' : 'Refreshed the PATH block in'} ${file}. Open a new shell, or run: . ${file}`;
  }
}
