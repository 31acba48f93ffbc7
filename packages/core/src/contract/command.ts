/** How a bare `KEY=value` becomes a flag of the command. */
export interface AssignmentContract {
  /** Name of the flag, without dashes. */
  readonly flag: string;
  /**
   * `value`: `--flag=value`; `boolean`: 1 true yes on / 0 false no off, as `--flag` or `--no-flag`;
   * `if-true`: the same words, but a false one leaves the flag alone. Any other word is an error.
   */
  readonly kind: 'value' | 'boolean' | 'if-true';
}

/** Another spelling of a boolean flag, with the value it stands for. */
export interface FlagToken {
  /** Name of the flag, without dashes; `value: false` needs a flag that allows `--no-`. */
  readonly flag: string;
  readonly value: boolean;
}

/** What a command declares about itself; oclif copies it into its manifest, so it is read without loading the class. */
export interface CommandContract {
  readonly family: string;
  /** `skip`: works in a repository without .envctl; `require`: needs one. */
  readonly bootstrap: 'skip' | 'require';
  /**
   * What it may ask of the runtime, which holds it to that. `load`: it works on what is recorded and starts nothing anew (restart is
   * one); `skip-startup`: it neither starts nor is given what is recorded; `none`: it decides by itself.
   */
  readonly statePolicy: 'none' | 'load' | 'skip-startup';
  /** True when it changes processes, state or files. */
  readonly mutates: boolean;
  /** Words that name the command beside its id, as the original knew them. */
  readonly aliases?: readonly string[];
  /** Bare words that name the command for as long as no other command has them as its id or alias. They give no flat token. */
  readonly spareAliases?: readonly string[];
  /** Flat tokens that name the command, beside `--<id>` and `--<alias>` (aliases of one letter give none): `--init`. */
  readonly tokens?: readonly string[];
  /** Bare `KEY=value` words that stand for a flag, by upper-snake key. */
  readonly assignments?: Readonly<Record<string, AssignmentContract>>;
  /** Long options that are a boolean flag in other words, by token: `--service-sequential` is `service-parallel` off. */
  readonly flagTokens?: Readonly<Record<string, FlagToken>>;
  /** Flags that take two words, `--flag A B` or `--flag=A,B`, by name; the values are what the words are called. The flag gets `A,B`; B has no comma. */
  readonly pairFlags?: Readonly<Record<string, readonly [string, string]>>;
  /** True when bare words after the command are its own, even if they name a command or look like `KEY=value`; of a command with `strict = false` they are else targets, and `a,b` is two of them. */
  readonly ownWords?: boolean;
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
