import { existsSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Context } from 'mocha';
import { createWorld, fetchJson, gitStatus, processesIn, type World } from './apps/world.js';
import { openBrowser, type OpenedPage } from './browser.js';
import { run, type Finished } from './packaging/run.js';

const script = fileURLToPath(new URL('../scripts/demo', import.meta.url));

interface Board {
  readonly notes: readonly { readonly id: string; readonly body: string; readonly hearts: number }[];
  readonly source: 'redis' | 'postgres';
}

/** How far a page can be scrolled sideways, and what of it stands outside the screen. */
const overflow = `({
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  outside: [...document.body.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.outerHTML.slice(0, 80)),
})`;

describe('scripts/demo', function () {
  this.timeout(300_000);
  let world: World;
  let urls: { backend: string; frontend: string };

  before(async () => {
    world = await createWorld('demo');
    const up = await demo();
    expect(up.code, `${up.stdout}${up.stderr}`).to.equal(0);
    urls = readUrls(up);
    expect(up.stderr).to.include(`To stop it: scripts/demo --down ${world.repository}\n`);
  });
  after(() => world.close());

  const demo = (...args: string[]): Promise<Finished> => run(script, [...args, world.repository], { cwd: world.directory, env: world.env });

  it('prints the addresses of a backend whose stores both answer and of a page that knows it', async () => {
    expect(await fetchJson(`${urls.backend}/healthz`)).to.have.property('ok', true);
    expect(await (await fetch(`${urls.frontend}/`)).text()).to.include('<title>Pinboard</title>');
    expect(await (await fetch(`${urls.frontend}/src/api.ts`)).text()).to.include(`"VITE_BACKEND_URL": "${urls.backend}"`);
  });

  it('keeps notes in Postgres, serves them from Redis, and tells every page of a change', async () => {
    const events = await fetch(`${urls.backend}/api/v1/events`, { headers: { origin: urls.frontend } });
    expect(events.headers.get('access-control-allow-origin')).to.equal(urls.frontend);
    await fetchJson(`${urls.backend}/api/v1/notes`);
    expect((await board()).source).to.equal('redis');

    const { id } = (await send('POST', '/notes', { author: 'Ada', body: 'A test was here.', color: 2 })) as { id: string };
    expect(await readUntil(events, 'event: changed')).to.equal(true);
    expect(await board()).to.deep.include({ source: 'postgres' });
    await send('POST', `/notes/${id}/hearts`);
    expect((await board()).notes[0]).to.include({ id, body: 'A test was here.', hearts: 1 });
  });

  it('shows in a browser that both stores work: a note pinned there is seen, and the next read is a cache hit', async function () {
    await withPage(this, async ({ page, problems }) => {
      await page.waitForSelector('#state[data-state="live"]');
      for (const [store, name] of [['postgres', 'Postgres'], ['redis', 'Redis']] as const) {
        await page.waitForSelector(`#${store}[data-ok="true"]`);
        expect(await page.innerText(`#${store} h2`)).to.match(new RegExp(`^${name}\\s+\\S*\\d+\\.\\d+`));
        expect(await page.innerText(`#${store} .ms`)).to.match(/^\d+(\.\d+)? ms$/);
      }

      await page.fill('#composer [name="author"]', 'Grace');
      await page.fill('#composer [name="body"]', 'Pinned in a browser.');
      await page.click('#composer button[type="submit"]');
      await page.waitForSelector('#notes .note:first-child p:text-is("Pinned in a browser.")');
      expect((await board()).notes[0]).to.include({ author: 'Grace', body: 'Pinned in a browser.' });

      await page.click('#again');
      await page.waitForSelector('#read-source.redis:text-is("cache hit")');
      await page.click('#forget');
      await page.waitForSelector('#redis dd:text-is("not now")');
      await page.click('#again');
      await page.waitForSelector('#read-source.postgres:text-is("from Postgres")');
      await page.click('#again');
      await page.waitForSelector('#read-source.redis:text-is("cache hit")');
      expect(problems).to.deep.equal([]);
    });
  });

  it('fits a phone without scrolling sideways', async function () {
    await send('POST', '/notes', { author: 'W'.repeat(40), body: `https://example.com/${'x'.repeat(200)}`, color: 1 });
    await withPage(this, async ({ page, problems }) => {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.waitForSelector('#state[data-state="live"]');
      await page.waitForSelector('#notes .note');
      expect(await page.evaluate(overflow)).to.deep.equal({ sideways: 0, outside: [] });
      expect(problems).to.deep.equal([]);
    });
  });

  it('refuses a note without words', async () => {
    const response = await fetch(`${urls.backend}/api/v1/notes`, { method: 'POST', body: JSON.stringify({ author: 'Ada', body: ' ' }) });
    expect(response.status).to.equal(422);
  });

  it('does nothing the second time, and does not touch what was edited', async () => {
    const installed = path.join(world.repository, 'backend/node_modules/.package-lock.json');
    const before = await stat(installed);
    await appendFile(path.join(world.repository, 'README.md'), 'Mine.\n');
    const again = await demo();
    expect(again.code, `${again.stdout}${again.stderr}`).to.equal(0);
    expect(readUrls(again)).to.deep.equal(urls);
    expect((await stat(installed)).mtimeMs).to.equal(before.mtimeMs);
    expect(await gitStatus(world)).to.equal(' M README.md\n');
  });

  it('leaves no process with --down, and has the notes again after it', async () => {
    const down = await demo('--down');
    expect(down.code, `${down.stdout}${down.stderr}`).to.equal(0);
    expect(processesIn(world.directory)).to.deep.equal([]);
    const up = await demo();
    expect(up.code, `${up.stdout}${up.stderr}`).to.equal(0);
    urls = readUrls(up);
    expect((await board()).notes.map(({ body }) => body)).to.include('A test was here.');
  });

  it('removes the application and its data with --purge, and nothing that is not a demo', async () => {
    const purged = await demo('--purge');
    expect(purged.code, `${purged.stdout}${purged.stderr}`).to.equal(0);
    expect(existsSync(world.repository)).to.equal(false);
    expect(processesIn(world.directory)).to.deep.equal([]);
    const other = await run(script, ['--purge', world.directory], { cwd: world.directory, env: world.env });
    expect(other).to.include({ code: 0, stderr: `There is no demo in ${world.directory}.\n` });
    expect(existsSync(world.directory)).to.equal(true);
    expect((await run(script, [world.directory], { cwd: world.directory, env: world.env })).code).to.equal(1);
  });

  /** Runs `body` with the page of the demo in a browser; skips the test where there is none. */
  async function withPage(context: Context, body: (opened: OpenedPage) => Promise<void>): Promise<void> {
    const browser = await openBrowser();
    if (typeof browser === 'string') {
      context.test!.title += ` skipped: ${browser}`;
      context.skip();
    }
    try {
      const opened = await browser.openPage();
      await opened.page.goto(urls.frontend);
      await body(opened);
    } finally {
      await browser.close();
    }
  }

  async function board(): Promise<Board> {
    return (await fetchJson(`${urls.backend}/api/v1/notes`)) as Board;
  }

  async function send(method: string, route: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${urls.backend}/api/v1${route}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    expect(response.ok).to.equal(true);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }
});

function readUrls({ stdout }: Finished): { backend: string; frontend: string } {
  const urlOf = (name: string): string => new RegExp(`^\\s+${name}\\s+(http://\\S+)`, 'm').exec(stdout)?.[1] ?? `no ${name} in: ${stdout}`;
  return { backend: urlOf('backend'), frontend: urlOf('frontend') };
}

/** True when the stream says `text` before ten seconds are over. */
async function readUntil(response: Response, text: string): Promise<boolean> {
  const reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const timer = setTimeout(() => void reader.cancel(), 10_000);
  try {
    for (let seen = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) return false;
      seen += new TextDecoder().decode(value);
      if (seen.includes(text)) return true;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel();
  }
}
