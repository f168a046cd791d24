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
import { makeMember, PASSWORD, type SignedIn } from '../kit/member.ts';
import { startScenario, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
let website: Person;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '1000' });
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  website = await s.person(['leads:create'], 'remixcrm');
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await enter(window);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

async function enter({ context }: Window, who = owner): Promise<void> {
  const [name, value] = who.cookie.split('=') as [string, string];
  await context.addCookies([{ name, value, url: s.url }]);
}
const dialog = () => page.getByRole('dialog');
const heading = (name: string) => page.getByRole('heading', { name, level: 1 });
const column = (name: string, on = page) => on.getByRole('region', { name, exact: true });
const stored = async (id: string) => (await s.ask('GET', `/api/v1/leads/${id}`)).json;

/** Sends a lead as in RemixCRM's documentation. */
async function send(lead: Record<string, unknown> = {}): Promise<{ id: string; lead_url: string }> {
  const body = {
    name: 'Jane Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
    event_date: '2026-08-15',
    event_type: 'Wedding',
    ...lead,
  };
  const reply = await s.ask('POST', '/api/v1/leads', { as: website, body });
  expect(reply.status, reply.text).toBe(201);
  await s.newEvents();
  return reply.json;
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

describe('RX5: lead_url', () => {
  test('when signed out, it asks to sign in and then opens the lead', async () => {
    const { id, lead_url: url } = await send();
    expect(new URL(url).pathname).toBe(`/leads/${id}`);
    const other = await openWindow(browser, s.url);
    await other.page.goto(new URL(url).pathname);
    await expectShown(other.page.getByRole('heading', { name: 'Sign in' }));
    await other.page.getByLabel('Email').fill(owner.email);
    await other.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await expectShown(other.page.getByRole('heading', { name: 'Jane Doe', level: 1 }));
    expect(new URL(other.page.url()).pathname).toBe(`/leads/${id}`);
    expect(other.wrong).toEqual([]);
    await other.close();
  });

  test('a lead opens by its number; an unknown number shows a 404 message', async () => {
    const { id } = await send({ name: 'Nadia Number' });
    const { number } = await stored(id);
    await page.goto(`/leads/${number}`);
    await expectShown(heading('Nadia Number'));
    expect(new URL(page.url()).pathname).toBe(`/leads/${id}`);
    await page.goto('/leads/99999');
    await expectShown(page.getByText(/There is no lead|not found/i).first());
  });
});

describe('a received lead', () => {
  test('is listed in the table, and found by status, source and owner', async () => {
    await send({ name: 'Tabea Table', source: 'Spring fair', status: 'quoted', owner_id: owner.id });
    await send({ name: 'Otto Other' });
    await page.goto('/leads');
    await expectShown(page.getByRole('row', { name: /Tabea Table.*Quoted.*Spring fair.*Alice Archer/ }));
    for (const [filter, option] of [
      ['source', 'Spring fair'],
      ['status', 'Quoted'],
      ['owner', 'Alice Archer'],
    ] as const) {
      await page.goto('/leads');
      await expectShown(page.getByRole('link', { name: 'Otto Other' }));
      await page.getByRole('combobox', { name: `Filter by ${filter}` }).click();
      await page.getByRole('option', { name: option }).click();
      await expect.poll(() => page.getByRole('link', { name: 'Otto Other' }).count()).toBe(0);
      await expectShown(page.getByRole('link', { name: 'Tabea Table' }));
    }
    await page.getByRole('link', { name: 'Tabea Table' }).click();
    await expectShown(heading('Tabea Table'));
  });

  test('is found by words of its name, email, phone and notes, in the table and on the board; the URL keeps the search', async () => {
    await send({ name: 'Wanda Words', phone: '+49 171 5550001', notes: 'A wedding by the lighthouse' });
    await send({ name: 'Walter Words', notes: 'A lighthouse' });
    const search = page.getByRole('textbox', { name: 'Search leads' });
    const link = (name: string) => page.getByRole('link', { name });
    await page.goto('/leads');
    await expectShown(link('Walter Words'));
    await search.fill('lighthouse wedding');
    await expect.poll(() => link('Walter Words').count()).toBe(0);
    await expectShown(link('Wanda Words'));
    expect(new URL(page.url()).searchParams.get('q')).toBe('lighthouse wedding');
    await page.locator('label', { hasText: 'Board' }).click();
    await expectShown(column('New').getByRole('link', { name: 'Wanda Words' }));
    await expectShown(column('New').getByText('1', { exact: true }));
    await search.fill('1715550001');
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toMatch(/1715550001/);
    await expectShown(column('New').getByRole('link', { name: 'Wanda Words' }));
    await page.reload();
    await expect.poll(() => search.inputValue()).toBe('1715550001');
    await expectShown(column('New').getByText('1', { exact: true }));
    await page.goto('/leads?q=nobodyhasthis');
    await expectShown(page.getByText('No matching leads'));
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expectShown(link('Walter Words'));
  });

  test('shows its submission unchanged, with unknown fields and its origin', async () => {
    const { id } = await send({
      name: 'Suri Submitted',
      budget: '5 000 €',
      referrer: 'https://acme.example/prices?utm_source=newsletter',
    });
    await page.goto(`/leads/${id}`);
    await page.getByRole('button', { name: /Lead API.*newsletter/ }).click();
    await expectShown(page.getByText('"budget": "5 000 €"'));
    await expectShown(page.getByText('https://acme.example/prices?utm_source=newsletter', { exact: true }));
    await picture(page, 'lead-submission');
  });

  test('changes status in its status bar, and is edited', async () => {
    const { id } = await send({ name: 'Eda Edited' });
    await page.goto(`/leads/${id}`);
    await page.getByRole('button', { name: 'Contacted' }).click();
    await expect.poll(() => page.locator('[aria-current=step]').textContent()).toBe('Contacted');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await dialog().getByLabel('Source').fill('A new source');
    await dialog().getByLabel('Tags').fill('vip');
    await dialog().getByLabel('Tags').press('Enter');
    await dialog().getByRole('combobox', { name: 'Owner' }).click();
    await page.getByRole('option', { name: 'Alice Archer' }).click();
    await picture(page, 'lead-form');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByRole('definition').getByText('Alice Archer'));
    await fires('lead.updated', 'lead.updated', 'lead.tag_added');
    expect(await stored(id)).toMatchObject({
      status: 'contacted',
      source: 'A new source',
      tags: ['vip'],
      owner_id: owner.id,
      event_date: '2026-08-15',
    });
  });
});

test('a lead is created manually, an invalid field shows its error, and one name is enough', async () => {
  await page.goto('/leads');
  await page.getByRole('button', { name: 'New lead' }).first().click();
  await dialog().getByLabel('First name').fill('Björk');
  // Valid for the browser, not for the API.
  await dialog().getByLabel('Email').fill('bjork@localhost');
  await dialog().getByLabel('Phone').fill('0123');
  await dialog().getByLabel('Event date').fill('2027-01-31');
  await dialog().getByLabel('Notes').click();
  await dialog().getByRole('button', { name: 'Create lead' }).click();
  await expect.poll(() => dialog().getByLabel('Email').getAttribute('aria-invalid')).toBe('true');
  expect(await s.newEvents()).toEqual([]);
  await dialog().getByLabel('Email').fill('bjork@example.com');
  await dialog().getByRole('button', { name: 'Create lead' }).click();
  await expectShown(heading('Björk'));
  await fires('lead.created');
});

describe('a lead with possible duplicates', () => {
  test('lists them with what matches; the first three until all are requested', async () => {
    const item = await send({ name: 'Dora Double', email: 'dora@twins.example', phone: '+44 20 5557 0001' });
    await send({ name: 'D. Double', email: 'DORA@twins.example', phone: '1' });
    await send({ name: 'Theodora', email: 'theodora@twins.example', phone: '442055570001' });
    await send({ name: 'Both Double', email: 'dora@twins.example', phone: '+442055570001' });
    await send({ name: 'Dora Again', email: 'dora@twins.example', phone: '2' });
    await page.goto(`/leads/${item.id}`);
    const duplicates = page.getByRole('list', { name: 'Possible duplicates' });
    await expect.poll(() => duplicates.getByRole('listitem').count()).toBe(3);
    await picture(page, 'lead-duplicates');
    await page.getByRole('button', { name: 'Show all 4' }).click();
    const texts = (await duplicates.getByRole('listitem').allTextContents()).map(
      (text) => /^(.*?)no\. \d+ · (.*?) ·/.exec(text)?.slice(1) ?? text,
    );
    expect(texts).toEqual([
      ['Dora Again', 'same email'],
      ['Both Double', 'same email and phone'],
      ['Theodora', 'same phone'],
      ['D. Double', 'same email'],
    ]);
    await duplicates.getByRole('link', { name: 'Theodora' }).click();
    await expectShown(heading('Theodora'));
    await expectShown(duplicates.getByRole('link', { name: 'Dora Double' }));
  });

  test('a lead without duplicates shows no such list', async () => {
    const { id } = await send({ name: 'Una Unique', email: 'una@example.com', phone: '12' });
    await page.goto(`/leads/${id}`);
    await expectShown(page.getByRole('heading', { name: 'Submissions' }));
    await page.waitForLoadState('networkidle');
    expect(await page.getByText('Possible duplicates').count()).toBe(0);
  });
});

describe('a lead is converted', () => {
  const result = () => page.getByRole('region', { name: 'Converted to' });
  const convert = () => page.getByRole('button', { name: 'Convert', exact: true });

  test('to a new contact, company and deal; its page, the table and the board show it', async () => {
    const { id } = await send({ name: 'Vera Convert', email: 'vera@example.com' });
    await page.goto(`/leads/${id}`);
    await convert().click();
    await expectShown(dialog().getByText('No contact has this email. A new one will be created.'));
    await dialog().getByRole('combobox', { name: 'Company' }).fill('Lighthouse Ltd');
    await expectShown(dialog().getByText('A new company will be created.'));
    await dialog().getByLabel('Create a deal').check();
    await dialog().getByLabel('Value').fill('5000');
    await dialog().getByRole('combobox', { name: 'Stage' }).click();
    const pipelines = (await s.ask('GET', '/api/v1/pipelines')).json.data;
    const stage = pipelines[0].stages[1];
    await page.getByRole('option', { name: stage.name, exact: true }).click();
    await picture(page, 'lead-convert');
    await dialog().getByRole('button', { name: 'Convert' }).click();
    await expectShown(result());
    await fires('company.created', 'contact.created', 'deal.created', 'lead.converted');
    const { contact_id: contactId, company_id: companyId, deal_id: dealId } = await stored(id);
    expect((await s.ask('GET', `/api/v1/deals/${dealId}`)).json).toMatchObject({
      name: 'Lighthouse Ltd',
      value: 5000,
      stage_id: stage.id,
      contact_id: contactId,
      company_id: companyId,
    });
    expect(await convert().count()).toBe(0);
    await expectShown(result().getByText('Lighthouse Ltd').first());
    await picture(page, 'lead-converted');
    for (const [what, name, path] of [
      ['Contact', 'Vera Convert', `/contacts/${contactId}`],
      ['Company', 'Lighthouse Ltd', `/companies/${companyId}`],
      ['Deal', 'Lighthouse Ltd', `/deals/${dealId}`],
    ] as const) {
      await page.goto(`/leads/${id}`);
      await result().getByText(what).locator('..').getByRole('link', { name }).click();
      await expectShown(heading(name));
      expect(new URL(page.url()).pathname).toBe(path);
    }
    await page.goto('/leads');
    await expectShown(page.getByRole('row', { name: /Vera Convert ?Converted/ }));
    await page.goto('/leads?view=board');
    const card = page.getByRole('listitem').filter({ hasText: 'Vera Convert' });
    await expectShown(card.getByText('Converted', { exact: true }));
    await picture(page, 'lead-board-converted');
  });

  test('a contact with the same email is shown and used, and its empty fields are filled on request', async () => {
    const body = { first_name: 'Kent', email: 'KENT@example.com', company_id: undefined };
    const company = (await s.ask('POST', '/api/v1/companies', { body: { name: 'Kent & Sons' } })).json;
    const contact = (await s.ask('POST', '/api/v1/contacts', { body: { ...body, company_id: company.id } }))
      .json;
    const { id } = await send({ name: 'Kent Known', email: 'kent@example.com', source: 'Radio' });
    await page.goto(`/leads/${id}`);
    await convert().click();
    await expectShown(dialog().getByRole('link', { name: 'Kent' }));
    await expectShown(
      dialog().getByText('This contact already has the email KENT@example.com and will be used.'),
    );
    // The contact's company is the default.
    expect(await dialog().getByRole('combobox', { name: 'Company' }).inputValue()).toBe('Kent & Sons');
    await expectShown(dialog().getByText('Kent & Sons already exists and will be used.'));
    await expectShown(dialog().getByText('Last name, Phone, Source'));
    await dialog().getByLabel('Fill in the contact’s empty fields').check();
    await picture(page, 'lead-convert-known');
    await dialog().getByRole('button', { name: 'Convert' }).click();
    await expectShown(result().getByRole('link', { name: 'Kent Known' }));
    await fires('contact.updated', 'lead.converted');
    expect(await stored(id)).toMatchObject({ contact_id: contact.id, company_id: company.id, deal_id: null });
    expect((await s.ask('GET', `/api/v1/contacts/${contact.id}`)).json).toMatchObject({
      last_name: 'Known',
      source: 'Radio',
    });
  });

  test('a field that the API rejects shows the error, and nothing is created', async () => {
    const { id } = await send({ name: 'Rea Refused', email: 'rea@example.com' });
    await page.goto(`/leads/${id}`);
    await convert().click();
    await dialog().getByLabel('Create a deal').check();
    await dialog().getByRole('textbox', { name: 'Deal name', exact: true }).fill('x'.repeat(201));
    await dialog().getByRole('button', { name: 'Convert' }).click();
    await expect
      .poll(() =>
        dialog().getByRole('textbox', { name: 'Deal name', exact: true }).getAttribute('aria-invalid'),
      )
      .toBe('true');
    await fires();
    await dialog().getByRole('button', { name: 'Cancel' }).click();
  });

  test('a lead that another user converted first shows a message and the result', async () => {
    const { id } = await send({ name: 'Fay Faster', email: 'fay@example.com' });
    await page.goto(`/leads/${id}`);
    await convert().click();
    await expectShown(dialog().getByText('No contact has this email. A new one will be created.'));
    await s.ask('POST', `/api/v1/leads/${id}/convert`, { body: {} });
    await fires('contact.created', 'lead.converted');
    await dialog().getByRole('button', { name: 'Convert' }).click();
    await expectShown(page.getByText('Someone else has already converted this lead.'));
    await expectShown(result().getByRole('link', { name: 'Fay Faster' }));
    await expect.poll(() => dialog().count()).toBe(0);
    await fires();
  });
});

describe('the board', () => {
  test('shows columns with counts; moving a card by mouse fires lead.updated', async () => {
    const { id } = await send({ name: 'Mona Mouse', owner_id: owner.id });
    await page.goto('/leads');
    await page.locator('label', { hasText: 'Board' }).click();
    await expectShown(column('New').getByRole('link', { name: 'Mona Mouse' }));
    expect(new URL(page.url()).searchParams.get('view')).toBe('board');
    const count = async (name: string) =>
      (await s.ask('GET', `/api/v1/leads?status=${name}&count=exact`)).json.total_count as number;
    await expectShown(column('New').getByText(String(await count('new')), { exact: true }));

    const card = page.getByRole('listitem').filter({ hasText: 'Mona Mouse' });
    const from = (await card.boundingBox())!;
    const to = (await column('Quoted').boundingBox())!;
    await page.mouse.move(from.x + 40, from.y + from.height - 6);
    await page.mouse.down();
    await page.mouse.move(from.x + 80, from.y + from.height, { steps: 4 });
    await page.mouse.move(to.x + to.width / 2, to.y + 60, { steps: 8 });
    await picture(page, 'lead-board-dragging');
    await page.mouse.up();
    await expectShown(column('Quoted').getByRole('link', { name: 'Mona Mouse' }));
    await fires('lead.updated');
    expect((await stored(id)).status).toBe('quoted');
    expect(new URL(page.url()).pathname).toBe('/leads');
    await expectShown(column('Quoted').getByText(String(await count('quoted')), { exact: true }));
  });

  test('a card is moved by keyboard, and Escape cancels the move', async () => {
    const { id } = await send({ name: 'Kay Keyboard' });
    await page.goto('/leads?view=board');
    const handle = page.getByRole('button', { name: 'Pick up Kay Keyboard' });
    const says = (text: RegExp) => expectShown(page.getByRole('status').filter({ hasText: text }));
    await handle.focus();
    await page.keyboard.press('Space');
    await says(/Kay Keyboard is over New/);
    await page.keyboard.press('ArrowRight');
    await says(/Kay Keyboard is over Contacted/);
    await page.keyboard.press('Escape');
    await says(/was not moved/);
    expect((await stored(id)).status).toBe('new');

    await handle.focus();
    await page.keyboard.press('Space');
    await says(/Kay Keyboard is over New/);
    await page.keyboard.press('ArrowRight');
    await says(/Kay Keyboard is over Contacted/);
    await page.keyboard.press('Space');
    await expectShown(column('Contacted').getByRole('link', { name: 'Kay Keyboard' }));
    await fires('lead.updated');
    expect((await stored(id)).status).toBe('contacted');
    await expect
      .poll(() => page.evaluate<string>('document.activeElement.getAttribute("aria-label")'))
      .toBe('Pick up Kay Keyboard');
  });

  test('on a phone a card is moved from its menu', async () => {
    const { id } = await send({ name: 'Phoebe Phone' });
    const phone = await openWindow(browser, s.url, { viewport: PHONE, hasTouch: true, isMobile: true });
    await enter(phone);
    await phone.page.goto('/leads?view=board');
    await phone.page.getByRole('button', { name: 'Move Phoebe Phone' }).tap();
    await picture(phone.page, 'lead-board-menu-phone');
    await phone.page.getByRole('menuitem', { name: 'Won' }).tap();
    await expectShown(column('Won', phone.page).getByRole('link', { name: 'Phoebe Phone' }));
    await fires('lead.updated');
    expect((await stored(id)).status).toBe('won');
    await expectNoOverflow(phone.page);
    expect(phone.wrong).toEqual([]);
    await phone.close();
  });

  test('after a conflict, the other user’s change shows, and nothing is overwritten', async () => {
    const { id } = await send({ name: 'Cora Conflict' });
    await page.goto('/leads?view=board');
    await expectShown(column('New').getByRole('link', { name: 'Cora Conflict' }));
    await s.ask('PATCH', `/api/v1/leads/${id}`, { body: { status: 'lost' } });
    await fires('lead.updated');
    await page.getByRole('button', { name: 'Move Cora Conflict' }).click();
    await page.getByRole('menuitem', { name: 'Won' }).click();
    await expectShown(page.getByText('Changed by someone else'));
    await expectShown(column('Lost').getByRole('link', { name: 'Cora Conflict' }));
    expect((await stored(id)).status).toBe('lost');
    await fires();
  });

  test('a column loads its second page', async () => {
    const records = Array.from({ length: 30 }, (_, n) => ({
      name: `Column ${n}`,
      email: 'column@example.com',
      phone: '1',
      event_date: '2027-01-01',
      source: 'Column',
    }));
    await s.ask('POST', '/api/v1/leads/batch', { body: { records } });
    await page.goto('/leads?view=board&source=Column');
    const cards = column('New').getByRole('listitem');
    await expect.poll(() => cards.count()).toBe(25);
    await expectShown(column('New').getByText('30', { exact: true }));
    await column('New').getByRole('button', { name: 'Load more' }).click();
    await expect.poll(() => cards.count()).toBe(30);
  });
});

describe('reports of another CRM', () => {
  let secret: string;
  const report = (body: Record<string, unknown>) => s.ask('POST', '/webhooks/crm/lead', { as: secret, body });

  test('CW1: a secret is created, shown once, and authenticates reports until it is deleted', async () => {
    await page.goto('/settings/crm-webhook');
    await page.getByRole('button', { name: 'New secret' }).click();
    await dialog().getByLabel('Name').fill('Make.com');
    await dialog().getByRole('button', { name: 'Create secret' }).click();
    secret = await page.getByRole('textbox', { name: 'Inbound secret' }).inputValue();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expectShown(page.getByRole('row', { name: /Make\.com/ }));
    expect(await page.content()).not.toContain(secret);
    expect((await report({ crm_lead_id: 'nobody-1', event_type: 'status_changed' })).json.stored).toBe(false);
  });

  test('CW5: a report appears in the timeline of its lead, labeled CRM, in order of time', async () => {
    const { id } = await send({ name: 'Rita Reported', crm_lead_id: 'crm-rita' });
    expect(
      (await report({ crm_lead_id: 'crm-rita', event_type: 'call_booked', when: 'noon' })).json.stored,
    ).toBe(true);
    await s.ask('PATCH', `/api/v1/leads/${id}`, { body: { status: 'won' } });
    await page.goto(`/leads/${id}`);
    const entries = page.getByRole('list', { name: 'Timeline' }).getByRole('listitem');
    await expectShown(entries.filter({ hasText: 'call_booked' }).getByText('CRM', { exact: true }));
    const texts = (await entries.allTextContents()).map(
      (text) => /^(Status: New → Won|Created|CRM)/.exec(text)?.[0],
    );
    expect(texts.filter((item) => item !== undefined)).toEqual(['Status: New → Won', 'CRM', 'Created']);
    await page.getByText('View payload').click();
    await expectShown(page.getByText('"when": "noon"'));
    await picture(page, 'lead-crm');
  });

  test('an unmatched report is matched manually', async () => {
    const { id } = await send({ name: 'Ulla Unmatched', email: 'ulla@old.example' });
    // Older than the leads that are listed without a search.
    for (let n = 0; n < 25; n += 1) await send({ name: `Newer ${n}` });
    await page.goto('/settings/crm-webhook');
    await page
      .getByRole('row', { name: /nobody-1.*status_changed/ })
      .getByRole('button')
      .click();
    const lead = dialog().getByRole('combobox', { name: 'Lead' });
    await lead.click();
    await expectShown(page.getByRole('option', { name: /Newer 24/ }));
    expect(await page.getByRole('option', { name: /Ulla/ }).count()).toBe(0);
    await lead.fill('old.example');
    await page.getByRole('option', { name: /Ulla Unmatched.*ulla@old\.example/ }).click();
    await expect.poll(() => lead.inputValue()).toMatch(/^Ulla Unmatched, no\. \d+$/);
    await picture(page, 'crm-match');
    await dialog().getByRole('button', { name: 'Match' }).click();
    await expectShown(page.getByText('No unmatched reports'));
    await page.goto(`/leads/${id}`);
    await expectShown(page.getByText(/matched by Alice Archer/));
  });

  test('the URL of every system that sends with an inbound secret is shown, as the API returns it', async () => {
    const { data } = (await s.ask('GET', '/api/v1/integrations')).json;
    await page.goto('/settings/crm-webhook');
    for (const { label, docs, inbound } of data) {
      for (const { url, authentication } of inbound) {
        const item = page
          .getByRole('region', { name: 'URLs' })
          .getByRole('listitem')
          .filter({ hasText: url });
        await expectShown(item.getByText(label, { exact: true }));
        await expectShown(item.getByText(authentication));
        await expectShown(item.getByText(docs));
      }
    }
  });

  test('a lead that another system sent shows its label as the creator', async () => {
    const body = {
      lead_id: 'g-1',
      user_column_data: [{ column_id: 'FULL_NAME', string_value: 'Gina Google' }],
    };
    const sent = await s.ask('POST', '/webhooks/google-ads', {
      as: null,
      body: { ...body, google_key: secret },
    });
    await page.goto(`/leads/${sent.json.id}`);
    await expectShown(page.getByText(/by Google Ads/).first());
  });

  test('a deleted secret is rejected', async () => {
    await page.goto('/settings/crm-webhook');
    await page.getByRole('button', { name: 'Delete Make.com' }).click();
    await dialog().getByRole('button', { name: 'Delete secret' }).click();
    await expectShown(page.getByText('No secrets yet. Create one for each system that sends reports.'));
    expect((await report({ crm_lead_id: 'nobody-2' })).status).not.toBe(200);
  });
});

describe('Leads → Analytics', () => {
  test('shows leads by source, status and time to contact, as charts with tables', async () => {
    const { id } = await send({ name: 'Ana Analytics', source: 'Trade fair', owner_id: owner.id });
    await send({ name: 'Alan Analytics', source: 'Trade fair' });
    await s.ask('PATCH', `/api/v1/leads/${id}`, { body: { status: 'won' } });
    const figures = (await owner.ask('GET', '/analytics/leads?source=Trade%20fair')).json;
    expect(figures).toMatchObject({ leads: 2, converted: 1 });
    await page.goto('/leads');
    await page.getByRole('link', { name: 'Analytics', exact: true }).click();
    await expectShown(heading('Lead analytics'));
    await expectShown(
      page.getByRole('table', { name: 'By source' }).getByRole('row', { name: /Trade fair 2 1 50%/ }),
    );
    await picture(page, 'lead-analytics-full');
    await page.getByRole('combobox', { name: 'Filter by source' }).click();
    await page.getByRole('option', { name: 'Trade fair' }).click();
    const key = page.locator('dl[aria-label="Key figures"]');
    await expect.poll(() => key.textContent()).toMatch(/Leads2 ?Won or converted1 50%Contacted1 50%/);
    await expectShown(page.getByRole('img', { name: 'Leads by day, maximum 2' }));
    await page.getByText('View as table').click();
    const today = page.getByRole('table', { name: 'Leads by day' }).getByRole('row').nth(1);
    expect(await today.getByRole('cell').allTextContents()).toEqual([expect.any(String), '2', '1']);
    await page.getByRole('combobox', { name: 'Period' }).click();
    await page.getByRole('option', { name: 'Last 12 months' }).click();
    await expectShown(page.getByRole('img', { name: 'Leads by month, maximum 2' }));
    expect(new URL(page.url()).searchParams.get('source')).toBe('Trade fair');
    await fires('lead.updated');
  });
});

describe('Settings', () => {
  const words = async (kind: string) =>
    (await s.ask('GET', `/api/v1/${kind}`)).json.data.map(({ name }: { name: string }) => name);

  test('interests are added, renamed and deleted; a duplicate shows an error at its field', async () => {
    await page.goto('/settings/leads');
    const add = async (name: string) => {
      await page.getByRole('textbox', { name: 'New interest' }).fill(name);
      await page.getByRole('textbox', { name: 'New interest' }).press('Enter');
    };
    const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await add('Boat show');
    await expectShown(row('Boat show'));
    await add('BOAT SHOW');
    await expectShown(page.getByText('There is a lead event type called BOAT SHOW already.'));
    await page.getByRole('button', { name: 'Actions for Boat show' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await dialog().getByLabel('Name').fill('Party');
    await dialog().getByRole('button', { name: 'Rename' }).click();
    await expectShown(row('Party'));
    expect(await words('lead-event-types')).toContain('Party');
    await page.getByRole('button', { name: 'Actions for Party' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog().getByRole('button', { name: 'Delete interest' }).click();
    await expect.poll(() => words('lead-event-types')).not.toContain('Party');
  });

  test('a custom status is a column of the board, accepts leads, and is deleted again', async () => {
    await page.goto('/settings/leads');
    await page.getByRole('textbox', { name: 'New status' }).fill('Site visit');
    await page.getByRole('textbox', { name: 'New status' }).press('Enter');
    const act = async (action: string) => {
      await page.getByRole('button', { name: 'Actions for Site visit' }).click();
      await page.getByRole('menuitem', { name: action }).click();
    };
    const order = () => page.getByRole('list', { name: 'Statuses' }).getByRole('listitem').allTextContents();
    await expect
      .poll(order)
      .toEqual(['Newopen', 'Contactedopen', 'Quotedopen', 'Wonwon', 'Lostlost', 'Site visitopen']);
    await act('Move up');
    await expect.poll(async () => (await order()).indexOf('Site visitopen')).toBe(4);

    const { id } = await send({ name: 'Stella Status' });
    await page.goto('/leads?view=board');
    await page.getByRole('button', { name: 'Move Stella Status' }).click();
    await page.getByRole('menuitem', { name: 'Site visit' }).click();
    await expectShown(column('Site visit').getByRole('link', { name: 'Stella Status' }));
    await fires('lead.updated');
    expect((await stored(id)).status).toBe('site_visit');

    await page.goto('/settings/leads');
    await act('Delete');
    await dialog().getByRole('button', { name: 'Delete status' }).click();
    await expectShown(page.getByText('Request failed'));
    await s.ask('DELETE', `/api/v1/leads/${id}`);
    await act('Delete');
    await dialog().getByRole('button', { name: 'Delete status' }).click();
    await expect.poll(order).toHaveLength(5);
  });

  test('the new source of a lead is added to the sources', async () => {
    await send({ name: 'Sara Source', source: 'Radio Harbour' });
    await page.goto('/settings/leads');
    await expectShown(page.getByRole('listitem').filter({ hasText: 'Radio Harbour' }));
  });

  test('the hourly lead limit is changed and reset', async () => {
    const setting = async () => (await s.ask('GET', '/api/v1/lead-settings')).json;
    await page.goto('/settings/leads');
    await page.getByLabel('Maximum').fill('250');
    await page.getByRole('region', { name: 'Leads per hour' }).getByRole('button', { name: 'Save' }).click();
    await expect.poll(setting).toMatchObject({ leads_per_hour: 250, is_default: false });
    await page.getByRole('button', { name: 'Reset to default' }).click();
    await expect.poll(async () => (await setting()).is_default).toBe(true);
  });

  test('leads are assigned to members in turn, to one member for a source, and to nobody again', async () => {
    const bea = await makeMember(s, 'member', { name: 'Bea Bosun' });
    const assignment = async () => (await s.ask('GET', '/api/v1/lead-settings')).json.assignment;
    await page.goto('/settings/leads');
    const region = page.getByRole('region', { name: 'Assignment' });
    const choose = async (name: string, options: string[], within = region) => {
      await within.getByRole('combobox', { name }).click();
      for (const option of options) await page.getByRole('option', { name: option, exact: true }).click();
      await page.keyboard.press('Escape');
    };
    const save = () => region.getByRole('button', { name: 'Save' }).click();
    await choose('Assign new leads to', ['Round robin']);
    await save();
    await expectShown(region.getByText('Must contain at least one member.'));
    await choose('Members', ['Bea Bosun', 'Alice Archer']);
    await region.getByRole('button', { name: 'Add rule for a source' }).click();
    const rule = region.getByRole('group', { name: 'Rule 1' });
    await rule.getByRole('combobox', { name: 'Source' }).fill('Boat fair');
    await choose('Member', ['Alice Archer'], rule);
    await picture(page, 'lead-assignment');
    await save();
    await expect.poll(assignment).toEqual({
      mode: 'round_robin',
      members: [bea.id, owner.id],
      sources: [{ source: 'Boat fair', mode: 'owner', members: [owner.id] }],
    });
    const owners = [];
    for (const lead of [{}, {}, {}, { source: 'boat FAIR' }])
      owners.push((await stored((await send({ name: 'Ada Assigned', ...lead })).id)).owner_id);
    expect(owners).toEqual([bea.id, owner.id, bea.id, owner.id]);

    await page.reload();
    await expectShown(region.getByText('Bea Bosun'));
    await s.ask('DELETE', `/api/v1/members/${bea.id}`);
    await page.reload();
    await expectShown(region.getByText('Alice Archer'));
    await expect.poll(() => region.getByText('Bea Bosun').count()).toBe(0);
    await region.getByRole('button', { name: 'Remove rule for Boat fair' }).click();
    await choose('Assign new leads to', ['Unassigned']);
    await save();
    await expect.poll(assignment).toEqual({ mode: 'none', members: [], sources: [] });
  });

  test('a member without permission reads the assignment', async () => {
    const bob = await makeMember(s, 'member', { name: 'Bob Boatswain' });
    const sources = [{ source: 'Fair', mode: 'owner', members: [owner.id] }];
    const body = { assignment: { mode: 'round_robin', members: [bob.id, owner.id], sources } };
    await s.ask('PATCH', '/api/v1/lead-settings', { body });
    const other = await openWindow(browser, s.url);
    await enter(other, bob);
    await other.page.goto('/settings/leads');
    const region = other.page.getByRole('region', { name: 'Assignment' });
    await expectShown(region.getByText('Bob Boatswain, Alice Archer (round robin)'));
    await expectShown(region.getByText('Alice Archer', { exact: true }));
    expect(await region.getByRole('button').count()).toBe(0);
    expect(other.wrong).toEqual([]);
    await other.close();
    await s.ask('PATCH', '/api/v1/lead-settings', { body: { assignment: null } });
  });

  test('RX2: a lead key created in the dashboard sends leads and cannot read them', async () => {
    await page.goto('/settings/api-keys');
    await page.getByRole('button', { name: 'New API key' }).first().click();
    await dialog().getByLabel('Name').fill('Website contact form');
    await dialog().getByRole('combobox', { name: 'Style' }).click();
    await page.getByRole('option', { name: /RemixCRM/ }).click();
    await expectShown(dialog().getByText(/can only send leads/));
    await dialog().getByRole('button', { name: 'Create API key' }).click();
    const key = await page.getByLabel('API key', { exact: true }).inputValue();
    expect(key).toMatch(/^rmx_\w{32}$/);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    const body = { name: 'Key Lead', email: 'key@example.com', phone: '1', event_date: '2027-01-01' };
    expect((await s.ask('POST', '/api/v1/leads', { as: key, body })).status).toBe(201);
    expect((await s.ask('GET', '/api/v1/leads', { as: key })).status).toBe(403);
    await page.goto('/leads');
    await expectShown(page.getByRole('link', { name: 'Key Lead' }));
  });
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
