// Runs one mocha process and says what it passed, failed, skipped, and what it left behind.
// The suite has a temporary directory of its own and a word in its environment, so a process or a directory that
// outlives it is found and counts as a failure. What is found is ended by pid.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const suiteTimeoutMs = 15 * 60_000;

export async function runSuite({ root, name, files, isStrict }) {
  const temporary = mkdtempSync(join(tmpdir(), 'envctl-suite-'));
  // Servers that drop root must reach what tests make below it.
  chmodSync(temporary, 0o1777);
  const word = `ENVCTL_TEST_SUITE=${randomUUID()}`;
  const reportPath = join(temporary, 'report.json');
  try {
    const end = await runMocha({ root, files, temporary, word, reportPath });
    const report = readReport(reportPath);
    if (report === undefined) {
      return { passed: 0, failed: [{ title: name, message: `mocha ended with ${end} and no report` }], skipped: [] };
    }
    const failed = [...report.failed, ...leftBehind(name, temporary, word)];
    if (end !== 0 && failed.length === 0) failed.push({ title: name, message: `mocha ended with ${end}` });
    // On the CI machine a skipped test is a test that proves nothing; only what the platform itself forbids may be skipped.
    const isAllowed = (skip) => !isStrict || (skip.reason ?? '').startsWith('platform: ');
    return {
      passed: report.passed,
      failed: [...failed, ...report.skipped.filter((skip) => !isAllowed(skip)).map(toFailure)],
      skipped: report.skipped.filter(isAllowed),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function runMocha({ root, files, temporary, word, reportPath }) {
  const [key, value] = word.split('=');
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [join(root, 'node_modules/mocha/bin/mocha.js'), '--reporter', join(root, 'scripts/mocha-report.cjs'), ...files],
      {
        cwd: root,
        detached: true,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, TMPDIR: temporary, ENVCTL_TEST_REPORT: reportPath, [key]: value },
      },
    );
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), suiteTimeoutMs);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal);
    });
  });
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function toFailure(skip) {
  return { title: skip.title, message: `skipped, and CI=true allows no skip: ${skip.reason ?? 'no reason given'}` };
}

function leftBehind(name, temporary, word) {
  const processes = processesWith(word);
  for (const { pid } of processes) endProcess(pid);
  const paths = readdirSync(temporary).filter((entry) => entry.startsWith('envctl-'));
  return [
    ...processes.map(({ pid, command }) => ({ title: `${name}: left a process`, message: `pid ${pid}: ${command}` })),
    ...paths.map((path) => ({ title: `${name}: left a path`, message: join(temporary, path) })),
  ];
}

/** Processes, other than a zombie, that carry the word of the suite in their environment. */
function processesWith(word) {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(word)) return [];
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').join(' ').trim() }];
      } catch {
        return [];
      }
    });
}

function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
