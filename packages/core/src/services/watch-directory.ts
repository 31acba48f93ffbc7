import { watch, type FSWatcher } from 'node:fs';

export interface Changes {
  /** Resolves at the next change, at once when there was one since the last call, and when one of `wakes` is aborted. */
  next(): Promise<void>;
  close(): void;
}

export interface WatchOptions {
  /** Only changes of this entry; absent = of any. */
  readonly name?: string;
  readonly wakes: readonly AbortSignal[];
}

const fallbackMs = 250;

/** Changes of a directory's entries, by inotify; where no watch is to be had, a change is supposed every 250 ms. Throws ENOENT without the directory. */
export function watchDirectory(directory: string, { name: wanted, wakes }: WatchOptions): Changes {
  let pending = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    pending = true;
    wake?.();
  };
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const poll = (): void => {
    watcher?.close();
    timer ??= setInterval(notify, fallbackMs);
  };
  try {
    watcher = watch(directory, (_event, name) => {
      if (name === null || wanted === undefined || name === wanted) notify();
    });
    watcher.on('error', poll);
  } catch (error) {
    // No inotify watches left on this machine; any other reason is the caller's to know.
    if (!['ENOSPC', 'EMFILE', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    poll();
  }
  for (const signal of wakes) signal.addEventListener('abort', notify);
  return {
    async next() {
      if (!pending && !wakes.some((signal) => signal.aborted)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = undefined;
      pending = false;
    },
    close() {
      watcher?.close();
      clearInterval(timer);
      for (const signal of wakes) signal.removeEventListener('abort', notify);
    },
  };
}
