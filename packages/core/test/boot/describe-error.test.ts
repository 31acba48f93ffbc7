import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { EnvctlError } from '../../dist/contract/index.js';
import { contractVersion, describeError, formatJson, refuseUnsupportedPlatform, toEnvctlError, toFailureDocument, toResultDocument } from '../../dist/boot/index.js';

describe('describeError', () => {
  it('prints the message, then a line for each hint', () => {
    expect(describeError(new EnvctlError('ENVCTL_E_BUG', 'Broken.', { hints: ['one', 'two'] }))).to.equal('Error: Broken.\n  → one\n  → two\n');
  });
});

describe('toEnvctlError', () => {
  it('passes an error of another copy of core through', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('envctl/brand')]: 'error', code: 'ENVCTL_E_X', kind: 'user', hints: [], data: {}, exitCode: 1 });
    expect(toEnvctlError(foreign, {})).to.equal(foreign);
  });

  for (const thrown of [new Error('two\nlines'), 'a string', undefined, null, 42, {}]) {
    it(`makes one line of ${JSON.stringify(String(thrown))}`, () => {
      const error = toEnvctlError(thrown, {});
      expect([error.code, error.kind, error.exitCode, error.message.includes('\n')]).to.deep.equal(['ENVCTL_E_BUG', 'bug', 1, false]);
    });
  }

  it('names the path a file system refused', () => {
    let thrown: unknown;
    try {
      readFileSync('/proc/self/mem/x');
    } catch (error) {
      thrown = Object.assign(error as Error, { code: 'EACCES' });
    }
    const error = toEnvctlError(thrown, {});
    expect([error.code, error.message, error.kind]).to.deep.equal(['ENVCTL_E_FILE_SYSTEM', 'Permission denied: /proc/self/mem/x', 'environment']);
  });

  it('lays the error of an outside command at its package', () => {
    expect(toEnvctlError(new Error('boom'), { outsider: 'plug' })).to.deep.include({ code: 'ENVCTL_E_COMMAND_FAILED', message: 'plug: boom', kind: 'extension' });
  });

  it('takes an abort for the cancellation that caused it, and another error for what it is', () => {
    const controller = new AbortController();
    controller.abort(new EnvctlError('ENVCTL_E_CANCELLED', 'Cancelled.', { kind: 'cancelled' }));
    const { signal } = controller;
    expect(toEnvctlError(new DOMException('x', 'AbortError'), { signal }).exitCode).to.equal(2);
    expect(toEnvctlError(new Error('boom'), { signal }).code).to.equal('ENVCTL_E_BUG');
  });
});

describe('JSON documents', () => {
  it('sort keys at every depth and end with a newline', () => {
    expect(formatJson({ b: [{ d: 1, c: 2 }], a: null })).to.equal('{\n  "a": null,\n  "b": [\n    {\n      "c": 2,\n      "d": 1\n    }\n  ]\n}\n');
  });

  it('keep a key named __proto__', () => {
    expect(formatJson(JSON.parse('{"__proto__":1}'))).to.include('"__proto__": 1');
  });

  it('carry an envelope that data cannot overwrite', () => {
    expect(toResultDocument('show-state', 2, true, { ok: 'x', contract_version: 'y', found: true })).to.deep.equal({ found: true, ok: true, contract_version: 'envctl.show-state.v2' });
    expect(contractVersion('a:b')).to.equal('envctl.a.b.v1');
  });

  it('of a failure carry the facts of the error beside the envelope', () => {
    const error = new EnvctlError('ENVCTL_E_TARGET_REQUIRED', 'Which?', { hints: ['h'], data: { error: 'project_required', active_projects: ['a'], ok: true, code: 'no' } });
    expect(toFailureDocument('endpoints', error)).to.deep.equal({
      contract_version: 'envctl.endpoints.v1', ok: false, error: 'project_required', code: 'ENVCTL_E_TARGET_REQUIRED', message: 'Which?', hints: ['h'], active_projects: ['a'],
    });
  });
});

describe('refuseUnsupportedPlatform', () => {
  it('refuses Windows and nothing else', () => {
    expect(() => refuseUnsupportedPlatform('win32')).to.throw(/WSL/).with.property('code', 'ENVCTL_E_PLATFORM_UNSUPPORTED');
    for (const platform of ['linux', 'darwin'] as const) expect(() => refuseUnsupportedPlatform(platform)).to.not.throw();
  });
});
