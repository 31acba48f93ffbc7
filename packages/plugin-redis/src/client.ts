import { errorMessage } from '@envctl/core';
import type { Redis } from 'ioredis';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: boolean;
}

/** What answered. */
export type Answer =
  | { readonly kind: 'ready'; readonly processId: number }
  /** Nothing there, or it still loads its data. */
  | { readonly kind: 'silent'; readonly message: string }
  /** A Redis that refuses these credentials. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It does not speak the protocol. */
  | { readonly kind: 'foreign'; readonly message: string };

/** AUTH, PING and INFO on a connection of its own; writes nothing. */
export async function ask(target: Target, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<Answer> {
  options.signal.throwIfAborted();
  // Its only export that a bundle keeps: named exports of a CommonJS package are Node's guess.
  const { Redis: Client } = (await import('ioredis')).default;
  const client = new Client({
    host: target.host,
    port: target.port,
    ...(target.tls === true ? { tls: {} } : {}),
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: options.timeoutMs,
    commandTimeout: options.timeoutMs,
  });
  let broken: unknown;
  client.on('error', (error) => (broken ??= error));
  const abort = (): void => client.disconnect();
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    return await question(client, target);
  } catch (error) {
    options.signal.throwIfAborted();
    return classify(broken ?? error);
  } finally {
    options.signal.removeEventListener('abort', abort);
    client.disconnect();
  }
}

async function question(client: Redis, target: Target): Promise<Answer> {
  await client.connect();
  // Said here and not in the options: the client forgives a server that wants no password, and that is a stranger.
  if (target.password !== undefined) await (target.username === undefined ? client.auth(target.password) : client.auth(target.username, target.password));
  if (target.db !== undefined && target.db !== 0) await client.select(target.db);
  if ((await client.ping()) !== 'PONG') return { kind: 'foreign', message: 'the answer to PING is not PONG' };
  const info = await client.info();
  if (/^loading:1/m.test(info)) return { kind: 'silent', message: 'it loads its data' };
  return { kind: 'ready', processId: Number(/^process_id:(\d+)/m.exec(info)?.[1] ?? 0) };
}

function classify(error: unknown): Answer {
  const message = errorMessage(error);
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password|without any password configured/i.test(message)) return { kind: 'refused', message };
  if (/^LOADING|ECONNREFUSED|ECONNRESET|EADDRNOTAVAIL|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|timed out|Connection is closed/i.test(message)) return { kind: 'silent', message };
  return { kind: 'foreign', message };
}
