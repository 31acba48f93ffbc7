/** The services that a hook of the project defines, as parts of a plan: those on record before the hook is asked, and those it gave back. */
import path from 'node:path';
import type { DefinedService } from '../contract/index.js';
import { healthUrlOf } from '../services/read-only.js';
import type { ServiceRecord } from '../state/read-only.js';
import type { PlanAction } from './plan.js';
import type { PlannedService } from './plan-service.js';

/** The rule that a service defined by a hook is known by. */
export const definedRule = 'hook';

export type DefinedPlan = Omit<PlannedService, 'environment'>;

/** Names of one project are told from those of others by its name before them. */
export function definedName(project: string, name: string): string {
  return name.toLowerCase().startsWith(`${project.toLowerCase()} `) ? name : `${project} ${name}`;
}

/** The type a service says, else its name without the project's before it. */
export function definedType(project: string, { type, name }: Pick<DefinedService, 'type' | 'name'>): string {
  return type ?? (definedName(project, name).slice(project.length + 1).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'service');
}

/** A service that envctl starts. `words` is its command. */
export function planDefined(project: { readonly name: string; readonly root: string }, service: DefinedService, command: { readonly words: readonly [string, ...string[]]; readonly env: Readonly<Record<string, string>> }): DefinedPlan {
  const port = service.port ?? service.requested_port ?? null;
  return {
    ...common({ type: definedType(project.name, service), name: definedName(project.name, service.name), listens: port !== null, port, action: 'start' }),
    command: {
      type: definedType(project.name, service),
      command: command.words,
      cwd: path.resolve(project.root, service.cwd ?? '.'),
      portMode: command.words.some((word) => word.includes('{port}')) ? 'flag' : 'env',
      env: { ...command.env, ...service.env },
      ...(service.health_url === undefined || service.health_url === null ? {} : { healthUrl: healthUrlOf(service.health_url) }),
      source: 'configured',
      rule: definedRule,
    },
  };
}

/**
 * The recorded services of a hook. They run all or none: where one is missing, or is to be replaced, the hook is asked again and all of them
 * are started anew.
 */
export function planRecorded(records: readonly ServiceRecord[], isKept: (record: ServiceRecord) => boolean, hookFile: string): readonly DefinedPlan[] {
  const names = new Set<unknown>(records.map(({ name }) => name));
  const isWhole = records.every((record) => namesOf(record['defined_with']).every((name) => names.has(name)));
  const action = isWhole && records.every(isKept) ? 'keep' : 'replace';
  return records.map((record) => ({
    ...common({ type: record.type, name: record.name, listens: record.listener_expected, port: record.requested_port, action }),
    public_url: record.public_url,
    command: { type: record.type, command: [hookFile], cwd: record.cwd, portMode: 'env', env: {}, source: 'configured', rule: definedRule, ...(record.health_url === null ? {} : { healthUrl: record.health_url }) },
  }));
}

function namesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** True for what a hook defined, whether envctl started it or not. */
export function isDefinedByHook(record: ServiceRecord): boolean {
  return record['defined_by'] === 'hook';
}

function common({ type, name, listens, port, action }: { readonly type: string; readonly name: string; readonly listens: boolean; readonly port: number | null; readonly action: PlanAction }): Omit<DefinedPlan, 'command'> {
  return {
    type,
    name,
    kind: listens ? 'server' : 'worker',
    action,
    preferred_port: port,
    listens,
    public_url: null,
    ready: { log: null, command: null, timeout_ms: 60_000 },
    critical: true,
    stop: { signal: 'SIGTERM', timeout_ms: 10_000 },
    restart: { when: 'no', max: 0, backoff_ms: 0 },
    success_exit_codes: [0],
    start_order: 100,
    depends_on: [],
  };
}
