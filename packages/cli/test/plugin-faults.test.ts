import { readFileSync } from 'node:fs';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { coreRoot, createToyHome, toy, type ToyHome } from './toy-home.js';

const name = 'envctl-plugin-toy';

interface Fault {
  readonly title: string;
  readonly harm: (root: string) => Promise<void>;
  /** The one line, without `Warning: ` and the end of the line. */
  readonly line: (root: string) => string;
  readonly status: 'degraded' | 'inactive';
  readonly helloWorks: boolean;
}

const unlink = `envctl plugins unlink ${name}`;
const addCommand = (text: string) => (root: string): Promise<void> => writeFile(join(root, 'dist/commands/toy/bad.js'), text);
const badCommand = (reason: string) => (root: string): string => `${name}@1.0.0 (${root}): the command toy bad cannot be loaded: ${reason} → correct it, or: ${unlink} [ENVCTL_E_PLUGIN_COMMAND]`;

const faults: readonly Fault[] = [
  { title: 'with a command module that throws', harm: addCommand('throw new Error("boom at import\\nmore of it");'), line: badCommand('boom at import'), status: 'degraded', helloWorks: true },
  { title: 'with a command module that is no JavaScript', harm: addCommand('not ('), line: badCommand('Unexpected end of input'), status: 'degraded', helloWorks: true },
  { title: 'with a command module that exports no command', harm: addCommand('export const other = 1;'), line: badCommand('the module exports no command'), status: 'degraded', helloWorks: true },
  {
    title: 'whose core is missing',
    harm: (root) => rm(join(root, 'node_modules/@envctl'), { recursive: true }),
    line: (root) => `${name}@1.0.0 (${root}): the commands toy hello, toy hold, toy peek, toy tool cannot be loaded: Cannot find package '@envctl/core' → npm install in ${root}, or: ${unlink} [ENVCTL_E_PLUGIN_COMMAND]`,
    status: 'degraded', helloWorks: false,
  },
  {
    title: 'whose directory was deleted',
    harm: (root) => rm(root, { recursive: true }),
    line: (root) => `${name} (${root}): its directory is gone → ${unlink} [ENVCTL_E_PLUGIN_NOT_LOADED]`,
    status: 'inactive', helloWorks: false,
  },
  {
    title: 'whose package.json is no JSON',
    harm: (root) => writeFile(join(root, 'package.json'), '{ "name": '),
    line: (root) => `${name} (${root}): its package.json cannot be read: Unexpected end of JSON input → correct it, or: ${unlink} [ENVCTL_E_PLUGIN_NOT_LOADED]`,
    status: 'inactive', helloWorks: false,
  },
  {
    title: 'whose oclif manifest is no JSON',
    harm: (root) => writeFile(join(root, 'oclif.manifest.json'), '{ "version": '),
    line: (root) => `${name}@1.0.0 (${join(root, 'oclif.manifest.json')}): Unexpected end of JSON input → remove that file, or build the plugin again [ENVCTL_E_PLUGIN_MANIFEST]`,
    status: 'degraded', helloWorks: true,
  },
  {
    title: 'whose oclif manifest is of another version',
    harm: (root) => writeFile(join(root, 'oclif.manifest.json'), '{ "version": "9.0.0", "commands": {} }'),
    line: (root) => `${name}@1.0.0 (${join(root, 'oclif.manifest.json')}): it is of version 9.0.0, the package of 1.0.0 → remove that file, or build the plugin again [ENVCTL_E_PLUGIN_MANIFEST]`,
    status: 'degraded', helloWorks: true,
  },
];

describe('a linked plugin that is broken', function () {
  this.timeout(240_000);
  let home: ToyHome;
  let root: string;
  beforeEach(async () => {
    home = await createToyHome();
    root = await linkToy(home);
  });
  afterEach(() => home.remove());

  for (const { title, harm, line, status, helloWorks } of faults) {
    it(`${title} is told of in one line that says how to mend it, and everything else works`, async () => {
      await harm(root);
      const warning = `Warning: ${line(root)}\n`;
      // Twice the same: what is broken is not remembered as if it were whole.
      for (const words of [['list-commands', '--json'], ['list-commands', '--json'], ['stop', '--help']]) {
        const { status: code, stdout, stderr } = home.run(words);
        expect([code, stderr], words.join(' ')).to.deep.equal([0, warning]);
        if (words.includes('--json')) expect(JSON.parse(stdout)).to.include({ ok: true });
      }
      const completed = home.run(['completion', 'resolve', '--', 'list-comm']);
      expect([completed.status, completed.stdout.includes('list-commands'), completed.stderr]).to.deep.equal([0, true, '']);

      const listed = JSON.parse(home.run(['plugins', '--json']).stdout) as { plugins: { name: string; status: string; problems: { mend: string }[] }[] };
      const row = listed.plugins.find((plugin) => plugin.name === name);
      expect([row?.status, row?.problems.length]).to.deep.equal([status, 1]);
      expect(warning).to.include(row?.problems[0]?.mend ?? '?');

      expect(home.run(['toy', 'hello', 'you']).status).to.equal(helloWorks ? 0 : 1);
      expect(home.run(['plugins', 'unlink', name]).status).to.equal(0);
    });
  }

  it('is linked before its packages are there: the linking says so in one line', async () => {
    expect(home.run(['plugins', 'unlink', name]).status).to.equal(0);
    await rm(join(root, 'node_modules/@envctl'), { recursive: true });
    const { status, stderr } = home.run(['plugins', 'link', '--no-install', root]);
    expect(status, stderr).to.equal(0);
    const warnings = stderr.split('\n').filter((line) => !/^envctl: Linking plugin|^$/.test(line));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(/^Warning: .* cannot be loaded: Cannot find package '@envctl\/core' → npm install in .*, or: envctl plugins unlink \S+ \[ENVCTL_E_PLUGIN_COMMAND\]$/);
    expect(home.run(['plugins', 'unlink', name]).status).to.equal(0);
  });

  it('never ends loading: after a while one line says so, and the command runs', async () => {
    await addCommand('setInterval(() => {}, 1000);\nawait new Promise(() => {});')(root);
    const { status, stdout, stderr } = home.run(['list-commands', '--json']);
    expect([status, stderr]).to.deep.equal([0, `Warning: ${name}@1.0.0 (${root}): a module of it does not end loading → ${unlink} [ENVCTL_E_PLUGIN_NOT_LOADED]\n`]);
    expect(JSON.parse(stdout)).to.include({ ok: true });
    expect(home.run(['plugins', 'unlink', name]).status).to.equal(0);
    expect(home.run(['--version']).stderr).to.equal('');
  });

  it('has no list any more: one line, and the mend of that line works', async () => {
    const file = join(home.dataDirectory, 'package.json');
    for (const [text, reason] of [['{ "oclif": ', 'Unexpected end of JSON input'], ['{ "oclif": { "plugins": 7 } }', 'oclif.plugins is no list']] as const) {
      await writeFile(file, text);
      const { status, stderr } = home.run(['--version']);
      expect([status, stderr]).to.deep.equal([0, `Warning: the list of installed and linked plugins (${file}) cannot be read: ${reason} → correct it, or: rm ${file} [ENVCTL_E_PLUGIN_NOT_LOADED]\n`]);
    }
    await rm(file);
    expect(home.run(['--version']).stderr).to.equal('');
  });

  it('was installed, and its directory is gone: one line, and uninstalling it works', async () => {
    const file = join(home.dataDirectory, 'package.json');
    const list = JSON.parse(readFileSync(file, 'utf8')) as { oclif: { plugins: object[] } };
    list.oclif.plugins = [{ name, type: 'user', url: 'file:/nowhere.tgz' }];
    await writeFile(file, JSON.stringify(list));
    const { status, stderr } = home.run(['--version']);
    const place = join(home.dataDirectory, 'node_modules', name);
    expect([status, stderr]).to.deep.equal([0, `Warning: ${name} (${place}): its directory is gone → install it again, or: envctl plugins uninstall ${name} [ENVCTL_E_PLUGIN_NOT_LOADED]\n`]);
    expect(home.run(['plugins', 'uninstall', name]).status).to.equal(0);
    expect(home.run(['--version']).stderr).to.equal('');
  });
});

/** The toy on the core of the workspace. */
async function linkToy(home: ToyHome): Promise<string> {
  const root = join(home.directory, 'toy-linked');
  await cp(toy, root, { recursive: true });
  await mkdir(join(root, 'node_modules/@envctl'), { recursive: true });
  await symlink(coreRoot, join(root, 'node_modules/@envctl/core'));
  const modules = join(coreRoot, '../../node_modules');
  await symlink(join(modules, '@oclif'), join(root, 'node_modules/@oclif'));
  const linked = home.run(['plugins', 'link', '--no-install', root]);
  expect(linked.status, linked.stderr).to.equal(0);
  return root;
}
