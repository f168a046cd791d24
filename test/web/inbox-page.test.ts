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
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
beforeAll(async () => {
  // As it is in use: nothing private is open to webhooks.
  s = await startScenario({ FAIRLEAD_EGRESS_ALLOW: '' });
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await enter(await makeMember(s, 'owner', { name: 'Alice Archer' }));
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function enter({ cookie }: SignedIn): Promise<void> {
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.clearCookies();
  await window.context.addCookies([{ name, value, url: s.url }]);
}
const dialog = () => page.getByRole('dialog');
const requests = () => page.getByRole('region', { name: 'Requests' });

test('an inbox, a webhook from it, and its test arrives, with its headers and its body', async () => {
  await page.goto('/settings/webhooks');
  await page.getByRole('link', { name: 'test inbox' }).click();
  await page.getByRole('button', { name: 'Make a test inbox' }).first().click();
  await expectShown(requests().getByText('Nothing has arrived yet'));

  await page.getByRole('button', { name: 'Make a webhook that posts here' }).click();
  await dialog().getByLabel('Name').fill('To the inbox');
  await dialog().getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: 'axoCRM' }).click();
  await dialog().getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await expectShown(page.getByRole('heading', { name: 'To the inbox', level: 1 }));
  await page.getByRole('button', { name: 'Send test' }).click();
  await dialog().getByRole('button', { name: 'Send test' }).click();

  await page.goto('/settings/webhooks/test-inbox');
  const first = requests().getByRole('button', { name: /POST/ });
  await first.click();
  await expectShown(first.getByText('Signature is right'));
  await expectShown(requests().getByText(/X-axoCRM-Signature: sha256=[0-9a-f]{64}/));
  await expectShown(requests().getByText(/"type": "webhook.test"/));
  await picture(page, 'test-inbox');
  expect(window.wrong).toEqual([]);
});

test('what arrives comes up by itself; what it answers can be chosen; it is deleted with what arrived', async () => {
  const [inbox] = (await s.ask('GET', '/api/v1/inboxes')).json.data;
  await fetch(`${inbox.url}?hello`, { method: 'PUT', body: '<script>window.wrong = 1</script>' });
  const second = requests().getByRole('button', { name: /PUT\?hello/ });
  await expectShown(second.getByText('Signature is wrong'));
  await second.click();
  await expectShown(requests().getByText('<script>window.wrong = 1</script>'));

  await page.getByRole('combobox', { name: 'What it answers' }).click();
  await page.getByRole('option', { name: /^500/ }).click();
  await expect.poll(async () => (await fetch(inbox.url, { method: 'POST' })).status).toBe(500);

  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await picture(page, 'test-inbox-phone');

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog().getByRole('button', { name: 'Delete inbox' }).click();
  await expectShown(page.getByText('No test inbox yet'));
  expect((await fetch(inbox.url, { method: 'POST' })).status).toBe(404);
  expect(window.wrong).toEqual([]);
});

test('a manager looks on, and makes nothing', async () => {
  const { url } = (await s.ask('POST', '/api/v1/inboxes', { body: { name: 'Theirs' } })).json;
  await fetch(url, { method: 'POST', body: '{}' });
  await enter(await makeMember(s, 'manager', { name: 'Looking Manager' }));
  await page.goto('/settings/webhooks/test-inbox');
  await expectShown(requests().getByRole('button', { name: /POST/ }));
  expect(await page.getByRole('button', { name: /Make a|Delete/ }).count()).toBe(0);
});
