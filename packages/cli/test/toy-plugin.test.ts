import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createContainer, loadHost } from '../../core/dist/host/index.js';
import { loadCommandDocuments, pluginCommandDocuments } from '../../core/dist/runtime/documents-schema.js';
import { copyToyWithOwnCore, coreRoot, createToyHome, packToy, writeManifest, type ToyHome } from './toy-home.js';

// The container library brings helpers that are global: they count as a leak when they come during a test.
await createContainer();

const commandDocuments = await loadCommandDocuments();

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

describe('an outside plugin', function () {
  this.timeout(120_000);
  let home: ToyHome;
  beforeEach(async () => { home = await createToyHome(); });
  afterEach(() => home.remove());

  const expectToyWorks = async (root: string, origin: 'user' | 'link'): Promise<void> => {
    const said = home.run(['toy', 'hello', 'there', '--project', 'a,b', '--json']);
    expect([said.status, json(said.stdout)]).to.deep.equal([0, { contract_version: 'envctl.toy.hello.v1', ok: true, greeting: 'hello', words: ['there'], projects: ['a', 'b'] }]);
    expect(said.stderr).to.include('a plugin that prints by itself');
    expect(json(home.run(['toy', 'hello', '--project', 'a', '--json', '--', '--odd', 'start']).stdout)).to.deep.include({ words: ['--odd', 'start'], projects: ['a'] });
    expect(home.run(['toy-hi', 'you']).stdout).to.include('hello you');

    const failed = home.run(['toy', 'hello', 'fail', '--json']);
    expect(failed.status).to.equal(1);
    expect(json(failed.stdout)).to.deep.include({ ok: false, code: 'ENVCTL_E_TOY', message: 'The toy is broken.', shelf: 3, contract_version: 'envctl.toy.hello.v1' });
    expect(home.run(['toy', 'hello', 'fail']).stderr).to.include('Error: The toy is broken.\n  → buy another\n');

    const crashed = home.run(['toy', 'hello', 'crash']);
    expect([crashed.status, crashed.stderr.includes('Error: envctl-plugin-toy: toy crash\n'), crashed.stderr.includes('    at ')]).to.deep.equal([1, true, false]);
    expect(json(home.run(['list-commands', '--json']).stdout)['commands']).to.include('toy hello').and.to.include('plugins');

    const pjson: unknown = json(readFileSync(join(root, 'package.json'), 'utf8'));
    const registry = loadHost({ plugins: [{ name: 'envctl-plugin-toy', version: '1.0.0', root, origin, pjson }] });
    expect(registry.diagnostics()).to.deep.equal([]);
    expect(registry.configKeys.map(({ declaration }) => declaration.key)).to.deep.equal(['TOY_GREETING', 'TOY_PORT']);
    expect(registry.signals.map(({ declaration }) => declaration.event)).to.deep.equal(['toy.server.greeted']);
    expect((await registry.dependency('toy')).plan({} as never)).to.deep.equal({ share: 'project', ports: ['primary'] });
    const check = await registry.check('toy-greeting');
    expect(await check.run({ signal: AbortSignal.timeout(60_000) })).to.deep.equal({ status: 'pass', message: 'contract 1' });
  };

  it('works packed and installed, on the core of the host', async () => {
    const tarball = await packToy(home.directory);
    const installed = home.run(['plugins', 'install', `file:${tarball}`]);
    expect([installed.status, installed.stderr]).to.satisfy(([status]: readonly unknown[]) => status === 0, installed.stderr);
    expect(realpathSync(join(home.dataDirectory, 'node_modules/@envctl/core'))).to.equal(realpathSync(coreRoot));
    await expectToyWorks(join(home.dataDirectory, 'node_modules/envctl-plugin-toy'), 'user');

    expect(home.run(['plugins', 'uninstall', 'envctl-plugin-toy']).status).to.equal(0);
    expect(home.run(['toy', 'hello']).stderr).to.include('Unsupported command: toy');
  });

  it('works linked, on a copy of core of its own', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    expect(home.run(['plugins', 'link', '--no-install', root]).status).to.equal(0);
    expect(realpathSync(join(root, 'node_modules/@envctl/core'))).to.not.equal(realpathSync(coreRoot));
    await expectToyWorks(root, 'link');
  });

  it('is linked, inspected and unlinked with one JSON document each, in the envelope; a failure too', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    const ask = (...words: string[]) => {
      const { status, stdout } = home.run(['plugins', ...words, '--json']);
      const document = json(stdout);
      const { ok, contract_version: version } = document;
      if (status === 0) expect(pluginCommandDocuments[`plugins.${words[0] ?? ''}`]?.safeParse(document).error?.message ?? '', words.join(' ')).to.equal('');
      expect([ok, version], words.join(' ')).to.deep.equal([status === 0, `envctl.plugins.${words[0] === 'unlink' ? 'uninstall' : (words[0] ?? '')}.v1`]);
      return document;
    };
    const toyRow = { name: 'envctl-plugin-toy', version: '1.0.0', origin: 'link', root };
    expect(ask('link', '--no-install', root)).to.deep.include({ added: ['envctl-plugin-toy'], removed: [], updated: [], installed: [toyRow] });
    const [toy] = ask('inspect', 'envctl-plugin-toy')['plugins'] as { commands: string[] }[];
    expect(toy).to.deep.include(toyRow);
    expect(toy?.commands).to.include('toy hello');
    expect(ask('inspect', 'nosuch')).to.deep.include({ code: 'ENVCTL_E_COMMAND_FAILED', message: '@oclif/plugin-plugins: nosuch not installed' });
    expect(ask('install')).to.include({ code: 'ENVCTL_E_ARGV_INVALID' });
    expect(ask('update')).to.deep.include({ added: [], updated: [] });
    expect(ask('unlink', 'envctl-plugin-toy')).to.deep.include({ removed: ['envctl-plugin-toy'], installed: [] });
    expect(ask('reset')).to.deep.include({ removed: [], installed: [] });
    expect(json(home.run(['plugins', 'inspect', '--help', '--json']).stdout)).to.include({ contract_version: 'envctl.help.v1', command: 'plugins:inspect' });
  });

  it('is seen by the fast door once its manifest is merged, and again when it changes', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    home.run(['plugins', 'link', '--no-install', root]);
    const cached = join(home.cacheDirectory, 'door.json');
    home.run(['list-commands']);
    expect(existsSync(cached), 'without an oclif manifest the commands may change at any time').to.equal(false);

    await writeManifest(root);
    expect(home.run(['list-commands', 'x']).status).to.equal(1);
    expect(existsSync(cached)).to.equal(true);
    // Only the fast door reads the cache: a mark in it comes out again.
    const marked = json(readFileSync(cached, 'utf8')) as { commands: { id: string; plugin: string; flags: object }[] };
    marked.commands.push({ id: 'from-the-cache', plugin: 'x', flags: {} });
    await writeFile(cached, JSON.stringify(marked));
    expect(home.run(['list-commands']).stdout).to.include('from-the-cache');

    await rm(join(root, 'dist/commands/toy/hold.js'));
    await writeManifest(root);
    const after = home.run(['list-commands']).stdout;
    expect(after).to.not.include('from-the-cache').and.to.not.include('toy hold');
    expect(after).to.include('toy hello');
  });

  it('cannot take the id of a command of core', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    await writeFile(join(root, 'dist/commands/list-commands.js'), readFileSync(join(root, 'dist/commands/toy/hello.js'), 'utf8').replaceAll('./toy/', './'));
    home.run(['plugins', 'link', '--no-install', root]);
    const listed = home.run(['list-commands', '--json']);
    expect(json(listed.stdout)['contract_version']).to.equal('envctl.list-commands.v1');
    expect(json(listed.stdout)['commands']).to.be.an('array');
    expect(listed.stderr).to.include('Warning: list-commands is claimed twice: @envctl/core keeps it').and.to.include('ENVCTL_E_PLUGIN_CLASH');
  });

  it('has a command whose declaration is wrong: it is left out with a line that says where, on every command; the others work', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    const hello = readFileSync(join(root, 'dist/commands/toy/hello.js'), 'utf8');
    await writeFile(join(root, 'dist/commands/toy/bent.js'), hello.replace(/static envctl = \{/, "static envctl = { assignments: { A: 7 }, flagTokens: null,"));
    await writeManifest(root);
    home.run(['plugins', 'link', '--no-install', root]);
    const listed = home.run(['plugins', '--json']);
    expect(listed.status).to.equal(0);
    expect(listed.stderr).to.match(/Warning: .*oclif\.manifest\.json\.toy:bent\.envctl\.\w+.*\[ENVCTL_E_PLUGIN_MANIFEST\]/);
    expect(home.run(['toy', 'hello', '--json']).status).to.equal(0);
    const bent = home.run(['toy', 'bent']);
    expect(bent.status).to.equal(1);
    expect(bent.stderr).to.contain('toy:bent.envctl').and.to.contain('Unsupported command: toy');
    expect(home.run(['stop', '--bogus']).stderr).to.contain('toy:bent.envctl').and.to.contain('Unknown option: --bogus');
  });

  const bends: readonly (readonly [title: string, bend: (envctl: Record<string, unknown>) => void, row: object, says: RegExp])[] = [
    ['whose contract version nobody speaks is listed as inactive', (envctl) => (envctl['apiVersion'] = 99), { status: 'inactive', contributes: {}, problems: [{ path: 'package.json#envctl.apiVersion', code: 'ENVCTL_E_PLUGIN_API_VERSION', message: 'the plugin speaks contract version 99, this envctl 1', mend: 'update envctl' }] },
      /^envctl-plugin-toy 1\.0\.0 \(link\): inactive\n {2}Problem: package\.json#envctl\.apiVersion: .*\[ENVCTL_E_PLUGIN_API_VERSION\]\n {4}→ update envctl$/m],
    ['whose manifest is none is listed as inactive', (envctl) => (envctl['contributes'] = 7), { status: 'inactive', contributes: {} }, /\(link\): inactive\n {2}Problem: .*\[ENVCTL_E_PLUGIN_MANIFEST\]/],
    ['with a bad entry is listed as degraded, without that entry', (envctl) => ((envctl['contributes'] as { config: object[] }).config[0] = { key: 'lower case' }), { status: 'degraded' }, /\(link\): degraded\n {2}dependencies: toy\n {2}config: TOY_GREETING\n/],
  ];
  for (const [title, bend, row, says] of bends) {
    it(title, async () => {
      const root = await copyToyWithOwnCore(home.directory);
      const path = join(root, 'package.json');
      const pjson = json(readFileSync(path, 'utf8')) as { envctl: Record<string, unknown> };
      bend(pjson.envctl);
      await writeFile(path, JSON.stringify(pjson));
      await writeManifest(root);
      home.run(['plugins', 'link', '--no-install', root]);
      // Once as oclif loads it, once as the merged manifest remembers it.
      for (const words of [['plugins'], ['plugins', 'inspect', 'envctl-plugin-toy']]) {
        const document = json(home.run([...words, '--json']).stdout) as { plugins: { name: string; contributes?: object }[] };
        expect({ ...commandDocuments, ...pluginCommandDocuments }[words.slice(0, 2).join('.')]?.safeParse(document).error?.message ?? '').to.equal('');
        const listed = document.plugins.find(({ name }) => name === 'envctl-plugin-toy');
        const { contributes, ...rest } = row as { contributes?: object };
        expect(listed).to.deep.include(words.length > 1 || contributes === undefined ? rest : row);
      }
      expect(home.run(['plugins']).stdout).to.match(says).and.to.match(/^@envctl\/plugin-redis \S+ \(bundled\)$/m);
    });
  }

  it('refuses settings that do not go together where they would count, and says so where they do not', async () => {
    const root = await copyToyWithOwnCore(home.directory);
    home.run(['plugins', 'link', '--no-install', root]);
    const repository = join(home.directory, 'repository');
    const file = join(repository, '.envctl');
    spawnSync('git', ['init', '-q', repository]);
    const where = { ENVCTL_RUNTIME_DIR: join(home.directory, 'state'), ENVCTL_STORE_DIR: join(home.directory, 'store') };
    const run = (...words: string[]) => home.run([...words, '--repo', repository], where);
    const refused = (place: string) => `TOY_GREETING="nothing" (${place}) is refused by envctl-plugin-toy: below 8000 it has to say something.`;

    // Nobody wants the toy: its rule is not asked.
    expect(run('config', '--set', 'TOY_GREETING=nothing').status).to.equal(0);
    const before = readFileSync(file, 'utf8');
    const line = before.split('\n').indexOf('TOY_GREETING=nothing') + 1;

    const saved = run('config', '--set', 'TOY_ENABLE=true', '--json');
    expect([saved.status, json(saved.stdout)['message']]).to.deep.equal([1, refused(`${file}:${line}`)]);
    expect(run('config', '--set', 'TOY_ENABLE=true', '--set', 'TOY_GREETING=nothing').stderr).to.equal('Error: The given TOY_GREETING="nothing" is refused by envctl-plugin-toy: below 8000 it has to say something.\n  → envctl config --set TOY_GREETING=<value>\n');
    expect(readFileSync(file, 'utf8')).to.equal(before);

    await writeFile(file, `${before}TOY_ENABLE=true\n`);
    for (const words of [['start'], ['start', '--dry-run'], ['restart'], ['explain-startup']]) {
      const answer = run(...words, '--json');
      expect([answer.status, json(answer.stdout)['code'], json(answer.stdout)['message']], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_CONFIG_INVALID', refused(`${file}:${line}`)]);
    }
    expect(existsSync(where.ENVCTL_STORE_DIR)).to.equal(false);

    const told = `Warning: ${refused(`${file}:${line}`)}\n  Change line ${line} of ${file}, for example to TOY_GREETING=hello\n`;
    for (const words of [['list-targets'], ['stop'], ['stop-all'], ['blast-all']]) {
      const answer = run(...words);
      expect([answer.status, answer.stderr], words.join(' ')).to.deep.equal([0, told]);
    }
    for (const word of ['show-state', 'endpoints']) expect(run(word, '--json').stderr.slice(0, told.length), word).to.equal(told);
    expect(json(run('show-config', '--json').stdout)['problems']).to.deep.include({ kind: 'refused-by-plugin', severity: 'error', key: 'TOY_GREETING', origin: 'file', path: file, line, message: refused(`${file}:${line}`), hint: `Change line ${line} of ${file}, for example to TOY_GREETING=hello` });
    expect(run('config', '--set', 'TOY_PORT=8000').status).to.equal(0);
  });
});
