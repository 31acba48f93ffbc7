/* Keys whose setting changes what the product does: what it plans, or what happens. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bin, createWorld, environmentOf, type World } from '../e2e/world.js';
import { portsOf } from '../e2e/document.js';
import { run } from '../packaging/run.js';
import { type KeyRow, valueOf } from './key-values.js';
import { look } from './observation.js';

type Environment = Readonly<Record<string, string>>;

/** Of `rows`, the keys that have an effect. */
export async function keysWithEffect(rows: readonly KeyRow[]): Promise<ReadonlySet<string>> {
  const world = await createWorld('effects');
  await world.configure({ ENVCTL_ADDITIONAL_SERVICES: 'worker', ENVCTL_SERVICE_WORKER_START_CMD: 'node server.mjs', ENVCTL_SERVICE_WORKER_DIR: 'backend' });
  try {
    const seen = new Set<string>();
    for (const row of rows) if (await changesThePlan(world, row)) seen.add(row.key);
    for (const situation of situations) {
      if (situation.keys.some((key) => !seen.has(key) && rows.some((row) => row.key === key))) for (const key of await situation.happens(world)) seen.add(key);
    }
    return seen;
  } finally {
    await world.close();
  }
}

/** With dependencies and without: what is off needs no plan. */
const profiles: readonly Environment[] = [{}, { MAIN_POSTGRES_ENABLE: 'true', MAIN_REDIS_ENABLE: 'true' }];

async function changesThePlan(world: World, row: KeyRow): Promise<boolean> {
  const values = row.type === 'boolean' ? ['true', 'false'] : [valueOf(row)];
  for (const profile of profiles) {
    const before = await planOf(world, profile);
    for (const value of values) if ((await planOf(world, { ...profile, [row.key]: value })) !== before) return true;
  }
  return false;
}

/** What a start would do, what is listed, and what commands go by; not that the key is set. */
async function planOf({ repository, env }: World, more: Environment): Promise<string> {
  // The newer name of the runtime directory would hide the older one.
  const { ENVCTL_RUNTIME_DIR: _newer, ...others } = env;
  const place = { cwd: repository, env: { ...others, HOME: repository, ...more } };
  const explained = await look(['explain-startup'], place).catch((error: unknown) => ({ refused: String(error) }));
  const { effective, config_source, runtime_dir, store_dir, scope_id } = await look(['show-config'], place);
  const { managed_keys: _keys, ports, ...settings } = effective as Readonly<Record<string, object>>;
  const targets = await look(['list-targets'], place).catch((error: unknown) => ({ refused: String(error) }));
  return JSON.stringify([explained, settings, { ...ports, spacing: null }, config_source, runtime_dir, store_dir, scope_id, targets]);
}

/** What has to happen before the keys make a difference. It leaves nothing running. */
interface Situation {
  readonly keys: readonly string[];
  readonly happens: (world: World) => Promise<readonly string[]>;
}

const situations: readonly Situation[] = [
  { keys: ['DB_HOST', 'DB_USER', 'DB_PASSWORD', 'DB_NAME', 'ENVCTL_STATE_COMPAT_MODE', 'ENVCTL_ENABLE_HOOK_BRIDGE', 'ENVCTL_BACKEND_BOOTSTRAP_STRICT'], happens: startWithGivenServer },
  { keys: ['ENVCTL_REQUIREMENT_POSTGRES_CMD', 'ENVCTL_REQUIREMENT_REDIS_CMD', 'ENVCTL_REQUIREMENT_BIND_MAX_RETRIES'], happens: startByCommand },
  { keys: ['ENVCTL_RUNTIME_TRUTH_MODE', 'ENVCTL_SERVICE_REBOUND_MAX_DELTA', 'ENVCTL_SERVICE_STARTUP_GRACE_SECONDS', 'FORCE_COLOR', 'CLICOLOR_FORCE', 'ENVCTL_UI_COLOR_MODE', 'ENVCTL_UI_COLOR', 'NO_COLOR', 'CLICOLOR', 'CI', 'ENVCTL_UI_SPINNER_MODE'], happens: runWithoutListening },
  { keys: ['BATCH', 'ENVCTL_FORCE_BATCH'], happens: startUnconfigured },
  { keys: ['ENVCTL_PUBLIC_HOST', 'ENVCTL_SERVICE_PREP_TIMEOUT_SECONDS', 'ENVCTL_HOOK_TIMEOUT_SECONDS', 'ENVCTL_POSTGRES_START_TIMEOUT_SECONDS'], happens: startWithWhatNeverEnds },
];

/** A Postgres server that is given and not asked, a migration that fails, and a hook. */
async function startWithGivenServer(world: World): Promise<readonly string[]> {
  const hooked = path.join(world.directory, 'hooked');
  const hooks = path.join(world.repository, '.envctl.hooks.mjs');
  await writeFile(hooks, `import { writeFileSync } from 'node:fs';\nexport function setupInfrastructure() {\n  writeFileSync(${JSON.stringify(hooked)}, '');\n  return {};\n}\n`);
  const given = { DB_HOST: 'db.example', DB_USER: 'somebody', DB_PASSWORD: 'a-password', DB_NAME: 'records' };
  await world.configure({ MAIN_POSTGRES_ENABLE: true, ENVCTL_DEPENDENCY_POSTGRES_MODE: 'external', ENVCTL_EXTERNAL_DEPENDENCY_PROBE: false, ENVCTL_POSTGRES_MIGRATE_CMD: 'false', MAIN_FRONTEND_ENABLE: false, ...given });
  const mirror = path.join(world.env['RUN_SH_RUNTIME_DIR']!, 'python-engine', world.scopeId, 'run_state.json');
  const seen = (): readonly boolean[] => [hooked, mirror].map((file) => existsSync(file));
  const started = await world.succeed(['start'], { env: { ENVCTL_STATE_COMPAT_MODE: 'compat_read_write' } });
  const variables = await environmentOf(portsOf(started)['backend']!);
  const first = seen();
  await world.succeed(['stop-all']);
  await rm(hooked, { force: true });
  await world.succeed(['start'], { env: { ENVCTL_ENABLE_HOOK_BRIDGE: 'false' } });
  const second = seen();
  await world.succeed(['stop-all']);
  const strict = await world.json(['start'], { env: { ENVCTL_BACKEND_BOOTSTRAP_STRICT: 'true' } });
  await world.envctl(['stop-all']);
  await rm(hooks);
  return [
    ...Object.entries(given).flatMap(([key, value]) => (variables[key] === value ? [key] : [])),
    ...(first[0] === true && second[0] === false ? ['ENVCTL_ENABLE_HOOK_BRIDGE'] : []),
    ...(first[1] === true && second[1] === false ? ['ENVCTL_STATE_COMPAT_MODE'] : []),
    ...(strict.code === 1 ? ['ENVCTL_BACKEND_BOOTSTRAP_STRICT'] : []),
  ];
}

/** Commands that note each time they are run, and find their port taken. */
async function startByCommand(world: World): Promise<readonly string[]> {
  const tries = path.join(world.directory, 'tries');
  const script = path.join(world.directory, 'taken.sh');
  await writeFile(script, `echo try >> ${tries}\necho 'bind: Address already in use'\nexit 1\n`);
  const timesRun = async (id: string, retries: number): Promise<number> => {
    await rm(tries, { force: true });
    await world.configure({ [`MAIN_${id}_ENABLE`]: true, [`ENVCTL_REQUIREMENT_${id}_CMD`]: `sh ${script}` });
    await world.envctl(['start'], { env: { ENVCTL_REQUIREMENT_BIND_MAX_RETRIES: String(retries) } });
    return existsSync(tries) ? readFileSync(tries, 'utf8').trim().split('\n').length : 0;
  };
  const [postgres, redis, redisAgain] = [await timesRun('POSTGRES', 1), await timesRun('REDIS', 1), await timesRun('REDIS', 2)];
  return [...(postgres > 0 ? ['ENVCTL_REQUIREMENT_POSTGRES_CMD'] : []), ...(redis > 0 ? ['ENVCTL_REQUIREMENT_REDIS_CMD'] : []), ...(redis === 2 && redisAgain === 3 ? ['ENVCTL_REQUIREMENT_BIND_MAX_RETRIES'] : [])];
}

/** A service that listens one port higher when it is told /move, and nowhere when it is told /hush. */
const restless = `import { createServer } from 'node:http';
let server;
const listen = (port, then) => createServer((request, response) => {
  const answer = () => response.setHeader('connection', 'close').end('done');
  const before = server;
  if (request.url === '/move') listen(port + 1, () => (before.close(), answer()));
  else if (request.url === '/hush') (before.close(), answer());
  else answer();
}).on('listening', function () { server = this; then?.(); }).listen(port, '127.0.0.1');
listen(Number(process.env.PORT));
setInterval(() => undefined, 1 << 30);
`;

async function runWithoutListening(world: World): Promise<readonly string[]> {
  await writeFile(path.join(world.repository, 'backend/restless.mjs'), restless);
  await world.configure({ ENVCTL_BACKEND_START_CMD: 'node restless.mjs', MAIN_FRONTEND_ENABLE: false });
  const port = portsOf(await world.succeed(['start']))['backend']!;
  const inAnHour = (): number => Date.now() + 3_600_000;
  const status = async (env: Environment): Promise<string> => {
    const { backend } = await look(['endpoints'], { cwd: world.repository, env: { ...world.env, HOME: world.repository, ...env }, now: inAnHour });
    return (backend as { readonly status: string }).status;
  };
  await fetch(`http://127.0.0.1:${port}/move`).then((response) => response.text());
  const moved = [await status({}), await status({ ENVCTL_SERVICE_REBOUND_MAX_DELTA: '0' })];
  await fetch(`http://127.0.0.1:${port + 1}/hush`).then((response) => response.text());
  const silent = [await status({}), await status({ ENVCTL_SERVICE_STARTUP_GRACE_SECONDS: '86400' }), await status({ ENVCTL_RUNTIME_TRUTH_MODE: 'best_effort' })];
  const coloured = await Promise.all(['FORCE_COLOR', 'CLICOLOR_FORCE', 'ENVCTL_UI_COLOR_MODE', 'ENVCTL_UI_COLOR'].map(async (key) => ((await world.envctl(['logs'], { env: { [key]: key.startsWith('ENVCTL') ? 'on' : '1' } })).stdout.includes('\u001B[') ? [key] : [])));
  const inTerminal = async (env: Environment): Promise<boolean> => (await terminal(world, 'logs', env)).includes('\u001B[');
  const plain = (await inTerminal({})) ? [...((await inTerminal({ NO_COLOR: '1' })) ? [] : ['NO_COLOR']), ...((await inTerminal({ CLICOLOR: '0' })) ? [] : ['CLICOLOR'])] : [];
  const redraws = async (env: Environment): Promise<boolean> => /\u001B\[\d*[AKJ]/.test(await terminal(world, 'restart', env));
  const lines = (await redraws({})) ? [...((await redraws({ CI: '1' })) ? [] : ['CI']), ...((await redraws({ ENVCTL_UI_SPINNER_MODE: 'off' })) ? [] : ['ENVCTL_UI_SPINNER_MODE'])] : [];
  await world.succeed(['stop-all']);
  return [
    ...(moved.join(' ') === 'running unreachable' ? ['ENVCTL_SERVICE_REBOUND_MAX_DELTA'] : []),
    ...(silent[0] === 'unreachable' && silent[1] === 'starting' ? ['ENVCTL_SERVICE_STARTUP_GRACE_SECONDS'] : []),
    ...(silent[0] === 'unreachable' && silent[2] === 'running' ? ['ENVCTL_RUNTIME_TRUTH_MODE'] : []),
    ...coloured.flat(),
    ...plain,
    ...lines,
  ];
}

/** A terminal, and nothing configured: a start asks. */
async function startUnconfigured(world: World): Promise<readonly string[]> {
  const unconfigured = path.join(world.directory, 'unconfigured');
  await mkdir(unconfigured, { recursive: true });
  await run('git', ['init', '-q', unconfigured], { cwd: world.directory });
  const asks = (env: Environment): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const child = spawn('script', scriptArguments('start'), { cwd: unconfigured, env: { ...process.env, ...world.env, TERM: 'xterm', ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
      let written = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        written += text;
        if (written.includes('envctl configuration of') && child.exitCode === null) child.kill();
      });
      child.on('error', reject).on('close', () => resolve(!written.includes('Missing repo-local .envctl')));
    });
  return (await asks({})) ? (await Promise.all(['BATCH', 'ENVCTL_FORCE_BATCH'].map(async (key) => ((await asks({ [key]: 'true' })) ? [] : [key])))).flat() : [];
}

/** A migration, a hook and a server that would take ten minutes; each has a second. */
async function startWithWhatNeverEnds(world: World): Promise<readonly string[]> {
  const hooks = path.join(world.repository, '.envctl.hooks.mjs');
  const services = { MAIN_FRONTEND_ENABLE: false, MAIN_POSTGRES_ENABLE: true };
  await world.configure({ ...services, ENVCTL_DEPENDENCY_POSTGRES_MODE: 'external', ENVCTL_EXTERNAL_DEPENDENCY_PROBE: false, ENVCTL_POSTGRES_MIGRATE_CMD: 'sleep 600' });
  const started = await world.succeed(['start'], { env: { ENVCTL_SERVICE_PREP_TIMEOUT_SECONDS: '1', ENVCTL_PUBLIC_HOST: 'dev.example' } });
  const [project] = started.projects;
  await world.succeed(['stop-all']);
  await writeFile(hooks, 'export const setupInfrastructure = () => new Promise((resolve) => setTimeout(resolve, 600_000));\n');
  await world.configure({ MAIN_FRONTEND_ENABLE: false });
  const hook = await world.json(['start'], { env: { ENVCTL_HOOK_TIMEOUT_SECONDS: '1' } });
  await rm(hooks);
  await world.configure({ ...services, ENVCTL_REQUIREMENT_POSTGRES_CMD: 'sleep 600' });
  const server = await world.json(['start'], { env: { ENVCTL_POSTGRES_START_TIMEOUT_SECONDS: '1' } });
  return [
    ...(/could not be migrated .*\b1 s/.test(project!.notes.join('\n')) ? ['ENVCTL_SERVICE_PREP_TIMEOUT_SECONDS'] : []),
    ...(project!.services[0]!.url?.startsWith('http://dev.example:') === true ? ['ENVCTL_PUBLIC_HOST'] : []),
    ...(/\b1 s/.test(hook.document.message) ? ['ENVCTL_HOOK_TIMEOUT_SECONDS'] : []),
    ...(/did not answer within 1 s/.test(server.document.message) ? ['ENVCTL_POSTGRES_START_TIMEOUT_SECONDS'] : []),
  ];
}

/** What the command writes to a terminal. */
async function terminal({ env, repository }: World, command: string, more: Environment): Promise<string> {
  return (await run('script', scriptArguments(command), { cwd: repository, env: { ...env, TERM: 'xterm', ...more } })).stdout;
}

function scriptArguments(command: string): readonly string[] {
  return ['-qec', `${process.execPath} ${bin} ${command}`, '/dev/null'];
}
