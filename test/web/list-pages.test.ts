import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let owner: SignedIn;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await open(owner);
  ({ page } = window);
  const people = ['Émile', 'bo', 'Ada', 'Carl', 'Dora', 'Zoe'];
  await batch(
    'contacts',
    people.map((name) => ({ first_name: name, tags: ['client'] })),
  );
  await batch(
    'deals',
    [5, 300, 40.5].map((value) => ({ name: `Deal of ${value}`, value })),
  );
  await batch(
    'leads',
    ['Jane Doe', 'Ann Lee', 'Max Moe'].map((name) => ({ name, email: 'a@example.com' })),
  );
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

async function open({ cookie }: SignedIn, options = {}): Promise<Window> {
  const opened = await openWindow(browser, s.url, options);
  const [name, value] = cookie.split('=') as [string, string];
  await opened.context.addCookies([{ name, value, url: s.url }]);
  return opened;
}

async function batch(plural: string, records: object[]): Promise<void> {
  const { json } = await s.ask('POST', `/api/v1/${plural}/batch`, { body: { records } });
  for (const { status } of json.results) expect(status).toBe(201);
}

const row = (name: string | RegExp) => page.getByRole('row', { name });
const titles = () => page.locator('tbody td[data-first]').allInnerTexts();
const header = (name: string) => page.getByRole('columnheader', { name });
const sortBy = (name: string) => header(name).getByRole('button').click();
const box = (name: string) => page.getByRole('checkbox', { name });
const toolbar = () => page.getByRole('toolbar', { name: 'Selected records' });
const dialog = () => page.getByRole('dialog');

async function shows(...expected: string[]): Promise<void> {
  await expect.poll(titles).toEqual(expected);
}

/** Waits for exactly these events: they may fire after the click returns. */
async function fires(expected: string[]): Promise<void> {
  const events: string[] = [];
  await expect
    .poll(async () => {
      events.push(...(await s.newEvents()));
      return events.toSorted();
    })
    .toEqual(expected.toSorted());
}

describe('the list of an object', () => {
  test('a click on a header sorts by it, a second one in the other direction', async () => {
    await page.goto('/contacts');
    await expectShown(row(/Ada/));
    await sortBy('Name');
    await shows('Ada', 'bo', 'Carl', 'Dora', 'Émile', 'Zoe');
    expect(await header('Name').getAttribute('aria-sort')).toBe('ascending');
    await sortBy('Name');
    await shows('Zoe', 'Émile', 'Dora', 'Carl', 'bo', 'Ada');
    expect(page.url()).toContain('sort=-name');
    await page.goto('/deals?view=table');
    await sortBy('Value');
    await shows('Deal of 300', 'Deal of 40.5', 'Deal of 5');
    await expectShown(header('Stage'));
    expect(await header('Stage').getByRole('button').count()).toBe(0);
  });

  test('rows are selected by their box, by shift-click, and all at once', async () => {
    await page.goto('/contacts?sort=name');
    await box('Select bo').click();
    await expectShown(toolbar().getByText('1 selected'));
    await box('Select Dora').click({ modifiers: ['Shift'] });
    await expectShown(toolbar().getByText('3 selected'));
    await picture(page, 'list-selected');
    await box('Select Carl').click();
    await expectShown(toolbar().getByText('2 selected'));
    await box('Select all on this page').click();
    await expectShown(toolbar().getByText('6 selected'));
    await box('Select all on this page').click();
    await toolbar().waitFor({ state: 'detached' });
    expect(page.url()).toContain('/contacts?');
  });

  test('the owner and the tags of selected records are changed', async () => {
    await box('Select Ada').click();
    await box('Select bo').click();
    await toolbar().getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Owner' }).click();
    await expectShown(dialog().getByText('Change owner of 2 contacts'));
    await dialog().getByRole('combobox', { name: 'Owner' }).click();
    await page.getByRole('option', { name: 'Alice Archer' }).click();
    await picture(page, 'list-change-owner');
    await dialog().getByRole('button', { name: 'Change 2 contacts' }).click();
    await expectShown(page.getByText('2 contacts changed'));
    await expectShown(row(/Ada.*Alice Archer/));
    await fires(['contact.updated', 'contact.updated']);

    await toolbar().getByRole('button', { name: 'Tags' }).click();
    await dialog().getByRole('combobox', { name: 'Add tags' }).fill('vip');
    await dialog().getByRole('combobox', { name: 'Add tags' }).press('Enter');
    await dialog().getByRole('combobox', { name: 'Remove tags' }).click();
    await page.getByRole('option', { name: 'client' }).click();
    await page.keyboard.press('Tab');
    await picture(page, 'list-change-tags');
    await dialog().getByRole('button', { name: 'Change 2 contacts' }).click();
    await expectShown(row(/Ada.*vip/));
    const each = ['contact.tag_removed', 'contact.tag_added'];
    await fires([...each, ...each]);
  });

  test('selected records are deleted after a question, and the deletion is undone', async () => {
    await toolbar().getByRole('button', { name: 'Delete' }).click();
    await expectShown(dialog().getByText('Delete 2 contacts?'));
    await picture(page, 'list-delete');
    await dialog().getByRole('button', { name: 'Delete 2 contacts' }).click();
    await shows('Carl', 'Dora', 'Émile', 'Zoe');
    await fires(['contact.deleted', 'contact.deleted']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expectShown(page.getByText('2 contacts restored'));
    await shows('Ada', 'bo', 'Carl', 'Dora', 'Émile', 'Zoe');
    await fires(['contact.restored', 'contact.restored']);
  });

  test('deals are moved to a stage; leads get a status', async () => {
    await page.goto('/deals?view=table');
    await box('Select all on this page').click();
    await toolbar().getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Stage' }).click();
    await dialog().getByRole('combobox', { name: 'Stage' }).click();
    await page.getByRole('option', { name: 'Proposal' }).click();
    await dialog().getByRole('button', { name: 'Change 3 deals' }).click();
    await expectShown(page.getByText('3 deals changed'));
    await fires(Array(3).fill('deal.stage_changed'));

    await page.goto('/leads');
    await sortBy('Name');
    await shows('Ann Lee', 'Jane Doe', 'Max Moe');
    await box('Select Ann Lee').click();
    await toolbar().getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Status' }).click();
    await dialog().getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Lost' }).click();
    await dialog().getByRole('button', { name: 'Change 1 lead' }).click();
    await expectShown(row(/Ann Lee.*Lost/));
    await fires(['lead.updated']);
    expect(window.wrong).toEqual([]);
  });

  test('what another user deleted meanwhile is reported, and the rest is changed', async () => {
    await page.goto('/contacts?sort=name');
    await box('Select Carl').click();
    await box('Select Dora').click();
    const { data } = (await s.ask('GET', '/api/v1/contacts?sort=name')).json;
    const carl = data.find(({ first_name }: { first_name: string }) => first_name === 'Carl');
    await s.ask('DELETE', `/api/v1/contacts/${carl.id}`);
    await toolbar().getByRole('button', { name: 'Change' }).click();
    await page.getByRole('menuitem', { name: 'Status' }).click();
    await dialog().getByRole('textbox', { name: 'Status' }).fill('customer');
    await dialog().getByRole('button', { name: 'Change 2 contacts' }).click();
    await expectShown(page.getByText('1 contact changed'));
    await expectShown(page.getByText('1 contact could not be changed: There is no contact with this id.'));
  });

  test('50 deals of 50 companies and contacts come with all names in one request', async () => {
    const numbers = Array.from({ length: 50 }, (_, at) => at);
    const made = async (plural: string, bodies: object[]): Promise<string[]> => {
      const { json } = await s.ask('POST', `/api/v1/${plural}/batch`, { body: { records: bodies } });
      return json.results.map(({ record }: { record: { id: string } }) => record.id);
    };
    const companies = await made(
      'companies',
      numbers.map((at) => ({ name: `Company ${at}` })),
    );
    const people = await made(
      'contacts',
      numbers.map((at) => ({ first_name: `Person ${at}` })),
    );
    await batch(
      'deals',
      numbers.map((at) => ({ name: `Offer ${at}`, company_id: companies[at], contact_id: people[at] })),
    );
    const visit = await open(owner);
    const requests: string[] = [];
    visit.page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    const records = () => requests.filter((path) => /^\/api\/v1\/(deals|companies|contacts)/.test(path));
    await visit.page.goto('/deals?view=table');
    await expectShown(visit.page.getByRole('row', { name: /Offer 49.*Company 49.*Person 49/ }));
    await expectShown(visit.page.getByRole('row', { name: /Offer 0.*Company 0.*Person 0/ }));
    expect(records()).toEqual(['/api/v1/deals']);

    // A session that may not read companies cannot expand them: GET /objects leaves them out.
    await visit.page.route(/\/api\/v1\/objects\b/, async (route) => {
      const answer = await route.fetch();
      const { data } = (await answer.json()) as { data: { key: string }[] };
      await route.fulfill({ response: answer, json: { data: data.filter(({ key }) => key !== 'company') } });
    });
    requests.length = 0;
    await visit.page.goto('/deals?view=table');
    await expectShown(visit.page.getByRole('row', { name: /Offer 49.*Deleted or no access.*Person 49/ }));
    expect(records()).toEqual(['/api/v1/deals']);
    expect(visit.wrong).toEqual([]);
    await visit.close();
  });

  test('on a phone, rows can be selected, and nothing is wider than the screen', async () => {
    const phone = await open(owner, { viewport: PHONE, hasTouch: true, colorScheme: 'dark' });
    await phone.page.goto('/contacts?sort=name');
    await phone.page.getByRole('checkbox', { name: 'Select Ada' }).tap();
    await expectShown(phone.page.getByText('1 selected'));
    await expectNoOverflow(phone.page);
    await picture(phone.page, 'list-selected-phone');
    await phone.close();
  });
});
