/** A row of contracts/config-keys.json. */
export interface KeyRow {
  readonly key: string;
  readonly status: 'kept' | 'renamed' | 'retired' | 'absent';
  readonly type?: 'string' | 'path' | 'integer' | 'boolean' | 'enum';
  readonly values?: readonly string[];
  readonly default?: string | null;
  readonly min?: number;
  readonly max?: number;
  readonly managed?: boolean;
  readonly secret?: boolean;
  readonly environment_only?: boolean;
  readonly package?: string;
  readonly replaced_by?: string;
  readonly reason?: string;
  readonly mend?: string;
  readonly description?: string;
}

/** A key that says in other words what other keys say: its value counts for those too. */
export function isOlderSpelling({ status, description = '' }: KeyRow): boolean {
  return status === 'kept' && /\bolder spelling of /i.test(description);
}

/** Where a text has to be more than a text. */
const texts: readonly (readonly [RegExp, value: string, wrong: string | undefined])[] = [
  [/^(BACKEND|FRONTEND)_DIR$/, 'elsewhere', ''],
  [/_DEPENDS_ON$/, 'redis?', 'a b'],
  [/_(PUBLIC|HEALTH)_URL$/, 'http://127.0.0.1:{port}/up', undefined],
  [/_SERVICE_.*_(PUBLIC|HEALTH)_URL$/, 'http://127.0.0.1:{port}/up', 'up'],
  [/_SERVICE_.*_READY_LOG$/, 'listening', '('],
  [/_SERVICE_.*_STOP_SIGNAL$/, 'SIGINT', 'SIGNONE'],
  [/_(READY_TIMEOUT|STOP_TIMEOUT|RESTART_BACKOFF|SERVICE_LISTENER_TIMEOUT)$/, '7s', 'soon'],
  [/_SERVICE_.*_SUCCESS_EXIT_CODES$/, '0,3', '999'],
  [/^ENVCTL_RUNTIME_SCOPE_ID$/, 'our-scope', 'our scope'],
  [/^ENVCTL_PUBLIC_HOST$/, 'dev.example', 'http://dev.example'],
  [/^ENVCTL_ADDITIONAL_SERVICES$/, 'worker,mailer', 'backend'],
  [/^ENVCTL_EXTERNAL_DEPENDENCIES$/, 'redis', 'nosuch'],
  [/_CMD$/, 'node other.mjs {port}', undefined],
];

/** A value that the key takes and that is not its default. */
export function valueOf(row: KeyRow): string {
  const text = findLast(row);
  switch (row.type) {
    case 'boolean':
      return row.default === 'true' || /_ENABLE$/.test(row.key) === (row.default === null) ? 'false' : 'true';
    case 'integer':
      return String(Math.min(Number(row.default ?? row.min ?? 1) + 7, row.max ?? Infinity));
    case 'enum':
      return row.values!.find((value) => value !== (row.default ?? row.values![0]))!;
    case 'path':
      return '/somewhere/else';
    default:
      return text?.[1] ?? 'a text';
  }
}

/** A value that the key does not take; undefined where any text will do. */
export function wrongValueOf(row: KeyRow): string | undefined {
  if (row.type === 'string') return findLast(row)?.[2];
  return row.type === 'path' ? '$HOME/x' : 'nonsense';
}

function findLast(row: KeyRow): (typeof texts)[number] | undefined {
  return texts.findLast(([pattern]) => pattern.test(row.key));
}
