/** Rules that no single key can state: a plugin's refiners judge the values of its own keys (see `ctx.configRefiner`). */
import { errorMessage, type Mode, type StandardSchema } from '../contract/index.js';
import { hiddenValue } from './effective.js';
import type { ConfigModel, ConfigProblem } from './model.js';
import { describeOrigin, mend } from './values.js';

/** The model with what plugins say of it for these modes. */
export type RefineConfig = (config: ConfigModel, modes: readonly Mode[]) => Promise<ConfigModel>;

/** What a manifest says of a plugin's refiners. */
export interface DeclaredRefiner {
  readonly plugin: { readonly name: string };
  /** Ids of the dependencies the plugin brings, and keys it declares. */
  readonly dependencies: readonly string[];
  readonly keys: readonly string[];
}

export interface ConfigRefiner extends DeclaredRefiner {
  /** Loads the plugin; may reject. */
  load(): Promise<readonly StandardSchema[]>;
  /** What mends the plugin when it fails for `reason`. */
  mend(reason: string): string;
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export interface RefineOptions {
  /** A plugin with dependencies is asked when one of them is enabled in one of these. */
  readonly modes: readonly Mode[];
  /** The model is what the file will say: `given` are the keys that change, `current` has the lines of the others. */
  readonly saving?: { readonly current: ConfigModel; readonly given: ReadonlySet<string> } | undefined;
}

/** How long one refiner may take, in milliseconds. */
const limitMs = 5_000;

/**
 * The model with what the refiners of the plugins in use say among its problems. No other plugin is loaded. Never
 * rejects: a refiner that fails is a warning.
 */
export async function refineConfig(model: ConfigModel, refiners: readonly ConfigRefiner[], { modes, saving }: RefineOptions): Promise<ConfigModel> {
  const asked = refinersInUse(model, refiners, modes);
  if (asked.length === 0) return model;
  const problems = await Promise.all(asked.map((refiner) => judge(model, refiner, saving)));
  return { ...model, problems: [...model.problems, ...problems.flat()] };
}

/** The refiners that judge this model in `modes`. */
export function refinersInUse<R extends DeclaredRefiner>(model: ConfigModel, refiners: readonly R[], modes: readonly Mode[]): readonly R[] {
  return refiners.filter((refiner) => isInUse(model, refiner, modes) && !hasInvalidValue(model, refiner));
}

function isInUse(model: ConfigModel, { dependencies }: DeclaredRefiner, modes: readonly Mode[]): boolean {
  return dependencies.length === 0 || modes.some((mode) => dependencies.some((id) => model.profile(mode).dependencies[id]?.enabled === true));
}

/** A value that does not parse is refused already, and has no type to be judged by. */
function hasInvalidValue(model: ConfigModel, { keys }: DeclaredRefiner): boolean {
  return model.problems.some((problem) => problem.kind === 'invalid-value' && keys.includes(problem.key ?? ''));
}

async function judge(model: ConfigModel, refiner: ConfigRefiner, saving: RefineOptions['saving']): Promise<readonly ConfigProblem[]> {
  try {
    const values = valuesOf(model, refiner.keys);
    const schemas = await refiner.load();
    const issues = await Promise.all(schemas.map((schema) => inTime(async () => issuesOf(await schema['~standard'].validate(values)))));
    return issues.flat().map((issue) => toProblem(model, refiner, { issue, saving }));
  } catch (error) {
    const reason = withoutSecrets(model, errorMessage(error));
    return [{ kind: 'refiner-failed', severity: 'warning', message: `The configuration of ${refiner.plugin.name} could not be judged: ${reason}`, hint: refiner.mend(reason) }];
  }
}

function valuesOf(model: ConfigModel, keys: readonly string[]): Readonly<Record<string, string | number | boolean>> {
  const reader = model.reader(keys);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const type = model.keys.find((candidate) => candidate.key === key)?.type;
      const value = type === 'integer' ? reader.integer(key) : type === 'boolean' ? reader.boolean(key) : reader.string(key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The issues of a Standard Schema result; anything else is an answer that cannot be understood. */
function issuesOf(result: unknown): readonly Issue[] {
  if (typeof result !== 'object' || result === null) throw new Error('the refiner answered with no result');
  const { issues } = result as { readonly issues?: unknown };
  if (issues === undefined) return [];
  if (!Array.isArray(issues) || !issues.every((issue) => typeof (issue as Issue | null)?.message === 'string')) throw new Error('the refiner answered with issues that are none');
  return issues as Issue[];
}

function toProblem(model: ConfigModel, { plugin, keys }: ConfigRefiner, { issue, saving }: { readonly issue: Issue; readonly saving: RefineOptions['saving'] }): ConfigProblem {
  const [first] = issue.path ?? [];
  const named = typeof first === 'object' ? first.key : first;
  const key = model.keys.find((candidate) => candidate.key === named && keys.includes(candidate.key));
  const message = withoutSecrets(model, issue.message).replace(/\s+/g, ' ').replace(/\.$/, '');
  const common = { kind: 'refused-by-plugin', severity: 'error' } as const;
  if (key === undefined) return { ...common, message: `${plugin.name} refuses the configuration: ${message}.`, hint: `Its keys: ${keys.join(', ')}` };
  const isGiven = saving?.given.has(key.key) === true;
  const value = (isGiven ? model : (saving?.current ?? model)).values.get(key.key);
  const shown = value === undefined ? undefined : key.secret === true ? hiddenValue : JSON.stringify(value.value);
  const refused = `is refused by ${plugin.name}: ${message}.`;
  if (value === undefined) return { ...common, key: key.key, message: `${key.key}, which is not set, ${refused}`, hint: howToSet(key.key) };
  if (isGiven) return { ...common, key: key.key, message: `The given ${key.key}=${shown} ${refused}`, hint: howToSet(key.key) };
  return {
    ...common,
    key: key.key,
    origin: value.origin,
    ...(value.path === undefined ? {} : { path: value.path }),
    ...(value.line === undefined ? {} : { line: value.line }),
    message: `${value.setAs}=${shown} (${describeOrigin(value)}) ${refused}`,
    hint: value.origin === 'default' ? howToSet(key.key) : mend(key, value),
  };
}

function howToSet(key: string): string {
  return `envctl config --set ${key}=<value>`;
}

function withoutSecrets(model: ConfigModel, text: string): string {
  return model.secrets().reduce((shown, secret) => shown.replaceAll(secret, hiddenValue), text);
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
