import type { EventEmitter, EventFields } from '../contract/index.js';

/** Keeps events of the time before there is a recorder. */
export interface PendingEvents extends EventEmitter {
  /** Hands what was kept to a recorder, in order, once. */
  drainTo(recorder: EventEmitter): void;
}

export function createPendingEvents(): PendingEvents {
  const kept: (readonly [string, EventFields | undefined])[] = [];
  return {
    emit: (event, fields) => void kept.push([event, fields]),
    drainTo: (recorder) => {
      for (const [event, fields] of kept.splice(0)) recorder.emit(event, fields);
    },
  };
}
