import { channel } from './board.js';

const heartbeatMs = 15_000;

/** Server-sent events: what one backend publishes in Redis, every open page of every backend hears. */
export function createStreams(subscriber) {
  const open = new Set();
  const send = (text) => open.forEach((response) => response.write(text));
  subscriber.on('message', () => send('event: changed\ndata: {}\n\n'));
  const heartbeat = setInterval(send, heartbeatMs, ': still here\n\n');
  return {
    async start() {
      await subscriber.subscribe(channel);
    },
    open(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write('retry: 1000\n\n');
      open.add(response);
      response.on('close', () => open.delete(response));
    },
    close() {
      clearInterval(heartbeat);
      open.forEach((response) => response.end());
    },
  };
}
