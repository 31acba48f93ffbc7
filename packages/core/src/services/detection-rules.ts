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
  /** What the project runs beside the application. */
  readonly companions?: readonly Companion[];
}

/** A process that a project names and that is neither its backend nor its frontend. */
export interface Companion {
  readonly name: string;
  /** As its author wrote it. */
  readonly text: string;
  /** As a start command of `.envctl`, from `directory`; the same in every worktree. */
  readonly startCommand: string;
  /** Relative to the project. */
  readonly directory: string;
  /** Absolute path of the file that names it. */
  readonly file: string;
}

/** Reads files only. The first rule of the table that matches decides. */
export interface DetectionRule {
  readonly id: string;
  readonly services: readonly ServiceName[];
  /** The service that an application in the root is, where nothing says which of the two. */
  readonly inRoot: ServiceName;
  /** The line of the reference, as Markdown. */
  readonly about: {
    /** What is recognised: `Next.js`. */
    readonly name: string;
    /** By which file and text. */
    readonly evidence: string;
    /** How it is started, with `{port}` and `<python>` or `<pm>` where those stand. */
    readonly command: string;
    /** How it learns its port. */
    readonly port: string;
  };
  match(app: AppDirectory): RuleMatch | undefined;
}

/** What the first of `rules` that matches says. */
export function firstMatch(rules: readonly DetectionRule[], app: AppDirectory): RuleMatch | undefined {
  for (const rule of rules) {
    const match = rule.match(app);
    if (match !== undefined) return match;
  }
  return undefined;
}
