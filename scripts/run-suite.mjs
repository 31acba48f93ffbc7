// Runs one mocha process and says what it passed, failed, skipped, and what it left behind.
// The suite has a temporary directory, a cgroup and a word in its environment of its own, so what outlives it is found,
// counts as a failure and is ended by pid. Suites that need no registry have a network of their own too where the machine
// allows it: they cannot meet each other's ports.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, createWriteStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupPids, makeSuiteCgroup, removeSuiteCgroup } from './suite-cgroup.mjs';

/** What ended may take so long to vanish. */
const farewellMs = 10_000;

/** Whether a suite can have a network of its own. */
export function hasPrivateNetworks() {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--net', 'sh', '-c', 'ip link set lo up']).status === 0;
}

/**
 * `suite` as find-suites.mjs describes it. `node` runs it, and comes first on its PATH. `log` gets what it prints.
 * An aborted `signal` ends it; its reason is the failure.
 */
export async function runSuite({ root, suite, node, isStrict, isPrivate, log, signal }) {
  const temporary = mkdtempSync(join(tmpdir(), 'envctl-suite-'));
  // Servers that drop root must reach what tests make below it.
  chmodSync(temporary, 0o1777);
  const id = randomUUID();
  // Not envctl-...: envctl takes such a cgroup for a launch of its own and makes the next ones beside it, not below.
  const traces = { word: `ENVCTL_TEST_SUITE=${id}`, cgroup: makeSuiteCgroup(`test-suite-${id}`), temporary };
  const reportPath = join(temporary, 'report.jsonl');
  try {
    const end = await runMocha({ root, suite, node, isPrivate, log, signal, traces, reportPath });
    const report = readReport(reportPath);
    const failed = [...report.failed, ...(await leftBehind(traces))];
    if (!report.isComplete) {
      const reason = signal.aborted ? signal.reason.message : `mocha ended with ${end}`;
      failed.unshift({ title: report.last ?? suite.name, message: `${reason}, here or after it` });
    } else if (end !== 0 && failed.length === 0) {
      failed.push({ title: suite.name, message: report.held ?? `mocha ended with ${end}` });
    }
    // On the CI machine a skipped test is a test that proves nothing; only what the platform itself forbids may be skipped.
    const isAllowed = (skip) => !isStrict || (skip.reason ?? '').startsWith('platform: ');
    return {
      passed: report.passed,
      failed: [...failed, ...report.skipped.filter((skip) => !isAllowed(skip)).map(toFailure)],
      skipped: report.skipped.filter(isAllowed),
    };
  } finally {
    if (traces.cgroup !== undefined) removeSuiteCgroup(traces.cgroup);
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

function runMocha({ root, suite, node, isPrivate, log, signal, traces, reportPath }) {
  const [key, value] = traces.word.split('=');
  const enterCgroup = traces.cgroup === undefined ? '' : `echo 0 >'${traces.cgroup}/cgroup.procs'; `;
  const enterNetwork = isPrivate ? 'exec unshare --net sh -c \'ip link set lo up; exec "$@"\' sh "$@"' : 'exec "$@"';
  // A session has a share of its own where the kernel groups processes by it; then `nice` counts inside it alone.
  const yieldToOthers = suite.isBackground ? 'echo 5 >/proc/self/autogroup; renice -n 5 -p $$ >/dev/null; ' : '';
  const mocha = [join(root, 'node_modules/mocha/bin/mocha.js'), '--reporter', join(root, 'scripts/mocha-report.cjs')];
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `${enterCgroup}{ ${yieldToOthers}:; } 2>/dev/null; ${enterNetwork}`, 'sh', node, ...mocha, ...suite.files], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: `${join(node, '..')}:${process.env.PATH}`,
        TMPDIR: traces.temporary,
        ENVCTL_TEST_REPORT: reportPath,
        [key]: value,
      },
    });
    const output = createWriteStream(log);
    child.stdout.pipe(output, { end: false });
    child.stderr.pipe(output, { end: false });
    const onAbort = () => endAll([child.pid, ...processesOf(traces).map(({ pid }) => pid)]);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error) => resolve(error.message));
    // Not 'close': a process that outlives the suite may hold its output.
    child.on('exit', (code, name) => {
      signal.removeEventListener('abort', onAbort);
      setImmediate(() => output.end(() => resolve(code ?? name)));
    });
  });
}

function readReport(path) {
  const events = existsSync(path) ? readFileSync(path, 'utf8').split('\n').flatMap(parseLine) : [];
  const held = events.find(({ event }) => event === 'held');
  return {
    isComplete: events.some(({ event }) => event === 'end'),
    passed: events.filter(({ event }) => event === 'pass').length,
    failed: events.filter(({ event }) => event === 'fail'),
    skipped: events.filter(({ event }) => event === 'skip'),
    last: events.findLast(({ event }) => event === 'begin')?.title,
    held: held && `the last test has ended, the process has not: ${held.by.join(', ')}`,
  };
}

/** The last line of a process that was killed may be torn. */
function parseLine(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

function toFailure(skip) {
  return { title: skip.title, message: `skipped, and CI=true allows no skip: ${skip.reason ?? 'no reason given'}` };
}

async function leftBehind(traces) {
  const deadline = performance.now() + farewellMs;
  let processes = processesOf(traces);
  while (processes.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    processes = processesOf(traces);
  }
  endAll(processes.map(({ pid }) => pid));
  const paths = readdirSync(traces.temporary).filter((entry) => entry.startsWith('envctl-') || entry.startsWith('.envctl-'));
  return [
    ...processes.map(({ pid, command }) => ({ title: 'left a process', message: `pid ${pid}: ${command}` })),
    ...paths.map((path) => ({ title: 'left a path', message: join(traces.temporary, path) })),
    ...(traces.cgroup === undefined ? [] : removeSuiteCgroup(traces.cgroup)).map((name) => ({ title: 'left a cgroup', message: name })),
  ];
}

/** Processes, other than a zombie, in the cgroup of the suite or with its word in their environment. */
function processesOf({ word, cgroup }) {
  if (!existsSync('/proc/self/environ')) return [];
  const inCgroup = new Set(cgroup === undefined ? [] : cgroupPids(cgroup));
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const pid = Number(entry);
      const isOurs = inCgroup.has(pid) || readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(word);
      const isZombie = isOurs && /^State:\s+[ZX]/m.test(readOrEmpty(`/proc/${pid}/status`));
      return isOurs && !isZombie ? [{ pid, command: readOrEmpty(`/proc/${pid}/cmdline`).split('\0').join(' ').trim() }] : [];
    });
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function endAll(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}
