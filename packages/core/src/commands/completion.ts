import * as Args from '@oclif/core/args';
import type { CommandContract } from '../contract/index.js';
import { HotEnvctlCommand } from './hot-command.js';

export default class Completion extends HotEnvctlCommand {
  static override summary = 'Print the completion script of a shell: bash, zsh or fish.';
  static override description = 'Completes commands, options, their values, config keys, and the projects and services of the repository. It reads only.';
  static override examples = ['source <(<%= config.bin %> completion bash)', 'source <(<%= config.bin %> completion zsh)', '<%= config.bin %> completion fish | source'];
  static override envctl: CommandContract = { family: 'launcher', bootstrap: 'skip', statePolicy: 'none', mutates: false, ownWords: true };
  static override args = { shell: Args.string({ description: 'bash, zsh or fish.', required: false, ignoreStdin: true }) };
  static override strict = false;
}
