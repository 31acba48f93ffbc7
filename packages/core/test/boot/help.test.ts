import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { renderCommandList } from '../../dist/boot/command-list.js';
import { helpTargetOf } from '../../dist/boot/help-target.js';
import type { DoorManifest } from '../../dist/boot/index.js';
import { createRoutingTables, normaliseArgv } from '../../dist/routing/index.js';

const manifest = JSON.parse(readFileSync(new URL('../../../cli/dist/door.json', import.meta.url), 'utf8')) as DoorManifest;
const tables = createRoutingTables(manifest.commands);
const targetOf = (...argv: string[]): string | undefined => helpTargetOf(normaliseArgv(argv, tables), tables);

describe('help', () => {
  const targets: readonly (readonly [argv: readonly string[], id: string | undefined])[] = [
    [['help'], undefined], [['--help'], undefined], [['help', '--json'], undefined],
    [['help', 'stop'], 'stop'], [['help', 's'], 'stop'], [['help', '--stop'], 'stop'], [['help', '--init'], 'config'],
    [['stop', '--help'], 'stop'], [['s', '-h'], 'stop'], [['--stop', '--help'], 'stop'],
    [['help', 'plugins', 'install'], 'plugins:install'], [['help', 'plugins:install'], 'plugins:install'],
    [['help', 'launcher'], 'launcher'], [['launcher', '--help'], 'launcher'], [['launcher', '-h', '--json'], 'launcher'], [['help', 'doctor'], 'launcher:doctor'],
  ];
  for (const [argv, id] of targets) {
    it(`${argv.join(' ')} is about ${id ?? 'everything'}`, () => {
      expect(targetOf(...argv)).to.equal(id);
    });
  }

  it('takes the flags of every command, wherever they stand', () => {
    expect(targetOf('help', '--repo', '/somewhere')).to.equal(undefined);
    expect(targetOf('help', 'start', '--repo=/somewhere', '--trees', '--headless')).to.equal('start');
    expect(targetOf('help', '--repo', '/somewhere', 'start')).to.equal('start');
  });

  it('names the nearest command for one that nobody knows, and the package of one that is absent', () => {
    expect(() => targetOf('help', 'strat')).to.throw('Unsupported command: strat').with.property('hints').that.includes('did you mean: envctl start');
    expect(() => targetOf('help', 'dashboard')).to.throw('@envctl/plugin-dashboard');
  });

  it('lists every command once, under its family, within the columns', () => {
    const text = renderCommandList(manifest, 60);
    const lines = text.split('\n');
    for (const { id } of manifest.commands.filter(({ hidden }) => hidden !== true)) {
      expect(lines.filter((line) => line.startsWith(`  ${id.replaceAll(':', ' ')}  `)), id).to.have.length(1);
    }
    const at = (line: string): number => lines.findIndex((one) => one.startsWith(line));
    expect(at('Bring up')).to.be.lessThan(at('  start '));
    expect(at('  start ')).to.be.lessThan(at('Stop and remove'));
    expect(at('Stop and remove')).to.be.lessThan(at('  stop-all '));
    expect(lines.slice(0, -3).filter((line) => line.length > 80)).to.deep.equal([]);
    expect(text).to.not.include('<%=');
  });

  it('gives the family of a plugin the title of its manifest', () => {
    const entry = { id: 'toy', plugin: 'toy', flags: {}, summary: 'Play.', envctl: { family: 'games', bootstrap: 'skip', statePolicy: 'none', mutates: false } } as const;
    const plugins = [{ name: 'toy', version: '1.0.0', origin: 'user', status: 'active', problems: [], envctl: { contributes: { families: [{ id: 'games', title: 'Games' }] } } }] as const;
    expect(renderCommandList({ ...manifest, commands: [entry], plugins }, undefined)).to.include('Games\n  toy  Play.');
  });
});
