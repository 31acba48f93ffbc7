import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { runCommand, type RunOptions } from '../../dist/processes/index.js';

describe('runCommand', () => {
  const options: RunOptions = { cwd: '/', env: { PATH: process.env['PATH'] ?? '' }, timeoutMs: 20_000, signal: new AbortController().signal };

  it('gives code and both outputs, and only the given environment', async () => {
    const outcome = await runCommand(['sh', '-c', 'cat; echo "${HOME-none}"; echo bad >&2; exit 3'], { ...options, input: 'in\n' });
    expect(outcome).to.deep.equal({ code: 3, stdout: 'in\nnone\n', stderr: 'bad\n' });
  });

  it('calls a program missing that exec was refused in one directory and found in no other', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    try {
      writeFileSync(join(directory, 'no-such-program'), '', { mode: 0o644 });
      const error: unknown = await runCommand(['no-such-program'], { ...options, env: { PATH: `${directory}:${options.env['PATH'] ?? ''}` } }).catch((e: unknown) => e);
      expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_PREREQUISITE_MISSING');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('counts a signal as 128 and its number', async () => {
    expect((await runCommand(['sh', '-c', 'kill -TERM $$'], options)).code).to.equal(143);
  });

  for (const [what, command, change, code] of [
    ['a missing program', ['no-such-program'], {}, 'ENVCTL_E_PREREQUISITE_MISSING'],
    ['a time-out', ['sleep', '1000'], { timeoutMs: 10 }, 'ENVCTL_E_RUN_TIMEOUT'],
    ['an abort', ['sleep', '1000'], { signal: AbortSignal.abort() }, 'ENVCTL_E_CANCELLED'],
    ['a failure, when asked', ['false'], { throwOnFailure: true }, 'ENVCTL_E_RUN_FAILED'],
  ] as const) {
    it(`rejects on ${what}`, async () => {
      const error: unknown = await runCommand([...command] as [string, ...string[]], { ...options, ...change }).catch((e: unknown) => e);
      if (!isEnvctlError(error)) throw new Error(`not an envctl error: ${String(error)}`);
      expect(error.code).to.equal(code);
    });
  }
});
