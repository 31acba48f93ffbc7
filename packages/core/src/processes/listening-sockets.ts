import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** One line of the kernel's table is at least this long; a read of this size makes the kernel format one line, not a page. */
const lineLength = 150;
const LISTEN = '0A';

/**
 * The lines of `/proc/net/tcp` or `/proc/net/tcp6` that are listening sockets. The kernel lists these first
 * and then walks its whole hash of connections, which takes milliseconds however few there are: reading
 * line by line ends before that. Empty when there is no such table.
 */
export function readListeningLines(path: string): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return []; // no IPv6 here, or no /proc
  }
  try {
    return readUntilConnections(descriptor);
  } catch {
    return readFileSync(path, 'latin1').split('\n').slice(1).filter(isListening);
  } finally {
    closeSync(descriptor);
  }
}

function readUntilConnections(descriptor: number): readonly string[] {
  const buffer = Buffer.alloc(lineLength);
  const lines: string[] = [];
  let rest = '';
  for (let isHeader = true; ; ) {
    const length = readSync(descriptor, buffer, 0, lineLength, null);
    if (length === 0) return lines;
    rest += buffer.toString('latin1', 0, length);
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (isHeader) isHeader = false;
      else if (isListening(line)) lines.push(line);
      else if (line.trim() !== '') return lines;
    }
  }
}

function isListening(line: string): boolean {
  return line.trim().split(/\s+/)[3] === LISTEN;
}
