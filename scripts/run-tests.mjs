// Builds, lints and runs the mocha suites one after another, then prints the results. Called by scripts/test.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from './run-suite.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const isStrict = process.env.CI === 'true';

const steps = [
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  ...(words.length === 0 ? [{ name: 'lint', command: ['npm', 'run', '--silent', 'lint'] }] : []),
];

const results = [];
for (const step of steps) {
  const startedAt = performance.now();
  console.log(`\n== ${step.name}`);
  const code = await runStep(step.command);
  results.push({
    name: step.name,
    seconds: secondsSince(startedAt),
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? [] : [{ title: step.name, message: `${step.command.join(' ')} ended with ${code}` }],
    skipped: [],
  });
  if (code !== 0 && step.name === 'build') break;
}

if (results.every((result) => result.name !== 'build' || result.failed.length === 0)) {
  for (const suite of findSuites()) {
    console.log(`\n== ${suite.name}`);
    const startedAt = performance.now();
    const report = await runSuite({ root, isStrict, ...suite });
    results.push({ name: suite.name, seconds: secondsSince(startedAt), ...report });
  }
}

printSummary(results);

/** A suite per package, and one per file of the workspace tests: those are long and stand alone. */
function findSuites() {
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => ({ name: `packages/${name}`, files: testFiles(join(root, 'packages', name, 'dist-test')) }))
    .filter((suite) => suite.files.length > 0);
  const workspace = testFiles(join(root, 'dist-test')).map((file) => ({
    name: `test/${file.slice(join(root, 'dist-test').length + 1).replace(/\.test\.js$/, '')}`,
    files: [file],
  }));
  return [...packages, ...workspace].filter(
    (suite) => words.length === 0 || words.some((word) => suite.name.includes(word)),
  );
}

function testFiles(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith('.test.js') && !name.startsWith('bench/'))
    .sort()
    .map((name) => join(directory, name));
}

function runStep([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(127));
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
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
  console.log(count(passed, failed.length, skipped.length));
}

function count(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function firstLine(text) {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
