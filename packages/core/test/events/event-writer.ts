/** Child process of the sink test: emits events, then dies by SIGKILL in the same turn. */
import { coreSignals, createJsonlSink, createRecorder, createRedactor } from '../../dist/events/index.js';

const [, , path = '', count = '0'] = process.argv;
const recorder = createRecorder({ catalogue: coreSignals, sinks: [createJsonlSink()], traceId: 't', now: Date.now, redactor: createRedactor({ home: '/' }), salt: 's', strict: true });
recorder.emit('state.resume', { run_id: 'early' });
recorder.setRun('run-1', path);
for (let index = 0; index < Number(count); index += 1) recorder.emit('ui.status', { message: `event ${index}` });
process.kill(process.pid, 'SIGKILL');
