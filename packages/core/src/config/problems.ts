import type { Mode } from '../contract/index.js';
import { absentKeys } from './absent-keys.js';
import type { ConfigFile, Environment } from './discovery.js';
import { envProblems } from './env-problems.js';
import type { ConfigEntry, ConfigText } from './grammar.js';
import { type AbsentKey, allModes, findKnownKey, isEnableKey, modesOfEnableKey } from './known-keys.js';
import type { AbsentKeyOfFile, ConfigProblem, UnknownKey } from './model.js';
import { nearest } from './nearest.js';
import type { KeyRegistry } from './registry.js';
import type { RetiredKey } from './retired-keys.js';
import { adviseServiceKey } from './service-key-advice.js';
import { parseValue } from './values.js';

export interface ProblemInput {
  readonly file: ConfigFile;
  readonly text: ConfigText;
  readonly registry: KeyRegistry;
  readonly env: Environment;
}

/**
 * What is odd about the file and about known names in the environment. In a legacy file everything is
 * a note: it is only a source of values, and holds whatever its own program needed.
 */
export function fileProblems(input: ProblemInput): ConfigProblem[] {
  const found = [...missingFile(input), ...lineProblems(input), ...duplicates(input), ...keyProblems(input)];
  const demoted = input.file.source === 'legacy_prefill' ? found.map((problem) => (problem.kind === 'file-not-found' ? problem : { ...problem, severity: 'note' as const })) : found;
  return [...demoted, ...externalProblems(input), ...environmentProblems(input)];
}

/** Keys of the file that nobody knows, with the known key each one resembles. */
export function unknownKeysOf(text: ConfigText, registry: KeyRegistry): UnknownKey[] {
  return text.entries
    .filter((entry) => registry.find(entry.key) === undefined && findKnownKey(entry.key, registry) === undefined)
    .map((entry) => {
      const near = nearest(entry.key, namesOf(registry));
      return { key: entry.key, line: entry.line, ...(near === undefined ? {} : { nearest: near }) };
    });
}

/** Keys of the file that belong to packages that are not installed. */
export function absentKeysOf(text: ConfigText, registry: KeyRegistry): AbsentKeyOfFile[] {
  return text.entries.flatMap(({ key, line }) => {
    const known = registry.find(key) === undefined ? findKnownKey(key, registry) : undefined;
    return known?.kind === 'absent-plugin' && known.package !== undefined ? [{ key, line, package: known.package }] : [];
  });
}

function missingFile({ file }: ProblemInput): ConfigProblem[] {
  if (file.missing === undefined) return [];
  return [
    {
      kind: 'file-not-found',
      severity: 'error',
      key: 'ENVCTL_CONFIG_FILE',
      origin: 'env',
      path: file.missing,
      message: `ENVCTL_CONFIG_FILE names ${file.missing}, which does not exist; ${file.readFrom ?? 'no file'} was read instead.`,
      hint: 'unset ENVCTL_CONFIG_FILE',
    },
  ];
}

function lineProblems({ file, text, registry }: ProblemInput): ConfigProblem[] {
  const path = file.readFrom ?? file.path;
  const malformed = text.malformed.map(
    ({ line }): ConfigProblem => ({
      kind: 'malformed-line',
      severity: 'error',
      origin: 'file',
      path,
      line,
      message: `Line ${line} of ${path} is not NAME=value.`,
      hint: `Write line ${line} as NAME=value, or put # in front of it. Nothing in the file is executed.`,
    }),
  );
  return [...malformed, ...envProblems(text, path, registry), ...markerProblems(text, path)];
}

function markerProblems({ begins, ends }: ConfigText, path: string): ConfigProblem[] {
  const [begin, end] = [begins[0], ends[0]];
  const whole = begins.length === ends.length && begins.length <= 1 && (begin ?? 0) <= (end ?? 0);
  if (whole) return [];
  const line = begins[1] ?? ends[1] ?? begin ?? end ?? 1;
  return [
    {
      kind: 'damaged-block',
      severity: 'error',
      origin: 'file',
      path,
      line,
      message: `The markers of the managed block in ${path} do not pair up (begin: ${begins.join(', ') || 'none'}; end: ${ends.join(', ') || 'none'}).`,
      hint: `Leave one pair of marker lines in ${path}, or none.`,
    },
  ];
}

function duplicates({ file, text }: ProblemInput): ConfigProblem[] {
  const path = file.readFrom ?? file.path;
  const byKey = new Map<string, ConfigEntry[]>();
  for (const entry of text.entries) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  return [...byKey.values()].flatMap((entries): ConfigProblem[] => {
    const winner = entries.at(-1);
    if (winner === undefined || entries.length === 1) return [];
    // The managed block repeats a key of the user's own lines where it has to differ: expected, not a slip.
    const expected = entries.length === 2 && winner.managed && entries[0]?.managed === false;
    return [
      {
        kind: 'duplicate-key',
        severity: expected ? 'note' : 'warning',
        key: winner.key,
        origin: 'file',
        path,
        line: winner.line,
        message: `${winner.key} is set on lines ${entries.map((entry) => entry.line).join(', ')} of ${path}; line ${winner.line} counts.`,
        hint: `Leave one of them.`,
      },
    ];
  });
}

function keyProblems({ file, text, registry, env }: ProblemInput): ConfigProblem[] {
  const path = file.readFrom ?? file.path;
  const switchedOn = dependenciesSwitchedOn(text, registry, env);
  const known = text.entries.flatMap((entry): ConfigProblem[] => {
    const facts = registry.find(entry.key) === undefined ? findKnownKey(entry.key, registry) : undefined;
    if (facts === undefined) return [];
    if (facts.kind === 'retired') return [{ ...describeRetired(facts, `${path}:${entry.line}`), severity: 'error', hint: withMend(`Remove line ${entry.line} of ${path}.`, facts), origin: 'file', path, line: entry.line }];
    if (facts.harmless === entry.value) return [];
    return [{ ...describeAbsent(entry.key, facts, switchedOn, `${path}:${entry.line}`), origin: 'file', path, line: entry.line }];
  });
  const environmentOnly = text.entries.flatMap((entry): ConfigProblem[] => {
    if (registry.find(entry.key)?.environmentOnly !== true) return [];
    return [
      {
        kind: 'invalid-value',
        severity: 'error',
        key: entry.key,
        origin: 'file',
        path,
        line: entry.line,
        message: `${entry.key} (${path}:${entry.line}) is read from the environment only.`,
        hint: `Remove line ${entry.line} of ${path} and export ${entry.key} instead.`,
      },
    ];
  });
  const unknown = unknownKeysOf(text, registry).map(({ key, line, nearest: near }): ConfigProblem => {
    const advice = adviseServiceKey(key, registry);
    return {
      kind: 'unknown-key',
      severity: 'error',
      key,
      origin: 'file',
      path,
      line,
      message: `${key} (${path}:${line}) ${advice?.what ?? 'is not a configuration key of envctl or an installed plugin'}.`,
      hint: advice?.hint ?? (near === undefined ? `Remove line ${line} of ${path}; envctl show-config lists the keys.` : `Did you mean ${near}?`),
    };
  });
  return [...known, ...environmentOnly, ...unknown];
}

/** Dependencies without a plugin on the list of external ones: that alone switches none of them on. */
function externalProblems({ file, text, registry, env }: ProblemInput): ConfigProblem[] {
  const key = 'ENVCTL_EXTERNAL_DEPENDENCIES';
  const entry = text.entries.findLast((one) => one.key === key);
  const value = env[key] ?? entry?.value ?? '';
  const origin = env[key] === undefined && entry !== undefined ? ({ origin: 'file', path: file.readFrom ?? file.path, line: entry.line } as const) : ({ origin: 'env' } as const);
  const where = origin.origin === 'env' ? 'environment' : `${origin.path}:${origin.line}`;
  const named = new Set(value.split(',').map((word) => word.trim().toLowerCase()));
  const absent = absentKeys.filter(({ dependency }) => dependency !== undefined && named.has(dependency) && !registry.dependencies.some(({ id }) => id === dependency));
  return absent.map((one) => ({ kind: 'absent-plugin', severity: 'note', key, message: `${key} (${where}) names ${one.dependency ?? ''} of ${one.package}, which is not installed.`, hint: `envctl plugins install ${one.package}`, ...origin }));
}

/** The environment holds other programs' variables: only names that are surely meant for envctl are looked at. */
function environmentProblems({ text, registry, env }: ProblemInput): ConfigProblem[] {
  const switchedOn = dependenciesSwitchedOn(text, registry, env);
  const names = namesOf(registry);
  return Object.entries(env).flatMap(([key, value]): ConfigProblem[] => {
    if (value === undefined || registry.find(key) !== undefined) return [];
    const known = findKnownKey(key, registry);
    if (known?.kind === 'retired') return known.shared === true ? [] : [{ ...describeRetired(known, 'environment'), severity: 'warning', hint: withMend(`unset ${key}${known.mend === 'Remove it.' ? '' : '.'}`, known), origin: 'env' }];
    if (known !== undefined) {
      if (known.harmless === value || !(key.startsWith('ENVCTL_') || isEnableKey(key))) return [];
      return [{ ...describeAbsent(key, known, switchedOn, 'environment'), origin: 'env' }];
    }
    const advice = adviseServiceKey(key, registry);
    if (advice !== undefined) return [{ kind: 'unknown-key', severity: 'warning', key, origin: 'env', message: `${key} (environment) ${advice.what}.`, hint: advice.hint }];
    const near = key.startsWith('ENVCTL_') ? nearest(key, names) : undefined;
    if (near === undefined) return [];
    return [{ kind: 'unknown-key', severity: 'warning', key, origin: 'env', message: `${key} (environment) is not a configuration key.`, hint: `Did you mean ${near}?` }];
  });
}

function describeRetired(retired: RetiredKey, where: string): Pick<ConfigProblem, 'kind' | 'key' | 'message'> {
  return { kind: 'retired-key', key: retired.key, message: `${retired.key} (${where}) is retired: ${retired.reason}.` };
}

function withMend(first: string, { mend }: RetiredKey): string {
  return mend === 'Remove it.' ? first : `${first} ${mend}`;
}

function describeAbsent(key: string, known: AbsentKey, switchedOn: SwitchedOn, where: string): ConfigProblem {
  const modes = known.dependency === undefined ? allModes : modesOfEnableKey(key).filter((mode) => switchedOn[mode].has(known.dependency!));
  const matters = known.dependency === undefined ? known.decides : modes.length > 0;
  const [mode, ...others] = modes;
  const ofMode = mode === undefined || others.length > 0 ? {} : { mode };
  if (known.kind === 'absent-plugin') {
    return {
      kind: 'absent-plugin',
      // What asks for nothing here is told where settings are looked at, not at every command.
      severity: matters ? 'error' : 'note',
      key,
      ...ofMode,
      message: `${key} (${where}) belongs to ${known.package ?? 'a plugin'}, which is not installed.`,
      hint: `envctl plugins install ${known.package ?? ''}`,
    };
  }
  return {
    kind: 'not-supported-yet',
    severity: matters ? 'error' : 'warning',
    key,
    ...ofMode,
    message: `${key} (${where}) is known but not supported by this version${matters ? '' : '; it has no effect'}.`,
    hint: `Remove ${key}.`,
  };
}

/** Dependencies without a plugin that some enable key asks for, by mode. */
type SwitchedOn = Readonly<Record<Mode, ReadonlySet<string>>>;

function dependenciesSwitchedOn(text: ConfigText, registry: KeyRegistry, env: Environment): SwitchedOn {
  const set = new Map<string, string>(text.entries.map((entry) => [entry.key, entry.value]));
  for (const [key, value] of Object.entries(env)) if (value !== undefined && isEnableKey(key)) set.set(key, value);
  const on: Record<Mode, Set<string>> = { main: new Set(), trees: new Set() };
  for (const [key, value] of set) {
    const known = isEnableKey(key) ? findKnownKey(key, registry) : undefined;
    const dependency = known?.kind === 'retired' ? undefined : known?.dependency;
    const parsed = parseValue({ type: 'boolean' }, value, { repositoryRoot: '/', home: '/' });
    if (dependency === undefined || (parsed.ok && parsed.value === false)) continue;
    for (const mode of modesOfEnableKey(key)) on[mode].add(dependency);
  }
  return on;
}

function namesOf(registry: KeyRegistry): string[] {
  return registry.keys.flatMap((key) => [key.key, ...(key.aliases ?? [])]);
}
