import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { findHooks, migrateHooks } from '../../dist/hooks/index.js';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(path.join(tmpdir(), 'envctl-test-hook-files-'))));
afterEach(() => rm(directory, { recursive: true }));
const write = (name: string, text: string): Promise<void> => writeFile(path.join(directory, name), text);

const services = `envctl_define_services() {\n  export ENVCTL_HOOK_JSON='{"services":[{"name":"Api","command":"node api.mjs"}]}'\n}\n`;

describe('findHooks', () => {
  it('knows a project without hooks', async () => {
    expect(findHooks(directory)).to.equal(undefined);
    await write('.envctl.sh', 'ENVCTL_DEFAULT_MODE=main\n');
    expect(findHooks(directory)).to.equal(undefined);
  });

  it('reads which hooks a file has without running it', async () => {
    await write('.envctl.hooks.mjs', '// defineServices\nprocess.exit(1);\nexport const setupInfrastructure = () => undefined;\n');
    expect(findHooks(directory)).to.deep.equal({ file: path.join(directory, '.envctl.hooks.mjs'), language: 'node', hooks: ['setupInfrastructure'] });
  });

  it('reads those of Python', async () => {
    await write('.envctl_hooks.py', '# envctl_setup_infrastructure\ndef envctl_define_services(context):\n    return {}\n');
    expect(findHooks(directory)).to.include({ language: 'python' }).and.to.deep.include({ hooks: ['defineServices'] });
  });

  it('refuses code that names no hook, whatever it may import', async () => {
    for (const [name, text] of [['.envctl.hooks.mjs', "export * from './tools/hooks.mjs';\n"], ['.envctl.hooks.mjs', '// setupInfrastructure\nexport function setup( {\n'], ['.envctl_hooks.py', 'from hooks import *\n']] as const) {
      await write(name, text);
      expect(() => findHooks(directory), text).to.throw('names no hook').with.property('code', 'ENVCTL_E_HOOK_INVALID');
      await rm(path.join(directory, name));
    }
  });

  it('refuses two files', async () => {
    await write('.envctl.hooks.mjs', '');
    await write('.envctl_hooks.py', '');
    expect(() => findHooks(directory)).to.throw('both').with.property('code', 'ENVCTL_E_HOOK_INVALID');
  });

  it('refuses shell hooks with the way to convert them, unless other hooks took their place', async () => {
    await write('.envctl.sh', services);
    expect(() => findHooks(directory)).to.throw('envctl_define_services').with.property('hints').that.includes('envctl migrate-hooks');
    await write('.envctl_hooks.py', '');
    expect(findHooks(directory)).to.equal(undefined);
  });
});

describe('migrateHooks', () => {
  const load = async (): Promise<Record<string, (context: object) => unknown>> => (await import(`${pathToFileURL(path.join(directory, '.envctl.hooks.mjs')).href}?${Math.random()}`)) as never;

  it('converts functions that name a JSON value', async () => {
    await write('.envctl.sh', `${services}\nfunction envctl_setup_infrastructure {\n  # none of ours\n  ENVCTL_HOOK_JSON="{\\"skip_default_requirements\\":true}"\n  export ENVCTL_HOOK_JSON\n}\n`);
    expect(await migrateHooks(directory, { force: false })).to.deep.include({ converted: ['envctl_define_services', 'envctl_setup_infrastructure'], unsupported: [] });
    const hooks = await load();
    expect(hooks['defineServices']!({})).to.deep.equal({ services: [{ name: 'Api', command: 'node api.mjs' }] });
    expect(hooks['setupInfrastructure']!({})).to.deep.equal({ skip_default_requirements: true });
  });

  it('writes a stub of what does more, and says so', async () => {
    await write('.envctl.sh', `${services}envctl_setup_infrastructure() {\n  docker compose up -d\n}\n`);
    expect(await migrateHooks(directory, { force: false })).to.deep.include({ converted: ['envctl_define_services'], unsupported: ['envctl_setup_infrastructure'] });
    expect(await readFile(path.join(directory, '.envctl.hooks.mjs'), 'utf8')).to.include('//   docker compose up -d');
    const hooks = await load();
    expect(() => hooks['setupInfrastructure']!({})).to.throw('still to be written');
  });

  it('takes no JSON in which the shell would replace something', async () => {
    await write('.envctl.sh', 'envctl_define_services() {\n  export ENVCTL_HOOK_JSON="{\\"services\\":[{\\"name\\":\\"$NAME\\",\\"command\\":\\"x\\"}]}"\n}\n');
    expect((await migrateHooks(directory, { force: false })).unsupported).to.deep.equal(['envctl_define_services']);
  });

  it('replaces a file that is there only when it is told to', async () => {
    await write('.envctl.sh', services);
    await write('.envctl.hooks.mjs', '// mine\n');
    expect((await migrateHooks(directory, { force: false }).catch((error: unknown) => error))).to.include({ code: 'ENVCTL_E_HOOK_INVALID' });
    expect(await readFile(path.join(directory, '.envctl.hooks.mjs'), 'utf8')).to.equal('// mine\n');
    await migrateHooks(directory, { force: true });
    expect(await load()).to.have.property('defineServices');
  });

  it('refuses where there is nothing to migrate', async () => {
    expect((await migrateHooks(directory, { force: true }).catch((error: unknown) => error))).to.include({ code: 'ENVCTL_E_HOOK_INVALID' });
  });
});
