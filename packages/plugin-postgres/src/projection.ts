import type { ProjectedVariable, ProjectionContext } from '@envctl/core';
import { toPasswordName, toRoleName } from './names.js';

/** What an application needs to open its database. */
export interface ConnectionFacts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Variables for a project's services when envctl runs the server. */
export function projectNative(ctx: ProjectionContext): Readonly<Record<string, ProjectedVariable>> {
  const name = toRoleName(ctx.project.slug);
  const facts: ConnectionFacts = {
    host: 'localhost',
    port: ctx.ports['primary'] ?? 0,
    user: name,
    password: ctx.credentials[toPasswordName(ctx.project.slug)] ?? '',
    database: name,
  };
  return toVariables(facts, toUrl(facts));
}

/** The variables of one connection; `url` is the plain `postgresql://` form. */
export function toVariables(facts: ConnectionFacts, url: string): Readonly<Record<string, ProjectedVariable>> {
  const secret = facts.password !== '';
  const open = (value: string): ProjectedVariable => ({ value, secret: false });
  const closed = (value: string): ProjectedVariable => ({ value, secret });
  return {
    DB_HOST: open(facts.host),
    DB_PORT: open(String(facts.port)),
    DB_USER: open(facts.user),
    DB_PASSWORD: closed(facts.password),
    DB_NAME: open(facts.database),
    DATABASE_URL: closed(url),
    SQLALCHEMY_DATABASE_URL: closed(withScheme(url, 'postgresql+psycopg')),
    ASYNC_DATABASE_URL: closed(withScheme(url, 'postgresql+asyncpg')),
    PGHOST: open(facts.host),
    PGPORT: open(String(facts.port)),
    PGUSER: open(facts.user),
    PGPASSWORD: closed(facts.password),
    PGDATABASE: open(facts.database),
  };
}

/** `postgresql://user:password@host:port/database`, every part encoded. */
export function toUrl(facts: ConnectionFacts): string {
  const password = facts.password === '' ? '' : `:${encodeURIComponent(facts.password)}`;
  const host = facts.host.includes(':') ? `[${facts.host}]` : facts.host;
  return `postgresql://${encodeURIComponent(facts.user)}${password}@${host}:${facts.port}/${encodeURIComponent(facts.database)}`;
}

function withScheme(url: string, scheme: string): string {
  return url.replace(/^[a-z+]+:/, `${scheme}:`);
}
