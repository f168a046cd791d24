import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DESKTOP,
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  type Window,
} from '../kit/browser.ts';
import { ACCOUNT_SID, AUTH_TOKEN, startFakeTwilio, type FakeTwilio } from '../kit/fake-twilio.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const OURS = '+15550100001';
const JANE = '+15551234567';
let s: Scenario;
let twilio: FakeTwilio;
let browser: Browser;
let window: Window;
let page: Page;
let jane: { id: string };
beforeAll(async () => {
  [s, twilio, browser] = await Promise.all([startScenario(), startFakeTwilio(), launchBrowser()]);
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const { cookie, id } = await makeMember(s, 'owner', { name: 'Alice Archer' });
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  const connection = await make('connections', {
    kind: 'twilio',
    name: 'Twilio',
    settings: { account_sid: ACCOUNT_SID, base_url: twilio.url, from: OURS, per_second: 100 },
    secrets: { auth_token: AUTH_TOKEN },
  });
  jane = await make('contacts', { first_name: 'Jane', last_name: 'Doe', phone: JANE, owner_id: id });
  const received = {
    MessageSid: 'SM1',
    From: JANE,
    To: OURS,
    Body: 'Are you open on Sunday?',
    NumMedia: '0',
  };
  await twilio.post(`${s.url}/webhooks/twilio/${connection.id}/sms`, received);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([s?.stop(), twilio?.stop()]);
});

const make = async (plural: string, body: object) =>
  (await s.ask('POST', `/api/v1/${plural}`, { body })).json;

test('a thread shows what came in; an answer is counted, sent and shown', async () => {
  await page.goto('/messages');
  await expectShown(page.getByText('Are you open on Sunday?').last());
  const box = page.getByLabel('Message', { exact: true });
  await box.fill(`${'a'.repeat(140)}🙂`);
  await expectShown(page.getByText('3 messages'));
  await box.fill('Yes, from nine.');
  await expectShown(page.getByText('1 message', { exact: false }).first());
  await page.getByRole('button', { name: 'Send' }).click();
  await expectShown(page.getByText('Sent ·'));
  expect(twilio.sent).toMatchObject([{ To: JANE, Body: 'Yes, from nine.' }]);
  await picture(page, 'messages');
  await page.setViewportSize(PHONE);
  await page.getByRole('button', { name: /Jane Doe/ }).click();
  await expectShown(page.getByRole('button', { name: 'All threads' }));
  await expectNoOverflow(page);
  await picture(page, 'messages-phone');
  await page.setViewportSize(DESKTOP);
});

test('a contact is called once the member has said which phone rings first', async () => {
  await page.goto(`/contacts/${jane.id}`);
  await page.getByRole('button', { name: 'Call', exact: true }).click();
  await page.getByLabel('Your phone number').fill('+1 555 010 0900');
  await page.getByRole('button', { name: 'Save and call' }).click();
  await expectShown(page.getByText('Your phone rings now.', { exact: false }));
  expect(twilio.calls).toMatchObject([{ To: '+15550100900', From: OURS }]);
  await page.getByRole('button', { name: 'Text', exact: true }).click();
  await expectShown(page.getByRole('dialog').getByText('Yes, from nine.'));
  await picture(page, 'messages-contact');
});

test('a consent is set by hand', async () => {
  await page.goto('/settings/consents');
  await page.getByRole('button', { name: 'Set a consent' }).click();
  await page.getByLabel('Phone number').fill('+1 555 999 0000');
  await page.getByRole('button', { name: 'Save' }).click();
  await expectShown(page.getByRole('cell', { name: '+15559990000' }));
  await picture(page, 'consents');
});
