import { EnvctlError, errorMessage } from '../contract/index.js';
import { findProgram } from './find-program.js';

export interface RunOptions {
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Text for stdin; without it stdin is empty. */
  readonly input?: string;
  /** Throw ENVCTL_E_RUN_FAILED on a non-zero exit code; default false. */
  readonly throwOnFailure?: boolean;
}

export interface RunOutcome {
  /** Exit code; 128 + signal number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a short command to its end and collects its output.
 * @throws EnvctlError ENVCTL_E_PREREQUISITE_MISSING when the program does not exist, ENVCTL_E_RUN_TIMEOUT,
 *   ENVCTL_E_CANCELLED on abort, and ENVCTL_E_RUN_FAILED only with `throwOnFailure`
 */
export async function runCommand(command: readonly [string, ...string[]], options: RunOptions): Promise<RunOutcome> {
  const [program, ...words] = command;
  // execa costs more to load than most commands that never run anything take in all.
  const { execa } = await import('execa');
  const result = await execa(program, words, {
    cwd: options.cwd,
    env: { ...options.env },
    extendEnv: false,
    timeout: options.timeoutMs,
    cancelSignal: options.signal,
    forceKillAfterDelay: 500,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  const data = { command: [...command], cwd: options.cwd };
  if (result.isCanceled) throw new EnvctlError('ENVCTL_E_CANCELLED', `${program} was cancelled.`, { kind: 'cancelled', data });
  if (result.timedOut) {
    throw new EnvctlError('ENVCTL_E_RUN_TIMEOUT', `${program} did not end within ${options.timeoutMs} ms.`, { kind: 'environment', data });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    const missing = result.code === 'ENOENT' || isNowhere(program, result.code, options);
    throw new EnvctlError(
      missing ? 'ENVCTL_E_PREREQUISITE_MISSING' : 'ENVCTL_E_RUN_FAILED',
      missing ? `The program "${program}" was not found on PATH, or ${options.cwd} does not exist.` : `${program} could not be run: ${errorMessage(result.cause ?? result)}.`,
      { kind: 'environment', hints: missing ? [`command -v ${program}`] : [], data },
    );
  }
  const outcome: RunOutcome = { code: result.exitCode ?? (await signalExitCode(result.signal)), stdout: result.stdout, stderr: result.stderr };
  if (options.throwOnFailure && outcome.code !== 0) {
    const line = outcome.stderr.trim().split('\n').at(-1) ?? '';
    throw new EnvctlError('ENVCTL_E_RUN_FAILED', `${program} ended with code ${outcome.code}${line === '' ? '' : `: ${line}`}`, { kind: 'environment', data });
  }
  return outcome;
}

/** One directory of the PATH that may not be searched makes exec say EACCES of a program that is in none of them. */
function isNowhere(program: string, code: string | undefined, { cwd, env }: RunOptions): boolean {
  return code === 'EACCES' && !program.includes('/') && !findProgram(program, { cwd, path: env['PATH'] }).found;
}

async function signalExitCode(signal: string | undefined): Promise<number> {
  const { constants } = await import('node:os');
  return 128 + (constants.signals[(signal ?? 'SIGKILL') as NodeJS.Signals] ?? 9);
}
