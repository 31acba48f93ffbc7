import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coreSignals, createJsonlSink, createRecorder, createRedactor } from '../../dist/events/index.js';
import { skip } from '../skip.js';

describe('jsonl sink', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'envctl-test-'));
    path = join(directory, 'events.jsonl');
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('is complete to the last event when the process is killed right after it', () => {
    const writer = fileURLToPath(new URL('./event-writer.js', import.meta.url));
    expect(spawnSync(process.execPath, [writer, path, '200']).signal).to.equal('SIGKILL');
    const records = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).to.have.length(201);
    expect(records[0]).to.include({ event: 'state.resume', run_id: 'early', schema_version: 2 });
    expect(records.at(-1)).to.include({ event: 'ui.status', message: 'event 199', run_id: 'run-1' });
  });

  it('makes no file before the first event', () => {
    createJsonlSink(path);
    expect(existsSync(path)).to.equal(false);
  });

  it('keeps the file at mode 0600, also under another umask', () => {
    const umask = process.umask(0);
    try {
      createJsonlSink(path).write({ event: 'x' });
    } finally {
      process.umask(umask);
    }
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('buffers until it is bound, then writes in order', () => {
    const sink = createJsonlSink();
    sink.write({ event: 'a' });
    sink.write({ event: 'b' });
    expect(existsSync(path)).to.equal(false);
    sink.bind?.(path);
    sink.write({ event: 'c' });
    expect(lines().map((line) => (JSON.parse(line) as { event: string }).event)).to.deep.equal(['a', 'b', 'c']);
    sink.close?.();
  });

  it('appends to what an earlier command wrote, on a line of its own', () => {
    appendFileSync(path, '{"event":"whole"}\n{"event":"to');
    createJsonlSink(path).write({ event: 'next' });
    expect(lines()).to.deep.equal(['{"event":"whole"}', '{"event":"to', '{"schema_version":2,"event":"next"}']);
  });

  it('reports a full disk to the recorder and nobody else', function () {
    if (!existsSync('/dev/full')) skip(this, 'platform: no /dev/full');
    const recorder = createRecorder({ catalogue: coreSignals, sinks: [createJsonlSink('/dev/full')], traceId: 't', now: () => 0, redactor: createRedactor({ home: '/' }), salt: 's' });
    recorder.emit('ui.status', { message: 'x' });
    expect(recorder.failures()[0]?.message).to.include('ENOSPC');
    expect(() => recorder.emit('ui.status', { message: 'y' })).to.not.throw();
    recorder.close();
  });

  it('loads pino with the first event only', () => {
    const events = new URL('../../dist/events/index.js', import.meta.url).href;
    const script = `
      import { createRequire } from 'node:module';
      const { createJsonlSink } = await import(${JSON.stringify(events)});
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((name) => name.includes('/pino/'));
      const sink = createJsonlSink(${JSON.stringify(path)});
      const before = loaded();
      sink.write({ event: 'x' });
      console.log(JSON.stringify([before, loaded()]));`;
    expect(JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }))).to.deep.equal([false, true]);
  });

  function lines(): string[] {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  }
});
