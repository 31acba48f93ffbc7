import type { Client } from 'pg';

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** For the connection, and for each statement. */
  readonly timeoutMs: number;
  /** For the connection and the first statement, where that is to be shorter. */
  readonly attemptTimeoutMs?: number;
  readonly signal: AbortSignal;
}

/** An open connection; `end` closes it and never rejects. */
export interface Session {
  readonly client: Client;
  end(): Promise<void>;
}

/** Loads what a log-in needs, for a moment in which there is nothing else to do. Never rejects. */
export async function prepareClient(): Promise<void> {
  await Promise.all([import('pg'), globalThis.crypto.subtle.digest('SHA-256', new Uint8Array(1))]).catch(() => undefined);
}

/** Connects, runs `work`, closes; an abort breaks the connection at once. Rejects with what pg or `work` throws. */
export async function withClient<T>(options: ClientOptions, work: (client: Client) => Promise<T>): Promise<T> {
  return await inSession(await openSession(options), options.signal, work);
}

/** As {@link withClient}, with a connection URL. */
export async function withUrlClient<T>(url: string, options: Pick<ClientOptions, 'timeoutMs' | 'signal'>, work: (client: Client) => Promise<T>): Promise<T> {
  return await inSession(await connect({ connectionString: url }, options), options.signal, work);
}

/** Connects; an abort breaks the connection at once, until it is ended. Rejects with what pg throws. */
export async function openSession(options: ClientOptions): Promise<Session> {
  const { host, port, user, password, database } = options;
  return await connect({ host, port, user, password, database }, options);
}

async function inSession<T>(session: Session, signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await work(session.client);
  } finally {
    await session.end();
    signal.throwIfAborted();
  }
}

async function connect(target: Readonly<Record<string, unknown>>, { timeoutMs, attemptTimeoutMs = timeoutMs, signal }: Pick<ClientOptions, 'timeoutMs' | 'attemptTimeoutMs' | 'signal'>): Promise<Session> {
  signal.throwIfAborted();
  const { default: pg } = await import('pg');
  // Without an error listener a connection that breaks while idle would end the process.
  const client = new pg.Client({ ...target, application_name: 'envctl', connectionTimeoutMillis: attemptTimeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  const stream = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
  const abort = (): void => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const end = async (): Promise<void> => {
    signal.removeEventListener('abort', abort);
    await endClient(client, stream);
  };
  try {
    await client.connect();
    signal.throwIfAborted();
    return { client, end };
  } catch (error) {
    await end();
    signal.throwIfAborted();
    throw error;
  }
}

async function endClient(client: Client, stream: { destroy(): void }): Promise<void> {
  // `end` waits for the server's side; a broken or silent one must not keep us.
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 500);
  });
  await Promise.race([client.end().catch(() => undefined), late]);
  clearTimeout(timer);
  stream.destroy();
}
