import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf } from './document.js';
import { createWorld, environmentOf, type World } from './world.js';

describe('hooks of a project', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    world = await createWorld('hooks');
    await world.configure({ MAIN_REDIS_ENABLE: true });
  });
  after(() => world.close());
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(world.repository, name), text);

  it('setupInfrastructure stands in for the dependencies: none of ours starts, the backend gets its variables, health looks at its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await write('.envctl.hooks.mjs', `import { writeFileSync } from 'node:fs';
export function setupInfrastructure({ mode, run_id, ports }) {
  writeFileSync(${JSON.stringify(path.join(world.directory, 'told.json'))}, JSON.stringify({ mode, run_id, ports }));
  return { skip_default_requirements: true, requirements: { redis: { final: ${port}, env: { REDIS_URL: 'redis://elsewhere:${port}/0' } } } };
}`);
    const explained = await world.succeed(['explain-startup']);
    expect(JSON.stringify(explained)).to.include('"setup-infrastructure"');
    expect(existsSync(path.join(world.directory, 'told.json'))).to.equal(false);
    const started = await world.succeed(['start']);
    const told = JSON.parse(await readFile(path.join(world.directory, 'told.json'), 'utf8')) as { readonly mode: string; readonly run_id: string; readonly ports: Readonly<Record<string, number>> };
    expect(told).to.include({ mode: 'main', run_id: (started as unknown as { readonly run_id: string }).run_id });
    expect(told.ports).to.include({ backend: portsOf(started)['backend'] });
    expect((await environmentOf(portsOf(started)['backend']!))['REDIS_URL']).to.equal(`redis://elsewhere:${port}/0`);
    expect((await environmentOf(portsOf(started)['frontend']!))['REDIS_URL']).to.equal(undefined);
    expect((await world.json(['health'])).code).to.equal(0);
    expect((await world.succeed(['start']) as unknown as { readonly decision: { readonly kind: string } }).decision.kind).to.equal('reuse');
    server.close();
    await once(server, 'close');
    expect(JSON.stringify((await world.json(['health'])).document)).to.include(`nothing listens on port ${port}`);
    await world.succeed(['stop-all']);
  });

  it('a hook that fails stops the start, says where it says why, and nothing stays', async () => {
    await write('.envctl.hooks.mjs', "export async function setupInfrastructure() { console.log('about to'); throw new Error('no cluster'); }");
    const failed = await world.json(['start']);
    expect(failed.code).to.equal(1);
    expect(failed.document.message).to.match(/setupInfrastructure of .*\.envctl\.hooks\.mjs failed: no cluster/);
    const log = failed.document.hints.find((hint) => hint.startsWith('less '))!.slice(5);
    expect(await readFile(log, 'utf8')).to.match(/^about to\nError: no cluster/);
    expect((await world.succeed(['start'], { env: { ENVCTL_ENABLE_HOOK_BRIDGE: 'false' } })).ok).to.equal(true);
    await world.succeed(['stop-all']);
    await rm(path.join(world.repository, '.envctl.hooks.mjs'));
  });

  it('shell hooks stop a start before anything, with the way to convert them, which works', async () => {
    await write('.envctl.sh', `envctl_setup_infrastructure() {\n  export ENVCTL_HOOK_JSON='{"skip_default_requirements":true}'\n}\n`);
    for (const words of [['start'], ['explain-startup']]) {
      const { code, document } = await world.json(words);
      expect([code, document.code], words.join(' ')).to.deep.equal([1, 'ENVCTL_E_HOOK_INVALID']);
      expect(document.hints).to.include('envctl migrate-hooks');
    }
    await world.succeed(['migrate-hooks']);
    expect((await world.json(['migrate-hooks'])).code).to.equal(1);
    await world.succeed(['migrate-hooks', '--force']);
    const started = await world.succeed(['start']);
    expect(portsOf(started)).to.have.keys('backend', 'frontend');
    await world.succeed(['stop-all']);
  });
});
