/* Who may write to stdout. With --json it is us alone: whatever else a plugin prints goes to stderr. */

export interface Output {
  readonly stdout: (text: string) => void;
  /** Resolves when stdout takes more without holding it in memory, nobody reads it, or `signal` is aborted. */
  readonly stdoutReady: (signal: AbortSignal) => Promise<void>;
  readonly stderr: (text: string) => void;
  readonly claimStderr: ClaimStderr;
  /** Aborts when the reader of stdout is gone. */
  readonly closed: AbortSignal;
  /** Gives stdout back to everybody. */
  readonly release: () => void;
  /** Resolves when everything written has left the process, or nobody reads it. */
  readonly flush: () => Promise<void>;
}

/**
 * Makes somebody the owner of stderr until `release`: what others write comes to `others` as text, and only
 * `write` reaches the stream. For rows that are redrawn in place.
 */
export type ClaimStderr = (others: (text: string) => void) => StderrClaim;

export interface StderrClaim {
  readonly write: (text: string) => void;
  readonly release: () => void;
}

/** The streams of `process` the guard works on. */
export interface OutputHost {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export function guardOutput(host: OutputHost, exclusive: boolean): Output {
  const closed = new AbortController();
  const write = host.stdout.write.bind(host.stdout);
  host.stdout.on('error', () => closed.abort());
  // A terminal that hung up: progress has nowhere to go, the work goes on.
  host.stderr.on('error', () => undefined);
  if (exclusive) host.stdout.write = ((...args: Parameters<typeof write>) => host.stderr.write(...args)) as typeof write;
  const toStream = (text: string): void => void host.stderr.write(text);
  let toStderr = toStream;
  let draining: Promise<void> | undefined;
  return {
    stdout: (text) => void (closed.signal.aborted || write(text)),
    stdoutReady: async (signal) => {
      if (closed.signal.aborted || signal.aborted || !host.stdout.writableNeedDrain) return;
      draining ??= nextDrain(host.stdout, [closed.signal, signal]).finally(() => (draining = undefined));
      await draining;
    },
    stderr: (text) => toStderr(text),
    claimStderr: (others) => {
      toStderr = others;
      return { write: toStream, release: () => void (toStderr = toStream) };
    },
    closed: closed.signal,
    release: () => void (host.stdout.write = write),
    flush: async () => {
      await Promise.all([drained((done) => write('', done), host.stdout), drained((done) => host.stderr.write('', done), host.stderr)]);
    },
  };
}

function nextDrain(stream: NodeJS.WriteStream, ends: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      for (const signal of ends) signal.removeEventListener('abort', done);
      resolve();
    };
    stream.once('drain', done);
    for (const signal of ends) signal.addEventListener('abort', done, { once: true });
  });
}

function drained(write: (done: () => void) => unknown, stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    write(() => resolve());
  });
}
