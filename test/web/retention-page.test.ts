import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { floorId } from '../../src/base/id.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import {
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

const DAY_MS = 86_400_000;
const PATH = '/api/v1/retention';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const [name, value] = (await makeMember(s, 'owner', { name: 'Alice Archer' })).cookie.split('=') as [
    string,
    string,
  ];
  await window.context.addCookies([{ name, value, url: s.url }]);

  // An event from sixty days ago.
  const then = Date.now() - 60 * DAY_MS;
  await ensurePartitions(s.db.pool, then);
  await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
  await s.db.pool.query(
    `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
     select workspace_id, $2, 0, type, object_type, object_id, $3, actor, data, matched
     from event where workspace_id = $1 limit 1`,
    [s.alice.workspaceId, floorId(then), new Date(then)],
  );
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const form = () => page.getByRole('form', { name: 'Retention periods' });
const days = (name: string) => form().getByRole('textbox', { name });
const save = () => form().getByRole('button', { name: 'Save' }).click();
const dialog = () => page.getByRole('dialog');
const term = async () => {
  const { event_days: events, attempt_days: attempts } = (await s.ask('GET', PATH)).json;
  return [events, attempts];
};

test('it shows the stored data and its oldest date', async () => {
  await page.goto('/settings/retention');
  const stored = page.getByRole('region', { name: 'Stored data' });
  await expectShown(stored.getByText(/About [\d.]+ (byte|kB)/));
  const date = new Date(Date.now() - 60 * DAY_MS).toLocaleDateString('en-US', { dateStyle: 'medium' });
  await expectShown(stored.getByText(`oldest from ${date}`));
  await expectShown(stored.getByText('None'));
  await expectShown(form().getByText('31 to 90 days. Leave empty for the default of 90 days.'));
});

test('a shorter period shows what it deletes, and asks for confirmation', async () => {
  await days('Events').fill('70');
  expect(await form().getByRole('alert').count()).toBe(0);
  await days('Events').fill('45');
  await expectShown(form().getByText(/^This deletes events from .+\.$/));
  await picture(page, 'retention');
  await save();
  await expectShown(dialog().getByText('Delete older events?'));
  await picture(page, 'retention-asked');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect.poll(() => dialog().count()).toBe(0);
  expect(await term()).toEqual([null, null]);
  await save();
  await page.keyboard.press('Escape');
  await expect.poll(() => dialog().count()).toBe(0);
  expect(await term()).toEqual([null, null]);
  await save();
  await dialog().getByRole('button', { name: 'Shorten and delete' }).click();
  await expectShown(page.getByText('Retention periods saved'));
  expect(await term()).toEqual([45, null]);
});

test('a period that deletes nothing needs no confirmation; one that the API rejects shows the error at its field', async () => {
  await days('Delivery attempts').fill('40');
  await save();
  await expect.poll(term).toEqual([45, 40]);
  await days('Events').fill('5');
  expect(await form().getByRole('alert').count()).toBe(0);
  await save();
  await expectShown(form().getByText(/>=\s?31|at least 31\b/));
  await days('Events').fill('91');
  await save();
  await expectShown(form().getByText(/Must be at most 90/));
  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await picture(page, 'retention-phone');
  await days('Events').fill('');
  await days('Delivery attempts').fill('');
  await save();
  await expect.poll(term).toEqual([null, null]);
  expect(window.wrong).toEqual([]);
});
