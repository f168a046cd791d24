import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  type Request,
} from 'playwright-core';
import { expect } from 'vitest';
import { PROJECT } from './process.ts';

const run = promisify(execFile);

/** Names of Chromium on different systems. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

let launched: Promise<Browser> | undefined;

/**
 * The installed Chromium; if there is none, downloads one once. The test files of a worker share it, one after another:
 * `close` closes the windows of a file. The browser itself ends with the worker.
 */
export async function launchBrowser(): Promise<Browser> {
  launched ??= launch();
  const browser = await launched;
  if (browser.isConnected()) return browser;
  launched = undefined;
  return launchBrowser();
}

async function launch(): Promise<Browser> {
  const executablePath = installed() ?? (await download());
  // As root, its sandbox is not available; it opens only local pages.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args });
  browser.close = async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  };
  return browser;
}

function installed(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  const places = [...folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))), MAC];
  return places.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function download(): Promise<string> {
  const file = chromium.executablePath();
  if (!existsSync(file)) {
    const cli = path.join(PROJECT, 'node_modules/playwright-core/cli.js');
    await run(process.execPath, [cli, 'install', '--no-shell', 'chromium']);
  }
  return file;
}

/** A window with empty storage; problems of its pages are recorded. */
export interface Window {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of scripts and of the console, and requests to other hosts. */
  readonly wrong: string[];
  close(): Promise<void>;
}

/** @param url the only origin that a page may load from */
export async function openWindow(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: DESKTOP,
    // A click on what still slides may miss it.
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    // An error response is shown by the page; the browser logs it anyway.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      wrong.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== url)
      wrong.push(`request to ${request.url()}`);
  });
  return { context, page, wrong, close: () => context.close() };
}

/** Expects an element on the page, within the time that a person would wait. */
export async function expectShown(what: Locator): Promise<void> {
  await what.waitFor();
}

/** The bytes that a page transfers until it rests: bodies as sent, from an empty cache. */
export async function bytesOfLoad(page: Page, open: () => Promise<unknown>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.clearBrowserCache');
  await session.detach();
  const sizes: Promise<number>[] = [];
  let pending = 0;
  const onRequest = () => (pending += 1);
  const onFailed = () => (pending -= 1);
  const onFinished = (request: Request) => {
    pending -= 1;
    sizes.push(
      request.sizes().then(
        ({ responseBodySize }) => responseBodySize,
        () => 0,
      ),
    );
  };
  page.on('request', onRequest).on('requestfailed', onFailed).on('requestfinished', onFinished);
  await open();
  // Answers lead to further requests within a few milliseconds.
  for (let quiet = 0; quiet < 3; quiet = pending > 0 ? 0 : quiet + 1) await page.waitForTimeout(50);
  page.off('request', onRequest).off('requestfailed', onFailed).off('requestfinished', onFinished);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Saves a screenshot of the page if SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  // Menus and drawers slide in.
  await page.waitForTimeout(400);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** The page can scroll vertically, never horizontally. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const over = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(over, `${page.url()} is too wide`).toBeLessThanOrEqual(0);
}
