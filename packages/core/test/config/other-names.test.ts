import { expect } from 'chai';
import { createKeyRegistry, describeConfigKeys, describeOtherNames } from '../../dist/config/index.js';
import { findKnownKey } from '../../dist/config/known-keys.js';
import { absentKeys } from '../../dist/config/absent-keys.js';
import { retiredKeys } from '../../dist/config/retired-keys.js';
import { n8n, postgres, redis, supabase } from './fixtures.js';

describe('names that are no keys of this installation', () => {
  const sources = { dependencies: [postgres, redis] };
  const registry = createKeyRegistry(sources);
  const rows = describeOtherNames(sources);

  it('have one row each, and none that a key has', () => {
    const all = [...describeConfigKeys(sources), ...rows].map(({ key }) => key);
    expect(all.filter((key, index) => all.indexOf(key) !== index)).to.deep.equal([]);
  });

  it('are not retired while something reads them', () => {
    const everything = createKeyRegistry({ dependencies: [postgres, redis, supabase, n8n] });
    expect(retiredKeys.filter(({ key }) => everything.find(key) !== undefined)).to.deep.equal([]);
  });

  it('are known for what the table says of them', () => {
    for (const { key } of retiredKeys) expect(findKnownKey(key, registry)?.kind, key).to.equal('retired');
    for (const entry of absentKeys) {
      for (const key of entry.keys) expect(findKnownKey(key, registry), key).to.include({ decides: entry.decides });
    }
  });

  it('say why and what to do, or who brings them', () => {
    for (const row of rows) {
      if (row.status === 'retired') expect([row.reason, row.mend].every((text) => text.length > 5), row.key).to.equal(true);
      else if (row.status === 'absent') expect([row.package, row.mend].join(' '), row.key).to.match(/^(@envctl\/plugin-\w+) envctl plugins install \1$/);
      else expect(registry.find(row.key)?.key).to.equal(row.replaced_by);
    }
    expect(rows.filter(({ status }) => status === 'renamed').map(({ key }) => key)).to.include.members(['RUN_SH_RUNTIME_DIR', 'ENVCTL_FORCE_BATCH', 'ENVCTL_UI_COLOR', 'ENVCTL_POSTGRES_MODE']);
  });

  it('become keys when their plugin is there', () => {
    expect(rows.map(({ key }) => key)).to.include('MAIN_N8N_ENABLE');
    expect(describeOtherNames({ dependencies: [n8n] }).map(({ key }) => key)).to.not.include.members(['MAIN_N8N_ENABLE']);
  });
});
