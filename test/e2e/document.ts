interface ServiceEntry {
  readonly type: string;
  readonly name: string;
  readonly status: string;
  readonly action?: string;
  readonly port: number;
  readonly url: string | null;
  readonly detail: string | null;
  readonly log_path: string;
  readonly preferred_port: number;
  readonly project: string;
  readonly pid: number;
  readonly environment?: { readonly withheld: readonly string[]; readonly sections: readonly { readonly name: string }[]; readonly skipped: readonly { readonly name: string; readonly reason: string }[] };
  readonly exists: boolean;
  readonly tail_lines: readonly string[];
}

interface DependencyEntry {
  readonly id: string;
  readonly component: string;
  readonly level?: string;
  readonly critical?: boolean;
  readonly status: string;
  readonly action?: string;
  readonly port: number | null;
  readonly detail: string | null;
}

interface ProjectEntry {
  readonly name: string;
  readonly services: readonly ServiceEntry[];
  readonly dependencies: readonly DependencyEntry[];
  readonly notes: readonly string[];
}

/** A JSON document as a test reads it: fields of several commands, each there where its command writes it. The schemas check the whole. */
export interface Document {
  readonly [field: string]: unknown;
  readonly ok: boolean;
  readonly contract_version: string;
  readonly code: string;
  readonly error: string;
  readonly message: string;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly hints: readonly string[];
  readonly run_id: string;
  readonly mode: string;
  readonly decision: { readonly kind: string; readonly reason: string };
  readonly projects: readonly ProjectEntry[];
  readonly services: readonly ServiceEntry[];
  readonly dependencies: readonly DependencyEntry[];
  readonly failed_services: readonly { readonly name: string; readonly log_line: string | null }[];
  readonly recent_failures: readonly string[];
  readonly healthy: boolean;
  readonly stopped: readonly string[];
  readonly removed_data: readonly string[];
  readonly released_projects: readonly string[];
  readonly state: { readonly services: Readonly<Record<string, unknown>>; readonly run_id: string };
}

export function portsOf({ projects }: Document): Readonly<Record<string, number>> {
  return Object.fromEntries(projects.flatMap(({ services, dependencies }) => [...services.map(({ type, port }) => [type, port] as const), ...dependencies.flatMap(({ id, port }) => (port === null ? [] : [[id, port] as const]))]));
}

/** `started` or `kept`, by service type and dependency id. */
export function statusesOf({ projects }: Document): Readonly<Record<string, string>> {
  return Object.fromEntries(projects.flatMap(({ services, dependencies }) => [...services.map(({ type, status }) => [type, status] as const), ...dependencies.map(({ id, status }) => [id, status] as const)]));
}
