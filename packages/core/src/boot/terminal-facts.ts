import { booleanOfWord } from '../routing/index.js';
import type { TerminalFacts } from './invocation.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which standard streams are terminals, and their width. */
export interface StandardStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Columns of stdout, else of stderr. */
  readonly columns: number | undefined;
  /** Lines of the screen that stderr is. */
  readonly screenLines?: number | undefined;
}

/**
 * What the terminals are and what the environment says about them. Colours, first match: ENVCTL_UI_COLOR_MODE
 * `on` or `off`; FORCE_COLOR or CLICOLOR_FORCE on, FORCE_COLOR=0 off; NO_COLOR off; CLICOLOR=0 off; TERM=dumb
 * off; else each stream as it is a terminal. An empty variable says nothing.
 */
export function toTerminalFacts(env: Environment, streams: StandardStreams): TerminalFacts {
  const wanted = wantedColour(env);
  return {
    ...streams,
    colour: { stdout: wanted ?? streams.stdout, stderr: wanted ?? streams.stderr },
    redraws: streams.stderr && mayRedraw(env),
    batch: ['BATCH', 'ENVCTL_FORCE_BATCH'].some((name) => booleanOfWord((env[name] ?? '').trim()) === true),
  };
}

function wantedColour(env: Environment): boolean | undefined {
  const mode = (env['ENVCTL_UI_COLOR_MODE'] ?? env['ENVCTL_UI_COLOR'])?.trim().toLowerCase();
  if (mode === 'on' || mode === 'off') return mode === 'on';
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return !isZero(forced);
  if ((env['CLICOLOR_FORCE'] ?? '') !== '' && !isZero(env['CLICOLOR_FORCE'])) return true;
  if ((env['NO_COLOR'] ?? '') !== '' || isZero(env['CLICOLOR']) || env['TERM'] === 'dumb') return false;
  return undefined;
}

function mayRedraw(env: Environment): boolean {
  if (env['TERM'] === 'dumb') return false;
  const mode = env['ENVCTL_UI_SPINNER_MODE']?.trim().toLowerCase();
  return mode === 'on' || (mode !== 'off' && (env['CI'] ?? '') === '');
}

function isZero(value: string | undefined): boolean {
  return value === '0' || value?.toLowerCase() === 'false';
}
