import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readProcessTable, waitForExit } from '../../dist/processes/index.js';
import { followLog } from '../../dist/services/index.js';
import { createBench, eventually, fixtures, isRunning, patienceMs, type Bench, type Started } from './support.js';

describe('runner', function () {
  this.timeout(patienceMs);
  let bench: Bench;
  beforeEach(() => (bench = createBench()));
  afterEach(() => bench.close());
  const runs = (): number => (existsSync(join(bench.directory, 'runs')) ? readFileSync(join(bench.directory, 'runs'), 'utf8').split('\n').length - 1 : 0);
  const command = (code: number): readonly string[] => ['sh', '-c', `echo run >>"$FIXTURE_DIRECTORY/runs"; exit ${code}`];

  for (const [when, code, max, expected] of [
    ['no', 1, 5, 1],
    ['on-failure', 0, 5, 1],
    ['on-failure', 3, 3, 4],
    ['on-failure', 3, 0, 1],
    ['always', 0, 2, 3],
  ] as const) {
    it(`with policy ${when}, at most ${max} restarts and exit code ${code}, runs the command ${expected} times`, async () => {
      const started = await bench.start(command(code), { restart: { when, max, backoffMs: 1 } });
      const exit = await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
      expect(exit.code).to.equal(code);
      expect(runs()).to.equal(expected);
      expect((await started.read()).restarts).to.equal(expected - 1);
    });
  }

  it('takes the success codes it is given for no failure, and no other', async () => {
    const restart = { when: 'on-failure', max: 2, backoffMs: 1 } as const;
    for (const [code, expected] of [[3, 1], [0, 3]] as const) {
      rmSync(join(bench.directory, 'runs'), { force: true });
      const started = await bench.start(command(code), { restart, successExitCodes: [33, 3] });
      await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
      expect(runs(), `exit code ${code}`).to.equal(expected);
    }
  });

  it('tells how and when the command ended last, while it runs again, and where its log begins', async () => {
    const script = 'echo first >>"$FIXTURE_DIRECTORY/runs"; [ "$(wc -l <"$FIXTURE_DIRECTORY/runs")" -gt 1 ] && { echo again; exec sleep 1000; }; echo first; kill -USR1 $$';
    const before = Date.now();
    const started = await bench.start(['sh', '-c', script], { restart: { when: 'on-failure', max: 3, backoffMs: 1 } });
    const again = await eventually(started.spec.directory, async () => {
      const launch = await started.read();
      return launch.restarts === 1 ? launch : undefined;
    });
    expect(again).to.deep.include({ between: false, logStart: { rotations: 0, bytes: 'first\n'.length } });
    expect(again.exit).to.equal(undefined);
    expect(again.lastEnd?.code).to.equal(138);
    expect(again.lastEnd?.at).to.be.within(before, Date.now());
  });

  it('is between two incarnations during the back-off', async () => {
    const started = await bench.start(command(4), { restart: { when: 'always', max: 9, backoffMs: 600_000 } });
    const launch = await eventually(started.spec.directory, async () => {
      const read = await started.read();
      return read.between ? read : undefined;
    });
    expect(launch.lastEnd?.code).to.equal(4);
    await started.stop();
    expect((await started.read()).between).to.equal(false);
  });

  it('stays stopped when it is stopped during the back-off', async () => {
    const started = await bench.start(command(4), { restart: { when: 'always', max: 9, backoffMs: 600_000 } });
    await eventually(started.spec.directory, () => (/^ended /m.test(readFileSync(join(started.spec.directory, 'journal'), 'utf8')) ? true : undefined));
    expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
    expect((await started.read()).exit?.code).to.equal(4);
    expect(runs()).to.equal(1);
    expect(isRunning(started.runnerPid)).to.equal(false);
  });

  it('survives a signal to its group that no stop asked for, and applies the policy', async () => {
    const script = 'echo run >>"$FIXTURE_DIRECTORY/runs"; [ "$(wc -l <"$FIXTURE_DIRECTORY/runs")" -gt 1 ] && exit 0; exec sleep 1000';
    const started = await bench.start(['sh', '-c', script], { restart: { when: 'on-failure', max: 3, backoffMs: 1 } });
    await eventually(bench.directory, () => (runs() > 0 ? true : undefined));
    process.kill(-started.runnerPid, 'SIGTERM');
    const exit = await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    expect([exit.code, runs()]).to.deep.equal([0, 2]);
  });

  it('rotates a log that is over its cap at a restart, without losing a line', async () => {
    const started = await bench.start(['sh', '-c', 'echo 0123456789; exit 1'], { restart: { when: 'on-failure', max: 1, backoffMs: 1 }, logMaxBytes: 5 });
    await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    expect(started.log()).to.equal('0123456789\n');
    expect(readFileSync(`${started.spec.logPath}.1`, 'utf8')).to.equal('0123456789\n');
  });

  describe('with a writer for its log', () => {
    const logRotation = 'running';
    /** `writers` processes, each with its own number of lines, each line with its writer and number. */
    const numbered = (writers: number, lines: number) =>
      [process.execPath, '-e', `const { spawn } = require('child_process');
        const work = \`const fs = require('fs'); for (let n = 0; n < ${lines}; n += 1) fs.writeSync(1 + n % 2, process.argv[1] + ' ' + n + ' ' + 'x'.repeat(n % 200) + '.\\\\n');\`;
        for (let w = 0; w < ${writers}; w += 1) spawn(process.execPath, ['-e', work, String(w)], { stdio: 'inherit' });`];
    const ended = (started: Started) => waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    const rotationsOf = (started: Started) => readFileSync(join(started.spec.directory, 'journal'), 'utf8').split('\n').filter((line) => line.startsWith('rotated ')).length;

    /** Children of the runner that run its script, the command excepted. */
    const writersOf = (started: Started): readonly number[] => {
      const table = readProcessTable();
      return table.childrenOf(started.runnerPid).map(({ pid }) => pid).filter((pid) => table.commandLine(pid)[1] === join(started.spec.directory, 'runner.sh'));
    };

    it('loses and splits no line of several processes that write without a pause, and every line is there when the exit is', async () => {
      const started = await bench.start(numbered(4, 5000), { logRotation });
      expect((await ended(started)).code).to.equal(0);
      const lines = started.log().split('\n');
      expect(lines.pop()).to.equal('');
      expect(lines).to.have.lengthOf(20_000);
      expect(new Set(lines)).to.deep.equal(new Set([0, 1, 2, 3].flatMap((w) => Array.from({ length: 5000 }, (_, n) => `${w} ${n} ${'x'.repeat(n % 200)}.`))));
    });

    it('rotates while the command runs: what is kept is whole and has no gap', async () => {
      const cap = 256 * 1024;
      const started = await bench.start(numbered(3, 10_000), { logRotation, logMaxBytes: cap });
      expect((await ended(started)).code).to.equal(0);
      expect(rotationsOf(started)).to.be.greaterThan(5);
      const older = readFileSync(`${started.spec.logPath}.1`, 'utf8');
      for (const text of [older, started.log()]) {
        expect(text.endsWith('\n')).to.equal(true);
        expect(Buffer.byteLength(text)).to.be.lessThan(cap * 1.5);
      }
      const lines = (older + started.log()).split('\n').slice(0, -1);
      const last = new Map<string, number>();
      for (const line of lines) {
        const [writer = '', number = ''] = line.split(' ');
        expect(line).to.equal(`${writer} ${number} ${'x'.repeat(Number(number) % 200)}.`);
        const before = last.get(writer);
        if (before !== undefined) expect(Number(number), `writer ${writer}`).to.equal(before + 1);
        last.set(writer, Number(number));
      }
      // One that ended early may have been rotated away.
      expect([...new Set(last.values())]).to.deep.equal([9999]);
      expect(existsSync(`${started.spec.logPath}.2`)).to.equal(false);
    });

    it('finishes the line that is in flight when the log is full', async () => {
      const script = 'once() { until [ -e "$FIXTURE_DIRECTORY/$1" ]; do sleep 0.02; done; }; printf %01000d 1; once first; printf "second half\\nnext"; once second; echo " line"; exec sleep 1000';
      const started = await bench.start(['sh', '-c', script], { logRotation, logMaxBytes: 500 });
      const isInLog = (text: string) => eventually(bench.directory, () => (existsSync(started.spec.logPath) && started.log().endsWith(text) ? true : undefined));
      await isInLog('01');
      writeFileSync(join(bench.directory, 'first'), '');
      await isInLog('next');
      writeFileSync(join(bench.directory, 'second'), '');
      await isInLog('line\n');
      expect(started.log()).to.equal('next line\n');
      expect(readFileSync(`${started.spec.logPath}.1`, 'utf8')).to.match(/^0+1second half\n$/);
    });

    it('finishes a line of many reads too', async () => {
      const started = await bench.start([process.execPath, '-e', 'require("fs").writeSync(1, "x".repeat(500_000) + "\\nnext line\\n")'], { logRotation, logMaxBytes: 500 });
      await ended(started);
      expect(readFileSync(`${started.spec.logPath}.1`, 'utf8')).to.equal(`${'x'.repeat(500_000)}\n`);
      expect(started.log()).to.equal('next line\n');
    });

    it('passes on every byte, a line without an end too', async () => {
      const started = await bench.start([process.execPath, '-e', 'const b = Buffer.alloc(70000); for (let n = 0; n < b.length; n += 1) b[n] = n % 256; require("fs").writeSync(1, b); require("fs").writeSync(2, "no end")'], { logRotation });
      await ended(started);
      const bytes = readFileSync(started.spec.logPath);
      expect(bytes.length).to.equal(70_006);
      expect(bytes.subarray(0, 70_000).every((byte, n) => byte === n % 256)).to.equal(true);
    });

    it('begins each incarnation where the log of the last one ended', async () => {
      const started = await bench.start(['sh', '-c', 'echo 0123456789; exit 1'], { logRotation, restart: { when: 'on-failure', max: 2, backoffMs: 1 } });
      await ended(started);
      expect((await started.read()).logStart).to.deep.equal({ rotations: 0, bytes: 22 });
      expect(started.log()).to.equal('0123456789\n'.repeat(3));
    });

    it('goes on for what the command left behind, in the one pipe of all incarnations', async () => {
      const script = 'echo run >>"$FIXTURE_DIRECTORY/runs"; [ "$(wc -l <"$FIXTURE_DIRECTORY/runs")" -gt 1 ] && { echo second; exec sleep 1000; }; (setsid sh -c "while [ ! -e $FIXTURE_DIRECTORY/go ]; do sleep 0.02; done; echo from before; exec sleep 1000" &); exit 1';
      const started = await bench.start(['sh', '-c', script], { logRotation, restart: { when: 'on-failure', max: 1, backoffMs: 1 } });
      await eventually(bench.directory, () => (started.log().includes('second') ? true : undefined));
      writeFileSync(join(bench.directory, 'go'), '');
      await eventually(bench.directory, () => (started.log() === 'second\nfrom before\n' ? true : undefined));
      const writers = writersOf(started);
      expect(writers).to.have.lengthOf(1);
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [], detached: [] });
      for (const pid of writers) expect(isRunning(pid)).to.equal(false);
    });

    it('takes what three lives say at once without a line lost, doubled or split, under the cap, and is followed through it', async () => {
      const cap = 4 * 1024 * 1024;
      const started = await bench.start([process.execPath, join(fixtures, 'leaves-one-behind.cjs'), '3'], { logRotation, logMaxBytes: cap, restart: { when: 'on-failure', max: 2, backoffMs: 1 } });
      const next = new Map<string, number>();
      const ended = new Set<string>();
      const stop = new AbortController();
      let wrong = '';
      let largest = 0;
      for await (const lines of followLog(started.spec.logPath, { from: 'start', signal: stop.signal })) {
        for (const line of lines) {
          const [life = '', number = '', rest] = line.split(' ');
          const expected = next.get(life) ?? 0;
          if (Number(number) !== expected || (rest !== 'end' && rest !== `${'x'.repeat(expected % 200)}.`)) wrong ||= `life ${life}, ${expected}: ${line}`;
          next.set(life, expected + 1);
          if (rest === 'end') ended.add(life);
        }
        const sizes = [started.spec.logPath, `${started.spec.logPath}.1`].map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
        largest = Math.max(largest, ...sizes);
        if (next.size === 3 && rotationsOf(started) > 4) writeFileSync(join(bench.directory, 'enough'), '');
        if (ended.size === 3) break;
      }
      expect(wrong).to.equal('');
      expect([...next.keys()].sort()).to.deep.equal(['1', '2', '3']);
      expect(largest).to.be.lessThan(cap + 256 * 4096);
      expect((await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs))).code).to.equal(0);
      expect(readdirSync(bench.directory).filter((name) => name.includes('.log'))).to.have.members([started.spec.logPath, `${started.spec.logPath}.1`].map((path) => basename(path)));
    });

    it('keeps the errors of a program blocking beside one that makes its output non-blocking', async () => {
      const [one, other] = [
        'process.stdout.write("up\\n", () => require("fs").writeFileSync(process.env.FIXTURE_DIRECTORY + "/up", ""))',
        'const fs = require("fs"); while (!fs.existsSync(process.env.FIXTURE_DIRECTORY + "/up")); const text = "x".repeat(99) + "\\n"; console.assert(fs.writeSync(2, text.repeat(20000)) === 2000000); fs.writeSync(2, "all\\n")',
      ];
      const started = await bench.start(['sh', '-c', `"$0" -e '${one}; setTimeout(() => undefined, 1e6)' & "$0" -e '${other}'; kill $!`, process.execPath], { logRotation });
      await ended(started);
      expect(started.log().split('\n').filter((line) => line === 'x'.repeat(99))).to.have.lengthOf(20_000);
      expect(started.log()).to.match(/^up\n/).and.to.match(/\nall\n/);
    });

    it('keeps the command running when its log can be written no more', async () => {
      const started = await bench.start(['sh', '-c', 'rm -r "$FIXTURE_DIRECTORY/logs"; head -c 300000 /dev/zero; echo done >"$FIXTURE_DIRECTORY/runs"'], { logRotation, logPath: join(bench.directory, 'logs', 'gone.log') });
      expect((await ended(started)).code).to.equal(0);
      expect(runs()).to.equal(1);
    });

    it('survives every signal to the group but one, and leaves nothing when the group is killed', async () => {
      const script = 'trap "echo got it" TERM; echo up; while :; do sleep 0.02; done';
      const started = await bench.start(['sh', '-c', script], { logRotation });
      await eventually(bench.directory, () => (started.log().includes('up') ? true : undefined));
      process.kill(-started.runnerPid, 'SIGTERM');
      await eventually(bench.directory, () => (started.log().includes('got it') ? true : undefined));
      process.kill(-started.runnerPid, 'SIGKILL');
      expect((await ended(started)).code).to.equal(137);
      expect(await started.stop()).to.deep.include({ stopped: true, survivors: [] });
    });

    it('costs at most 150 kB of private memory for its shell, and as much for what copies', async () => {
      const all = await Promise.all([0, 1].map(() => bench.start(['sleep', '1000'], { logRotation })));
      for (const started of all) {
        const [writer, copier] = await eventually(started.spec.directory, () => {
          const [pid] = writersOf(started);
          const copier = pid === undefined ? undefined : readProcessTable().childrenOf(pid).find(({ comm }) => comm === 'dd');
          return pid === undefined || copier === undefined ? undefined : ([pid, copier.pid] as const);
        });
        // What it asks before it rests costs more for a moment.
        for (const pid of [started.runnerPid, writer, copier]) await eventually(started.spec.directory, () => privateKilobytes(pid) <= 150 || undefined);
      }
    });
  });

  it('records the exit when no envctl is alive', async () => {
    const fifo = join(bench.directory, 'fifo');
    expect(spawnSync('mkfifo', [fifo]).status).to.equal(0);
    const spec = bench.spec(['sh', '-c', `read line <${fifo}; exit 9`]);
    const room = new URL('../../dist/processes/index.js', import.meta.url).href;
    const script = `const { launchProcess } = await import(${JSON.stringify(room)});
      await launchProcess(${JSON.stringify(spec)}, { seam: () => {}, now: Date.now });`;
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status).to.equal(0);
    writeFileSync(fifo, 'go\n');
    expect((await waitForExit(spec.directory, AbortSignal.timeout(patienceMs))).code).to.equal(9);
  });

  it('counts a runner that was killed as an exit with 137', async () => {
    const started = await bench.start(['sleep', '1000']);
    await eventually(started.spec.directory, async () => (await started.read()).child);
    const waiting = waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    process.kill(started.runnerPid, 'SIGKILL');
    expect((await waiting).code).to.equal(137);
  });

  it('counts one that died before its first line as an exit with 137 too', async () => {
    const started = await bench.start(['sleep', '1000']);
    const child = await eventually(started.spec.directory, async () => (await started.read()).child);
    const waiting = waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    truncateSync(join(started.spec.directory, 'journal'));
    for (const pid of [started.runnerPid, child.pid]) process.kill(pid, 'SIGKILL');
    expect((await waiting).code).to.equal(137);
  });

  it('counts a launch that is given back while somebody waits for it as ended', async () => {
    const started = await bench.start(['sleep', '1000']);
    const waiting = waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    // Reads of our own, begun later: when they are done, the waiting one has read the record.
    for (let reads = 0; reads < 3; reads += 1) await started.read();
    await started.stop();
    rmSync(started.spec.directory, { recursive: true });
    expect((await waiting).code).to.be.oneOf([137, 143]);
  });

  it('keeps at most 150 kB of private memory', async () => {
    const all = await Promise.all([bench.start(['sleep', '1000']), bench.start(['sleep', '1000'])]);
    for (const { spec, read, runnerPid } of all) {
      await eventually(spec.directory, async () => (await read()).child);
      expect(privateKilobytes(runnerPid)).to.be.within(1, 150);
    }
  });

  it('hands no descriptor above stderr to the command', async () => {
    const started = await bench.start(['sh', '-c', 'ls -l /proc/$$/fd']);
    await waitForExit(started.spec.directory, AbortSignal.timeout(patienceMs));
    const numbers = [...started.log().matchAll(/ (\d+) -> (\S+)/g)].filter(([, , target]) => !target?.startsWith('/proc/')).map(([, number]) => Number(number));
    expect(numbers.filter((number) => number <= 2)).to.deep.equal([0, 1, 2]);
    expect(numbers).to.not.include(3);
  });
});

function privateKilobytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

describe('closeInheritedDescriptors', () => {
  it('closes what came from the parent and nothing of its own', async () => {
    const room = new URL('../../dist/processes/index.js', import.meta.url).href;
    const script = `const { closeInheritedDescriptors } = await import(${JSON.stringify(room)});
      const { readFileSync } = await import('node:fs');
      const closed = closeInheritedDescriptors();
      readFileSync('/proc/self/stat');
      await new Promise((resolve) => setTimeout(resolve, 1));
      process.stdout.write(JSON.stringify([closed.includes(21), closed.some((fd) => fd <= 2), closeInheritedDescriptors()]));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: 18 }, () => 'ignore' as const), 'pipe'],
    });
    let text = '';
    for await (const chunk of child.stdout!) text += String(chunk);
    expect(JSON.parse(text)).to.deep.equal([true, false, []]);
  });

  it('leaves a channel to a Node parent open', async () => {
    const room = new URL('../../dist/processes/index.js', import.meta.url).href;
    const script = `const { closeInheritedDescriptors } = await import(${JSON.stringify(room)});
      closeInheritedDescriptors();
      process.send('still here', () => process.disconnect());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [heard] = await Promise.all([new Promise((resolve) => child.once('message', resolve)), new Promise((resolve) => child.once('close', resolve))]);
    expect(heard).to.equal('still here');
  });
});
