import path from 'node:path';
import { quoteForShell } from '../processes/read-only.js';
import type { AppDirectory } from './detection-rules.js';
import { jsonFault } from './preparation/read-json-object.js';
import { workspaceMembers } from './rules/workspace.js';
import type { DetectionProblem } from './service-command.js';

/** A package.json in which no rule could read what it looks for: the application's own, in the root also one of a workspace package. `service`: whose it would be. */
export function brokenManifest(app: Pick<AppDirectory, 'directory' | 'projectRoot' | 'isRoot' | 'files'>, service: string): DetectionProblem | undefined {
  const files = [app.directory, ...(app.isRoot ? workspaceMembers(app) : [])].map((directory) => path.join(directory, 'package.json'));
  for (const file of files) {
    const fault = jsonFault(app.files, file);
    if (fault === undefined) continue;
    return {
      service,
      code: 'ENVCTL_E_CONFIG_INVALID',
      reasonCode: 'invalid_package_json',
      message: `${file} is ${fault.text}. Whether it is the ${service} cannot be told.`,
      hints: [`\${EDITOR:-vi}${fault.line === undefined ? '' : ` +${fault.line}`} ${quoteForShell(file)}`],
    };
  }
  return undefined;
}
