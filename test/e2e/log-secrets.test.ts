import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createWorld, type World } from './world.js';

/** Says the credentials it got in every dress they travel in, then listens. */
const talkative = `
const urls = [process.env.DATABASE_URL, process.env.REDIS_URL].filter((url) => url !== undefined);
for (const url of urls) {
  const { password } = new URL(url);
  console.log('url ' + url);
  console.error('alone ' + password + '.');
  console.log(JSON.stringify({ level: 30, url, encoded: encodeURIComponent(url) }));
  console.log('hex-percent ' + [...password].map((sign) => '%' + sign.charCodeAt(0).toString(16)).join(''));
  console.log('\\u001b[31mcolour ' + password.slice(0, 8) + '\\u001b[1m' + password.slice(8) + '\\u001b[0m');
  console.log('base64 ' + btoa('user:' + password));
}
console.log('said: ' + urls.length);
await import('./server.mjs');
`;

describe('secrets that a service logs', function () {
  this.timeout(120_000);
  let world: World;
  let logPath: string;
  let secrets: readonly string[];

  const isTold = (text: string): boolean => secrets.some((secret) => text.includes(secret.slice(0, 8)) || text.includes(toPercent(secret)));

  before(async () => {
    world = await createWorld('log-secrets', { settings: { MAIN_POSTGRES_ENABLE: true, MAIN_REDIS_ENABLE: true, MAIN_FRONTEND_ENABLE: false, ENVCTL_BACKEND_START_CMD: 'node talkative.mjs' } });
    await writeFile(path.join(world.repository, 'backend', 'talkative.mjs'), talkative);
    await world.succeed(['start']);
    logPath = (await world.json(['logs'])).document.services[0]!.log_path!;
    secrets = passwordsOf(readFileSync(logPath, 'utf8'));
    expect(secrets).to.have.length(2);
  });
  after(() => world.close());

  for (const words of [['logs', '--logs-tail', '50'], ['logs', '--logs-since', '1h'], ['logs', '--logs-grep', '.'], ['logs', '--logs-duration', '1']]) {
    for (const form of [words, [...words, '--json']]) {
      it(`${form.join(' ')} shows them with --reveal only`, async () => {
        const { stdout, code } = await world.envctl(form, { env: { FORCE_COLOR: '1' } });
        expect(code).to.equal(0);
        expect(stdout).to.include('said: 2').and.include('<redacted>');
        expect(isTold(stdout), stdout).to.equal(false);
        const revealed = (await world.envctl([...form, '--reveal'])).stdout;
        for (const secret of secrets) expect(revealed).to.include(secret);
      });
    }
  }

  it('the file keeps what the service wrote, for its owner alone', () => {
    expect(isTold(readFileSync(logPath, 'utf8'))).to.equal(true);
    expect((statSync(logPath).mode & 0o777).toString(8)).to.equal('600');
  });

  it('a follower learns the secrets of what is started while it follows', async () => {
    await world.succeed(['stop-all', '--remove-volumes']);
    await world.configure({ MAIN_POSTGRES_ENABLE: false, MAIN_REDIS_ENABLE: false });
    await world.succeed(['start']);
    const follower = world.spawn(['logs', '--logs-follow', '--json']);
    const read = reader(follower.process.stdout!);
    await read.until(/said: 0/);
    await world.configure();
    await world.succeed(['restart']);
    await read.until(/said: 2/);
    follower.process.kill('SIGINT');
    await follower.finished;
    secrets = passwordsOf(readFileSync((await world.json(['logs'])).document.services[0]!.log_path, 'utf8'));
    expect(secrets).to.have.length(2);
    expect(isTold(read.text()), read.text()).to.equal(false);
  });
});

function passwordsOf(log: string): readonly string[] {
  return [...log.matchAll(/^url (\S+)$/gm)].map(([, url]) => new URL(url!).password);
}

function toPercent(text: string): string {
  return [...text].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('');
}

function reader(stream: NodeJS.ReadableStream) {
  let seen = '';
  let wake = (): void => undefined;
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    wake();
  });
  return {
    text: () => seen,
    until: async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(seen)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
