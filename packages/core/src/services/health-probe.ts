import { createDeadline } from '../contract/index.js';

export type HealthAnswer = { readonly healthy: true; readonly status: number; readonly url: string } | { readonly healthy: false; readonly detail: string };

/**
 * One GET; healthy is a 2xx and nothing else. `localhost` is asked on 127.0.0.1 and on ::1, since a server
 * may listen on either. Never throws: an abort is an unhealthy answer.
 */
export async function probeHealth(url: string, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<HealthAnswer> {
  const answers: HealthAnswer[] = [];
  for (const candidate of loopbackCandidates(url)) {
    const answer = await request(candidate, options);
    if (answer.healthy) return answer;
    answers.push(answer);
  }
  // An answer with a status tells more than a refused connection.
  return answers.find((answer) => !answer.healthy && answer.detail.startsWith('HTTP')) ?? answers[0] ?? { healthy: false, detail: `${url} is not an http or https URL` };
}

function loopbackCandidates(text: string): readonly URL[] {
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return [];
  if (url.hostname !== 'localhost') return [url];
  return ['127.0.0.1', '[::1]'].map((host) => {
    const candidate = new URL(url);
    candidate.hostname = host;
    return candidate;
  });
}

/** Loads what {@link probeHealth} needs, for a moment in which there is nothing else to do. Never rejects. */
export async function prepareHealthProbe(url: string): Promise<void> {
  await Promise.all(loopbackCandidates(url).map(loadClient)).catch(() => undefined);
}

/** Loaded when there is somebody to ask: TLS alone costs a command more than its work. */
async function loadClient({ protocol }: URL) {
  return protocol === 'https:' ? await import('node:https') : await import('node:http');
}

async function request(url: URL, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<HealthAnswer> {
  const client = await loadClient(url);
  return new Promise((resolve) => {
    const { signal, clear } = createDeadline(options.signal, options.timeoutMs);
    // A certificate of a development server is nobody's proof; the listener was proven already.
    const call = client.get(url, { agent: false, signal, rejectUnauthorized: false, headers: { accept: '*/*', connection: 'close' } }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 300 ? { healthy: true, status, url: url.href } : { healthy: false, detail: `HTTP ${status} from ${url.href}` });
      response.destroy();
    });
    call.on('close', clear);
    call.on('error', (error) => resolve({ healthy: false, detail: `${errorWord(error)} from ${url.href}` }));
  });
}

function errorWord(error: NodeJS.ErrnoException): string {
  return error.name === 'AbortError' || error.name === 'TimeoutError' ? 'no answer' : (error.code ?? error.message);
}
