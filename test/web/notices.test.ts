import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoOverflow, expectShown, launchBrowser, openWindow, PHONE, picture } from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let gone: Receiver;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  gone = await startReceiver();
  gone.answer(() => ({ status: 410 }));
});
afterAll(async () => {
  await browser?.close();
  await gone?.close();
  await s?.stop();
});

async function disabled(...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    const body = { name, url: gone.url, events: ['contact.created'] };
    ids.push((await s.ask('POST', '/api/v1/webhooks', { body })).json.id);
  }
  await s.ask('POST', '/api/v1/contacts', { body: { last_name: 'Doe' } });
  const state = async (id: string) => (await s.ask('GET', `/api/v1/webhooks/${id}`)).json.state;
  await until(async () => (await Promise.all(ids.map(state))).every((item) => item === 'disabled'));
  return ids;
}

async function windowOf({ cookie }: SignedIn, more = {}) {
  const window = await openWindow(browser, s.url, more);
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  return window;
}

test('section 8: the bell counts disabled webhooks and links to them; each can be dismissed or resumed', async () => {
  const [first] = await disabled('Warehouse', 'Till');
  const window = await windowOf(await makeMember(s, 'owner'));
  const { page } = window;
  await page.goto('/contacts');
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await expectShown(page.getByRole('button', { name: 'Notifications: 2' }));
  await bell.click();
  const list = page.getByRole('dialog', { name: 'Notifications' });
  await expectShown(list.getByText('Its receiver answered 410 Gone.').first());
  await picture(page, 'notices-desktop');
  await list.getByRole('link', { name: 'Warehouse' }).click();
  await page.waitForURL(`${s.url}/settings/webhooks/${first}`);

  await bell.click();
  await list.getByRole('button', { name: 'Dismiss notification about Till' }).click();
  await expectShown(page.getByRole('button', { name: 'Notifications: 1' }));
  // A dismissed notification stays dismissed, and resuming the webhook removes the other.
  await s.ask('PATCH', `/api/v1/webhooks/${first}`, { body: { active: true } });
  await page.reload();
  await expectShown(page.getByRole('button', { name: 'Notifications', exact: true }));
  await bell.click();
  await expectShown(page.getByText('No notifications'));
  expect(window.wrong).toEqual([]);
  await window.close();
});

test('on a phone the bell is in the top bar; managers are not told of webhooks', async () => {
  await disabled(`A webhook with a long name ${'x'.repeat(120)}`);
  const window = await windowOf(await makeMember(s, 'admin'), { viewport: PHONE });
  await window.page.goto('/contacts');
  await window.page.getByRole('button', { name: /^Notifications: / }).click();
  await expectShown(window.page.getByText('Its receiver answered 410 Gone.').first());
  await expectNoOverflow(window.page);
  await picture(window.page, 'notices-phone');
  expect(window.wrong).toEqual([]);
  await window.close();

  const other = await windowOf(await makeMember(s, 'manager'));
  await other.page.goto('/contacts', { waitUntil: 'networkidle' });
  await expectShown(other.page.getByRole('heading', { level: 1 }));
  // The bell has no number.
  await expectShown(other.page.getByRole('button', { name: 'Notifications', exact: true }));
  await other.close();
});
