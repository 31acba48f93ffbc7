import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './packaging/run.js';

const programs = ['chromium', 'chromium-browser', 'google-chrome'];

/** What the tests use of a page of playwright-core, which is loaded only when there is a browser. */
export interface Page {
  goto(url: string): Promise<unknown>;
  /** Waits until the page has a visible element that matches. */
  waitForSelector(selector: string, options?: { readonly timeout?: number }): Promise<unknown>;
  fill(selector: string, value: string): Promise<void>;
  click(selector: string): Promise<void>;
  innerText(selector: string): Promise<string>;
  evaluate(expression: string): Promise<unknown>;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): unknown;
  on(event: 'pageerror', listener: (error: Error) => void): unknown;
}

interface Chromium {
  launch(options: Readonly<Record<string, unknown>>): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
}

export interface OpenedPage {
  readonly page: Page;
  /** Grows by what the page writes to the console as an error, and by what it throws. */
  readonly problems: readonly string[];
}

export interface Browser {
  openPage(): Promise<OpenedPage>;
  close(): Promise<void>;
}

/** A headless Chromium with a profile of its own, or the reason why there is none. */
export async function openBrowser(): Promise<Browser | string> {
  const { stdout } = await run('sh', ['-c', `for program in ${programs.join(' ')}; do command -v "$program" && break; done`], { cwd: '/' });
  const executablePath = stdout.trim();
  if (executablePath === '') return 'chromium is not installed';
  const chromium = await loadChromium();
  if (chromium === undefined) return 'playwright-core is not installed';
  const home = await mkdtemp(path.join(tmpdir(), 'envctl-test-browser-'));
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking'],
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
  return {
    async openPage() {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      return { page, problems };
    },
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function loadChromium(): Promise<Chromium | undefined> {
  const name: string = 'playwright-core';
  try {
    return ((await import(name)) as { chromium: Chromium }).chromium;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
