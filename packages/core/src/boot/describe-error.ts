import { EnvctlError, errorMessage, isEnvctlError } from '../contract/index.js';
import { nearestWord, type RoutingTables } from '../routing/index.js';

export interface ErrorContext {
  readonly commandId?: string | undefined;
  readonly tables?: RoutingTables | undefined;
  /** The words as typed. */
  readonly original?: readonly string[] | undefined;
  /** The package of the command, when it is not ours: its errors are not our bugs. */
  readonly outsider?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whatever was thrown, as an error a user can act on. oclif's parse errors become ENVCTL_E_ARGV_*, its other errors keep their
 * words; a filesystem refusal names its path; everything else is a bug of ours, on one line.
 */
export function toEnvctlError(thrown: unknown, context: ErrorContext): EnvctlError {
  if (isEnvctlError(thrown)) return thrown;
  if (context.signal?.aborted === true && isAbort(thrown, context.signal)) return isEnvctlError(context.signal.reason) ? context.signal.reason : cancelled('SIGINT');
  const known = fromOclif(thrown, context) ?? fromFileSystem(thrown);
  if (known !== undefined) return known;
  return context.outsider === undefined
    ? fromBug(thrown)
    : new EnvctlError('ENVCTL_E_COMMAND_FAILED', `${context.outsider}: ${errorMessage(thrown)}`, { kind: 'extension', hints: ['run it again with ENVCTL_DEBUG=1 to see where'], data: { plugin: context.outsider }, cause: thrown });
}

/** The reason an invocation's signal aborts with. */
export function cancelled(signalName: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_CANCELLED', signalName === 'SIGINT' ? 'Cancelled.' : `Cancelled by ${signalName}.`, { kind: 'cancelled', data: { signal: signalName } });
}

/** `Error: …`, then each hint on a line of its own. */
export function describeError(error: EnvctlError): string {
  const head = error.kind === 'cancelled' ? error.message : `Error: ${error.message}`;
  return [head, ...error.hints.map((hint) => `  → ${hint}`)].map((line) => `${line}\n`).join('');
}

function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && (thrown.name === 'AbortError' || (thrown as { code?: unknown }).code === 'ABORT_ERR'));
}

interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly flags?: readonly string[];
  readonly args?: readonly unknown[];
  readonly suggestions?: readonly string[];
}

function fromOclif(thrown: unknown, context: ErrorContext): EnvctlError | undefined {
  if (!(thrown instanceof Error) || (thrown as OclifError).oclif === undefined) return undefined;
  const error = thrown as OclifError;
  const message = firstLines(error.message);
  const words = (context.commandId ?? '').replaceAll(':', ' ');
  const number = notANumber(message, context.original ?? []);
  const help = words === '' ? 'envctl --help' : `envctl ${words} --help`;
  if (number !== undefined) return new EnvctlError('ENVCTL_E_ARGV_INVALID', number, { hints: [help], cause: error });
  switch (error.constructor.name) {
    case 'NonExistentFlagsError': {
      const option = error.flags?.[0] ?? '';
      const known = context.commandId === undefined ? undefined : context.tables?.commands.get(context.commandId)?.flags.keys();
      const nearest = nearestWord(option.split('=', 1)[0] ?? option, [...(known ?? [])].filter((one) => one.startsWith('--')));
      return new EnvctlError('ENVCTL_E_ARGV_UNKNOWN_OPTION', `Unknown option: ${option}`, { hints: [...(nearest === undefined ? [] : [`did you mean: ${nearest}`]), help], cause: error });
    }
    case 'UnexpectedArgsError':
      return new EnvctlError('ENVCTL_E_ARGV_INVALID', `Unexpected word: ${(error.args ?? []).join(' ')}`, { hints: [...commandsLike(String(error.args?.[0] ?? ''), context), help], cause: error });
    case 'CLIError':
    case 'ModuleLoadError':
    case 'ExitError':
      return new EnvctlError('ENVCTL_E_COMMAND_FAILED', message, { hints: error.suggestions ?? [], cause: error });
    default:
      return new EnvctlError('ENVCTL_E_ARGV_INVALID', message, { hints: [help], cause: error });
  }
}

/** The command of the topic that the word is nearest to: `plugins instal`. */
function commandsLike(word: string, { commandId, tables }: ErrorContext): readonly string[] {
  const ids = [...(tables?.words.keys() ?? [])].filter((id) => commandId !== undefined && id.startsWith(`${commandId}:`));
  const nearest = nearestWord(word, ids.map((id) => id.slice((commandId ?? '').length + 1)));
  return nearest === undefined ? [] : [`did you mean: envctl ${commandId} ${nearest}`];
}

/** oclif's words for an integer option whose value is none, or is out of its bounds. */
function notANumber(message: string, original: readonly string[]): string | undefined {
  const match = /^Parsing (--\S+) Expected an integer(?: (greater|less) than or equal to (-?\d+))? but received: ?(.*)$/s.exec(message);
  if (match === null) return undefined;
  const [, option = '', side, bound = '', received = ''] = match;
  const bounds = side === undefined ? '' : side === 'greater' ? ` from ${bound}` : ` up to ${bound}`;
  // `PARALLEL_TREES_MAX=x` is told as it was typed.
  const typed = original.find((word) => !word.startsWith('-') && word.endsWith(`=${received}`));
  return `Invalid value for ${typed?.slice(0, typed.indexOf('=')) ?? option}: ${received === '' ? 'none' : received} (a whole number${bounds})`;
}

/** oclif appends help and lists below its message; the first paragraph says it. */
function firstLines(message: string): string {
  return message.replace(/\nSee more help with --help$/, '').replace(/\s*\n\s*/g, ' ').trim();
}

function fromFileSystem(thrown: unknown): EnvctlError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, path, syscall } = thrown as { code?: unknown; path?: unknown; syscall?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string' || typeof path !== 'string') return undefined;
  const words: Readonly<Record<string, string>> = {
    EACCES: 'Permission denied', EPERM: 'Operation not permitted', EROFS: 'The file system is read-only', ENOSPC: 'No space left on the device',
    EDQUOT: 'The disk quota is exhausted', EMFILE: 'Too many open files', ENFILE: 'Too many open files',
  };
  const said = Object.hasOwn(words, code) ? words[code] : undefined;
  return said === undefined ? undefined : new EnvctlError('ENVCTL_E_FILE_SYSTEM', `${said}: ${path}`, { kind: 'environment', data: { path, errno: code }, cause: thrown });
}

function fromBug(thrown: unknown): EnvctlError {
  return new EnvctlError('ENVCTL_E_BUG', `Internal error: ${errorMessage(thrown)}`, { kind: 'bug', hints: ['run it again with ENVCTL_DEBUG=1 to see where'], cause: thrown });
}
