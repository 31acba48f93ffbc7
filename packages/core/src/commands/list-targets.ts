import type { CommandContract } from '../contract/index.js';
import type { EngineRuntime, Route, TargetsReport } from '../runtime/index.js';
import { EnvctlCommand, type CommandResult } from './base-command.js';

export default class ListTargets extends EnvctlCommand<TargetsReport, EngineRuntime> {
  static override summary = 'List the projects of the mode with their planned ports; of what runs, the ports in use.';
  static override examples = ['<%= config.bin %> list-targets --json'];
  static override envctl: CommandContract = { family: 'direct_inspection', bootstrap: 'skip', statePolicy: 'none', mutates: false };

  protected async execute(route: Route): Promise<CommandResult<TargetsReport>> {
    return { data: await (await this.runtime()).listTargets(route) };
  }

  protected render(data: TargetsReport): string {
    return data.projects.map((project) => `${project.name}  ${project.root}${project.running ? '  (running)' : ''}\n  ${Object.entries({ ...project.ports, ...project.actual_ports }).map(([name, port]) => `${name}=${port}`).join(' ')}`).join('\n');
  }
}
