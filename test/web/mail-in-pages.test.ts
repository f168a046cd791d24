import { createTransport } from 'nodemailer';
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
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { insertSentEmail } from '../kit/sent-email.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let owner: SignedIn;
let smtpPort: number;

beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SMTP_LISTEN: '127.0.0.1:0', FAIRLEAD_MAIL_DOMAIN: 'in.crm.example' });
  ({ port: smtpPort } = (await s.app.receiveMail())!);
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  await s.ask('POST', '/api/v1/contacts', {
    body: { first_name: 'Anna', last_name: 'Far', email: 'anna@far.example' },
  });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function deliver(subject: string, headers: string[] = []) {
  const { address } = (await s.ask('GET', '/api/v1/inbound-email')).json;
  const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
  const raw = [
    'From: Anna Far <anna@far.example>',
    'To: sales@acme.example',
    `Subject: ${subject}`,
    `Message-ID: <${subject.replaceAll(' ', '-')}@far.example>`,
    ...headers,
    '',
    'Is the berth still free?',
  ].join('\r\n');
  await transport.sendMail({ envelope: { from: 'anna@far.example', to: address }, raw });
  transport.close();
}

/** The page as it is, in both schemes, on a desktop and on a phone. */
async function pictures(name: string) {
  if (!process.env['SCREENSHOTS']) return;
  for (const colorScheme of ['light', 'dark'] as const)
    for (const viewport of [{ width: 1280, height: 800 }, PHONE]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await picture(page, `${name}-${viewport.width}-${colorScheme}`);
    }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('incoming email: the first mail to the address shows that it works, and who reads a mailbox is chosen', async () => {
  await page.goto('/settings/incoming-email');
  await expectShown(page.getByText('waiting for the first one'));
  await deliver('A first question');
  await expectShown(page.getByText('The address works.'));
  // It shows what is stored, so it changes with the answer.
  await page.getByLabel('Create contacts').click({ force: true });
  await until(async () => (await s.ask('GET', '/api/v1/inbound-email')).json.create_contacts === true);
  await s.ask('POST', '/api/v1/connections', {
    body: {
      kind: 'imap',
      name: 'Mailbox of Alice',
      settings: { host: 'imap.example.com' },
      secrets: { username: 'alice', password: 'app password' },
    },
  });
  await page.reload();
  await page.getByRole('button', { name: 'Who reads it' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Only its member').check();
  await dialog.getByRole('combobox', { name: 'Member' }).click();
  await page.getByRole('option', { name: 'Alice Archer' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expectShown(page.getByText('Only Alice Archer reads it'));
  await pictures('incoming-email');
  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('an unread thread is counted in the navigation, listed, and read once it is opened', async () => {
  await page.goto('/conversations');
  await expectShown(page.getByRole('link', { name: 'Emails 1 unread' }));
  await pictures('conversations-unread');
  await page.getByText('Unread', { exact: true }).click();
  await page.getByRole('link', { name: 'A first question' }).click();
  await expectShown(page.getByText('Is the berth still free?').first());
  await until(async () => (await s.ask('GET', '/api/v1/email-threads/unread')).json.emails === 0);
  await expectShown(page.getByRole('link', { name: 'Emails', exact: true }));
  await pictures('conversation-read');
  await page.getByRole('button', { name: 'Mark as unread' }).click();
  await expectShown(page.getByRole('link', { name: 'Emails 1 unread' }));
  await expectShown(page.getByRole('link', { name: 'A first question' }));
});

test('an address is suppressed, found and deleted again', async () => {
  await page.goto('/settings/suppressions');
  const form = page.getByRole('form', { name: 'Suppress an address' });
  await form.getByLabel('Address').fill('no.more@example.com');
  await form.getByRole('button', { name: 'Suppress' }).click();
  const row = page.getByRole('row').filter({ hasText: 'no.more@example.com' });
  await expectShown(row.getByText('Added by a member'));
  await pictures('suppressions');
  await page.getByRole('textbox', { name: 'Whole address' }).fill('other@example.com');
  await expectShown(page.getByText('The address is not suppressed'));
  await page.getByRole('textbox', { name: 'Whole address' }).fill('no.more@example.com');
  await row.getByRole('button', { name: 'Delete no.more@example.com' }).click();
  await page.getByRole('button', { name: 'Delete from the list' }).click();
  await expectShown(page.getByText('The address is not suppressed'));
});

test('the page of a tracked mail has its opens and clicks, each with who it was and why', async () => {
  const email = await insertSentEmail(s);
  const visit = (path: string, agent: string) =>
    fetch(s.url + path, { headers: { 'user-agent': agent }, redirect: 'manual' });
  await visit(email.pixel, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) via ggpht.com GoogleImageProxy');
  await visit(email.links[0]!, 'curl/8.5.0');
  await until(async () => (await s.ask('GET', `/api/v1/emails/${email.id}`)).json.clicks === 1);
  await page.goto(`/emails/${email.id}`);
  const hits = page.getByRole('region', { name: 'Opens and clicks' });
  await expectShown(hits.getByText('Opens 1, clicks 0, machines 1'));
  await expectShown(hits.getByText('read in webmail'));
  await expectShown(hits.getByText('a mail scanner or a preview'));
  await pictures('email-hits');
  expect(window.wrong).toEqual([]);
});
