import type { Client } from 'pg';

export interface ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Connects, runs `work`, closes; an abort breaks the connection at once. Rejects with what pg or `work` throws. */
export async function withClient<T>(options: ClientOptions, work: (client: Client) => Promise<T>): Promise<T> {
  options.signal.throwIfAborted();
  return await openClient(
    {
      host: options.host,
      port: options.port,
      user: options.user,
      password: options.password,
      database: options.database,
    },
    options,
    work,
  );
}

/** As {@link withClient}, with a connection URL. */
export async function withUrlClient<T>(url: string, options: Pick<ClientOptions, 'timeoutMs' | 'signal'>, work: (client: Client) => Promise<T>): Promise<T> {
  return await openClient({ connectionString: url }, options, work);
}

async function openClient<T>(
  target: Readonly<Record<string, unknown>>,
  { timeoutMs, signal }: Pick<ClientOptions, 'timeoutMs' | 'signal'>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { default: pg } = await import('pg');
  // Without an error listener a connection that breaks while idle would end the process.
  const client = new pg.Client({ ...target, application_name: 'envctl', connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  client.on('error', () => undefined);
  const stream = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
  const abort = (): void => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    signal.throwIfAborted();
    return await work(client);
  } finally {
    signal.removeEventListener('abort', abort);
    await endClient(client, stream);
    signal.throwIfAborted();
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
