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
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const { cookie } = await makeMember(s, 'owner', { name: 'Alice Archer' });
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const make = async (name: string) =>
  (await s.ask('POST', '/api/v1/contacts', { body: { first_name: name } })).json.id as string;
const status = async (id: string) => (await s.ask('GET', `/api/v1/contacts/${id}`)).status;

test('a deletion says what goes with the record, and is undone from its notification', async () => {
  const id = await make('Jane');
  await page.goto(`/contacts/${id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete contact' }).click();
  await expectShown(page.getByText('You can restore it there for 30 days'));
  await expectShown(page.getByText(/Linked .*deals.* stay/));
  await picture(page, 'trash-delete');
  await page.getByRole('button', { name: 'Delete contact' }).click();
  await expectShown(page.getByText('Jane deleted'));
  expect(await status(id)).toBe(404);
  await picture(page, 'trash-undo');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expectShown(page.getByText('Jane restored'));
  expect(await status(id)).toBe(200);
});

test('Settings → Trash shows what was deleted, by whom and the days left; restores, and erases after a confirmation', async () => {
  const [kept, erased] = [await make('Otto'), await make('Wilhelmina')];
  for (const id of [kept, erased]) await s.ask('DELETE', `/api/v1/contacts/${id}`);
  await page.goto('/settings/trash');
  await page.getByRole('combobox', { name: 'Records' }).or(page.getByLabel('Records')).first().click();
  await page.getByRole('option', { name: 'Contacts' }).click();
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  await expectShown(row('Otto').getByText('30 days'));
  await expectShown(row('Otto').getByText('API key Alice'));
  for (const [name, size] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(size);
    await expectNoOverflow(page);
    await picture(page, `trash-page-${name}`);
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'trash-page-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await row('Otto').getByRole('button', { name: 'Restore' }).click();
  await expectShown(page.getByText('Otto restored'));
  expect(await status(kept)).toBe(200);
  await row('Wilhelmina').getByRole('button', { name: 'Erase now' }).click();
  await expectShown(page.getByText('This cannot be undone.'));
  await page.getByRole('dialog').getByRole('button', { name: 'Erase now' }).click();
  await expectShown(page.getByRole('cell', { name: 'Being erased' }));
  expect((await s.ask('POST', `/api/v1/contacts/${erased}/restore`)).status).toBe(410);
  expect(window.wrong).toEqual([]);
});
