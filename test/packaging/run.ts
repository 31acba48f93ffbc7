import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and collects what it wrote. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

/** Like `run`, and throws with the whole output when the program fails. */
export async function runOrThrow(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const finished = await run(program, args, options);
  if (finished.code === 0) return finished;
  throw new Error(`${program} ${args.join(' ')} ended with ${finished.code}\n${finished.stdout}\n${finished.stderr}`);
}
