import { isEnvctlError } from '../contract/index.js';
import { runCommand } from '../processes/index.js';
import type { ServiceReadyRequest } from './readiness.js';

const timeoutMs = 10_000;

/** Asks a command whether the service is ready; one that takes too long has not said so. */
export function createReadyCommand({ command, cwd, env }: { readonly command: readonly string[]; readonly cwd: string; readonly env: Readonly<Record<string, string>> }): NonNullable<ServiceReadyRequest['readyCommand']> {
  return async (signal) => {
    try {
      const { code, stdout, stderr } = await runCommand(command as [string, ...string[]], { cwd, env, timeoutMs, signal });
      return { ready: code === 0, detail: `${command[0]} exited with ${code}${lastLine(stderr) ?? lastLine(stdout) ?? ''}` };
    } catch (error) {
      if (isEnvctlError(error) && error.code === 'ENVCTL_E_RUN_TIMEOUT') return { ready: false, detail: error.message };
      throw error;
    }
  };
}

function lastLine(output: string): string | undefined {
  const line = output.trim().split('\n').at(-1) ?? '';
  return line === '' ? undefined : `: ${line.slice(0, 240)}`;
}
