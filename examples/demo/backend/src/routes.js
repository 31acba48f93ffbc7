import { checkStores, describeStores } from './status.js';

/** The HTTP side: routes, CORS, and one place where errors become answers. */
export function createHandler({ pool, redis, board, streams, project }) {
  const routes = {
    'GET /': async () => ({ status: 200, body: { name: 'pinboard', project, health: '/healthz', api: '/api/v1' } }),
    'GET /healthz': async () => {
      const health = await checkStores({ pool, redis });
      return { status: health.ok ? 200 : 503, body: health };
    },
    'GET /api/v1/notes': async () => ({ status: 200, body: await board.newest() }),
    'POST /api/v1/notes': async (request) => {
      const note = readNote(await readJson(request));
      return 'error' in note ? { status: 422, body: note } : { status: 201, body: { id: await board.pin(note) } };
    },
    'POST /api/v1/notes/:id/hearts': async (_request, id) => ((await board.heart(id)) ? { status: 204 } : { status: 404, body: { error: 'No such note.' } }),
    'DELETE /api/v1/cache': async () => {
      await board.forgetCache();
      return { status: 204 };
    },
    'GET /api/v1/status': async () => ({ status: 200, body: { project, ...(await describeStores({ pool, redis, board })) } }),
  };

  return async (request, response) => {
    allowBrowser(request, response);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    const { pathname } = new URL(request.url, 'http://localhost');
    if (request.method === 'GET' && pathname === '/api/v1/events') return streams.open(response);
    const [, id] = /^\/api\/v1\/notes\/(\d{1,18})\/hearts$/.exec(pathname) ?? [];
    const route = routes[`${request.method} ${id === undefined ? pathname : '/api/v1/notes/:id/hearts'}`];
    const answer = route === undefined ? { status: 404, body: { error: 'Not found.' } } : await route(request, id).catch(toFailure);
    response.writeHead(answer.status, answer.body === undefined ? {} : { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  };
}

/** Pages on this machine may call us, whichever port they were given. */
function allowBrowser(request, response) {
  const { origin } = request.headers;
  response.setHeader('vary', 'origin');
  if (origin === undefined || !/^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-allow-methods', 'GET, POST, DELETE');
  response.setHeader('access-control-allow-headers', 'content-type');
  response.setHeader('access-control-max-age', '600');
}

function readNote(value) {
  const author = typeof value?.author === 'string' ? value.author.trim() : '';
  const body = typeof value?.body === 'string' ? value.body.trim() : '';
  const color = Number.isInteger(value?.color) ? value.color : 0;
  if (author === '' || author.length > 40) return { error: 'A name has 1 to 40 characters.' };
  if (body === '' || body.length > 280) return { error: 'A note has 1 to 280 characters.' };
  if (color < 0 || color > 4) return { error: 'There are the colours 0 to 4.' };
  return { author, body, color };
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) throw Object.assign(new Error('That is too long.'), { status: 413 });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error('That is not JSON.'), { status: 400 });
  }
}

function toFailure(error) {
  if (error.status === undefined) console.error(error);
  return error.status === undefined ? { status: 503, body: { error: 'A store does not answer.' } } : { status: error.status, body: { error: error.message } };
}
