import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
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
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  const make = async (plural: string, body: object) =>
    (await s.ask('POST', `/api/v1/${plural}`, { body })).json.id as string;
  const company = await make('companies', { name: 'Zürich Print Ltd' });
  const contact = await make('contacts', {
    first_name: 'Jürgen',
    last_name: 'Müller',
    email: 'jm@lager-nord.example',
    phone: '+49 170 5554567',
    company_id: company,
  });
  await make('deals', { name: 'Order of brochures', contact_id: contact, company_id: company });
  // Older than the newest 200.
  const records = Array.from({ length: 210 }, (_, at) => ({ name: `Filler ${at}` }));
  await s.ask('POST', '/api/v1/companies/batch', { body: { records } });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const palette = () => page.getByRole('textbox', { name: 'Search pages and commands' });
const dialog = () => page.getByRole('dialog');

test('Ctrl-K finds records by object, and opens the best one by Enter', async () => {
  await page.goto('/tasks');
  await expectShown(page.getByRole('heading', { name: 'Tasks', level: 1 }));
  await page.keyboard.press('Control+k');
  await palette().fill('muller');
  await expectShown(page.getByRole('button', { name: /^Jürgen Müller/ }));
  await expectShown(page.getByRole('button', { name: /^Order of brochures/ }));
  await expectShown(page.getByText('Zürich Print Ltd · jm@lager-nord.example'));
  await expect
    .poll(() => page.locator('[data-action][data-selected]').textContent())
    .toContain('Jürgen Müller');
  await page.keyboard.press('Enter');
  await expectShown(page.getByRole('heading', { name: 'Jürgen Müller', level: 1 }));
});

test('keys that are typed right after Ctrl-K are in the search, also while the palette is loaded', async () => {
  const visit = await page.context().newPage();
  await visit.route('**/command-palette-*.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await visit.goto('/tasks');
  await expectShown(visit.getByRole('heading', { name: 'Tasks', level: 1 }));
  const input = visit.getByRole('textbox', { name: 'Search pages and commands' });
  for (const words of ['jurgex', 'muller']) {
    await visit.keyboard.press('Control+k');
    await visit.keyboard.type(words);
    if (words === 'jurgex') await visit.keyboard.press('Backspace');
    await expect.poll(() => input.inputValue()).toBe(words.replace('x', ''));
    await expectShown(visit.getByRole('button', { name: /^Jürgen Müller/ }));
    await visit.keyboard.press('Control+k');
    await input.waitFor({ state: 'detached' });
  }
  await visit.close();
});

test('Ctrl-K selects the best result of the words as they are now', async () => {
  for (const body of [{ first_name: 'Lena', last_name: 'Quai' }, { last_name: 'Quaiser' }])
    await owner.ask('POST', '/api/v1/contacts', { body });
  await page.goto('/tasks');
  await expectShown(page.getByRole('heading', { name: 'Tasks', level: 1 }));
  const selected = () => page.locator('[data-action][data-selected]').allTextContents();
  await page.keyboard.press('Control+k');
  // The newest of equals is first, then the one with the whole word.
  for (const [words, best] of [
    ['qua', 'Quaiser'],
    ['quai', 'Lena Quai'],
  ] as const) {
    await palette().fill(words);
    await expectShown(page.getByRole('button', { name: /^Lena Quai/ }));
    await expect.poll(selected).toEqual([expect.stringMatching(best)]);
  }
  await page.keyboard.press('Escape');
});

test('Ctrl-K opens from within a text field, and a page of the same word stays first', async () => {
  await page.goto('/contacts');
  await page.getByRole('textbox', { name: 'Search contacts' }).click();
  await page.keyboard.press('Control+k');
  await palette().fill('webhooks');
  await page.keyboard.press('Enter');
  await expectShown(page.getByRole('heading', { name: 'Webhooks', level: 1 }));
});

test.each([
  ['contacts', '4567', 'Jürgen Müller'],
  ['companies', 'zurich', 'Zürich Print Ltd'],
  ['deals', 'muller broch', 'Order of brochures'],
])('the list of %s has a search box', async (plural, words, title) => {
  await page.goto(`/${plural}`);
  await page.getByRole('textbox', { name: `Search ${plural}` }).fill(words);
  await expectShown(page.getByRole('link', { name: title }));
  // A table has a heading; a card of the board is an item of a list.
  const found = plural === 'deals' ? page.getByRole('main').getByRole('listitem') : page.getByRole('row');
  await expect.poll(() => found.count()).toBe(plural === 'deals' ? 1 : 2);
});

test('a picker searches the server, and creates what is not there', async () => {
  await page.goto('/deals?create=true');
  await dialog().getByRole('textbox', { name: 'Name' }).fill('Another order');
  const company = dialog().getByRole('combobox', { name: 'Company' });
  await company.fill('zuri');
  await page.getByRole('option', { name: 'Zürich Print Ltd' }).click();
  const contact = dialog().getByRole('combobox', { name: 'Contact' });
  await contact.fill('Nora Neu');
  await page.getByRole('option', { name: 'Create contact “Nora Neu”' }).click();
  await expect.poll(() => contact.inputValue()).toBe('Nora Neu');
  await dialog().getByRole('button', { name: 'Create deal' }).click();
  await expectShown(page.getByRole('heading', { name: 'Another order', level: 1 }));
  await expectShown(page.getByRole('link', { name: 'Nora Neu' }));
  await expectShown(page.getByRole('link', { name: 'Zürich Print Ltd' }));
  const { data } = (await s.ask('GET', '/api/v1/contacts?q=nora')).json;
  expect(data).toMatchObject([{ first_name: 'Nora', last_name: 'Neu' }]);
});

test('a search that is behind says so in a list and in Ctrl-K, and the list catches up by itself', async () => {
  const lock = await s.db.side.connect();
  try {
    await lock.query('begin');
    await lock.query('select from search_position for update');
    // By the same person: the search waits for their own changes first.
    await owner.ask('POST', '/api/v1/contacts', { body: { last_name: 'Laggard' } });
    await page.goto('/contacts?q=laggard');
    await expectShown(page.getByText('The search is catching up: the newest changes may be missing.'));
    await page.keyboard.press('Control+k');
    await palette().fill('laggard');
    await expectShown(page.getByText('No results yet: the search is catching up'));
    await page.keyboard.press('Escape');
  } finally {
    await lock.query('rollback');
    lock.release();
  }
  await expectShown(page.getByRole('link', { name: 'Laggard' }));
  await expect.poll(() => page.getByText('The search is catching up').count()).toBe(0);
});

test('fits a phone, and no page logs an error', async () => {
  const phone = await openWindow(browser, s.url, {
    viewport: PHONE,
    storageState: await window.context.storageState(),
  });
  await phone.page.goto('/contacts');
  await expectShown(phone.page.getByRole('textbox', { name: 'Search contacts' }));
  await phone.page.keyboard.press('Control+k');
  await phone.page.getByRole('textbox', { name: 'Search pages and commands' }).fill('müller');
  await expectShown(phone.page.getByRole('button', { name: /^Jürgen Müller/ }));
  await expectNoOverflow(phone.page);
  expect([...window.wrong, ...phone.wrong]).toEqual([]);
});
