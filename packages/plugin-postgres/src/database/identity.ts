import type { QueryConfig } from 'pg';
import { errorMessage } from '@envctl/core';
import { errorCode } from '../error-code.js';
import { openSession, type ClientOptions, type Session } from './client.js';

/** What answered on a port. */
export type Answer =
  | { readonly kind: 'ours' }
  /** Nothing there, or it is still starting. */
  | { readonly kind: 'silent'; readonly message: string }
  /** Something else has the port. */
  | { readonly kind: 'foreign'; readonly message: string }
  /** Ours or not, it refused us. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', 'EADDRNOTAVAIL', 'ENOENT', '57P01', '57P02', '57P03']);

/** Asks the server for its system identifier, as `options.user`: a real query that only our cluster answers right. */
export async function ask(options: ClientOptions, systemIdentifier: string): Promise<Answer> {
  const { session, answer } = await openOurs(options, systemIdentifier);
  await session?.end();
  return answer;
}

/** As {@link ask}; the connection stays open when the answer is `ours`, and the caller ends it. */
export async function openOurs(options: ClientOptions, systemIdentifier: string): Promise<{ readonly answer: Answer; readonly session?: Session }> {
  let session: Session | undefined;
  try {
    session = await openSession(options);
    const { rows } = await session.client.query<{ id: string }>(identityQuery(options.attemptTimeoutMs));
    if (rows[0]?.id === systemIdentifier) return { answer: { kind: 'ours' }, session };
    await session.end();
    return { answer: { kind: 'foreign', message: 'another Postgres cluster answers there' } };
  } catch (error) {
    await session?.end();
    options.signal.throwIfAborted();
    return { answer: classify(error) };
  }
}

/** pg takes a time limit with a query, which its types do not know. */
function identityQuery(timeoutMs: number | undefined): QueryConfig {
  const query: QueryConfig & { query_timeout?: number } = { text: 'select system_identifier::text as id from pg_control_system()' };
  return timeoutMs === undefined ? query : { ...query, query_timeout: timeoutMs } as QueryConfig;
}

function classify(error: unknown): Answer {
  const code = errorCode(error);
  const message = errorMessage(error);
  if (notYet.has(code)) return { kind: 'silent', message };
  if (/^[0-9A-Z]{5}$/.test(code)) return { kind: 'refused', code, message };
  // No SQLSTATE: the other side does not speak the protocol, proved no knowledge of the password, or said nothing.
  return /timeout|terminated unexpectedly/i.test(message) ? { kind: 'silent', message } : { kind: 'foreign', message };
}
