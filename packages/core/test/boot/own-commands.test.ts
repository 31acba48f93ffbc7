import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ownCommands } from '../../dist/boot/own-commands.js';

describe('ownCommands', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as { commands: Record<string, unknown> };

  it('has the very commands of the oclif manifest, each from its own file', () => {
    expect(Object.keys(ownCommands).sort()).to.deep.equal(Object.keys(manifest.commands).sort());
    for (const [id, load] of Object.entries(ownCommands)) expect(String(load)).to.contain(`'../commands/${id}.js'`);
  });
});
