// Builds and lints, runs the mocha suites on all cores, then prints the results. Called by scripts/test.
// Whatever happens the last line is 'N passed, N failed': a suite that crashes, hangs or comes after the time limit is a failure.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findSuites } from './find-suites.mjs';
import { installOtherNode, otherNodeMajor } from './other-node.mjs';
import { hasPrivateNetworks, runSuite } from './run-suite.mjs';
import { schedule } from './schedule.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const isStrict = process.env.CI === 'true';
const jobs = Number(process.env.ENVCTL_TEST_JOBS ?? Math.min(4, availableParallelism()));
/** Of a suite that has a job. */
const suiteLimitMs = 12 * 60_000;
/** Below the limit of .ci/run, so that this file has the last word. */
const totalLimitMs = 28 * 60_000;
/** When a suite that draws cases at random has drawn enough, if it could go on: on a slow machine the rest needs its time. */
process.env.ENVCTL_TEST_ENOUGH_AT ??= String(Date.now() + 21 * 60_000);

const directory = mkdtempSync(join(tmpdir(), 'envctl-tests-'));
const results = [];
const running = new Set();
const stop = new AbortController();
const isPrivate = hasPrivateNetworks();

setTimeout(() => stop.abort(new Error(`the tests took more than ${totalLimitMs / 60_000} minutes`)), totalLimitMs).unref();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));
for (const name of ['uncaughtException', 'unhandledRejection']) {
  process.on(name, (error) => {
    console.error(error);
    results.push({ name: 'scripts/run-tests.mjs', seconds: 0, passed: 0, failed: [{ title: name, message: String(error) }], skipped: [] });
    finish();
    process.exit(1);
  });
}

await runAll();
finish();

async function runAll() {
  if (!(await runStep('build', ['npm', 'run', '--silent', 'build']))) return;
  const work = findSuites(root, words).map((suite) => ({
    ...suite,
    lane: suite.isOnline || !isPrivate ? 'machine' : undefined,
    run: () => runOne(suite, process.execPath),
  }));
  if (words.length === 0) work.push({ name: 'lint', run: () => runStep('lint', ['npm', 'run', '--silent', 'lint']) });
  work.push(...(await otherNodeWork()));
  await schedule(work, { jobs });
}

async function runOne(suite, node) {
  const startedAt = performance.now();
  const log = join(directory, `${suite.name.replaceAll('/', '-')}.log`);
  const limit = new AbortController();
  const timer = suite.isBackground ? undefined : setTimeout(() => limit.abort(new Error(`the suite took more than ${suiteLimitMs / 60_000} minutes`)), suiteLimitMs);
  const signal = AbortSignal.any([stop.signal, limit.signal]);
  running.add(suite.name);
  const report = stop.signal.aborted
    ? { passed: 0, failed: [{ title: 'not run', message: stop.signal.reason.message }], skipped: [] }
    : await runSuite({ root, suite, node, isStrict, isPrivate: isPrivate && !suite.isOnline, log, signal });
  clearTimeout(timer);
  running.delete(suite.name);
  record({ name: suite.name, seconds: secondsSince(startedAt), ...report }, log);
}

/** The unit tests of core and cli under the other supported line of Node. */
async function otherNodeWork() {
  const name = `node ${otherNodeMajor}`;
  if (words.length > 0 && !words.some((word) => name.includes(word))) return [];
  const installed = await installOtherNode(join(directory, 'node'), { isStrict });
  if (installed.node === undefined) {
    const outcome = { title: 'core and cli', ...(installed.failure ? { message: installed.failure } : { reason: installed.reason }) };
    record({ name, seconds: 0, passed: 0, failed: installed.failure ? [outcome] : [], skipped: installed.failure ? [] : [outcome] });
    return [];
  }
  return findSuites(root, ['packages/core/', 'packages/cli/']).map((suite) => ({
    name: `${name}: ${suite.name}`,
    lane: isPrivate ? undefined : 'machine',
    run: () => runOne({ ...suite, name: `${name}: ${suite.name}` }, installed.node),
  }));
}

function runStep(name, [program, ...args]) {
  const startedAt = performance.now();
  const log = join(directory, `${name}.log`);
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', 'exec "$@" >"$0" 2>&1', log, program, ...args], { cwd: root, stdio: 'ignore', detached: true });
    const end = () => process.kill(-child.pid, 'SIGKILL');
    stop.signal.addEventListener('abort', end, { once: true });
    child.on('error', (error) => done(error.message));
    child.on('exit', (code, signal) => done(code ?? signal));
    function done(code) {
      stop.signal.removeEventListener('abort', end);
      const failed = code === 0 ? [] : [{ title: name, message: `${[program, ...args].join(' ')} ended with ${code}` }];
      record({ name, seconds: secondsSince(startedAt), passed: code === 0 ? 1 : 0, failed, skipped: [] }, log);
      resolve(code === 0);
    }
  });
}

/** Keeps the result and prints what the suite said, in one piece. */
function record(result, log) {
  results.push(result);
  console.log(`\n== ${result.name} (${result.seconds} s)`);
  const text = log === undefined ? '' : readText(log);
  if (text.trim() !== '') console.log(text.trimEnd());
}

function finish() {
  rmSync(directory, { recursive: true, force: true });
  printSummary([...results, ...[...running].map((name) => ({ name, seconds: 0, passed: 0, failed: [{ title: name, message: 'was running' }], skipped: [] }))]);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function secondsSince(startedAt) {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

function printSummary(all) {
  console.log('\n== results');
  for (const { name, seconds, passed, failed, skipped } of all) {
    console.log(`${name}: ${count(passed, failed.length, skipped.length)} (${seconds} s)`);
  }
  const failed = all.flatMap((result) => result.failed.map((failure) => ({ suite: result.name, ...failure })));
  const skipped = all.flatMap((result) => result.skipped.map((skip) => ({ suite: result.name, ...skip })));
  for (const skip of skipped) console.log(`skipped: ${skip.suite}: ${skip.title}: ${skip.reason ?? 'no reason given'}`);
  for (const failure of failed) console.log(`failed: ${failure.suite}: ${failure.title}\n    ${firstLine(failure.message)}`);
  const passed = all.reduce((sum, result) => sum + result.passed, 0);
  const isEmpty = passed + failed.length === 0;
  process.exitCode = failed.length === 0 && !isEmpty ? 0 : 1;
  const last = count(passed, failed.length, skipped.length);
  if (process.env.ENVCTL_TEST_LAST_LINE) writeFileSync(process.env.ENVCTL_TEST_LAST_LINE, `${last}\n`);
  else console.log(last);
}

function count(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function firstLine(text) {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
