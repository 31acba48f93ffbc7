import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { run, runOrThrow } from './packaging/run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/write-a-plugin/README.md');

describe('a plugin made from docs/write-a-plugin, outside the workspace', function () {
  this.timeout(300_000);
  let directory: string;
  let plugin: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envctl-test-outside-'));
    plugin = join(directory, 'envctl-plugin-notes');
    await mkdir(plugin);
    for (const { name, text } of filesOf(await readFile(page, 'utf8'))) await writeFile(join(plugin, name), text);
    await runOrThrow(process.execPath, [join(root, 'scripts/pack.mjs'), 'core'], { cwd: root });
    const { stdout } = await runOrThrow('npm', ['pack', join(root, 'packages/core/pack'), '--json', '--loglevel=error', '--pack-destination', directory], { cwd: directory });
    const [packed] = Object.values(JSON.parse(stdout) as Readonly<Record<string, { readonly filename: string }>>);
    await runOrThrow('npm', ['install', '--save-dev', '--prefer-offline', '--loglevel=error', join(directory, (packed?.filename ?? '').replace('@', '').replace('/', '-'))], { cwd: plugin });
  });

  after(() => rm(directory, { recursive: true, force: true }));

  it('passes the conformance kit of the packed core', async () => {
    const { code, stdout, stderr } = await run('npm', ['test', '--silent'], { cwd: plugin });
    const lines = stdout.trim().split('\n');
    expect(lines.filter((line) => !/^pass /.test(line)).map((line) => line.split(/\s+/).slice(0, 2).join(' ')), stdout + stderr).to.deep.equal(['skip teardown.from-record', 'skip external.given']);
    expect(code, stderr).to.equal(0);
  });
});

/** Code blocks that name a file: the language, a space, the name. */
function filesOf(text: string): { readonly name: string; readonly text: string }[] {
  return [...text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({ name: match[1] ?? '', text: match[2] ?? '' }));
}
