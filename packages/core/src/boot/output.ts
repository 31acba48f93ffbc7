/* Who may write to stdout. With --json it is us alone: whatever else a plugin prints goes to stderr. */

export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Aborts when the reader of stdout is gone. */
  readonly closed: AbortSignal;
  /** Gives stdout back to everybody. */
  readonly release: () => void;
  /** Resolves when everything written has left the process, or nobody reads it. */
  readonly flush: () => Promise<void>;
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
  return {
    stdout: (text) => void (closed.signal.aborted || write(text)),
    stderr: (text) => void host.stderr.write(text),
    closed: closed.signal,
    release: () => void (host.stdout.write = write),
    flush: async () => {
      await Promise.all([drained((done) => write('', done), host.stdout), drained((done) => host.stderr.write('', done), host.stderr)]);
    },
  };
}

function drained(write: (done: () => void) => unknown, stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || !stream.writable) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    write(() => resolve());
  });
}
