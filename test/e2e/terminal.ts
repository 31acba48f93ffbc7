import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** A real terminal: a tmux server of its own with one window of the given width. */
export interface Terminal {
  /** Types the text and Enter. */
  type(line: string): Promise<void>;
  press(key: string): Promise<void>;
  /** The screen as it is, without empty lines. */
  screen(): Promise<readonly string[]>;
  /** Looks until the screen matches; throws with the last screen when it does not in time. */
  shows(pattern: RegExp): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openTerminal(options: { readonly columns: number; readonly cwd: string; readonly env: Readonly<Record<string, string>> }): Promise<Terminal> {
  const directory = await mkdtemp(path.join(tmpdir(), 'envctl-test-tmux-'));
  const socket = path.join(directory, 'socket');
  const tmux = async (...args: string[]) => (await exec('tmux', ['-S', socket, '-f', '/dev/null', ...args], { env: { ...process.env, ...options.env } })).stdout;
  await tmux('new-session', '-d', '-x', String(options.columns), '-y', '50', '-c', options.cwd, 'env PS1="$ " sh');
  const screen = async () => (await tmux('capture-pane', '-p')).split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
  return {
    screen,
    async type(line) {
      await tmux('send-keys', '-l', line);
      await tmux('send-keys', 'Enter');
    },
    press: async (key) => void (await tmux('send-keys', key)),
    async shows(pattern) {
      const deadline = AbortSignal.timeout(90_000);
      for (;;) {
        const lines = await screen();
        if (pattern.test(lines.join('\n'))) return lines;
        if (deadline.aborted) throw new Error(`the terminal never showed ${String(pattern)}:\n${lines.join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async close() {
      await tmux('kill-server').catch(() => undefined);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
