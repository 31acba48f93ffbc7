import { createServer, type Server, type Socket } from 'node:net';

/** A program that holds a port on every address and is none of ours. */
export interface Stranger {
  readonly connections: () => number;
  close(): Promise<void>;
}

/** `silent` accepts and never answers; `babbling` answers everything with a line that is no protocol. */
export async function openStranger(port: number, manner: 'silent' | 'babbling'): Promise<Stranger> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (manner === 'babbling') socket.on('data', () => socket.write('what do you want?\r\n'));
    socket.resume();
  };
  const server = createServer(serve);
  await listen(server, port);
  return {
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    await once(server, { port, host: '::' });
  } catch {
    await once(server, { port, host: '127.0.0.1' });
  }
}

function once(server: Server, options: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
