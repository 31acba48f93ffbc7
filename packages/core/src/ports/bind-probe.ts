import { createServer } from 'node:net';

const addresses = ['::', '0.0.0.0', '127.0.0.1', '::1'] as const;

/**
 * True when a server could listen on `port` on the wildcards and on both loopbacks. Binds for an instant:
 * call it only while holding the lease of the port, because a probe of a stranger's port can break the
 * stranger's own bind.
 */
export async function canBind(port: number): Promise<boolean> {
  for (const host of addresses) {
    if (!(await canBindTo(port, host))) return false;
  }
  return true;
}

function canBindTo(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(addressIsAbsent(error.code)));
    server.listen({ port, host, exclusive: true, ipv6Only: host === '::1' }, () => server.close(() => resolve(true)));
  });
}

/** A machine without IPv6 (or without a loopback address) cannot have a conflict there. */
function addressIsAbsent(code: string | undefined): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
