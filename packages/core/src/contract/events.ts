/**
 * What happens to an event field before it leaves the process.
 * `plain`: kept; `text`: kept after secrets and URL credentials are scrubbed; `path`: kept, the home
 * directory shown as `~`; `hash`: replaced by a salted hash and the length; `secret`: never written.
 */
export type FieldRule = 'plain' | 'text' | 'path' | 'hash' | 'secret';

export type EventPhase = 'route' | 'config' | 'lifecycle' | 'state' | 'runtime' | 'dispatch' | 'input';

/** An event a package may emit. Emitting an undeclared event or field is a conformance failure; the field is dropped. */
export interface SignalDeclaration {
  readonly event: string;
  readonly phase: EventPhase;
  readonly fields: Readonly<Record<string, FieldRule>>;
  readonly description?: string;
}

export type EventFields = Readonly<Record<string, unknown>>;

/** Never throws; never blocks on anything but a local file append. */
export interface EventEmitter {
  emit(event: string, fields?: EventFields): void;
}
