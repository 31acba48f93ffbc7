import { readdirSync, readlinkSync } from 'node:fs';
import { readListeningLines } from './listening-sockets.js';

/**
 * The TCP ports each of the given processes listens on, v4 and v6: the kernel's socket tables joined with
 * the sockets the processes hold. Processes that hold none, or may not be read, are absent.
 */
export function listenersByPid(pids: Iterable<number>, options: { readonly procRoot?: string } = {}): ReadonlyMap<number, readonly number[]> {
  const procRoot = options.procRoot ?? '/proc';
  const result = new Map<number, readonly number[]>();
  let ports: ReadonlyMap<string, number> | undefined;
  for (const pid of pids) {
    ports ??= portsByInode(procRoot);
    const held = new Set<number>();
    for (const inode of socketInodes(`${procRoot}/${pid}/fd`)) {
      const port = ports.get(inode);
      if (port !== undefined) held.add(port);
    }
    if (held.size > 0) result.set(pid, [...held].sort((a, b) => a - b));
  }
  return result;
}

function portsByInode(procRoot: string): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const line of ['tcp', 'tcp6'].flatMap((name) => readListeningLines(`${procRoot}/net/${name}`))) {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    if (inode !== undefined) ports.set(inode, Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16));
  }
  return ports;
}

function socketInodes(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${name}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
