import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  type Window,
} from '../kit/browser.ts';
import { startMailServer, type MailServer } from '../kit/mail-server.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let server: MailServer;
let browser: Browser;
let window: Window;
let page: Page;
let contactId: string;

beforeAll(async () => {
  [s, server] = await Promise.all([startScenario(), startMailServer()]);
  browser = await launchBrowser();
  const owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  const made = async (path: string, body: object) =>
    (await s.ask('POST', `/api/v1/${path}`, { body })).json.id as string;
  contactId = await made('contacts', { first_name: 'Zoë', last_name: 'Smith', email: 'zoe@example.com' });
  await made('connections', {
    kind: 'smtp',
    name: 'Sales',
    settings: {
      host: '127.0.0.1',
      port: Number(new URL(server.url).port),
      tls: 'none',
      from_email: 'sales@acme.example',
    },
    secrets: {},
  });
  await made('templates', {
    name: 'Welcome',
    subject: 'Welcome, {{ contact.first_name }}',
    html: '<p>Hello <b>{{ contact.first_name }}</b></p>',
  });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
  await server?.close();
});

test('an email is written on the page of a contact, from a template, and is on its timeline', async () => {
  await page.goto(`/contacts/${contactId}`);
  const composer = page.getByRole('region', { name: 'Log an activity' });
  await composer.getByText('Email', { exact: true }).click();
  await composer.getByLabel('Subject').fill('Your berth');
  await composer.getByLabel('Message').fill('Hello Zoë.');
  await picture(page, 'email-composer');
  await composer.getByRole('button', { name: 'Send email' }).click();
  await expect.poll(() => server.inbox.length).toBe(1);
  expect(server.inbox[0]!.to).toBe('zoe@example.com');

  await composer.getByRole('combobox', { name: 'Template' }).click();
  await page.getByRole('option', { name: 'Welcome' }).click();
  await expect.poll(() => composer.getByLabel('Subject').inputValue()).toBe('Welcome, Zoë');
  await expectShown(page.frameLocator('iframe[title="Email"]').getByText('Hello Zoë'));
  await composer.getByRole('button', { name: 'Send email' }).click();
  await expect.poll(() => server.inbox.length).toBe(2);
  expect(server.inbox[1]!.raw).toContain('multipart/alternative');

  await page.reload();
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await expectShown(timeline.getByText('Your berth').first());
  await timeline.getByRole('link', { name: 'Your berth' }).first().click();
  await expectShown(page.getByRole('heading', { name: 'Your berth' }));
  await expectShown(page.getByText('Hello Zoë.'));
  await expectShown(page.getByRole('button', { name: 'Reply' }));
  await picture(page, 'email-page');
});

test('a draft is kept, changed and sent, with tracked opens although it is written as text', async () => {
  await page.goto(`/contacts/${contactId}`);
  const composer = page.getByRole('region', { name: 'Log an activity' });
  await composer.getByText('Email', { exact: true }).click();
  await composer.getByLabel('Subject').fill('An offer');
  await composer.getByLabel('Message').fill('See https://www.example.com/berths & reply.');
  await composer.getByLabel('Track opens and clicks').check();
  await picture(page, 'email-tracking-choice');
  const before = server.inbox.length;
  await composer.getByRole('button', { name: 'Save draft' }).click();
  await expectShown(page.getByText('Draft saved'));
  await page.goto('/emails');
  await page.getByRole('link', { name: 'An offer' }).click();
  await page.getByRole('button', { name: 'Edit email' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('Subject').fill('A better offer');
  await drawer.getByRole('button', { name: 'Edit as plain text' }).click();
  await drawer.getByLabel('Message').fill('See https://www.example.com/deals & reply.');
  await picture(page, 'email-edit');
  await drawer.getByRole('button', { name: 'Save', exact: true }).click();
  await expectShown(page.getByRole('heading', { name: 'A better offer' }));
  expect(server.inbox).toHaveLength(before);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect.poll(() => server.inbox.length).toBe(before + 1);
  const { text } = server.inbox.at(-1)!;
  expect(text).toContain('Subject: A better offer');
  // A link whose text is its address stays as it is: filters compare the two.
  expect(text).toContain(
    '<a href="https://www.example.com/deals">https://www.example.com/deals</a> &amp; reply.',
  );
  expect(text).toMatch(/\/o\/[\w-]{38}\.gif/);
});

test('emails and templates are listed, and Home writes to anyone; on a phone too', async () => {
  await page.goto('/emails');
  await expectShown(page.getByRole('link', { name: 'Your berth' }));
  await picture(page, 'email-list');
  await page.getByText('Templates', { exact: true }).first().click();
  await page.getByRole('link', { name: 'Welcome' }).click();
  await expectShown(page.frameLocator('iframe[title="Email"]').getByText('Hello'));
  await picture(page, 'email-template');

  await page.setViewportSize(PHONE);
  await page.goto('/');
  await page.getByRole('button', { name: 'Email', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To').fill('nobody at all');
  await dialog.getByLabel('Subject').fill('Hello');
  await dialog.getByLabel('Message').fill('Hello.');
  await dialog.getByRole('button', { name: 'Send email' }).click();
  await expectShown(dialog.getByText('Must be an email address.'));
  await expectNoOverflow(page);
  await picture(page, 'email-phone');
});
