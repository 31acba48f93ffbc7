import { errorMessage } from '@envctl/core';
import { errorCode } from '../error-code.js';
import { withClient, type ClientOptions } from './client.js';

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
  try {
    const found = await withClient(options, async (client) => {
      const { rows } = await client.query<{ id: string }>('select system_identifier::text as id from pg_control_system()');
      return rows[0]?.id;
    });
    return found === systemIdentifier ? { kind: 'ours' } : { kind: 'foreign', message: 'another Postgres cluster answers there' };
  } catch (error) {
    options.signal.throwIfAborted();
    return classify(error);
  }
}

function classify(error: unknown): Answer {
  const code = errorCode(error);
  const message = errorMessage(error);
  if (notYet.has(code)) return { kind: 'silent', message };
  if (/^[0-9A-Z]{5}$/.test(code)) return { kind: 'refused', code, message };
  // No SQLSTATE: the other side does not speak the protocol, proved no knowledge of the password, or said nothing.
  return /timeout|terminated unexpectedly/i.test(message) ? { kind: 'silent', message } : { kind: 'foreign', message };
}
