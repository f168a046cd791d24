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
} from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,web' });
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner');
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function open({ cookie }: SignedIn): Promise<{ page: Page; wrong: readonly string[] }> {
  const window = await openWindow(browser, s.url);
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  return window;
}
const create = async (plural: string, body: object) =>
  (await s.ask('POST', `/api/v1/${plural}`, { body })).json as { id: string };
/** Pictures in both sizes and themes. */
async function pictures(page: Page, name: string): Promise<void> {
  for (const [device, size] of [
    ['desktop', DESKTOP],
    ['phone', PHONE],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await expectNoOverflow(page);
      await picture(page, `${name}-${device}-${colorScheme}`);
    }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
}

test('an empty workspace shows the first steps, and only those that the role may take', async () => {
  const { page } = await open(owner);
  await page.goto('/');
  await expectShown(page.getByRole('heading', { name: /^Welcome to / }));
  await expectShown(page.getByRole('link', { name: 'Invite your team' }));
  await pictures(page, 'home-empty');
  const guest = await open(await makeMember(s, 'member'));
  await guest.page.goto('/');
  await expectShown(guest.page.getByRole('link', { name: 'Create a contact' }));
  expect(await guest.page.getByRole('link', { name: 'Invite your team' }).count()).toBe(0);
  await page.getByRole('link', { name: 'Create a contact' }).click();
  await expectShown(page.getByRole('dialog', { name: 'New contact' }));
});

test('home shows what is due, new leads, closing deals and problems; a click completes a task', async () => {
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  await create('tasks', { title: 'Call the harbour', assignee_id: owner.id, due_date: day(-1) });
  const task = await create('tasks', { title: 'Send the offer', assignee_id: owner.id, due_date: day(0) });
  await create('tasks', { title: 'Next week', assignee_id: owner.id, due_date: day(7) });
  await create('tasks', { title: 'Some day', assignee_id: owner.id });
  await create('deals', { name: 'Lighthouse', value: 5000, currency: 'EUR', expected_close_date: day(5) });
  await create('leads', { name: 'Lena Lead', email: 'lena@example.com', source: 'Fair' });
  await create('notes', { type: 'call', body: 'They call back.' });
  const webhook = await create('webhooks', {
    name: 'Broken hook',
    url: 'https://example.com/',
    events: ['*'],
  });
  await s.db.pool.query(`update endpoint set state = 'disabled' where name = 'Broken hook'`);
  const { page, wrong } = await open(owner);
  await page.goto('/');
  const section = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });
  await expect
    .poll(() => section('My tasks').getByRole('listitem').getByRole('link').allTextContents())
    .toEqual(['Call the harbour', 'Send the offer']);
  await expectShown(section('My tasks').getByText('overdue'));
  await expectShown(section('My later tasks').getByText('2', { exact: true }));
  await expect
    .poll(() => section('My later tasks').getByRole('link').allTextContents())
    .toEqual(['Next week', 'Some day']);
  await expectShown(section('Deals closing soon').getByText('€5,000'));
  await expectShown(section('New leads').getByRole('link', { name: 'Lena Lead' }));
  await expectShown(section('Needs attention').getByRole('link', { name: 'Broken hook' }));
  await expectShown(section('Recent activity').getByText('Lead created'));
  await expectShown(section('Recent activity').getByText('Call logged'));
  await pictures(page, 'home');
  await section('My tasks').getByRole('checkbox', { name: 'Completed: Send the offer' }).click();
  await expect.poll(() => section('My tasks').getByRole('listitem').count()).toBe(1);
  expect((await s.ask('GET', `/api/v1/tasks/${task.id}`)).json.status).toBe('completed');
  await section('Needs attention').getByRole('link', { name: 'Broken hook' }).click();
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/settings/webhooks/${webhook.id}`);
  expect(wrong).toEqual([]);
  // Webhooks are none of a member's business.
  const member = await open(await makeMember(s, 'member'));
  await member.page.goto('/');
  await expectShown(member.page.getByRole('link', { name: 'Lena Lead' }).first());
  await expectShown(member.page.getByText('Nothing is due today.'));
  expect(await member.page.getByText('Needs attention').count()).toBe(0);
  expect(member.wrong).toEqual([]);
});

test('the settings have a navigation of their own, by group, and a way back', async () => {
  const { page } = await open(owner);
  await page.goto('/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click();
  await expectShown(page.getByRole('heading', { name: 'Settings', level: 1 }));
  const navigation = page.getByRole('navigation', { name: 'Settings' });
  expect(await navigation.getByRole('heading').allTextContents()).toEqual([
    'Workspace',
    'People',
    'Records',
    'Connections',
    'Developers',
    'System',
  ]);
  await pictures(page, 'settings');
  await navigation.getByRole('link', { name: 'Webhooks' }).click();
  await expectShown(page.getByRole('heading', { name: 'Webhooks', level: 1 }));
  await navigation.getByRole('link', { name: 'Back to Home' }).click();
  await expectShown(page.getByRole('heading', { name: 'Home', level: 1 }));
});
