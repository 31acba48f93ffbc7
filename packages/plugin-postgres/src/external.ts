import type { ConfigReader, DependencyOutcome, ProbeContext, ProjectedVariable } from '@envctl/core';
import { errorMessage, failStart } from '@envctl/core';
import { withUrlClient } from './database/client.js';
import { errorCode } from './error-code.js';
import { toUrl, toVariables, type ConnectionFacts } from './projection.js';

const timeoutMs = 10_000;

export interface ExternalTarget {
  readonly facts: ConnectionFacts;
  readonly url: string;
}

/** The server that the configuration names; `undefined` when it names none or the URL cannot be read. */
export function externalTarget(config: ConfigReader): ExternalTarget | undefined {
  const url = config.string('ENVCTL_POSTGRES_URL');
  if (url !== undefined && url !== '') return fromUrl(url);
  const host = config.string('DB_HOST');
  const user = config.string('DB_USER');
  const database = config.string('DB_NAME');
  if (!host || !user || !database) return undefined;
  const facts = { host, user, database, port: config.integer('DB_PORT') ?? 5432, password: config.string('DB_PASSWORD') ?? '' };
  return { facts, url: toUrl(facts) };
}

/** Variables for the given server; the URL is passed on as it was given, with the plain scheme. */
export function projectExternal(config: ConfigReader): Readonly<Record<string, ProjectedVariable>> {
  const target = externalTarget(config);
  return target === undefined ? {} : toVariables(target.facts, target.url);
}

/** A query with the given credentials. */
export async function probeExternal(ctx: ProbeContext): Promise<DependencyOutcome> {
  const target = externalTarget(ctx.config);
  if (target === undefined) {
    const given = ctx.config.string('ENVCTL_POSTGRES_URL') ?? '';
    const why = given === '' ? 'ENVCTL_POSTGRES_URL is not set, and DB_HOST, DB_USER and DB_NAME are not all set' : 'ENVCTL_POSTGRES_URL is no postgresql:// URL with a port below 65536';
    failStart('hard_start_failure', 'database_external_unset', `no usable external Postgres server is configured: ${why}`, [
      'envctl config --set ENVCTL_POSTGRES_URL=postgresql://user:password@host:port/database',
    ]);
  }
  const { host, port } = target.facts;
  try {
    await withUrlClient(target.url, { timeoutMs, signal: ctx.signal }, (client) => client.query('select 1'));
    return { status: 'ready' };
  } catch (error) {
    ctx.signal.throwIfAborted();
    const code = errorCode(error);
    // An AggregateError (every address refused) has no message of its own.
    const message = errorMessage(error) || code || 'no connection';
    // A SQLSTATE is an answer: asking again will not change it, unless the server is only starting.
    if (/^[0-9A-Z]{5}$/.test(code) && code !== '57P03') failStart('hard_start_failure', 'database_connection_failed', `Postgres at ${host}:${port}: ${message}`);
    failStart('transient_probe_timeout_retryable', 'network_unreachable', `Postgres at ${host}:${port} does not answer: ${message}`);
  }
}

function fromUrl(text: string): ExternalTarget | undefined {
  try {
    const url = new URL(text);
    if (!/^postgres(ql)?(\+[a-z0-9]+)?:$/.test(url.protocol)) return undefined;
    const facts = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 5432 : Number(url.port),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
    return { facts, url: text.replace(/^[a-z0-9+]+:/, 'postgresql:') };
  } catch {
    return undefined;
  }
}
