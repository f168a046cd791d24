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

const make = async (plural: string, body: object) =>
  (await s.ask('POST', `/api/v1/${plural}`, { body })).json.id as string;

test('two contacts are compared, merged with chosen values, and the merge is undone', async () => {
  const acme = await make('companies', { name: 'Harbour Shipping Ltd' });
  const jane = await make('contacts', {
    first_name: 'Jane',
    last_name: 'Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
    tags: ['VIP'],
    custom_fields: { seats: 4 },
  });
  const other = await make('contacts', {
    first_name: 'Janet',
    last_name: 'Doe-Roe',
    email: 'janet@example.org',
    other_emails: ['JANE@example.com'],
    company_id: acme,
    job_title: 'Head of Procurement',
    notes: 'Met at the fair. Prefers calls in the morning.',
    tags: ['Fair'],
    custom_fields: { seats: 12 },
  });
  for (const name of ['Spring order', 'Autumn order']) await make('deals', { name, contact_id: other });
  await make('tasks', { title: 'Call', contact_id: other });

  await page.goto(`/contacts/${jane}`);
  await expectShown(page.getByRole('heading', { name: 'Perhaps the same' }));
  await picture(page, 'merge-duplicates');
  await page.getByRole('link', { name: 'Compare and merge' }).click();
  await expectShown(page.getByText('2 deals and 1 task of Janet Doe-Roe will belong to Jane Doe.'));
  await page.getByRole('radiogroup', { name: 'Last name' }).getByLabel('Doe-Roe').check();
  for (const [name, size] of Object.entries({ desk: DESKTOP, phone: PHONE })) {
    await page.setViewportSize(size);
    await expectNoOverflow(page);
    await picture(page, `merge-page-${name}`);
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'merge-page-dark');
  await page.emulateMedia({ colorScheme: 'light' });

  await page.getByRole('button', { name: 'Merge contacts' }).click();
  await expectShown(page.getByText('Janet Doe-Roe merged into Jane Doe-Roe'));
  await expectShown(page.getByRole('heading', { name: 'Jane Doe-Roe' }));
  await expectShown(page.getByText('with another record'));
  await expectShown(page.getByRole('heading', { name: 'Merged into this record' }));
  await picture(page, 'merge-done');
  expect((await s.ask('GET', `/api/v1/contacts/${other}`)).json).toMatchObject({
    id: jane,
    last_name: 'Doe-Roe',
    company_id: acme,
    email: 'jane@example.com',
    other_emails: ['janet@example.org'],
    custom_fields: { seats: 4 },
    tags: ['VIP', 'Fair'],
  });

  // The old link leads to the survivor.
  await page.goto(`/contacts/${other}`);
  await page.waitForURL(`**/contacts/${jane}`);
  await page.getByRole('button', { name: 'Undo merge' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Undo merge' }).click();
  await expectShown(page.getByText('Janet Doe-Roe is back'));
  await expectShown(page.getByRole('heading', { name: 'Jane Doe', exact: true }));
  expect((await s.ask('GET', `/api/v1/contacts/${other}`)).json.id).toBe(other);
  expect(window.wrong).toEqual([]);
});

test('a company is merged with one that is found by its name, and the two are swapped', async () => {
  const [kept, gone] = [
    await make('companies', { name: 'Lighthouse Catering' }),
    await make('companies', { name: 'LHC', industry: 'Food' }),
  ];
  await page.goto(`/companies/${gone}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Merge with another company' }).click();
  await page.getByRole('combobox', { name: 'Merge LHC with' }).fill('Lighthouse');
  await page.getByRole('option', { name: 'Lighthouse Catering' }).click();
  await expectShown(page.getByText('LHC', { exact: true }).first());
  await page.getByRole('button', { name: 'Swap' }).click();
  await expectShown(page.getByText('LHC has no records that move.'));
  await page.getByRole('button', { name: 'Merge companies' }).click();
  await page.waitForURL(`**/companies/${kept}`);
  expect((await s.ask('GET', `/api/v1/companies/${gone}`)).json).toMatchObject({
    id: kept,
    name: 'Lighthouse Catering',
    industry: 'Food',
  });
  expect(window.wrong).toEqual([]);
});
