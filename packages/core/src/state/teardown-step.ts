import type { LogicalRequest, ProcessIdentity } from '../contract/index.js';

/** How one resource is removed; all the data that takes, so that it can be done without the plugin that asked for it. */
export type TeardownStep =
  | ProcessStep
  | LeaseStep
  | FileStep
  | EngineStep
  | LogicalStep;

/** A launch: its processes are found by the record in `directory`. */
export interface ProcessStep {
  readonly kind: 'process';
  readonly launchId: string;
  readonly directory: string;
  /** Name of the launch, `<instance>/<server>` for a dependency's: it is known before there is a record in the directory. */
  readonly name?: string;
  /** Once spawned: the launch record as it was written, and the runner. With it the launch is found without its directory. */
  readonly launch?: { readonly record: object; readonly runner: ProcessIdentity };
}

export interface LeaseStep {
  readonly kind: 'lease';
  readonly port: number;
  readonly token: string;
}

/** A file or directory that envctl made; `temporary`: half-built, never worth keeping. */
export interface FileStep {
  readonly kind: 'file';
  readonly path: string;
  readonly temporary?: boolean;
}

/** A resource of a container engine; only removed while it carries all `labels`. */
export interface EngineStep {
  readonly kind: 'container' | 'volume' | 'network';
  /** Program that drives it: docker, podman. */
  readonly engine: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A database, a role, a bucket: ends with its instance when the plugin is not there to remove it. */
export interface LogicalStep {
  readonly kind: 'logical';
  readonly dependency: string;
  readonly instance: string;
  readonly resource: LogicalRequest;
}

export const teardownStepKinds = ['process', 'lease', 'file', 'container', 'volume', 'network', 'logical'] as const satisfies readonly TeardownStep['kind'][];
