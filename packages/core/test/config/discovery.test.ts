import { mkdirSync, symlinkSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { realpathSync } from 'node:fs';
import { expect } from 'chai';
import { readBootstrapConfig, requireConfigFile } from '../../dist/config/index.js';
import { load, useRepository } from './fixtures.js';

describe('finding the configuration file', () => {
  const repository = useRepository();

  it('reads a legacy file without running it and does not count it as .envctl', () => {
    const legacy = repository.write('.envctl.sh', 'if [ -f x ]; then\nexport BACKEND_PORT_BASE="8200"\nOTHER=$(touch ran)\nfi\n');
    const model = load(repository.root);
    expect(model).to.deep.include({ source: 'legacy_prefill', exists: false, legacyPath: legacy, path: path.join(repository.root, '.envctl') });
    expect(model.ports.backend).to.equal(8200);
    expect(model.problems.every((problem) => problem.severity === 'note')).to.equal(true);
    expect(() => requireConfigFile(model)).to.throw(/^Missing repo-local \.envctl and no interactive TTY is available\./).with.property('code', 'ENVCTL_E_CONFIG_MISSING');
  });

  it('prefers .envctl, then .envctl.sh, then .supportopia-config', () => {
    repository.write('.supportopia-config', 'BACKEND_PORT_BASE=1\n');
    expect(load(repository.root).ports.backend).to.equal(1);
    repository.write('.envctl.sh', 'BACKEND_PORT_BASE=2\n');
    expect(load(repository.root).ports.backend).to.equal(2);
    repository.write('.envctl', 'BACKEND_PORT_BASE=3\n');
    expect(load(repository.root).ports.backend).to.equal(3);
  });

  it('takes ENVCTL_CONFIG_FILE relative to the repository; another name than .envctl is legacy', () => {
    repository.write('team.conf', 'BACKEND_PORT_BASE=8300\n');
    const model = load(repository.root, { env: { HOME: '/h', ENVCTL_CONFIG_FILE: 'team.conf' } });
    expect(model).to.deep.include({ source: 'legacy_prefill', exists: false });
    expect(model.ports.backend).to.equal(8300);
  });

  it('says so when ENVCTL_CONFIG_FILE names nothing', () => {
    const model = load(repository.root, { env: { HOME: '/h', ENVCTL_CONFIG_FILE: 'gone' } });
    expect(model.problems[0]).to.deep.include({ kind: 'file-not-found', severity: 'error' });
  });

  it('refuses what is not a regular file', () => {
    mkdirSync(path.join(repository.root, '.envctl'));
    expect(() => load(repository.root)).to.throw('not a regular file').with.property('code', 'ENVCTL_E_CONFIG_UNREADABLE');
  });
});

describe('readBootstrapConfig', () => {
  const repository = useRepository();

  for (const [text, env] of [
    ['', {}],
    ['RUN_SH_RUNTIME_DIR=~/r\nENVCTL_DEFAULT_MODE=TREES\nENVCTL_RUNTIME_SCOPE_ID=mine\n', {}],
    ['ENVCTL_RUNTIME_DIR=state\n', { XDG_STATE_HOME: '/xdg' }],
    ['', { XDG_STATE_HOME: '/xdg', ENVCTL_DEFAULT_MODE: 'trees' }],
    ['ENVCTL_RUNTIME_DIR=/a\n', { RUN_SH_RUNTIME_DIR: '/b' }],
    ['ENVCTL_RUNTIME_DIR=/a\nRUN_SH_RUNTIME_DIR=~/b\nENVCTL_STATE_COMPAT_MODE=scoped_only\n', { ENVCTL_RUNTIME_TRUTH_MODE: 'strict' }],
    ['ENVCTL_SERVICE_STARTUP_GRACE_SECONDS=soon\nENVCTL_RUNTIME_TRUTH_MODE=maybe\n', {}],
    ['ENVCTL_DEFAULT_MODE=both\n', {}],
    ['ENVCTL_SERVICE_STARTUP_GRACE_SECONDS=4\nENVCTL_SERVICE_REBOUND_MAX_DELTA=0\n', {}],
    ['ENVCTL_ADDITIONAL_SERVICES=worker,mail\n', {}],
  ] as const) {
    it(`agrees with the model for ${JSON.stringify(text)} and ${JSON.stringify(env)}`, () => {
      repository.write('.envctl', text);
      const full = { HOME: '/home/tester', ...env };
      const model = load(repository.root, { env: full });
      const { runtimeDirectory, defaultMode, scopeId, legacyRuntimeDirectory, stateCompatMode, truth } = model;
      expect(readBootstrapConfig(repository.root, full)).to.deep.equal({
        runtimeDirectory,
        defaultMode,
        scopeId,
        scopeDirectory: path.join(runtimeDirectory, 'engine', scopeId),
        legacyRuntimeDirectory,
        stateCompatMode,
        truth,
        exists: true,
        additionalServices: model.services('main').map(({ slug }) => slug).filter((slug) => slug !== 'backend' && slug !== 'frontend'),
      });
    });
  }

  it('derives the scope id from the real path', () => {
    const link = `${repository.root}/link`;
    mkdirSync(path.join(repository.root, 'real'));
    symlinkSync(path.join(repository.root, 'real'), link);
    const digest = createHash('sha256').update(realpathSync(path.join(repository.root, 'real'))).digest('hex');
    expect(readBootstrapConfig(link, {}).scopeId).to.equal(`repo-${digest.slice(0, 12)}`);
  });

  it('refuses an invalid scope id', () => {
    repository.write('.envctl', 'ENVCTL_RUNTIME_SCOPE_ID=a/b\n');
    expect(() => readBootstrapConfig(repository.root, {})).to.throw('letters, digits').with.property('code', 'ENVCTL_E_CONFIG_INVALID');
  });
});
