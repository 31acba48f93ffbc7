/** What a command declares about itself; oclif copies it into its manifest, so it is read without loading the class. */
export interface CommandContract {
  readonly family: string;
  /** `skip`: works in a repository without .envctl; `require`: needs one. */
  readonly bootstrap: 'skip' | 'require';
  readonly statePolicy: 'none' | 'load' | 'skip-startup';
  /** True when it changes processes, state or files. */
  readonly mutates: boolean;
  /** Words that name the command beside its id, as the original knew them. */
  readonly aliases?: readonly string[];
  /** Programs that must be on PATH. */
  readonly prerequisites?: readonly string[];
}

/** Every `--json` document begins with these fields; the command's own follow beside them. */
export interface JsonEnvelope {
  /** `envctl.<command>.v<n>` */
  readonly contract_version: string;
  readonly ok: boolean;
}

/** What `--json` prints when a command fails. */
export interface JsonFailure extends JsonEnvelope {
  readonly ok: false;
  /** A short machine word (`state_not_found`) or an ENVCTL_E_ code. */
  readonly error: string;
  readonly code: string;
  readonly message: string;
  readonly hints: readonly string[];
}
