import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectShown, launchBrowser, openWindow, type Window } from '../kit/browser.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

interface Field {
  key: string;
  label: string;
  kind: string;
  required: boolean;
  read_only: boolean;
  filter?: { parameter: string };
}
interface ObjectType {
  key: string;
  plural: string;
  label: string;
  plural_label: string;
  list_fields: string[];
  fields: Field[];
}

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let objects: ObjectType[];
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  const owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  objects = (await s.ask('GET', '/api/v1/objects')).json.data;
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const object = (key: string) => objects.find((item) => item.key === key)!;
const dialog = () => page.getByRole('dialog');

/** What a view leaves out of a form, because the page has a button for it. */
const BY_BUTTON: Readonly<Record<string, string[]>> = { deal: ['status', 'lost_reason'], task: ['status'] };

describe('RC1: the dashboard is drawn from the fields of an object', () => {
  test.each(['contact', 'company', 'deal', 'task', 'lead'])(
    'the form of a %s has an input for each field that can be set, and marks the required ones',
    async (key) => {
      const { plural, fields } = object(key);
      await page.goto(`/${plural}?create=true`);
      await expectShown(dialog().getByRole('button', { name: /^Create / }));
      const inputs = await dialog()
        .locator('label')
        .evaluateAll((labels) => labels.map((label) => label.textContent));
      const expected = fields
        .filter((field) => !field.read_only && field.kind !== 'custom_fields')
        .filter((field) => !BY_BUTTON[key]?.includes(field.key))
        .map(({ label, required }) => (required ? `${label} *` : label));
      expect(new Set(inputs)).toEqual(new Set(expected));
      expect(inputs).toHaveLength(expected.length);
    },
  );

  test('a list has the columns and the filters of its object', async () => {
    const { list_fields: columns, fields } = object('company');
    await s.ask('POST', '/api/v1/companies', { body: { name: 'Acme Ltd', industry: 'Hospitality' } });
    await page.goto('/companies');
    await expectShown(page.getByRole('link', { name: 'Acme Ltd' }));
    const labelOf = (key: string) => fields.find((field) => field.key === key)!.label;
    const headings = await page.getByRole('columnheader').allTextContents();
    expect(headings).toEqual(['Name', ...columns.map(labelOf), 'Created', 'Updated']);
    for (const { label } of fields.filter(({ kind, filter }) => filter && kind !== 'datetime'))
      await expectShown(page.getByLabel(`Filter by ${label.toLowerCase()}`).first());
    await page.getByLabel('Filter by industry').fill('Fishing');
    await expectShown(page.getByText('No matching companies'));
    await page.getByLabel('Filter by industry').fill('Hospitality');
    await expectShown(page.getByRole('link', { name: 'Acme Ltd' }));
    expect(new URL(page.url()).searchParams.get('industry')).toBe('Hospitality');
  });

  test('a filter that is used less is shown on request, and while it is set', async () => {
    const { id } = (await s.ask('POST', '/api/v1/companies', { body: { name: 'Filter Ltd' } })).json;
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Inga', company_id: id } });
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Otto' } });
    await page.goto('/contacts');
    await expectShown(page.getByRole('link', { name: 'Otto' }));
    const filter = page.getByRole('combobox', { name: 'Filter by company' });
    expect(await filter.count()).toBe(0);
    await page.getByRole('button', { name: 'More filters' }).click();
    await filter.click();
    await page.getByRole('option', { name: 'Filter Ltd' }).click();
    await expect.poll(() => page.getByRole('link', { name: 'Otto' }).count()).toBe(0);
    await expectShown(page.getByRole('link', { name: 'Inga' }));
    await page.reload();
    await expect.poll(() => filter.inputValue()).toBe('Filter Ltd');
  });

  test('a picker finds an older record by its full title', async () => {
    await s.ask('POST', '/api/v1/companies', { body: { name: 'The Oldest Company' } });
    const records = Array.from({ length: 200 }, (_, n) => ({ name: `Newer ${n}` }));
    await s.ask('POST', '/api/v1/companies/batch', { body: { records: records.slice(0, 100) } });
    await s.ask('POST', '/api/v1/companies/batch', { body: { records: records.slice(100) } });
    await page.goto('/deals?create=true');
    const picker = dialog().getByRole('combobox', { name: 'Company' });
    await picker.click();
    await expectShown(page.getByRole('option', { name: 'Newer 199' }));
    await picker.fill('the oldest company');
    await page.getByRole('option', { name: 'The Oldest Company' }).click();
    await expect.poll(() => picker.inputValue()).toBe('The Oldest Company');
  });

  test('the timeline names fields and previous values as the page does', async () => {
    const body = { name: 'Harbour party', value: 5000, currency: 'GBP' };
    const { id } = (await s.ask('POST', '/api/v1/deals', { body })).json;
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { value: 6000, expected_close_date: '2027-03-01' } });
    await page.goto(`/deals/${id}`);
    await expectShown(page.getByText('Value was £5,000'));
    await expectShown(page.getByRole('definition').getByText('£6,000'));
    await expectShown(page.getByRole('listitem').getByText('Expected close date', { exact: true }));
  });

  test.each(['/nothings', '/nothings/1', '/settings', '/settings/nothing'])(
    '%s is not a page',
    async (path) => {
      await page.goto(path);
      await expectShown(page.getByText('Page not found'));
    },
  );
});

test('RX3: a lead needs a name, and an email or a phone; nothing else', async () => {
  await page.goto('/leads?create=true');
  const create = () => dialog().getByRole('button', { name: 'Create lead' }).click();
  await create();
  await expectShown(dialog().getByText('Enter a name.'));
  await expectShown(dialog().getByText('Enter an email or a phone number.'));
  await dialog().getByLabel('Last name').fill('Doe');
  await dialog().getByLabel('Phone').fill('+15551234567');
  await create();
  await expectShown(page.getByRole('heading', { name: 'Doe', level: 1 }));
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
