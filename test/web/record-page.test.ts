import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bytesOfLoad,
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
let anna: SignedIn;
let window: Window;
let page: Page;
let contact: string;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  anna = await makeMember(s, 'member', { name: 'Anna Berg' });
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await signIn(window, owner);
  const company_id = await make('companies', { name: 'Harbour Events' });
  contact = await make('contacts', { first_name: 'Jane', last_name: 'Doe', job_title: 'Buyer', company_id });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function make(path: string, body: object): Promise<string> {
  const { status, json, text } = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(status, text).toBe(201);
  return json.id;
}
async function signIn({ context }: Window, who: SignedIn): Promise<void> {
  const [name, value] = who.cookie.split('=') as [string, string];
  await context.addCookies([{ name, value, url: s.url }]);
}
const contactNow = async () => (await s.ask('GET', `/api/v1/contacts/${contact}`)).json;
const open = (label: string) => page.getByRole('button', { name: `Edit ${label}`, exact: true }).click();
const editor = (label: string) => page.getByRole('form', { name: `Edit ${label}` });
const timeline = () => page.getByRole('list', { name: 'Timeline' });

test('RC14: a click on a value edits it; Enter saves, Escape cancels, an error is at the field', async () => {
  await page.goto(`/contacts/${contact}`);
  await open('Job title');
  await page.keyboard.type('Head of events');
  await page.keyboard.press('Enter');
  await expectShown(timeline().getByText('Job title: Buyer → Head of events'));
  expect((await contactNow()).job_title).toBe('Head of events');

  await open('Job title');
  await page.keyboard.type('Nobody');
  await page.keyboard.press('Escape');
  await editor('Job title').waitFor({ state: 'detached' });
  expect((await contactNow()).job_title).toBe('Head of events');

  await open('Email');
  await page.keyboard.type('nowhere');
  await page.keyboard.press('Enter');
  await expectShown(editor('Email').getByText(/must be an email address/i));
  await page.keyboard.press('Escape');

  await open('Owner');
  await page.getByRole('option', { name: 'Anna Berg' }).click();
  await editor('Owner').waitFor({ state: 'detached' });
  expect((await contactNow()).owner_id).toBe(anna.id);
});

test('a value that someone else changed meanwhile is shown before it is replaced', async () => {
  await page.goto(`/contacts/${contact}`);
  await open('Job title');
  await s.ask('PATCH', `/api/v1/contacts/${contact}`, { body: { job_title: 'Director' } });
  await page.keyboard.type('Founder');
  await page.keyboard.press('Enter');
  await expectShown(editor('Job title').getByText(/Job title is now “Director”/));
  expect((await contactNow()).job_title).toBe('Director');
  await editor('Job title').getByRole('button', { name: 'Save' }).click();
  await expectShown(timeline().getByText('Job title: Director → Founder'));
});

test('RC13: a note takes two clicks, is rendered, pinned and edited, and its mention notifies', async () => {
  // No key is lost before the form is loaded.
  let load = () => {};
  const typed = new Promise<void>((resolve) => (load = resolve));
  await page.route('**/note-form-*.js', async (route) => {
    await typed;
    await route.continue();
  });
  await page.goto(`/contacts/${contact}`);
  await page.getByPlaceholder('Write a note…').click();
  await page.keyboard.type('**200 guests** ');
  await page.keyboard.press('Home');
  load();
  await page.keyboard.type('Wants ');
  await expectShown(page.getByRole('button', { name: 'Save note' }));
  await page.keyboard.press('End');
  await page.keyboard.type('<img src=x onerror=alert(1)> [bad](javascript:alert(1)) @Ann');
  await page.getByRole('option', { name: 'Anna Berg' }).click();
  await page.getByRole('button', { name: 'Save note' }).click();
  const note = page.getByRole('article').first();
  await expectShown(note.locator('strong', { hasText: '200 guests' }));
  await expectShown(note.getByText('@Anna Berg'));
  expect(await note.locator('img').count()).toBe(0);
  expect(await note.locator('a[href^="javascript"]').count()).toBe(0);
  const { data } = (await s.ask('GET', `/api/v1/notes?contact_id=${contact}`)).json;
  expect(data).toMatchObject([{ mentions: [anna.id], created_by: `user:${owner.id}` }]);

  await note.getByRole('button', { name: 'Pin', exact: true }).click();
  await expectShown(page.getByRole('region', { name: 'Pinned notes' }).getByText('200 guests'));
  const other = await openWindow(browser, s.url);
  await signIn(other, anna);
  await other.page.goto('/contacts');
  await other.page.getByRole('button', { name: 'Notifications: 1' }).click();
  await other.page.getByRole('dialog').getByRole('link', { name: 'Jane Doe' }).click();
  await expectShown(other.page.getByRole('heading', { name: 'Jane Doe', level: 1 }));
  expect(other.wrong).toEqual([]);
  await other.close();
});

test('a call and a task are logged from the same place', async () => {
  await page.goto(`/contacts/${contact}`);
  await page.getByText('Call', { exact: true }).click();
  await page.getByPlaceholder('What was said?').fill('Budget is 15k.');
  await page.getByLabel('Minutes').fill('12');
  await page.getByRole('button', { name: 'Log call' }).click();
  await expectShown(page.getByRole('article', { name: /^Call/ }).getByText(/Call logged.*12 min/));
  await page.getByText('Task', { exact: true }).click();
  await page.getByPlaceholder('What is to be done?').fill('Send the offer');
  await page.getByRole('button', { name: 'Add task' }).click();
  await expectShown(
    page.getByRole('region', { name: /^Tasks 1/ }).getByRole('link', { name: 'Send the offer' }),
  );
  const { data } = (await s.ask('GET', `/api/v1/tasks?contact_id=${contact}`)).json;
  expect(data).toMatchObject([{ title: 'Send the offer', assignee_id: owner.id }]);
});

test('the timelines of a deal and of a company list their tasks and notes, with names and without further requests', async () => {
  for (const [object, plural] of [
    ['deal', 'deals'],
    ['company', 'companies'],
  ]) {
    const id = await make(plural!, { name: 'Harbour' });
    const link = { [`${object}_id`]: id };
    const task = await make('tasks', { title: 'Send the offer', ...link });
    await make('notes', { type: 'call', body: 'They call back.', ...link });
    await s.ask('PATCH', `/api/v1/tasks/${task}`, { body: { status: 'completed' } });
    const requests: string[] = [];
    const note = (request: { url(): string }) => requests.push(new URL(request.url()).pathname);
    page.on('request', note);
    await page.goto(`/${plural}/${id}`);
    const entries = page.getByRole('list', { name: 'Timeline' }).locator('> li');
    await expect.poll(() => entries.count()).toBe(4);
    const texts = await entries.allInnerTexts();
    expect(texts[0]).toMatch(/Task Send the offer · Completed/);
    expect(texts[1]).toMatch(/Call logged by/);
    expect(texts[2]).toMatch(/Task Send the offer · Created/);
    page.off('request', note);
    expect(requests.filter((path) => path.startsWith('/api/v1/tasks/'))).toEqual([]);
    await picture(page, `timeline-${object}`);
  }
});

test('a contact who asks again becomes a lead with two clicks, which is listed on the page', async () => {
  const id = await make('contacts', { first_name: 'Nora', last_name: 'Neu', email: 'nora@neu.example' });
  await page.goto(`/contacts/${id}`);
  await page.getByRole('button', { name: 'New lead' }).click();
  await page.getByRole('button', { name: 'Create lead' }).click();
  const panel = page.getByRole('region', { name: /^Leads 1/ });
  await expectShown(panel.getByRole('link', { name: 'Nora Neu' }));
  const { data } = (await s.ask('GET', '/api/v1/leads?email=nora@neu.example')).json;
  expect(data).toMatchObject([
    { first_name: 'Nora', last_name: 'Neu', contact_id: null, owner_id: owner.id },
  ]);
  await s.ask('POST', `/api/v1/leads/${data[0].id}/convert`, { body: {} });
  await page.reload();
  await expectShown(panel.getByRole('link', { name: 'Nora Neu' }));
  expect((await s.ask('GET', `/api/v1/leads/${data[0].id}`)).json.contact_id).toBe(id);
});

test('custom fields are edited in place by an input for their values, and removed', async () => {
  const custom_fields = { seats: 12, vip: false, renews_on: '2026-08-15', seller: 'Ann' };
  const id = await make('contacts', { first_name: 'Custom', custom_fields });
  const now = async () => (await s.ask('GET', `/api/v1/contacts/${id}`)).json.custom_fields;
  await page.goto(`/contacts/${id}`);
  const list = page.getByRole('region').or(page.locator('dl')).filter({ hasText: 'Renews on' }).last();
  await expectShown(list.getByText('Aug 15, 2026'));
  await open('Seats');
  await page.keyboard.type('many');
  await page.keyboard.press('Enter');
  await expectShown(editor('Seats').getByText(/Enter a number/));
  await editor('Seats').getByRole('textbox').fill('1,250.5');
  await page.keyboard.press('Enter');
  await expectShown(list.getByText('1,250.5'));
  await open('Vip');
  await editor('Vip').locator('.mantine-Switch-track').click();
  await expect.poll(async () => (await now()).vip).toBe(true);
  await expectShown(list.getByText('Yes'));
  await open('Renews on');
  await expectShown(editor('Renews on').getByRole('textbox'));
  await editor('Renews on').getByRole('textbox').fill('09/01/2026');
  await page.keyboard.press('Enter');
  await expect.poll(now).toEqual({ ...custom_fields, seats: 1250.5, vip: true, renews_on: '2026-09-01' });
  await picture(page, 'custom-fields');

  // A change of another field meanwhile is none of this one; a change of the same field is shown.
  await open('Seller');
  await s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { custom_fields: { seats: 5 } } });
  await editor('Seller').getByRole('textbox').fill('Bob');
  await page.keyboard.press('Enter');
  await expect.poll(now).toMatchObject({ seats: 5, seller: 'Bob' });
  await expectShown(list.getByText('Bob'));
  await open('Seller');
  await s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { custom_fields: { seller: 'Cleo' } } });
  await editor('Seller').getByRole('textbox').fill('Dora');
  await page.keyboard.press('Enter');
  await expectShown(editor('Seller').getByText(/Seller is now “Cleo”/));
  await editor('Seller').getByRole('button', { name: 'Save' }).click();
  await expect.poll(now).toMatchObject({ seller: 'Dora' });
  await open('Seller');
  await editor('Seller').getByRole('button', { name: 'Remove' }).click();
  await expect.poll(now).toEqual({ seats: 5, vip: true, renews_on: '2026-09-01' });
});

test('a deal for a contact takes two clicks, and belongs to its company and to me', async () => {
  await page.goto(`/contacts/${contact}`);
  await page.getByRole('button', { name: 'New deal' }).click();
  await page.getByRole('button', { name: 'Create deal' }).click();
  await expectShown(
    page.getByRole('region', { name: /^Deals 1/ }).getByRole('link', { name: 'Harbour Events' }),
  );
  const { data } = (await s.ask('GET', `/api/v1/deals?contact_id=${contact}`)).json;
  expect(data).toMatchObject([
    {
      name: 'Harbour Events',
      contact_id: contact,
      company_id: (await contactNow()).company_id,
      owner_id: owner.id,
    },
  ]);
});

test('a converted lead and its contact link to each other; its status changes are told with both values', async () => {
  const lead = await make('leads', {
    name: 'Jo March',
    email: 'jo@lead.example',
    phone: '+15551234567',
    event_date: '2026-08-15',
  });
  await s.ask('PATCH', `/api/v1/leads/${lead}`, { body: { status: 'contacted' } });
  await s.ask('PATCH', `/api/v1/leads/${lead}`, { body: { status: 'lost' } });
  const { json } = await s.ask('POST', `/api/v1/leads/${lead}/convert`, { body: {} });
  await page.goto(`/leads/${lead}`);
  await expectShown(timeline().getByText(/Status: Contacted → Lost/));
  await page.getByRole('region', { name: 'Converted to' }).getByRole('link', { name: 'Jo March' }).click();
  await page.waitForURL(`**/contacts/${json.lead.contact_id}`);
  await expectShown(page.getByRole('region', { name: /^Leads 1/ }).getByRole('link', { name: 'Jo March' }));
});

test('a phone shows one part at a time', async () => {
  const phone = await openWindow(browser, s.url, { viewport: PHONE });
  await signIn(phone, owner);
  await phone.page.goto(`/contacts/${contact}`);
  await expectShown(phone.page.getByPlaceholder('Write a note…'));
  await expectNoOverflow(phone.page);
  await phone.page.getByText('Related', { exact: true }).click();
  await expectShown(phone.page.getByRole('button', { name: 'New deal' }));
  expect(await phone.page.getByPlaceholder('Write a note…').isVisible()).toBe(false);
  await expectNoOverflow(phone.page);
  expect(phone.wrong).toEqual([]);
  await phone.close();
});

test('the first load of a record page takes at most 260 kB', async () => {
  const first = await openWindow(browser, s.url);
  await signIn(first, owner);
  const deal = await make('deals', { name: 'Light' });
  const bytes = await bytesOfLoad(first.page, async () => {
    await first.page.goto(`/deals/${deal}`);
    await expectShown(first.page.getByRole('heading', { name: 'Timeline' }));
  });
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(260_000);
  await first.close();
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
