import type { ProjectedVariable } from '@envctl/core';

type Variables = Readonly<Record<string, ProjectedVariable>>;

/** Variables for a project's services when envctl runs the server. */
export function projectNative(port: number, password: string): Variables {
  return toVariables('localhost', String(port), password, `redis://:${encodeURIComponent(password)}@localhost:${port}/0`);
}

/** Variables for a given server; the URL is passed on as it was given. */
export function projectUrl(url: URL): Variables {
  return toVariables(url.hostname.replace(/^\[|\]$/g, ''), url.port === '' ? '6379' : url.port, decodeURIComponent(url.password), url.href);
}

function toVariables(host: string, port: string, password: string, url: string): Variables {
  const secret = password !== '';
  return {
    REDIS_URL: { value: url, secret },
    REDIS_HOST: { value: host, secret: false },
    REDIS_PORT: { value: port, secret: false },
    REDIS_PASSWORD: { value: password, secret },
  };
}
