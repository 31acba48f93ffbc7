import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { portsOf } from './document.js';
import { createWorld, environmentOf, type World } from './world.js';

const sections = `
# >>> envctl backend launch env >>>
CACHE=\${ENVCTL_SOURCE_REDIS_URL}
WEB=\${ENVCTL_SOURCE_FRONTEND_URL}/login
REDIS_HOST=from the section
MAIL=\${ENVCTL_SOURCE_SUPABASE_URL}
# <<< envctl backend launch env <<<
# >>> envctl main frontend launch env >>>
VITE_API=\${ENVCTL_SOURCE_BACKEND_URL}/v1
VITE_CACHE_PORT=\${ENVCTL_SOURCE_REDIS_PORT}
# <<< envctl main frontend launch env <<<
`;

describe('launch env sections of .envctl', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => (world = await createWorld('launch-env')));
  after(() => world.close());
  beforeEach(async () => {
    await world.configure();
    await appendFile(path.join(world.repository, '.envctl'), sections);
  });

  it('reach the services as explain-startup names them, and bring up the dependency they refer to', async () => {
    const plan = await world.succeed(['explain-startup']);
    const planned = plan.projects[0]!.services.map(({ environment }) => ({ sections: environment!.sections.map(({ name }) => name), skipped: environment!.skipped.map(({ name, reason }) => `${name}: ${reason}`) }));
    expect(planned).to.deep.equal([
      { sections: ['CACHE', 'WEB', 'REDIS_HOST'], skipped: ['MAIL: ENVCTL_SOURCE_SUPABASE_URL is not available'] },
      { sections: ['VITE_API', 'VITE_CACHE_PORT'], skipped: [] },
    ]);

    const ports = portsOf(await world.succeed(['start'], { env: { CACHE: 'of the caller', REDIS_URL: 'of the caller' } }));
    const [backend, frontend] = [await environmentOf(ports['backend']!), await environmentOf(ports['frontend']!)];
    expect(backend['CACHE']).to.equal(backend['REDIS_URL']).and.to.match(new RegExp(`^redis://:.+@localhost:${ports['redis']}/0$`));
    expect(backend).to.include({ WEB: `http://localhost:${ports['frontend']}/login`, REDIS_HOST: 'from the section' }).and.not.have.property('MAIL');
    expect(frontend).to.include({ VITE_API: `http://localhost:${ports['backend']}/v1`, VITE_CACHE_PORT: String(ports['redis']) });
    expect(frontend).to.not.have.any.keys('REDIS_URL', 'REDIS_PASSWORD');
    const password = decodeURIComponent(new URL(backend['CACHE']!).password);
    for (const command of ['explain-startup', 'show-config', 'health']) expect(JSON.stringify(await world.succeed([command])), command).to.not.include(password);
  });

  it('that give a frontend what is for a backend refuse a start and a save with section, line and mend; stopping goes on', async () => {
    const file = path.join(world.repository, '.envctl');
    await appendFile(file, '# >>> envctl frontend launch env >>>\nVITE_KEY=${ENVCTL_SOURCE_SUPABASE_SERVICE_ROLE_KEY}\n# <<< envctl frontend launch env <<<\n');
    const before = await readFile(file, 'utf8');
    const line = before.split('\n').findIndex((text) => text.startsWith('VITE_KEY')) + 1;
    for (const args of [['start'], ['restart'], ['explain-startup'], ['config', '--set', 'BACKEND_PORT_BASE=8100']]) {
      const { code, stderr } = await world.envctl(args);
      expect(code, args.join(' ')).to.equal(1);
      expect(stderr).to.include(`VITE_KEY (${file}:${line}, section "frontend launch env") refers to ENVCTL_SOURCE_SUPABASE_SERVICE_ROLE_KEY`).and.include(`Remove line ${line} of ${file}`);
    }
    expect(await readFile(file, 'utf8')).to.equal(before);
    const { code, stderr } = await world.envctl(['stop-all']);
    expect(code).to.equal(0);
    expect(stderr).to.include('Warning: VITE_KEY');
  });
});
