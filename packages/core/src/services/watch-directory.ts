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
  return createChanges(wakes, (notify) =>
    onChanges(directory, (name) => {
      if (name === null || wanted === undefined || name === wanted) notify();
    }),
  );
}

function createChanges(wakes: readonly AbortSignal[], subscribe: (notify: () => void) => () => void): Changes {
  let pending = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    pending = true;
    wake?.();
  };
  const unsubscribe = subscribe(notify);
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
      unsubscribe();
      for (const signal of wakes) signal.removeEventListener('abort', notify);
    },
  };
}

/** Calls back with the name of an entry that changed, or null for any; returns how to end it. */
function onChanges(directory: string, listener: (name: string | null) => void): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const poll = (): void => {
    watcher?.close();
    timer ??= setInterval(() => listener(null), fallbackMs);
  };
  try {
    watcher = watch(directory, (_event, name) => listener(name));
    watcher.on('error', poll);
  } catch (error) {
    // No inotify watches left on this machine; any other reason is the caller's to know.
    if (!['ENOSPC', 'EMFILE', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    poll();
  }
  return () => {
    watcher?.close();
    clearInterval(timer);
  };
}

/** Watches that share one of the system's for each directory: fifty followers in one directory are told of a change once. */
export interface SharedWatch {
  readonly watch: (directory: string, options: WatchOptions) => Changes;
  close(): void;
}

/** The kernel drops changes that are not fetched in time: now and then one is supposed. */
const backstopMs = 1000;

export function createSharedWatch(): SharedWatch {
  const directories = new Map<string, { readonly notify: Map<string | undefined, Set<() => void>>; readonly close: () => void }>();
  const open = (directory: string) => {
    const notify = new Map<string | undefined, Set<() => void>>();
    const all = (): void => notify.forEach((listeners) => listeners.forEach((listener) => listener()));
    const close = onChanges(directory, (name) => {
      if (name === null) return all();
      for (const listener of notify.get(name) ?? []) listener();
      for (const listener of notify.get(undefined) ?? []) listener();
    });
    const timer = setInterval(all, backstopMs);
    return {
      notify,
      close: () => {
        clearInterval(timer);
        close();
      },
    };
  };
  return {
    watch: (directory, { name, wakes }) => {
      let shared = directories.get(directory);
      if (shared === undefined) directories.set(directory, (shared = open(directory)));
      const { notify } = shared;
      const listeners = notify.get(name) ?? new Set();
      notify.set(name, listeners);
      return createChanges(wakes, (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      });
    },
    close: () => {
      for (const { close } of directories.values()) close();
      directories.clear();
    },
  };
}
