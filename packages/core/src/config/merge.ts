import { EnvctlError, type Mode } from '../contract/index.js';
import { assertConfig, configError } from './assert.js';
import { type Assignment, resolveAssignments } from './assignments.js';
import { joinBlock, splitAtBlock, withoutBlock } from './block-text.js';
import type { ConfigFile } from './discovery.js';
import { parseRewrite } from './disk-lines.js';
import { switchState } from './effective.js';
import { isWritableValue, parseConfigText, quoteWhereNeeded } from './grammar.js';
import { createModel, type ModelInput } from './load.js';
import { renderManagedBlock } from './managed-block.js';
import type { ConfigKey, ConfigModel, ConfigProblem } from './model.js';
import type { KeyRegistry } from './registry.js';
import { expectedBeyondType, expectedOfCommand } from './value-checks.js';
import { invalidAssignmentProblem, parseValue } from './values.js';

export interface MergeInput {
  readonly repositoryRoot: string;
  readonly home: string;
  readonly registry: KeyRegistry;
  /** What the values are read from now. */
  readonly file: ConfigFile;
  readonly assignments: readonly Assignment[];
}

export interface MergeResult {
  readonly content: Buffer;
  /** What the file says now and then, without the environment. */
  readonly current: ConfigModel;
  readonly outcome: ConfigModel;
  /** Keys of a legacy file that did not come along. */
  readonly notCarried: readonly string[];
}

/**
 * The file with `assignments` in its managed block and every other byte as it was. Checks the outcome by
 * reading it back: a result with errors, or one in which an assignment would not count, is refused with
 * ENVCTL_E_CONFIG_INVALID or ENVCTL_E_CONFIG_UNKNOWN_KEY. Writes nothing.
 */
export function mergeConfig(input: MergeInput): MergeResult {
  const { file, registry } = input;
  const changes = resolveAssignments(input.assignments, registry);
  refuse(invalidAssignments(input));
  const fromLegacy = file.source === 'legacy_prefill';
  // Bytes as latin1: what is not UTF-8 outside the block comes back as it was.
  const split = splitAtBlock(fromLegacy ? '' : file.content.toString('latin1'));
  const read = modelOf(input, file.content);
  const current = fromLegacy ? withoutInvalid(read) : read;
  if (!fromLegacy) refuse(current.problems.filter((problem) => problem.kind === 'damaged-block' || problem.kind === 'damaged-section'));

  const inner = (split.inner ?? []).map((line) => Buffer.from(line, 'latin1').toString('utf8'));
  const outside = modelOf(input, Buffer.from(withoutBlock(split), 'latin1'));
  const wanted = managedValues(current, registry);
  for (const [key, value] of changes) if (key.managed) wanted.set(key.key, canonical(key, value, input));
  const innerKeys = parseConfigText(inner.join('\n')).entries.map((entry) => entry.key);
  const block = renderManagedBlock({
    keys: registry.keys,
    wanted,
    outside: managedValues(outside, registry),
    enabled: enabledComponents(wanted, registry),
    named: new Set([...[...changes.keys()].map((key) => key.key), ...innerKeys]),
    rest: restOfBlock(inner, changes, fromLegacy ? current : outside, registry, fromLegacy),
  });
  const content = Buffer.from(joinBlock(split, block.map((line) => Buffer.from(line, 'utf8').toString('latin1'))), 'latin1');

  const given = new Set([...changes.keys()].map(({ key }) => key));
  const text = parseRewrite({
    disk: file.content.toString('utf8'),
    next: content.toString('utf8'),
    isGiven: (entry) => given.has(registry.find(entry.key)?.key ?? entry.key),
    lineOf: (name) => current.values.get(registry.find(name)?.key ?? name)?.line,
  });
  const outcome = modelOf(input, content, { text, given });
  assertConfig(outcome, { for: 'save' });
  for (const [key, value] of changes) assertCounts(key, canonical(key, value, input), outcome, registry);
  return { content, current, outcome, notCarried: fromLegacy ? keysLeftBehind(file, registry, read) : [] };
}

/** What was given and does not parse, before it is a line of any file. The last assignment of a key is the one that counts. */
function invalidAssignments(input: MergeInput): ConfigProblem[] {
  const given = new Map(input.assignments.map((assignment) => [input.registry.find(assignment.key), assignment]));
  return [...given].flatMap(([key, { key: name, value }]) => {
    if (key === undefined || isUnset(key, value)) return [];
    const parsed = parseValue(key, value, input);
    const expected = parsed.ok ? (expectedBeyondType(key, value, input.registry) ?? expectedOfCommand(key, value)) : parsed.expected;
    return expected === undefined ? [] : [invalidAssignmentProblem(key, { name, value }, expected)];
  });
}

function modelOf({ repositoryRoot, home, registry, file }: MergeInput, content: Buffer, saving: Partial<Pick<ModelInput, 'text' | 'given'>> = {}): ConfigModel {
  return createModel({
    repositoryRoot,
    env: { HOME: home },
    registry,
    file: { source: 'envctl', path: file.path, exists: true, readFrom: file.readFrom ?? file.path, content },
    text: parseConfigText(content.toString('utf8')),
    ...saving,
  });
}

function refuse(problems: ConfigModel['problems']): void {
  if (problems.length > 0) throw configError(problems);
}

/** Every managed key as the file has it; switches as they count, whichever spelling set them. */
function managedValues(model: ConfigModel, registry: KeyRegistry): Map<string, string> {
  return new Map(
    registry.keys.filter((key) => key.managed).map((key) => {
      const raw = model.values.get(key.key)?.value ?? key.default ?? '';
      const invalid = model.problems.some((problem) => problem.kind === 'invalid-value' && problem.key === key.key);
      return [key.key, invalid ? raw : (switchState(model, key) ?? canonical(key, raw, { repositoryRoot: model.repositoryRoot, home: '/' }))];
    }),
  );
}

/** `TRUE` → `true`, `08000` → `8000`; what does not parse stays for the check of the outcome. */
function canonical(key: ConfigKey, value: string, base: { readonly repositoryRoot: string; readonly home: string }): string {
  if (key.type === 'path' || key.type === 'string') return value;
  const parsed = parseValue(key, value, base);
  return parsed.ok ? String(parsed.value) : value;
}

function enabledComponents(wanted: ReadonlyMap<string, string>, registry: KeyRegistry): Set<string> {
  return new Set(
    registry.keys.flatMap((key) => {
      const mode: Mode | undefined = key.enables?.modes[0];
      return key.managed && key.enables !== undefined && mode !== undefined && wanted.get(key.key) === 'true' ? [key.enables.component] : [];
    }),
  );
}

/** Comments and keys that are not managed stay as they are; assigned ones are replaced in place, new ones follow. */
function restOfBlock(
  inner: readonly string[],
  changes: ReadonlyMap<ConfigKey, string>,
  outside: ConfigModel,
  registry: KeyRegistry,
  fromLegacy: boolean,
): string[] {
  const lines: string[] = [];
  const written = new Set<string>();
  for (const line of inner) {
    const entry = parseConfigText(line).entries[0];
    const key = entry === undefined ? undefined : registry.find(entry.key);
    if (line.trim() === '' || key?.managed === true) continue;
    const change = key === undefined ? undefined : changes.get(key);
    if (key === undefined || change === undefined) lines.push(line);
    else if (!written.has(key.key)) {
      written.add(key.key);
      if (!isUnset(key, change)) lines.push(assignmentLine(key, change));
    }
  }
  for (const key of registry.keys) {
    const change = changes.get(key);
    const carried = fromLegacy && outside.values.get(key.key)?.origin === 'file' && key.enables === undefined ? outside.values.get(key.key)?.value : undefined;
    const value = change ?? carried;
    if (key.managed || value === undefined || written.has(key.key) || isUnset(key, value)) continue;
    const current = outside.values.get(key.key);
    if (fromLegacy || current === undefined || current.origin !== 'file' || current.value !== value) lines.push(assignmentLine(key, value));
  }
  return lines;
}

function isUnset(key: ConfigKey, value: string): boolean {
  return value === '' && key.default === undefined;
}

function assignmentLine(key: ConfigKey, value: string): string {
  if (!isWritableValue(value)) throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `The value of ${key.key} cannot be written on one line.`);
  return `${key.key}=${quoteWhereNeeded(value)}`;
}

/** An assignment that some line outside the block overrules must not be reported as saved. */
function assertCounts(key: ConfigKey, wanted: string, outcome: ConfigModel, registry: KeyRegistry): void {
  const value = outcome.values.get(key.key);
  const counted = switchState(outcome, key) ?? (value === undefined ? '' : canonical(key, value.value, { repositoryRoot: outcome.repositoryRoot, home: '/' }));
  if (counted === wanted) return;
  const rivals = key.enables === undefined || !key.managed ? [key.key] : registry.keys.flatMap((other) => (other.enables?.component === key.enables?.component ? [other.key] : []));
  const rival = rivals.map((name) => outcome.values.get(name)).find((candidate) => candidate?.origin === 'file' && candidate.value !== wanted);
  throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `${key.key} was not saved: ${rival?.setAs ?? key.key} stands outside the managed block${place(rival)} and would overrule it.`, {
    hints: [`Change or remove that line, then run the command again.`],
    data: { key: key.key, ...(rival?.line === undefined ? {} : { path: rival.path, line: rival.line }) },
  });
}

function place(value: { readonly path?: string; readonly line?: number } | undefined): string {
  return value?.line === undefined ? '' : ` (${value.path ?? ''}:${value.line})`;
}

/** A legacy file was written for a program that looked at its values otherwise: what does not parse is not taken along. */
function withoutInvalid(model: ConfigModel): ConfigModel {
  const invalid = new Set(invalidKeys(model));
  return { ...model, values: new Map([...model.values].filter(([key]) => !invalid.has(key))), problems: model.problems.filter(({ kind }) => kind !== 'invalid-value') };
}

function invalidKeys({ problems }: ConfigModel): string[] {
  return problems.flatMap(({ kind, key }) => (kind === 'invalid-value' && key !== undefined ? [key] : []));
}

function keysLeftBehind(file: ConfigFile, registry: KeyRegistry, read: ConfigModel): string[] {
  const text = parseConfigText(file.content.toString('utf8'));
  const names = text.entries.map((entry) => entry.key).filter((name) => registry.find(name) === undefined);
  return [...new Set([...names, ...invalidKeys(read), ...text.sections.map((section) => section.title)])];
}
