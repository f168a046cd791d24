import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openWindow, picture, type Window, expectShown } from '../kit/browser.ts';
import { PROJECT, startProgram, type Program } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const run = promisify(execFile);
const README = readFileSync(path.join(PROJECT, 'README.md'), 'utf8');
const [, GUIDE, OWN_RECEIVER] =
  /## A first webhook in five minutes\n(.+?)\n### With a receiver of your own\n(.+?)\n## /s.exec(README)!;

/** A text of the page that the guide has to mention literally. */
function inGuide(guide: string | undefined, words: string): string {
  expect(guide?.replaceAll(/\s+/g, ' ')).toContain(words);
  return words;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** A new installation with its setup link. */
async function startFresh(settings: Record<string, string>) {
  const s = await startScenario(settings);
  const { id } = await s.app.workspaces.create({ name: 'default' });
  const link = await s.app.people.db.transaction((trx) => s.app.signIn.setUpLink(trx, id));
  const window = await openWindow(browser, s.url);
  return { s, link, window, workspaceId: id, page: window.page };
}

async function createAccount(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Workspace name').fill('Harbour Agency');
  await page.getByLabel('Your name').fill('Alice Archer');
  await page.getByLabel('Email').fill('alice@harbour.example');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
  await picture(page, 'setup');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectShown(page.getByRole('heading', { name: 'Home', level: 1 }));
}

/** By the links of the navigation, as the guide says: Settings → Webhooks. */
async function openWebhooks(page: Page): Promise<void> {
  const settings = page.getByRole('navigation', { name: 'Settings' });
  if ((await settings.count()) === 0) await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await settings.getByRole('link', { name: 'Webhooks' }).click();
}

async function createContact(page: Page, guide: string | undefined): Promise<void> {
  const back = page.getByRole('link', { name: 'Back to Home' });
  if ((await back.count()) > 0) await back.click();
  await page.getByRole('link', { name: inGuide(guide, 'Contacts'), exact: true }).click();
  await page
    .getByRole('button', { name: inGuide(guide, 'New contact') })
    .first()
    .click();
  const form = page.getByRole('dialog', { name: 'New contact' });
  await form.getByLabel('First name').fill('Jane');
  await form.getByLabel('Email', { exact: true }).fill('jane@example.com');
  await form.getByRole('button', { name: 'Create contact' }).click();
  await expect.poll(() => form.count()).toBe(0);
}

async function storeSecret(page: Page): Promise<string> {
  const secret = await page.getByRole('textbox', { name: 'Signing secret' }).inputValue();
  await picture(page, 'secret-once');
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await expectShown(page.getByRole('complementary', { name: 'About this webhook' }));
  expect(await page.content()).not.toContain(secret);
  return secret;
}

describe('the guide in the README: from the setup link to a verified webhook in the dashboard', () => {
  let s: Scenario;
  let window: Window;
  let page: Page;
  let link: string;
  let workspaceId: string;
  beforeAll(async () => {
    // The default of `npm start`: webhooks reach public addresses only.
    ({ s, window, page, link, workspaceId } = await startFresh({ FAIRLEAD_EGRESS_ALLOW: '' }));
  });
  afterAll(() => s?.stop());

  test('1: the link creates the account, and its token is removed from the address bar', async () => {
    await createAccount(page, link);
    expect(page.url()).not.toContain('token');
    await expectShown(page.getByText('Harbour Agency').first());
    await expectShown(page.getByText('Welcome to Harbour Agency'));
  });

  test('2: a test inbox is created under Settings → Webhooks', async () => {
    inGuide(GUIDE, 'Settings → Webhooks → Test inbox');
    await openWebhooks(page);
    await page.getByRole('link', { name: 'Test inbox' }).click();
    await page
      .getByRole('button', { name: inGuide(GUIDE, 'Create test inbox') })
      .first()
      .click();
    await expectShown(page.getByText('No requests yet'));
  });

  test('3: a webhook for the inbox, in the format axocrm, shows its secret once', async () => {
    await page.getByRole('button', { name: inGuide(GUIDE, 'Create webhook') }).click();
    const form = page.getByRole('dialog', { name: 'Create webhook' });
    await form.getByLabel('Name').fill('My first webhook');
    await form.getByRole('combobox', { name: 'Format' }).click();
    await page.getByRole('option', { name: /axoCRM/ }).click();
    await form.getByRole('button', { name: 'Create webhook' }).click();
    expect(await storeSecret(page)).toMatch(/^axo_whsec_[0-9a-f]{48}$/);
  });

  test('4: a new contact is delivered with a valid signature, and the delivery log shows it', async () => {
    await createContact(page, GUIDE);
    await openWebhooks(page);
    await page.getByRole('link', { name: 'Test inbox' }).click();
    const request = page.getByRole('region', { name: 'Requests' }).getByRole('button', { name: /POST/ });
    await expectShown(request.getByText(inGuide(GUIDE, 'Signature valid')));
    await request.click();
    await expectShown(page.getByText(/X-axoCRM-Signature: sha256=/));
    await expectShown(page.getByText(/"type": "contact\.created"/));
    await picture(page, 'stranger-inbox');
    await openWebhooks(page);
    await page.getByRole('link', { name: 'My first webhook' }).click();
    const row = page.getByRole('row', { name: /contact\.created/ });
    await expectShown(row.getByText(inGuide(GUIDE, 'Delivered')));
    await row.getByRole('button', { name: 'contact.created' }).click();
    await expectShown(page.getByRole('dialog').getByText('200'));
    expect(window.wrong).toEqual([]);
  });

  test('the API commands of the guide work as printed, with their placeholders filled in', async () => {
    const { raw } = await s.app.keys.create({
      workspaceId,
      name: 'first',
      style: 'fairlead',
      createdBy: 'test',
    });
    const [, commands] = /The same by API.+?```sh\n(.+?)```/s.exec(GUIDE!)!;
    const [createInbox, rest] = commands!
      .replaceAll('http://127.0.0.1:3000', s.url)
      .replaceAll('curl ', 'curl -sS --fail-with-body ')
      .replace('fl_live_…', raw)
      .split(/(?=export URL)/) as [string, string];
    const inbox = JSON.parse((await run('bash', ['-ec', createInbox])).stdout) as { id: string; url: string };
    const filled = rest.replace(/^export URL=.+$/m, `export KEY=${raw} URL=${inbox.url} ID=${inbox.id}`);
    expect(filled).not.toContain('…');
    // The last command is repeated until the request has arrived.
    const [setUp, look] = filled.split(/(?=curl [^\n]+\/requests)/) as [string, string];
    await run('bash', ['-ec', setUp]);
    const env = filled.split('\n', 1)[0]!;
    await expect
      .poll(async () => JSON.parse((await run('bash', ['-ec', `${env}\n${look}`])).stdout).data, {
        timeout: 10_000,
      })
      .toMatchObject([{ method: 'POST', signed: true }]);
  });
});

describe('with a custom receiver', () => {
  let s: Scenario;
  let window: Window;
  let page: Page;
  let link: string;
  let receiver: Program;
  beforeAll(async () => {
    const [, name, value] = /```sh\s+(FAIRLEAD_EGRESS_ALLOW)=(\S+) npm start/.exec(OWN_RECEIVER!)!;
    ({ s, window, page, link } = await startFresh({ [name!]: value! }));
  });
  afterAll(async () => {
    receiver?.kill('SIGKILL');
    await receiver?.exited;
    await s?.stop();
  });

  test('the receiver verifies the delivery of a new contact', async () => {
    await createAccount(page, link);
    const port = await freePort();
    inGuide(OWN_RECEIVER, 'Settings → Webhooks → **New webhook**');
    await openWebhooks(page);
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    const form = page.getByRole('dialog', { name: 'New webhook' });
    await form.getByLabel('Name').fill('My own receiver');
    await form
      .getByLabel('URL')
      .fill(inGuide(OWN_RECEIVER, 'http://127.0.0.1:4000/').replace('4000', `${port}`));
    await picture(page, 'webhook-form');
    await form.getByRole('button', { name: 'Create webhook' }).click();
    const secret = await storeSecret(page);

    const [, variable, file] = /```sh\s+(\w+)=whsec_… node (\S+)/.exec(OWN_RECEIVER!)!;
    receiver = startProgram(process.execPath, [path.join(PROJECT, file!), String(port)], {
      env: { [variable!]: secret },
    });
    await receiver.says(/listening/);
    await createContact(page, OWN_RECEIVER);
    const [, body] = await receiver.says(new RegExp(`^${inGuide(OWN_RECEIVER, 'verified')} (.+)$`, 'm'));
    expect(JSON.parse(body!)).toMatchObject({ type: 'contact.created', data: { first_name: 'Jane' } });
    await openWebhooks(page);
    await page.getByRole('link', { name: 'My own receiver' }).click();
    await expectShown(page.getByRole('row', { name: /contact\.created.*Delivered/ }));
    await picture(page, 'delivery');
    expect(window.wrong).toEqual([]);
  });

  /** A free port: the webhook is created before the receiver has its secret. */
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
});
