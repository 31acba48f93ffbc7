export interface Note {
  readonly id: string;
  readonly author: string;
  readonly body: string;
  readonly color: number;
  readonly hearts: number;
  readonly createdAt: string;
}

export interface BoardRead {
  readonly notes: readonly Note[];
  readonly source: 'redis' | 'postgres';
  /** Milliseconds the backend needed, without the network. */
  readonly ms: number;
}

interface StoreStatus {
  readonly ok: boolean;
  readonly ms?: number;
  readonly error?: string;
  readonly version?: string;
}

export interface Status {
  readonly ok: boolean;
  readonly project: string;
  readonly postgres: StoreStatus & { readonly database?: string; readonly role?: string; readonly notes?: number; readonly migrations?: number };
  readonly redis: StoreStatus & { readonly memory?: string; readonly hits?: number; readonly misses?: number; readonly ttl?: number };
}

export const backendUrl: string = (import.meta.env.VITE_BACKEND_URL ?? 'http://localhost:8000').replace(/\/$/, '');
const api = `${backendUrl}/api/v1`;

export const readBoard = (): Promise<BoardRead> => request('GET', '/notes');
export const readStatus = (): Promise<Status> => request('GET', '/status');
export const pinNote = (note: Pick<Note, 'author' | 'body' | 'color'>): Promise<void> => request('POST', '/notes', note);
export const giveHeart = (id: string): Promise<void> => request('POST', `/notes/${id}/hearts`);
export const emptyCache = (): Promise<void> => request('DELETE', '/cache');

/** Calls back whenever anybody changed the board; reconnects by itself. */
export function onChange(listener: { changed(): void; connected(): void; lost(): void }): void {
  const source = new EventSource(`${api}/events`);
  source.addEventListener('changed', () => listener.changed());
  source.addEventListener('open', () => listener.connected());
  source.addEventListener('error', () => listener.lost());
}

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${api}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(8000),
  });
  const text = await response.text();
  const value: unknown = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) throw new Error((value as { error?: string } | undefined)?.error ?? `The backend answered ${response.status}.`);
  return value as T;
}
