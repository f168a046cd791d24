import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  DESKTOP,
  type Window,
} from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  await enter(owner);
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
const make = async (plural: string, body: object) =>
  (await s.ask('POST', `/api/v1/${plural}`, { body })).json;

test('a tag is offered by what is typed, added to a record and removed, each at once', async () => {
  await make('contacts', { first_name: 'Otto', tags: ['Customer', 'Harbour'] });
  const jane = await make('contacts', { first_name: 'Jane', last_name: 'Doe', tags: ['Newsletter'] });
  await page.goto(`/contacts/${jane.id}`);
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page
    .getByRole('combobox', { name: 'Add a tag' })
    .or(page.getByLabel('Add a tag'))
    .first()
    .fill('cust');
  await page.getByRole('option', { name: 'Customer' }).click();
  await expectShown(page.getByText('Tag added').first());
  await page.keyboard.type('Brand new');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await s.ask('GET', `/api/v1/contacts/${jane.id}`)).json.tags)
    .toEqual(['Newsletter', 'Customer', 'Brand new']);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove the tag Newsletter' }).click();
  await expect
    .poll(async () => (await s.ask('GET', `/api/v1/contacts/${jane.id}`)).json.tags)
    .toEqual(['Customer', 'Brand new']);
  await picture(page, 'tags-record');
});

test('a list shows tags, and is filtered by one that the filter offers', async () => {
  await page.goto('/contacts');
  await expectShown(page.getByRole('cell', { name: 'Harbour' }));
  await picture(page, 'tags-list');
  await page.getByLabel('Filter by tag').first().fill('harb');
  await page.getByRole('option', { name: 'Harbour' }).click();
  await expect.poll(() => page.url()).toContain('tag=Harbour');
  await expect.poll(() => page.getByRole('row').count()).toBe(2);
});

test('every form offers the tags', async () => {
  for (const plural of ['contacts', 'companies', 'deals', 'tasks', 'leads']) {
    await page.goto(`/${plural}?create=true`);
    await page.getByRole('dialog').getByLabel('Tags').first().fill('harb');
    await expectShown(page.getByRole('option', { name: 'Harbour' }));
  }
  await picture(page, 'tags-form');
});

test('Settings → Tags: counts lead to lists; rename, merge and delete say what they do', async () => {
  await make('deals', { name: 'Deal', tags: ['Customer'] });
  await page.goto('/settings/tags');
  await expectShown(page.getByRole('link', { name: '2 contacts' }));
  await expectShown(page.getByRole('link', { name: '1 deal' }));
  for (const [name, size] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(size);
    await expectNoOverflow(page);
    await picture(page, `tags-settings-${name}`);
  }
  await page.setViewportSize(DESKTOP);
  await page.getByRole('button', { name: 'Actions for Customer' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await expectShown(page.getByText('3 records will get the new name.'));
  await page.getByRole('textbox', { name: 'Name' }).fill('harbour');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await expectShown(page.getByText('Another tag has this name.'));
  await page.getByRole('textbox', { name: 'Name' }).fill('Client');
  await picture(page, 'tags-rename');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await expectShown(page.getByRole('cell', { name: /^Client/ }));
  await page.getByRole('button', { name: 'Actions for Harbour' }).click();
  await page.getByRole('menuitem', { name: 'Merge' }).click();
  await page.getByLabel('Merge into').first().fill('cli');
  await page.getByRole('option', { name: 'Client' }).click();
  await picture(page, 'tags-merge');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await expect.poll(() => page.getByRole('cell', { name: /^Harbour/ }).count()).toBe(0);
  await page.getByRole('button', { name: 'Actions for Brand new' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expectShown(page.getByText('1 record will lose the tag.'));
  await page.getByRole('button', { name: 'Delete tag' }).click();
  await expect.poll(() => page.getByRole('cell', { name: /^Brand new/ }).count()).toBe(0);
});

test('a member sees the tags, and no actions', async () => {
  await enter(await makeMember(s, 'member'));
  await page.goto('/settings/tags');
  await expectShown(page.getByRole('cell', { name: /^Client/ }));
  expect(await page.getByRole('button', { name: /^Actions for/ }).count()).toBe(0);
  expect(await page.getByLabel('New tag').count()).toBe(0);
  expect(window.wrong).toEqual([]);
});
