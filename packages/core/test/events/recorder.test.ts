import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { contractKeys, coreSignals, createMemorySink, createRecorder, createRedactor, describeSignals, type EventSink, type RecorderOptions } from '../../dist/events/index.js';

const catalogue = [
  { event: 'thing.item.made', phase: 'lifecycle', fields: { name: 'plain', detail: 'text', path: 'path', command: 'hash', password: 'secret', phase: 'plain', event: 'plain', run_id: 'plain' } },
] as const;

describe('recorder', () => {
  it('writes the contract fields and the payload', () => {
    expect(record({ name: 'x' })).to.deep.equal({ event: 'thing.item.made', timestamp: '1970-01-01T00:00:01.000Z', schema_version: 2, trace_id: 'trace-1', phase: 'lifecycle', name: 'x' });
  });

  it('never lets a payload replace a contract field', () => {
    expect(record({ phase: 'artifacts_write', event: 'other' })).to.deep.include({ phase: 'lifecycle', event: 'thing.item.made', payload_phase: 'artifacts_write', payload_event: 'other' });
  });

  it('writes a hash field as salted digest and length, a secret field not at all', () => {
    const written = record({ command: ['run', 'it'], password: 'x' });
    expect(written).to.include({ command_hash: createHash('sha256').update('salt:run it').digest('hex'), command_length: 6 });
    expect(written).to.not.have.any.keys('command', 'password');
  });

  it('applies the text and path rules', () => {
    expect(record({ detail: 'redis://:pw@h', path: '/home/bob/x' })).to.include({ detail: 'redis://<redacted>@h', path: '~/x' });
  });

  it('drops undeclared events and fields, reports each once and counts them', () => {
    const { sink, recorder } = open();
    for (let time = 0; time < 3; time += 1) recorder.emit('thing.item.made', { name: 'x', extra: 'leak' });
    recorder.emit('thing.unknown', { name: 'leak' });
    recorder.flush();
    expect(JSON.stringify(sink.records)).to.not.include('leak');
    expect(sink.records.flatMap(({ event, signal, count }) => (event === 'events.signal.dropped' ? [[signal, count]] : []))).to.deep.equal([
      ['thing.item.made.extra', 1],
      ['thing.unknown', 1],
      ['thing.item.made.extra', 3],
    ]);
    expect([...recorder.dropped()]).to.deep.equal([['thing.item.made.extra', 3], ['thing.unknown', 1]]);
  });

  it('throws on the undeclared in strict mode', () => {
    const { recorder } = open({ strict: true });
    expect(() => recorder.emit('thing.unknown')).to.throw('thing.unknown is not declared');
    expect(() => recorder.emit('thing.item.made', { toString: 1 })).to.throw('toString');
  });

  it('goes on when a sink fails, and says so', () => {
    const failing: EventSink = { write: () => { throw new Error('disk full'); } };
    const { sink, recorder } = open({}, [failing]);
    recorder.emit('thing.item.made', { name: 'x' });
    recorder.emit('thing.item.made', { name: 'y' });
    expect(sink.records).to.have.length(2);
    expect(recorder.failures()).to.deep.equal([{ message: 'disk full', count: 2 }]);
  });

  it('adds the run id once it is known, and leaves an own one alone', () => {
    const { sink, recorder } = open();
    recorder.emit('thing.item.made');
    recorder.setRun('run-1', '/unused');
    recorder.emit('thing.item.made');
    recorder.emit('thing.item.made', { run_id: 'run-0' });
    expect(sink.records.map((each) => each['run_id'])).to.deep.equal([undefined, 'run-1', 'run-0']);
  });

  function record(fields: Record<string, unknown>) {
    const { sink, recorder } = open();
    recorder.emit('thing.item.made', fields);
    return sink.records[0];
  }

  function open(overrides: Partial<RecorderOptions> = {}, sinks: readonly EventSink[] = []) {
    const sink = createMemorySink();
    const recorder = createRecorder({ catalogue, sinks: [...sinks, sink], traceId: 'trace-1', now: () => 1000, redactor: createRedactor({ home: '/home/bob' }), salt: 'salt', ...overrides });
    return { sink, recorder };
  }
});

describe('catalogue', () => {
  it('declares each event once, under a dotted lower-case name', () => {
    const names = coreSignals.map((signal) => signal.event);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z]+(?:[._][a-z]+)*$/);
  });

  it('gives every free text a scrubbing rule', () => {
    for (const { event, fields } of coreSignals) {
      for (const [name, rule] of Object.entries(fields)) {
        if (['error', 'message', 'detail', 'warning'].includes(name)) expect(rule, `${event}.${name}`).to.equal('text');
        if (['path', 'cwd', 'directory', 'run_dir', 'log_path', 'saved_path'].includes(name)) expect(rule, `${event}.${name}`).to.equal('path');
      }
    }
  });

  it('keeps the keys of the original start path', () => {
    const fields = new Map(coreSignals.map((signal) => [signal.event, Object.keys(signal.fields)]));
    expect(fields.get('service.retry')).to.deep.equal(['project', 'service', 'failed_port', 'retry_port', 'attempt', 'error']);
    expect(fields.get('requirements.timing.component')).to.deep.equal(['project', 'requirement', 'duration_ms', 'enabled', 'success', 'retries', 'final_port', 'failure_class']);
    expect(fields.get('startup.phase')).to.include.members(['command', 'mode', 'phase', 'duration_ms']);
    expect(contractKeys).to.include('phase');
  });

  it('describes itself sorted', () => {
    const names = describeSignals().map((signal) => signal.event);
    expect(names).to.deep.equal([...names].sort());
  });
});
