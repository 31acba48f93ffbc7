import type { ConfigReader, DependencyOutcome, ProbeContext } from '@envctl/core';
import { failStart } from '@envctl/core';
import { ask, type Target } from './client.js';

const timeoutMs = 10_000;

/** The configured URL; `undefined` when there is none or it is no Redis URL. */
export function externalUrl(config: ConfigReader): URL | undefined {
  const text = config.string('ENVCTL_REDIS_URL');
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'redis:' || url.protocol === 'rediss:' ? url : undefined;
}

/** AUTH and PING with the given credentials. */
export async function probeExternal(ctx: ProbeContext): Promise<DependencyOutcome> {
  const url = externalUrl(ctx.config);
  if (url === undefined) {
    const why = (ctx.config.string('ENVCTL_REDIS_URL') ?? '') === '' ? 'is not set' : 'is no redis:// or rediss:// URL with a port below 65536';
    failStart('hard_start_failure', 'redis_external_unset', `no usable external Redis server is configured: ENVCTL_REDIS_URL ${why}`, ['envctl config --set ENVCTL_REDIS_URL=redis://:password@host:port/0']);
  }
  const target = toTarget(url);
  const answer = await ask(target, { timeoutMs, signal: ctx.signal });
  const where = `Redis at ${target.host}:${target.port}`;
  if (answer.kind === 'ready') return { status: 'ready' };
  if (answer.kind === 'silent') failStart('transient_probe_timeout_retryable', 'network_unreachable', `${where} does not answer: ${answer.message}`);
  failStart('hard_start_failure', 'redis_connection_failed', `${where} refused the connection: ${answer.message}`);
}

function toTarget(url: URL): Target {
  const db = Number.parseInt(url.pathname.slice(1), 10);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(Number.isInteger(db) ? { db } : {}),
    tls: url.protocol === 'rediss:',
  };
}
