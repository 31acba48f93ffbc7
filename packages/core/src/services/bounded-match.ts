import { createContext, Script } from 'node:vm';

/** Tests lines at once, each for itself. Throws `MatchOverdueError`, and from then on always. */
export type LinesMatch = (lines: readonly string[]) => readonly boolean[];

/** An expression took longer than the limit over the lines of one call. */
export class MatchOverdueError extends Error {
  override readonly name = 'MatchOverdueError';
}

const script = 'lines.map((line) => expression.test(line))';
/** Without any of these the time an expression takes grows with the line only. */
const repetition = /[*+?{]|\\[1-9k]/;

/**
 * Somebody's expression, over lines of somebody else: with repetitions inside repetitions it may take for ever over one line, and no signal
 * is heard meanwhile. It is interrupted after `limitMs` milliseconds. `expression` is without the flags g and y.
 */
export function createBoundedMatch(expression: RegExp, limitMs: number): LinesMatch {
  if (!repetition.test(expression.source)) return (lines) => lines.map((line) => expression.test(line));
  const context = createContext({ expression, lines: [] as readonly string[] });
  const compiled = new Script(script);
  let isOverdue = false;
  return (lines) => {
    if (isOverdue) throw new MatchOverdueError();
    context['lines'] = lines;
    try {
      return compiled.runInContext(context, { timeout: limitMs }) as readonly boolean[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      isOverdue = true;
      throw new MatchOverdueError();
    }
  };
}
