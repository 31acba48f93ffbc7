import { join } from 'node:path';
import { readListeningLines } from '../processes/index.js';

/** A TCP socket in state LISTEN, as the kernel lists it. */
export interface KernelListener {
  readonly port: number;
  /** Bound address in its usual text form; `0.0.0.0` and `::` are the wildcards. */
  readonly address: string;
  readonly family: 4 | 6;
  /** Socket inode, to be joined with /proc/<pid>/fd. */
  readonly inode: string;
  readonly uid: number;
}

const LISTEN = '0A';

/**
 * Every listening TCP socket of this network namespace, whoever owns it and whichever address it is
 * bound to. Reading opens no socket, so a stranger's bind is never disturbed. Empty where there is no
 * /proc/net (then the bind probe decides alone).
 */
export function readKernelListeners(options: { readonly procRoot?: string } = {}): KernelListener[] {
  const root = options.procRoot ?? '/proc';
  return [...readTable(join(root, 'net/tcp'), 4), ...readTable(join(root, 'net/tcp6'), 6)];
}

function readTable(path: string, family: 4 | 6): KernelListener[] {
  return readListeningLines(path).flatMap((line) => parseLine(line, family));
}

function parseLine(line: string, family: 4 | 6): KernelListener[] {
  const columns = line.trim().split(/\s+/);
  const [, local, , state] = columns;
  if (local === undefined || state !== LISTEN) return [];
  const [address, port] = local.split(':');
  if (address === undefined || port === undefined) return [];
  return [
    {
      port: Number.parseInt(port, 16),
      address: family === 4 ? ipv4(address) : ipv6(address),
      family,
      inode: columns[9] ?? '0',
      uid: Number(columns[7] ?? -1),
    },
  ];
}

/** The kernel prints each 32-bit word in host order: little-endian on every platform Node runs on. */
function ipv4(word: string): string {
  return bytes(word).join('.');
}

function ipv6(words: string): string {
  const octets = (words.match(/.{8}/g) ?? []).flatMap(bytes);
  const groups = Array.from({ length: 8 }, (_, group) => (((octets[group * 2] ?? 0) << 8) | (octets[group * 2 + 1] ?? 0)).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function bytes(word: string): number[] {
  return (word.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)).reverse();
}
