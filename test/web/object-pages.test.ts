import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectNoOverflow, expectShown, launchBrowser, openWindow, type Window } from '../kit/browser.ts';
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
    expect(headings).toEqual([
      'Select all on this page',
      'Name',
      ...columns.map(labelOf),
      'Created',
      'Updated',
    ]);
    // The search box stands for the filters of texts, until they are requested.
    await expectShown(page.getByRole('textbox', { name: 'Search companies' }));
    await page.getByRole('button', { name: 'More filters' }).click();
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

  test('the timeline names fields, previous and new values as the page does', async () => {
    const body = { name: 'Harbour party', value: 5000, currency: 'GBP' };
    const { id } = (await s.ask('POST', '/api/v1/deals', { body })).json;
    await s.ask('PATCH', `/api/v1/deals/${id}`, { body: { value: 6000, expected_close_date: '2027-03-01' } });
    await page.goto(`/deals/${id}`);
    await expectShown(page.getByRole('listitem').getByText('Value: £5,000 → £6,000', { exact: true }));
    await expectShown(page.getByRole('definition').getByText('£6,000'));
    await expectShown(
      page.getByRole('listitem').getByText('Expected close date: none → Mar 1, 2027', { exact: true }),
    );
  });

  test('an amount is saved as it is typed, with trailing zeros and without leaving the input', async () => {
    for (const [typed, value] of [
      ['12.50', 12.5],
      ['7.', 7],
      ['0.0', 0],
      ['1000000.25', 1_000_000.25],
    ] as const) {
      await page.goto('/deals?create=true');
      await dialog().getByLabel('Name').fill(`Typed ${typed}`);
      await dialog().getByLabel('Value').pressSequentially(typed);
      await page.keyboard.press('Enter');
      await expectShown(page.getByRole('heading', { name: `Typed ${typed}`, level: 1 }));
      const { data } = (await s.ask('GET', `/api/v1/deals?name=Typed ${typed}`)).json;
      expect(data.map((item: { value: number }) => item.value)).toEqual([value]);
    }
  });

  test('a form shows that a related record was deleted, keeps it, and can clear it', async () => {
    const company = (await s.ask('POST', '/api/v1/companies', { body: { name: 'Gone Ltd' } })).json;
    const body = { title: 'Call Gone Ltd', company_id: company.id };
    const task = (await s.ask('POST', '/api/v1/tasks', { body })).json;
    await s.ask('DELETE', `/api/v1/companies/${company.id}`);
    await page.goto(`/tasks/${task.id}`);
    const edit = () => page.getByRole('button', { name: 'Edit', exact: true }).click();
    const companyOf = async () => (await s.ask('GET', `/api/v1/tasks/${task.id}`)).json.company_id;
    const picker = dialog().getByRole('combobox', { name: 'Company' });
    await edit();
    await expect.poll(() => picker.inputValue()).toBe('Deleted or no access');
    await dialog().getByLabel('Title').fill('Call someone');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByRole('heading', { name: 'Call someone', level: 1 }));
    expect(await companyOf()).toBe(company.id);
    await edit();
    await picker.click();
    await page.getByRole('option', { name: 'Deleted or no access' }).click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect.poll(companyOf).toBe(null);
  });

  test('an option of a long list is found by typing, in a form and in a filter', async () => {
    const names = Array.from({ length: 1200 }, (_, n) => `Type ${String(n).padStart(4, '0')}`);
    await s.db.pool.query(
      `insert into lead_event_type (workspace_id, id, name, folded, created_by, created_at, updated_at)
       select $1, gen_random_uuid(), name, lower(name), 'test', now(), now() from unnest($2::text[]) name`,
      [s.alice.workspaceId, names],
    );
    const body = { name: 'Zoë', email: 'zoe@example.com', event_type: 'Type 1199' };
    expect((await s.ask('POST', '/api/v1/leads', { body })).status).toBe(201);
    await page.goto('/leads?create=true');
    const input = dialog().getByRole('combobox', { name: 'Interest' });
    await input.fill('type 1199');
    await page.getByRole('option', { name: 'Type 1199' }).click();
    await expect.poll(() => input.inputValue()).toBe('Type 1199');
    await page.goto('/leads');
    const filter = page.getByRole('combobox', { name: 'Filter by interest' });
    await filter.fill('type 1199');
    await page.getByRole('option', { name: 'Type 1199' }).click();
    await expectShown(page.getByRole('link', { name: 'Zoë' }));
  });

  test.each(['12345678901234567890', '1e3', '1.50', 'true', 'null', '0015'])(
    'a filter in the address is kept as it is: %s',
    async (value) => {
      const body = { name: `CRM ${value}`, phone: '+15551234567', crm_lead_id: value };
      await s.ask('POST', '/api/v1/leads', { body });
      await page.goto(`/leads?crm_lead_id=${value}`);
      await expectShown(page.getByRole('link', { name: `CRM ${value}` }));
      expect(await page.getByRole('row').count()).toBe(2);
      await page.reload();
      await expectShown(page.getByRole('link', { name: `CRM ${value}` }));
      expect(await page.getByRole('row').count()).toBe(2);
    },
  );

  test('long values and long names of custom fields stay on the page', async () => {
    const body = {
      name: 'W'.repeat(200),
      website: `https://x.example/${'y'.repeat(1900)}`,
      custom_fields: { [`f${'x'.repeat(62)}`]: 'V'.repeat(1000) },
    };
    const { id } = (await s.ask('POST', '/api/v1/companies', { body })).json;
    await page.goto(`/companies/${id}`);
    await expectShown(page.getByRole('heading', { name: 'Custom fields' }));
    await expectNoOverflow(page);
  });

  test('links of addresses and phones keep every character', async () => {
    const body = { first_name: 'Odd', email: 'a?cc=b%41&c@x.example', phone: '+1 (555) 1#2' };
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body })).json;
    await page.goto(`/contacts/${id}`);
    const link = (name: string) => page.getByRole('link', { name }).getAttribute('href');
    expect(decodeURIComponent((await link(body.email))!)).toBe(`mailto:${body.email}`);
    expect(await link(body.email)).toBe('mailto:a%3Fcc=b%2541%26c@x.example');
    expect(await link(body.phone)).toBe('tel:+1 (555) 1%232');
  });

  test.each(['/nothings', '/nothings/1', '/settings/nothing'])('%s is not a page', async (path) => {
    await page.goto(path);
    await expectShown(page.getByText('Page not found'));
  });
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
