import type { DetectionFiles } from './detection-files.js';
import type { DetectionProblem, ServiceCommand, ServiceName } from './service-command.js';

/** One directory that may hold an application, as a rule sees it. */
export interface AppDirectory {
  readonly service: ServiceName;
  /** Absolute. */
  readonly directory: string;
  /** The checkout; search for shared installations ends here. */
  readonly projectRoot: string;
  /** True when the application stands in the root itself, for want of a directory of its own. */
  readonly isRoot: boolean;
  readonly searchPath: string;
  readonly files: DetectionFiles;
}

/** A rule that knows the application: its command, why, and what would keep it from starting. */
export interface RuleMatch {
  readonly command: ServiceCommand;
  readonly evidence: readonly { readonly path: string; readonly text: string }[];
  readonly problems: readonly DetectionProblem[];
  readonly notes?: readonly string[];
}

/** Reads files only. The first rule of the table that matches decides. */
export interface DetectionRule {
  readonly id: string;
  readonly services: readonly ServiceName[];
  match(app: AppDirectory): RuleMatch | undefined;
}
