/**
 * A server in the shape of a database: areas with a password each, an administrator, one line per request.
 * `AUTH <area> <password>`, `ID`, `CREATE <area> <password>`, `DROP <area>`, `SET <text>`, `GET`.
 */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const port = Number(process.argv[2]);
const areas = new Map<string, { password: string; value: string }>([['admin', { password: process.env['TOY_PASSWORD'] ?? '', value: '' }]]);

function answer(words: readonly string[], session: { area: string | undefined }): string {
  const [verb = '', first = '', second = ''] = words;
  if (verb === 'AUTH') {
    if (areas.get(first)?.password !== second) return 'NO';
    session.area = first;
    return 'OK';
  }
  const area = session.area === undefined ? undefined : areas.get(session.area);
  if (area === undefined) return 'NO';
  if (verb === 'SET') area.value = first;
  if (verb === 'GET') return area.value;
  if (verb === 'PING') return 'PONG';
  if (session.area === 'admin' && verb === 'CREATE') areas.set(first, { password: second, value: areas.get(first)?.value ?? '' });
  if (session.area === 'admin' && verb === 'DROP') areas.delete(first);
  return 'OK';
}

function serve(socket: Socket): void {
  const session: { area: string | undefined } = { area: undefined };
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => socket.write(`${answer(line.split(' '), session)}\n`));
}

const server = createServer(serve);
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
server.listen(port, '127.0.0.1');
