import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ServiceRecord } from '../../dist/state/index.js';
import { toShown } from '../../dist/state-actions/logs.js';
import { followLogs } from '../../dist/state-actions/index.js';

const asWritten = (text: string): string => text;

describe('what is shown of a line', () => {
  const redact = (text: string): string => text.replaceAll('pa55word', '<redacted>');
  const line = '\u001b[2J\u001b[31mkey pa55\u001b[0mword';

  for (const [title, options, given, shown] of [
    ['colours stay where there is no secret', { stripColour: false, reveal: false }, '\u001b[31mred\u001b[0m', '\u001b[31mred\u001b[0m\u001b[0m'],
    ['a secret is found across colours, and goes with them', { stripColour: false, reveal: false }, line, 'key <redacted>'],
    ['also without colours', { stripColour: true, reveal: false }, line, 'key <redacted>'],
    ['reveal shows it', { stripColour: true, reveal: true }, line, 'key pa55word'],
    ['reveal keeps the colours', { stripColour: false, reveal: true }, line, '\u001b[31mkey pa55\u001b[0mword\u001b[0m'],
  ] as const) {
    it(title, () => void expect(toShown(options, redact)(given)).to.equal(shown));
  }
});

describe('followLogs', () => {
  it('ends quietly where the directory of the logs is gone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-logs-'));
    rmSync(directory, { recursive: true });
    const told: unknown[] = [];
    const service = { name: 'Main Backend', status: 'running', log_path: join(directory, 'backend.log') } as ServiceRecord;
    const never = new AbortController().signal;
    await followLogs([service], { tail: 5, follow: true, durationSeconds: null, stripColour: true, reveal: false, signal: never, onTail: ({ reason }) => told.push(reason), onLines: (_service, lines) => void told.push(...lines) }, asWritten);
    expect(told).to.deep.equal(['missing']);
  });

  it('reads on when what it gave has been taken: a reader that is slow costs no memory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-logs-'));
    const path = join(directory, 'backend.log');
    await writeFile(path, '');
    const service = { name: 'Main Backend', status: 'running', log_path: path } as ServiceRecord;
    const stop = new AbortController();
    let [taken, open, lines] = [0, 0, 0];
    const onLines = async (_service: string, batch: readonly string[]): Promise<void> => {
      open += 1;
      expect(open).to.equal(1);
      taken += 1;
      lines += batch.length;
      // Turns of the loop in which a reader that does not wait would go on.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      if (lines === 20_000) stop.abort();
    };
    await followLogs([service], { tail: 0, follow: true, durationSeconds: null, stripColour: true, reveal: false, signal: stop.signal, onTail: () => void appendFile(path, `${'x'.repeat(99)}\n`.repeat(20_000)), onLines }, asWritten);
    rmSync(directory, { recursive: true });
    expect(taken).to.be.greaterThan(20);
  });

  it('reads the old file of a restarted service to its end, then the new one from its start', async () => {
    await follow(async ({ record, logOf, shows }) => {
      await appendFile(logOf('one'), 'last\nunfin');
      await shows('last');
      await appendFile(logOf('one'), 'ished');
      await writeFile(logOf('two'), 'starting\nrea');
      await record('two');
      await shows('unfinished', '(two)', 'starting');
      await appendFile(logOf('two'), 'dy\n');
      await shows('ready');
    });
  });

  it('passes over no file of a service that was restarted twice', async () => {
    await follow(async ({ record, logOf, shows }) => {
      for (const run of ['two', 'three']) {
        await writeFile(logOf(run), `of ${run}\n`);
        await record(run);
        await shows(`(${run})`, `of ${run}`);
      }
    });
  });

  it('keeps the file of a service that is on no record for a while, and starts again when that is cut', async () => {
    await follow(async ({ record, logOf, shows }) => {
      await record(undefined);
      await appendFile(logOf('one'), 'stopping\nhalf a line');
      await shows('stopping');
      await truncate(logOf('one'));
      await shows('half a line');
      await appendFile(logOf('one'), 'anew\n');
      await shows('anew');
    });
  });
});

interface Following {
  /** Records that the service logs to the file of this run, or is not there. */
  readonly record: (run: string | undefined) => Promise<void>;
  readonly logOf: (run: string) => string;
  /** The next things told are these. */
  readonly shows: (...lines: string[]) => Promise<void>;
}

async function follow(work: (following: Following) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'envctl-test-logs-'));
  const logs = join(directory, 'logs');
  const scope = join(directory, 'scope');
  await Promise.all([logs, scope].map((path) => mkdir(path)));
  const logOf = (run: string): string => join(logs, `${run}.log`);
  const recordOf = (run: string): ServiceRecord => ({ name: 'Main Backend', status: 'running', log_path: logOf(run) }) as ServiceRecord;
  let recorded: Record<string, ServiceRecord> = { 'Main Backend': recordOf('one') };
  const record = async (run: string | undefined): Promise<void> => {
    recorded = run === undefined ? {} : { 'Main Backend': recordOf(run) };
    await writeFile(join(scope, 'state.part'), '');
    renameSync(join(scope, 'state.part'), join(scope, 'state'));
  };
  await writeFile(logOf('one'), 'before\n');
  const told: string[] = [];
  let wake: (() => void) | undefined;
  const tell = (line: string): void => {
    told.push(line);
    wake?.();
  };
  const shows = async (...lines: string[]): Promise<void> => {
    while (told.length < lines.length) await new Promise<void>((resolve) => (wake = resolve));
    expect(told.splice(0, lines.length)).to.deep.equal(lines);
  };
  const stop = new AbortController();
  const following = followLogs(
    [recordOf('one')],
    {
      tail: 1, follow: true, durationSeconds: null, stripColour: true, reveal: false, signal: stop.signal,
      onTail: ({ log_path: path, tail_lines: lines }) => [`(${/(\w+)\.log$/.exec(path ?? '')?.[1] ?? ''})`, ...lines].forEach(tell),
      onLines: (_service, lines) => lines.forEach(tell),
    },
    asWritten,
    { directory: scope, read: () => Promise.resolve(recorded) },
  );
  try {
    await shows('(one)', 'before');
    await work({ record, logOf, shows });
  } finally {
    stop.abort();
    await following;
    await rm(directory, { recursive: true });
  }
}
