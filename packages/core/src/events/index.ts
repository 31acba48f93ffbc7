export { coreSignals, describeSignals } from './catalogue.js';
export { contractKeys, createRecorder, droppedSignal, type Recorder, type RecorderOptions } from './recorder.js';
export { createRedactor, type Redactor, type RedactorOptions } from './redaction.js';
export { createJsonlSink, createMemorySink, type EventRecord, type EventSink } from './sinks.js';
