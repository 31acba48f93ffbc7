// Starts and stops of the demo against a shell script with the same processes, in interleaved pairs.
// ENVCTL_BENCH_PAIRS: pairs (default 9).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installProduct, timed } from './lib/product.mjs';
import { endRawStack, writeRawStack } from './lib/raw-stack.mjs';
import { comparePairs, withBudget } from './lib/statistics.mjs';

const pairCount = Number(process.env.ENVCTL_BENCH_PAIRS ?? 9);
if (spawnSync('psql', ['--version']).status !== 0) throw new Error('the shell script of a cold start needs psql: apt-get install postgresql-client');
const product = installProduct({ demo: true });
const [raw, slowRaw] = ['raw', 'slow-raw'].map((name) => join(product.directory, name));
try {
  const { repository: cwd, env, directory } = product;
  const options = { cwd, env };
  const started = product.envctl('start', '--json');
  if (started.status !== 0) throw new Error(started.stderr);
  const endpoints = JSON.parse(product.envctl('endpoints', '--json').stdout);
  mkdirSync(raw, { mode: 0o755 });
  const scratch = join(directory, 'scratch');
  mkdirSync(scratch);
  chmodSync(scratch, 0o777);
  const stack = { runtime: env.ENVCTL_RUNTIME_DIR, store: env.ENVCTL_STORE_DIR, directory: raw, healthUrl: `http://localhost:${endpoints.backend.port}/healthz`, frontendPort: endpoints.frontend.port, scratch };
  writeRawStack(stack);
  timed('envctl', ['stop-all'], options);

  const warm = [];
  const stops = [];
  for (let index = 0; index <= pairCount; index += 1) {
    const base = timed(join(raw, 'start.sh'), [], options);
    const baseStop = timed(join(raw, 'stop.sh'), [], options);
    const subject = timed('envctl', ['start'], options);
    const subjectStop = timed('envctl', ['stop-all'], options);
    // The first pair fills the caches.
    if (index > 0) warm.push({ base, subject }) && stops.push({ base: baseStop, subject: subjectStop });
    process.stderr.write(`warm ${JSON.stringify({ base, subject, baseStop, subjectStop })}\n`);
  }
  const cold = [];
  // Not removed: ext4 looks again at each inode that was given back in the last minutes whenever it makes a file, and initdb makes a thousand.
  const putAside = (...paths) => {
    for (const path of paths.filter((one) => existsSync(one))) renameSync(path, `${path}-${cold.length}-${performance.now()}`);
  };
  const startCold = () => {
    putAside(env.ENVCTL_STORE_DIR, env.ENVCTL_RUNTIME_DIR);
    const subject = timed('envctl', ['start'], options);
    // New data has new passwords.
    writeRawStack(stack);
    timed('envctl', ['stop-all'], options);
    return { subject };
  };
  const startRawCold = () => {
    putAside(join(scratch, 'data'));
    const base = timed(join(raw, 'cold.sh'), [], options);
    timed(join(raw, 'stop.sh'), [], options);
    return { base };
  };
  startCold();
  for (let index = 0; index < pairCount; index += 1) {
    // Each goes first every other time: the one before warms or wears the machine for the one behind it.
    const { base, subject } = index % 2 === 0 ? { ...startCold(), ...startRawCold() } : { ...startRawCold(), ...startCold() };
    cold.push({ base, subject });
    process.stderr.write(`cold ${JSON.stringify({ base, subject })}\n`);
  }
  // A stack that needs more than 5 s: the same one, with a backend that thinks first.
  const slowScript = join(directory, 'slow.sh');
  writeFileSync(slowScript, 'sleep 5\nexec npm run dev\n');
  const slowOptions = { cwd, env: { ...env, ENVCTL_BACKEND_START_CMD: `sh ${slowScript}` } };
  timed('envctl', ['start'], slowOptions);
  mkdirSync(slowRaw, { mode: 0o755 });
  const { backend, frontend } = JSON.parse(product.envctl('endpoints', '--json').stdout);
  writeRawStack({ ...stack, directory: slowRaw, healthUrl: `http://localhost:${backend.port}/healthz`, frontendPort: frontend.port, scratch: undefined });
  timed('envctl', ['stop-all'], options);
  const slow = [];
  for (let index = 0; index < Math.ceil(pairCount / 3); index += 1) {
    const base = timed(join(slowRaw, 'start.sh'), [], slowOptions);
    timed(join(slowRaw, 'stop.sh'), [], slowOptions);
    const subject = timed('envctl', ['start'], slowOptions);
    timed('envctl', ['stop-all'], slowOptions);
    slow.push({ base, subject });
    process.stderr.write(`slow ${JSON.stringify({ base, subject })}\n`);
  }
  const results = [
    { what: 'start of a stack that needs 5 s', ...withBudget(comparePairs(slow, 'ratio'), 'ratio', 1.15) },
    { what: 'warm start', ...withBudget(comparePairs(warm, 'difference'), 'difference', 450) },
    { what: 'cold start', ...withBudget(comparePairs(cold, 'difference'), 'difference', 500) },
    { what: 'stop-all', ...withBudget(comparePairs(stops, 'difference'), 'difference', 1000) },
  ];
  console.log(JSON.stringify({ benchmark: 'start', node: process.version, results }, null, 2));
  process.exitCode = results.every(({ met }) => met) ? 0 : 1;
} finally {
  // A script that failed or was given up leaves its servers, which are nobody's: `stop-all` does not know them.
  for (const directory of [raw, slowRaw]) endRawStack(directory);
  product.close();
}
