/** The four classes of a dependency failure (original contracts, section 9.3). Core alone decides what to retry. */
export type FailureClass =
  /** Another program has the port: tried again on another port. */
  | 'bind_conflict_retryable'
  /** It runs but does not answer yet: tried again on the same port. */
  | 'transient_probe_timeout_retryable'
  /** It answers, but an optional first-time set-up failed: usable, shown as degraded. */
  | 'bootstrap_soft_failure'
  /** Nothing else will help: not tried again. */
  | 'hard_start_failure';

export interface ReadyOutcome {
  readonly status: 'ready' | 'adopted';
  /** Ports in use where they differ from the plan, by resource name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly detail?: string;
}

export interface DegradedOutcome {
  readonly status: 'degraded';
  readonly reasonCode: string;
  readonly message: string;
}

export interface FailedOutcome {
  readonly status: 'failed';
  readonly class: FailureClass;
  readonly reasonCode: string;
  /** One line: what and where. Never a secret. */
  readonly message: string;
  readonly hints?: readonly string[];
}

export type DependencyOutcome = ReadyOutcome | DegradedOutcome | FailedOutcome;
