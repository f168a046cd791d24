import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser, openWindow, picture, type Window, expectShown } from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

const dialog = () => page.getByRole('dialog');
const heading = (name: string) => page.getByRole('heading', { name, level: 1 });
const edit = () => page.getByRole('button', { name: 'Edit', exact: true }).click();

async function choose(label: string, option: string | RegExp): Promise<void> {
  await dialog().getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

/** Waits for exactly these events: they may fire after the click returns. */
async function fires(...expected: string[]): Promise<void> {
  const events: string[] = [];
  await expect
    .poll(async () => {
      events.push(...(await s.newEvents()));
      return events;
    })
    .toEqual(expected);
}

async function remove(): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: /Delete/ }).click();
  await dialog()
    .getByRole('button', { name: /Delete/ })
    .click();
}

describe('AX10: the same events fire from the pages as from the API', () => {
  test('a company is created, edited and deleted', async () => {
    await page.goto('/companies');
    await page.getByRole('button', { name: 'New company' }).first().click();
    await dialog().getByLabel('Name').fill('Acme Ltd');
    await dialog().getByRole('button', { name: 'Create company' }).click();
    await expectShown(heading('Acme Ltd'));
    await edit();
    await dialog().getByLabel('Website').fill('https://acme.example');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByRole('link', { name: /acme\.example/ }));
    await remove();
    await expectShown(page.getByText('No companies yet'));
    await fires('company.created', 'company.updated', 'company.deleted');
  });

  test('a contact, with its company and its owner', async () => {
    await s.ask('POST', '/api/v1/companies', { body: { name: 'Globex' } });
    await s.newEvents();
    await page.goto('/contacts');
    await page.getByRole('button', { name: 'New contact' }).first().click();
    await dialog().getByLabel('First name').fill('Jane');
    await dialog().getByLabel('Last name').fill('Doe');
    await choose('Company', 'Globex');
    await choose('Owner', 'Alice Archer');
    await picture(page, 'contact-form');
    await dialog().getByRole('button', { name: 'Create contact' }).click();
    await expectShown(heading('Jane Doe'));
    await expectShown(page.getByRole('link', { name: 'Globex' }));
    await picture(page, 'contact');
    await fires('contact.created');
    const [contact] = (await s.ask('GET', '/api/v1/contacts')).json.data;
    expect(contact).toMatchObject({ company: 'Globex', owner_id: owner.id, created_by: `user:${owner.id}` });
  });

  test('a deal is created in the selected stage, and won', async () => {
    await page.goto('/deals');
    await page.getByRole('button', { name: 'New deal' }).first().click();
    await dialog().getByLabel('Name').fill('Q3 contract');
    await dialog().getByLabel('Value').fill('5000');
    await choose('Stage', 'Proposal');
    await dialog().getByRole('button', { name: 'Create deal' }).click();
    await expectShown(heading('Q3 contract'));
    await page.getByRole('button', { name: /won/i }).click();
    await expectShown(page.getByText('Won').first());
    await fires('deal.created', 'deal.won');
  });

  test('a task is completed in the list', async () => {
    await page.goto('/tasks');
    await page.getByRole('button', { name: 'New task' }).first().click();
    await dialog().getByLabel('Title').fill('Follow up');
    await choose('Priority', 'Urgent');
    await dialog().getByRole('button', { name: 'Create task' }).click();
    await expectShown(heading('Follow up'));
    await page.goto('/tasks');
    await page.getByRole('listitem').filter({ hasText: 'Follow up' }).getByRole('checkbox').click();
    await fires('task.created', 'task.completed');
  });
});

describe('errors show where they belong', () => {
  test('a field that the API rejects shows the error', async () => {
    await page.goto('/contacts');
    await page.getByRole('button', { name: 'New contact' }).first().click();
    // Valid for the browser, not for the API.
    await dialog().getByLabel('Email', { exact: true }).fill('jane@localhost');
    await dialog().getByRole('button', { name: 'Create contact' }).click();
    const email = dialog().getByLabel('Email', { exact: true });
    await expect.poll(() => email.getAttribute('aria-invalid')).toBe('true');
    await expectShown(
      dialog()
        .getByText(/must be an email address/i)
        .first(),
    );
    expect(await s.newEvents()).toEqual([]);
  });

  test('after a conflict, the other user’s changes load and the local edits stay', async () => {
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Kofi' } })).json;
    await page.goto(`/contacts/${id}`);
    await edit();
    await dialog().getByLabel('Last name').fill('Mensah');
    await s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { job_title: 'Buyer' } });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('button', { name: 'Load their changes' }).click();
    await expect.poll(() => dialog().getByLabel('Job title').inputValue()).toBe('Buyer');
    expect(await dialog().getByLabel('Last name').inputValue()).toBe('Mensah');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(heading('Kofi Mensah'));
    const { last_name: last, job_title: job } = (await s.ask('GET', `/api/v1/contacts/${id}`)).json;
    expect([last, job]).toEqual(['Mensah', 'Buyer']);
  });

  test('a missing record shows a 404 message', async () => {
    await page.goto('/contacts/01976d3c-0000-7000-8000-000000000000');
    await expectShown(page.getByText(/There is no contact|not found|does not exist/i).first());
  });

  test('names in any script, and text that looks like markup, show unchanged', async () => {
    const name = '<b>山田</b> & "Ümit"';
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: name } });
    await page.goto('/contacts');
    await expectShown(page.getByRole('link', { name }));
  });
});

test('a list loads its further pages while scrolling, and draws only the rows near the view', async () => {
  const records = Array.from({ length: 220 }, (_, n) => ({ name: `Company ${n}` }));
  await s.ask('POST', '/api/v1/companies/batch', { body: { records } });
  await page.goto('/companies');
  const company = (n: number) => page.getByRole('link', { name: `Company ${n}`, exact: true });
  await expectShown(company(219));
  expect(await company(0).count()).toBe(0);
  await page.getByRole('table').hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, 3_000);
        return company(0).isVisible();
      },
      { timeout: 15_000 },
    )
    .toBe(true);
  await expect.poll(() => company(219).count()).toBe(0);
  expect(await page.getByRole('row').count()).toBeLessThan(160);
  const { total_count: count } = (await s.ask('GET', '/api/v1/companies?limit=1&count=exact')).json;
  expect(await page.getByRole('row').last().getAttribute('aria-rowindex')).toBe(String(count + 1));
  await page.mouse.wheel(0, -50_000);
  await expectShown(company(219));
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
