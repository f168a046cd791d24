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
  // As in production: webhooks cannot reach private addresses.
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

test('a webhook that is created from an inbox sends its test there, with headers and body', async () => {
  await page.goto('/settings/webhooks');
  await page.getByRole('link', { name: 'test inbox' }).click();
  await page.getByRole('button', { name: 'Create test inbox' }).first().click();
  await expectShown(requests().getByText('No requests yet'));

  await page.getByRole('button', { name: 'Create webhook' }).click();
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
  await expectShown(first.getByText('Signature valid'));
  await expectShown(requests().getByText(/X-axoCRM-Signature: sha256=[0-9a-f]{64}/));
  await expectShown(requests().getByText(/"type": "webhook.test"/));
  await picture(page, 'test-inbox');
  expect(window.wrong).toEqual([]);
});

test('new requests appear automatically; the response status can be changed; deleting the inbox deletes its requests', async () => {
  const [inbox] = (await s.ask('GET', '/api/v1/inboxes')).json.data;
  await fetch(`${inbox.url}?hello`, { method: 'PUT', body: '<script>window.wrong = 1</script>' });
  const second = requests().getByRole('button', { name: /PUT\?hello/ });
  await expectShown(second.getByText('Signature invalid'));
  await second.click();
  await expectShown(requests().getByText('<script>window.wrong = 1</script>'));

  await page.getByRole('combobox', { name: 'Response status' }).click();
  await page.getByRole('option', { name: /^500/ }).click();
  await expect.poll(async () => (await fetch(inbox.url, { method: 'POST' })).status).toBe(500);

  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await picture(page, 'test-inbox-phone');

  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog().getByRole('button', { name: 'Delete inbox' }).click();
  await expectShown(page.getByText('No test inboxes yet'));
  expect((await fetch(inbox.url, { method: 'POST' })).status).toBe(404);
  expect(window.wrong).toEqual([]);
});

test('a manager reads inboxes and cannot create or delete them', async () => {
  const { url } = (await s.ask('POST', '/api/v1/inboxes', { body: { name: 'Theirs' } })).json;
  await fetch(url, { method: 'POST', body: '{}' });
  await enter(await makeMember(s, 'manager', { name: 'Looking Manager' }));
  await page.goto('/settings/webhooks/test-inbox');
  await expectShown(requests().getByRole('button', { name: /POST/ }));
  expect(await page.getByRole('button', { name: /Create|Delete/ }).count()).toBe(0);
});
