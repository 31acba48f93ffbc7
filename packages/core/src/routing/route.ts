import type { Mode } from '../contract/index.js';

/** One command line, understood: what the runtime facade works from. */
export interface Route {
  /** Canonical id of the command. */
  readonly command: string;
  /** The mode the words ask for; undefined = the configuration decides. */
  readonly mode: Mode | undefined;
  /** The words as typed, for messages. */
  readonly rawArgs: readonly string[];
  /** `--project`, in the order given. */
  readonly projects: readonly string[];
  /** `--service`, in the order given. */
  readonly services: readonly string[];
  /** The command's own flags by name, global ones left out. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Bare words after the command. */
  readonly passthroughArgs: readonly string[];
  /** `--repo`, not yet resolved. */
  readonly repo: string | undefined;
  /** No prompts, no live rendering: asked for, or no terminal. */
  readonly headless: boolean;
  readonly json: boolean;
}
