import { fileURLToPath } from 'node:url';
import { resolveRepository } from '@envctl/core/boot';
import { EnvctlCommand, type CommandContract, type CommandResult, type Route } from '@envctl/core/command';
import { inspectLauncher, renderLauncher, type LauncherReport } from '../../launcher/inspect-launcher.js';

export default class LauncherDoctor extends EnvctlCommand<LauncherReport> {
  static override summary = 'Show which envctl runs, from where, and whether your shell finds it.';
  static override examples = ['<%= config.bin %> launcher doctor', '<%= config.bin %> doctor --json'];
  static override envctl: CommandContract = { family: 'launcher', bootstrap: 'skip', statePolicy: 'none', mutates: false, spareAliases: ['doctor'] };

  protected async execute(route: Route): Promise<CommandResult<LauncherReport>> {
    const { env, cwd } = this.invocation;
    const runtimeEntry = fileURLToPath(import.meta.resolve('@envctl/core/boot'));
    return { data: await inspectLauncher({ env, cwd, version: this.config.version, script: process.argv[1], packageRoot: this.config.root, runtimeEntry, repositoryRoot: repositoryOf(cwd, route.repo) }) };
  }

  protected render(report: LauncherReport): string {
    return renderLauncher(report);
  }
}

/** A wrong --repo is an error; being nowhere is a fact. */
function repositoryOf(cwd: string, repo: string | undefined): string | null {
  try {
    return resolveRepository(cwd, repo).root;
  } catch (error) {
    if (repo !== undefined) throw error;
    return null;
  }
}
