import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openWindow, type Window } from '../kit/browser.ts';
import {
  PROJECT,
  startProgram,
  temporaryDirectory,
  until,
  untilReady,
  type Program,
  type Server,
} from '../kit/process.ts';

let clone: string;
beforeAll(async () => {
  clone = await cloned();
});
afterAll(() => rm(clone, { recursive: true, force: true, maxRetries: 5 }));

describe('npm run dev', () => {
  let program: Program;
  let server: Server;
  let browser: Browser;
  let window: Window;
  let page: Page;
  beforeAll(async () => {
    program = launch('0');
    // It compiles the program first.
    server = await untilReady(program, 110_000);
    browser = await launchBrowser();
    window = await openWindow(browser, server.url);
    page = window.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    program?.kill('SIGKILL');
    await program?.exited;
  });

  test('an edit of a page and of a style is seen without a reload, and restarts no server', async () => {
    await page.goto('/sign-in');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 60_000 });
    await page.evaluate('window.isSamePage = true');

    await edit('web/account/sign-in.tsx', 'action="Sign in"', 'action="Come aboard"');
    await page.getByRole('button', { name: 'Come aboard' }).waitFor({ timeout: 60_000 });
    await edit('web/app.css', '', 'body { outline: 7px solid red; }\n');
    const width = 'getComputedStyle(document.body).outlineWidth';
    await expect.poll(() => page.evaluate(width)).toBe('7px');

    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(starts()).toBe(1);
    expect(window.wrong).toEqual([]);
  });

  test('the server answers for the API, the reference, public forms and unknown paths', async () => {
    const answered = async (to: string) => {
      const { status, headers } = await server.ask('GET', to);
      return `${status} ${headers.get('content-type')?.split(';')[0]}`;
    };
    expect(await answered('/api/v1/contacts')).toBe('200 application/json');
    expect(await answered('/docs/')).toBe('200 text/html');
    expect(await answered('/f/assets/form.css')).toBe('200 text/css');
    expect(await answered('/api/v1/nothing')).toBe('404 application/json');
    expect(await answered('/api/client.ts')).toBe('200 text/javascript');
  });

  test('an edit in src/ restarts the server; requests meanwhile are answered', async () => {
    const label = async () => {
      const { json } = await server.ask('GET', '/api/v1/objects');
      const contact = json.data.find(({ key }: { key: string }) => key === 'contact');
      return contact.fields.find(({ key }: { key: string }) => key === 'first_name').label;
    };
    expect(await label()).toBe('First name');
    await edit('src/crm/contacts/contact.ts', "'First name'", "'Given name'");
    await until(async () => (await label()) === 'Given name', 150_000);
    expect(starts()).toBe(2);
  }, 180_000);

  test('SIGTERM ends all of its processes', async () => {
    program.kill('SIGTERM');
    expect((await program.exited).code).toBe(0);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    await expect(rm(path.join(clone, 'data/postgres/postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  const starts = () => program.stdout.match(/^Fairlead is ready at /gm)?.length;
});

test('npm run dev says so if the port is in use', async () => {
  const other = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const end = await launch(String(port)).exited;
  other.close();
  expect(end).toMatchObject({ code: 1, stdout: '' });
  expect(end.stderr).toBe(
    `fairlead: Cannot listen on 127.0.0.1:${port}: the port is in use. Set PORT or HOST.\n`,
  );
});

function launch(port: string): Program {
  return startProgram(process.execPath, [path.join(clone, 'scripts/dev.mjs')], {
    cwd: clone,
    env: { PORT: port, FAIRLEAD_DATA_DIR: path.join(clone, 'data') },
  });
}

/** The checkout as it was built, with a state of its own for the set-up. */
async function cloned(): Promise<string> {
  const made = await temporaryDirectory('dev');
  for (const name of await readdir(PROJECT)) {
    if (/^(src|web|scripts|dist)$|\.(json|ts)$/.test(name))
      await cp(path.join(PROJECT, name), path.join(made, name), { recursive: true });
  }
  const modules = path.join(made, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(path.join(PROJECT, 'node_modules'))) {
    if (name === '.vite') continue;
    const from = path.join(PROJECT, 'node_modules', name);
    const to = path.join(modules, name);
    await (name.endsWith('.json') ? cp(from, to) : symlink(from, to));
  }
  return made;
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const full = path.join(clone, file);
  const text = await readFile(full, 'utf8');
  expect(text).toContain(from);
  await writeFile(full, text.replace(from, to));
}
