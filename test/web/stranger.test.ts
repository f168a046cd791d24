import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openWindow, picture, type Window, expectShown } from '../kit/browser.ts';
import { PROJECT, startProgram, type Program } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

/** From nothing to a verified webhook with what a newcomer has: the link, the pages, and a receiver of examples/. */
describe('a stranger gets from the set-up link to a verified webhook through the pages alone', () => {
  let s: Scenario;
  let browser: Browser;
  let window: Window;
  let page: Page;
  let link: string;
  let secret: string;
  let receiver: Program;
  beforeAll(async () => {
    s = await startScenario();
    const { id } = await s.app.workspaces.create({ name: 'default' });
    link = await s.app.people.db.transaction((trx) => s.app.admission.setUpLink(trx, id));
    browser = await launchBrowser();
    window = await openWindow(browser, s.url);
    ({ page } = window);
  });
  afterAll(async () => {
    receiver?.kill('SIGKILL');
    await receiver?.exited;
    await browser?.close();
    await s?.stop();
  });

  test('the link makes the account, and its token leaves the address bar', async () => {
    await page.goto(link);
    await page.getByLabel('Workspace name').fill('Harbour Agency');
    expect(page.url()).toBe(`${s.url}/setup`);
    await page.getByLabel('Your name').fill('Alice Archer');
    await page.getByLabel('Email').fill('alice@harbour.example');
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
    await picture(page, 'setup');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectShown(page.getByRole('heading', { name: 'Contacts', level: 1 }));
    await expectShown(page.getByText('Harbour Agency').first());
    await expectShown(page.getByText('No contacts yet'));
  });

  test('a webhook in the format axocrm shows its secret once', async () => {
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    const form = page.getByRole('dialog', { name: 'New webhook' });
    await form.getByLabel('Name').fill('My first webhook');
    await form.getByLabel('URL').fill(`http://127.0.0.1:${await freePort()}/`);
    await form.getByRole('combobox', { name: 'Format' }).click();
    await page.getByRole('option', { name: /axoCRM/ }).click();
    await picture(page, 'webhook-form');
    await form.getByRole('button', { name: 'Create webhook' }).click();
    const shown = page.getByLabel('Signing secret');
    secret = await shown.inputValue();
    expect(secret).toMatch(/^axo_whsec_[0-9a-f]{48}$/);
    await picture(page, 'secret-once');
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expectShown(page.getByRole('heading', { name: 'My first webhook' }));
    expect(await page.content()).not.toContain(secret);
  });

  test('a contact made in the page reaches the receiver, which verifies it', async () => {
    receiver = startProgram(
      process.execPath,
      [path.join(PROJECT, 'examples/verify-axocrm.mjs'), String(port)],
      {
        env: { WEBHOOK_SECRET: secret },
      },
    );
    await receiver.says(/listening/);
    await page.getByRole('link', { name: 'Contacts' }).click();
    await page.getByRole('button', { name: 'New contact' }).first().click();
    const form = page.getByRole('dialog', { name: 'New contact' });
    await form.getByLabel('First name').fill('Jane');
    await form.getByLabel('Email').fill('jane@example.com');
    await form.getByRole('button', { name: 'Create contact' }).click();
    const [, body] = await receiver.says(/^verified (.+)$/m);
    expect(JSON.parse(body!)).toMatchObject({
      type: 'contact.created',
      data: { object: { has_email: true } },
    });
    expect(body).not.toContain('jane');
  });

  test('and the delivery log shows it', async () => {
    await page.getByRole('link', { name: 'Webhooks' }).click();
    await page.getByRole('link', { name: 'My first webhook' }).click();
    const row = page.getByRole('row', { name: /contact\.created/ });
    await expectShown(row.getByText('Delivered'));
    await row.getByRole('button', { name: 'contact.created' }).click();
    await expectShown(page.getByRole('dialog').getByText('204'));
    await picture(page, 'delivery');
    expect(window.wrong).toEqual([]);
  });

  let port = 0;
  /** A port that nothing listens on yet: the webhook is made before its receiver knows the secret. */
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
});
