import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../src/account/role.ts';
import { bytesOfLoad, expectShown, launchBrowser, openWindow, type Window } from '../kit/browser.ts';
import { makeMember } from '../kit/member.ts';
import { PROJECT } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

/** What this test reads of the table of pages. */
interface TablePage {
  path: string;
  frame: 'outside' | 'inside';
  title: string | null;
  scope?: string | null;
  nav?: { group: string; isInPaletteOnly?: boolean; sections?: { title: string }[] };
}

/** Values of the parameters in a path, by the path. */
const EXAMPLES: Record<
  string,
  (ids: Record<'form' | 'webhook' | 'connection' | 'contact' | 'bookingPage', string>) => string
> = {
  '/forms/$id': ({ form }) => `/forms/${form}`,
  '/forms/$id/edit': ({ form }) => `/forms/${form}/edit`,
  '/settings/webhooks/$id': ({ webhook }) => `/settings/webhooks/${webhook}`,
  '/settings/connections/$id': ({ connection }) => `/settings/connections/${connection}`,
  '/$plural': () => '/contacts',
  '/booking-pages/$id': ({ bookingPage }) => `/booking-pages/${bookingPage}`,
  '/$plural/$id': ({ contact }) => `/contacts/${contact}`,
  '/$plural/$id/merge': ({ contact }) => `/contacts/${contact}/merge`,
};

/** In bytes as transferred: HTML, scripts, styles and JSON. 260 KiB. */
const MAX_FIRST_LOAD = 260 * 1024;

/** Lists that need other code than that of contacts. */
const OTHER_LISTS = [
  '/companies',
  '/leads',
  '/deals',
  '/deals?view=table',
  '/tasks',
  '/leads?view=board',
  '/payments',
  '/subscriptions',
  '/appointments',
  '/appointments?view=table',
];
/** Records whose pages do. */
const RECORDS: [plural: string, body: object][] = [
  ['deals', { name: 'Light' }],
  ['leads', { name: 'Jane Doe', email: 'jane@example.com' }],
  ['tasks', { title: 'Call' }],
  ['payments', { amount: 10 }],
  ['subscriptions', { plan_name: 'Yearly', amount: 10 }],
  ['appointments', { title: 'Visit', starts_at: '2030-01-07T09:00:00Z' }],
];

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let pages: [name: string, page: TablePage][];
let ids: Record<'form' | 'webhook' | 'connection' | 'contact' | 'bookingPage', string>;
beforeAll(async () => {
  // By its URL: the pages of the dashboard are compiled with other settings than the tests.
  const file = pathToFileURL(path.join(PROJECT, 'web/pages.ts')).href;
  pages = Object.entries(((await import(file)) as { PAGES: Record<string, TablePage> }).PAGES);
  s = await startScenario();
  browser = await launchBrowser();
  const create = async (plural: string, body: object): Promise<string> =>
    (await s.ask('POST', `/api/v1/${plural}`, { body })).json.id;
  ids = {
    form: await create('forms', {
      name: 'Form',
      fields: [{ key: 'email', label: 'Email', type: 'email' }],
    }),
    webhook: await create('webhooks', { name: 'Hook', url: 'https://example.com/', events: ['*'] }),
    connection: await create('connections', { kind: 'crm', name: 'CRM' }),
    contact: await create('contacts', { first_name: 'Jane' }),
    bookingPage: await create('booking-pages', {
      title: 'Introduction',
      hosts: [(await makeMember(s, 'member')).id],
    }),
  };
  ({ window, page } = await signedIn('owner'));
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function signedIn(role: Role) {
  const { cookie, ask } = await makeMember(s, role);
  const opened = await openWindow(browser, s.url);
  const [name, value] = cookie.split('=') as [string, string];
  await opened.context.addCookies([{ name, value, url: s.url }]);
  return { window: opened, page: opened.page, ask };
}

/** Expects a page, not an error or "Page not found", and returns its heading. */
async function headingOf(shown: Page): Promise<string> {
  const heading = shown.getByRole('heading', { level: 1 });
  await expectShown(heading);
  const text = (await heading.textContent())!;
  expect(text).not.toMatch(/not found|Couldn’t|went wrong/);
  return text;
}

const inFrame = (wanted: TablePage['frame']) => pages.filter(([, { frame }]) => frame === wanted);

test('every page of the table opens, with the title that the table has; its first load takes at most 260 KiB', async () => {
  expect(inFrame('inside').length).toBeGreaterThan(20);
  const tooLarge: string[] = [];
  const load = async (address: string) => {
    const bytes = await bytesOfLoad(page, async () => {
      await page.goto(address);
      await headingOf(page);
    });
    expect(bytes, address).toBeGreaterThan(50_000);
    if (bytes > MAX_FIRST_LOAD) tooLarge.push(`${address}: ${bytes}`);
  };
  for (const [name, { path: template, title }] of inFrame('inside')) {
    const example = template.includes('$') ? EXAMPLES[template] : () => template;
    expect(example, `EXAMPLES needs a path for ${template}`).toBeDefined();
    await load(example!(ids));
    const heading = await headingOf(page);
    expect(heading, name).toBe(title ?? heading);
    // A record's name replaces a first heading as soon as the record has arrived.
    const titles = async () => [`${await headingOf(page)} · Fairlead`, await page.title()];
    await expect.poll(async () => new Set(await titles()).size, { message: name }).toBe(1);
  }
  for (const list of OTHER_LISTS) await load(list);
  for (const [plural, body] of RECORDS) {
    const { json } = await s.ask('POST', `/api/v1/${plural}`, { body });
    await load(`/${plural}/${json.id}`);
  }
  expect(tooLarge).toEqual([]);
  expect(window.wrong).toEqual([]);
}, 180_000);

test('every page for people without a session opens', async () => {
  const visitor = await openWindow(browser, s.url);
  expect(inFrame('outside').length).toBeGreaterThan(4);
  for (const [, { path: template }] of inFrame('outside')) {
    await visitor.page.goto(template);
    // Without a link's token, some of them explain that it is missing.
    await expectShown(visitor.page.getByRole('heading', { level: 1 }));
    expect(await visitor.page.getByText('Page not found').count(), template).toBe(0);
  }
  await visitor.page.goto('/sign-in');
  await expect.poll(() => visitor.page.title()).toBe('Sign in · Fairlead');
  expect(visitor.wrong).toEqual([]);
  await visitor.close();
});

test.each([
  ['Main', '/', 'records'],
  ['Settings', '/settings/profile', 'settings'],
])(
  'every item of the navigation %s leads to a page of its name',
  async (name, start, group) => {
    await page.goto(start);
    const navigation = page.getByRole('navigation', { name });
    const links = navigation.getByRole('link');
    await expectShown(links.first());
    const labels = (await links.allTextContents()).filter((label) => label !== 'Back to Home');
    const inTable = pages.filter(([, { nav }]) => nav?.group === group && !nav.isInPaletteOnly);
    expect(labels).toEqual(expect.arrayContaining(inTable.map(([, { title }]) => title)));
    for (const label of labels) {
      if ((await navigation.count()) === 0) await page.goto(start);
      await links.filter({ hasText: new RegExp(`^${label}$`) }).click();
      await expectShown(page.getByRole('heading', { level: 1, name: label, exact: true }));
    }
  },
  120_000,
);

test('every item of the palette leads to a page', async () => {
  const labels = await paletteOf(page);
  const inTable = pages.flatMap(([, { title, nav }]) =>
    nav ? [title, ...(nav.sections ?? []).map((section) => section.title)] : [],
  );
  expect(labels).toEqual(expect.arrayContaining(inTable));
  // This one opens a window with the reference.
  for (const label of labels.filter((item) => item !== 'API reference')) {
    const start = page.url();
    await page.keyboard.press('Control+K');
    await page
      .getByRole('button', { name: new RegExp(`^${label}`) })
      .first()
      .click();
    await expect.poll(() => page.url(), { message: label }).not.toBe(start);
    await headingOf(page);
    // A form that creates a record covers the page.
    if (label.startsWith('New ')) await page.goto('/settings/profile');
    await headingOf(page);
  }
  expect(window.wrong).toEqual([]);
}, 240_000);

test('the palette finds pages by their names in other CRMs', async () => {
  await page.goto('/contacts');
  await headingOf(page);
  await page.keyboard.press('Control+k');
  const search = page.getByRole('textbox', { name: 'Search pages and commands' });
  const first = page.locator('[data-action][data-selected] .mantine-Spotlight-actionLabel');
  for (const [name, title] of [
    ['Settings → Integrations → Webhooks', 'Webhooks'],
    ['Web & Other Integrations', 'Webhooks'],
    ['Settings → Integrations → Lead API Keys', 'API keys'],
    ['Lead API Keys', 'API keys'],
    ['API → API Keys', 'API keys'],
    ['Settings > Webhooks', 'Webhooks'],
    ['Settings → API → API Keys', 'API keys'],
    ['Settings → API keys', 'API keys'],
    ['Settings → Webhooks → Edit events', 'Webhooks'],
    ['Settings → Webhooks → Rotate secret', 'Webhooks'],
    ['Settings → Webhooks → Send pending now', 'Webhooks'],
    ['Settings → Webhooks → Example payload shapes', 'Example payload shapes'],
    ['Settings → Webhooks → Test inbox', 'Test inbox'],
    ['Settings → Integrations → Webhooks → IP Addresses', 'IP addresses'],
    ['Settings → Event types', 'Event types'],
    ['Settings → Data retention', 'Data retention'],
    ['Settings → Leads', 'Lead settings'],
    ['Inbound secrets', 'CRM webhook'],
    ['Leads → Analytics', 'Lead analytics'],
    ['Settings → Deliveries', 'Deliveries'],
    ['Recent Activity', 'Deliveries'],
    ['Event log', 'Events'],
  ] as const) {
    await search.fill(name);
    await expect.poll(() => first.textContent(), { message: name }).toBe(title);
  }
  await page.keyboard.press('Enter');
  await expectShown(page.getByRole('heading', { level: 1, name: 'Events', exact: true }));
});

test('navigation and palette show a member only what the role may read', async () => {
  const member = await signedIn('member');
  const { scopes } = (await member.ask('GET', '/api/v1/session')).json as { scopes: string[] };
  await member.page.goto('/settings/profile');
  const labels = await paletteOf(member.page);
  const items = pages.filter(([, { nav }]) => nav);
  const permitted = (item: TablePage) => item.scope == null || scopes.includes(item.scope);
  expect(items.some(([, item]) => !permitted(item))).toBe(true);
  for (const [name, item] of items) {
    expect(labels.includes(item.title!), name).toBe(permitted(item));
  }
  await member.window.close();
});

/** The labels of the palette's items. */
async function paletteOf(shown: Page): Promise<string[]> {
  await headingOf(shown);
  await shown.keyboard.press('Control+K');
  const items = shown.locator('.mantine-Spotlight-actionLabel');
  await expectShown(items.first());
  const labels = await items.allTextContents();
  await shown.keyboard.press('Escape');
  return labels;
}
