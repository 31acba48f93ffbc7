import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { sweepConfigLeftovers } from '../../dist/config/index.js';
import { configTemporaryName } from '../../dist/config/config-leftovers.js';
import { useRepository } from './fixtures.js';

describe('sweepConfigLeftovers', () => {
  const repository = useRepository();
  const now = Date.parse('2026-05-05T12:00:00Z');
  const put = (name: string, ageMs = 0): string => {
    const file = path.join(repository.root, name);
    writeFileSync(file, 'DB_PASSWORD=x\n');
    utimesSync(file, (now - ageMs) / 1000, (now - ageMs) / 1000);
    return name;
  };
  const own = (): string => path.basename(configTemporaryName(path.join(repository.root, '.envctl')));

  for (const { what, name, ageMs, goes } of [
    { what: 'of a process that is gone', name: () => own().replace(/^(\.envctl-tmp-)\d+-/, '$14194305-'), ageMs: 0, goes: true },
    { what: 'of a process whose number another one has now', name: () => own().replace(/^(\.envctl-tmp-\d+)-\d+-/, '$1-1-'), ageMs: 0, goes: true },
    { what: 'of this living process', name: own, ageMs: 1e10, goes: false },
    { what: 'of another machine, new', name: () => own().replace(/[0-9a-f]{12}-envctl-config$/, 'abcdefabcdef-envctl-config'), ageMs: 3_600_000, goes: false },
    { what: 'of another machine, two days old', name: () => own().replace(/[0-9a-f]{12}-envctl-config$/, 'abcdefabcdef-envctl-config'), ageMs: 2 * 86_400_000, goes: true },
    { what: 'that the user named so', name: () => '.envctl-tmp-mine', ageMs: 1e10, goes: false },
    { what: 'of another writer', name: () => '.envctl-tmp-4194305-1-aaaaaaaaaaaa-notes', ageMs: 1e10, goes: false },
  ]) {
    it(`${goes ? 'removes' : 'keeps'} a file ${what}`, async () => {
      const file = put(name(), ageMs);
      expect(await sweepConfigLeftovers(repository.root, now)).to.deep.equal(goes ? [path.join(repository.root, file)] : []);
      expect(readdirSync(repository.root).includes(file)).to.equal(!goes);
    });
  }
});
