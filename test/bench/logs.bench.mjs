// Following the logs of many services that write without a pause, through rotations: what it costs and how far it falls behind.
// ENVCTL_BENCH_LOG_SECONDS: how long is written (default 20).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installProduct } from './lib/product.mjs';

const serviceCount = 50;
const linesPerSecond = 20_000;
const seconds = Number(process.env.ENVCTL_BENCH_LOG_SECONDS ?? 20);
const rotateBytes = 256 * 1024;
const budget = { rss_mib: 150, lag_ms: 1000 };

if (process.argv[2] === 'write') await write(process.argv.slice(3));
else await measure();

async function measure() {
  const product = installProduct({ demo: false });
  try {
    const logs = join(product.directory, 'logs');
    mkdirSync(logs);
    const names = Array.from({ length: serviceCount }, (_, index) => `Main Service${index}`);
    const paths = names.map((_, index) => join(logs, `${index}.log`));
    for (const path of paths) writeFileSync(path, '');
    recordServices(product, names.map((name, index) => ({ name, path: paths[index] })));

    const { repository: cwd, env } = product;
    // The program itself, not a shell or a starter before it: its memory is what is asked for.
    const follower = spawn('envctl', ['logs', '--logs-follow', '--json', '--logs-tail', '0'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const seen = new Map(names.map((name) => [name, 0]));
    const lags = [];
    let wrong = 0;
    const lines = createInterface({ input: follower.stdout });
    let started;
    const ready = new Promise((resolve) => (started = resolve));
    lines.on('line', (line) => {
      const { service, text } = JSON.parse(line);
      const [sequence, at] = text.split(' ');
      if (sequence === 'ready') return started();
      const expected = seen.get(service);
      if (Number(sequence) !== expected) wrong += 1;
      seen.set(service, Number(sequence) + 1);
      if (expected % 20 === 0) lags.push(Date.now() - Number(at));
    });
    const asking = setInterval(() => writeFileSync(paths[0], 'ready\n', { flag: 'a' }), 200);
    await ready;
    clearInterval(asking);
    const cpuBefore = cpuSeconds(follower.pid);
    const began = performance.now();
    const writer = spawn(process.execPath, [fileURLToPath(import.meta.url), 'write', ...paths], { stdio: 'inherit', env: { ...process.env, ENVCTL_BENCH_LOG_SECONDS: String(seconds) } });
    await once(writer, 'exit');
    const took = (performance.now() - began) / 1000;
    const written = seconds * linesPerSecond;
    const count = () => [...seen.values()].reduce((sum, value) => sum + value, 0);
    const gaveUpAt = performance.now() + 30_000;
    while (count() < written && performance.now() < gaveUpAt) await delay(20);
    const result = {
      services: serviceCount,
      lines_per_second: Math.round(written / took),
      lines_written: written,
      lines_lost_or_doubled: Math.abs(written - count()) + wrong,
      lag_ms: { median: quantile(lags, 0.5), p99: quantile(lags, 0.99), max: quantile(lags, 1) },
      peak_rss_mib: peakRssMib(follower.pid),
      cpu_share: Math.round(((cpuSeconds(follower.pid) - cpuBefore) / took) * 100) / 100,
      files_per_log: readdirSync(logs).length / serviceCount,
      budget,
    };
    follower.kill('SIGINT');
    await once(follower, 'exit');
    const met = result.lines_lost_or_doubled === 0 && result.peak_rss_mib <= budget.rss_mib && result.lag_ms.p99 <= budget.lag_ms;
    console.log(JSON.stringify({ benchmark: 'logs', node: process.version, result: { ...result, met } }, null, 2));
    process.exitCode = met ? 0 : 1;
  } finally {
    product.close();
  }
}

/** Writes to all logs as services do, each line by itself, and rotates them as they grow. */
async function write(paths) {
  const files = paths.map((path) => ({ path, descriptor: openSync(path, 'a'), bytes: 0, sequence: 0 }));
  const perService = linesPerSecond / paths.length;
  const began = performance.now();
  for (let done = 0; done < seconds * perService; ) {
    const due = Math.min(seconds * perService, Math.floor(((performance.now() - began) / 1000) * perService));
    for (const file of files) for (let index = done; index < due; index += 1) writeOne(file);
    done = due;
    await delay(5);
  }
}

function writeOne(file) {
  const line = `${file.sequence} ${Date.now()} GET /items/42?with=details 200 in 3.14 ms, 1234 bytes, user agent of a usual length for a browser\n`;
  file.sequence += 1;
  file.bytes += writeSync(file.descriptor, line);
  if (file.bytes < rotateBytes) return;
  closeSync(file.descriptor);
  for (let index = 8; index > 0; index -= 1) try { renameSync(`${file.path}.${index}`, `${file.path}.${index + 1}`); } catch { /* not that many yet */ }
  renameSync(file.path, `${file.path}.1`);
  file.descriptor = openSync(file.path, 'a');
  file.bytes = 0;
}

/** A state with these services, as a start would leave it: the one of a real start, with its service told many times. */
function recordServices(product, services) {
  const { repository, env, envctl } = product;
  writeFileSync(join(repository, '.envctl'), ['ENVCTL_BACKEND_START_CMD=sleep 600', 'MAIN_BACKEND_EXPECT_LISTENER=false', 'MAIN_FRONTEND_ENABLE=false', ''].join('\n'));
  const started = envctl('start', '--json');
  if (started.status !== 0) throw new Error(started.stdout + started.stderr);
  const scope = join(env.ENVCTL_RUNTIME_DIR, 'engine', readdirSync(join(env.ENVCTL_RUNTIME_DIR, 'engine'))[0]);
  const path = join(scope, 'run_state.json');
  const state = JSON.parse(readFileSync(path, 'utf8'));
  const [record] = Object.values(state.services);
  state.services = Object.fromEntries(services.map(({ name, path: log }) => [name, { ...record, name, log_path: log }]));
  writeFileSync(path, JSON.stringify(state));
  const run = join(scope, 'runs', state.run_id, 'run_state.json');
  writeFileSync(run, JSON.stringify(state));
}

function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

function peakRssMib(pid) {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
