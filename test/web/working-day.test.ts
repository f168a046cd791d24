import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectShown, launchBrowser, openWindow, picture, type Window } from '../kit/browser.ts';
import { makeMember, PASSWORD, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let mia: SignedIn;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  mia = await makeMember(s, 'member', { name: 'Mia Keller' });
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page } = window);
  await seed();
  await s.newEvents();
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

/** @param plus days from today */
const day = (plus: number) => new Date(Date.now() + plus * 86_400_000).toISOString().slice(0, 10);

async function seed(): Promise<void> {
  const tom = await makeMember(s, 'member', { name: 'Tom Brandt' });
  const workspace = await s.ask('PATCH', '/api/v1/workspace', {
    body: { name: 'Harbour Events', currency: 'EUR' },
  });
  expect(workspace.status, workspace.text).toBe(200);
  const [{ stages }] = (await s.ask('GET', '/api/v1/pipelines')).json.data;
  const create = async (plural: string, records: object[]): Promise<{ id: string }[]> => {
    const { status, json, text } = await s.ask('POST', `/api/v1/${plural}/batch`, { body: { records } });
    expect(status, text).toBeLessThan(300);
    return json.results ?? json.data;
  };
  await create('tasks', [
    { title: 'Send the menu to Nordwind', assignee_id: mia.id, due_date: day(0), priority: 'high' },
    { title: 'Call Elbe Yachts back', assignee_id: mia.id, due_date: day(-1) },
    { title: 'Book the band for June', assignee_id: mia.id, due_date: day(9) },
  ]);
  await create(
    'deals',
    [
      ['Summer party', 12_400, 1, 6, mia.id],
      ['Boat show stand', 8600, 1, 20, tom.id],
      ['Product launch', 21_000, 2, 14, mia.id],
      ['Gala dinner', 15_750, 3, 4, tom.id],
      ['Staff day out', 4300, 0, 40, mia.id],
    ].map(([name, value, stage, closes, owner_id]) => ({
      name,
      value,
      owner_id,
      currency: 'EUR',
      stage_id: stages[stage as number].id,
      expected_close_date: day(closes as number),
    })),
  );
  const leads = [
    { name: 'Jonas Falk', email: 'jonas.falk@example.com', event_type: 'Wedding', source: 'Website' },
    { name: 'Clara Novak', email: 'clara@novak.example', event_type: 'Conference', source: 'Trade fair' },
  ];
  for (const body of leads) expect((await s.ask('POST', '/api/v1/leads', { body })).status).toBe(201);
}

const dialog = () => page.getByRole('dialog');
const section = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });
const column = (name: string) => page.getByRole('region', { name, exact: true });
const card = (name: string, stage: string) => column(stage).getByRole('link', { name, exact: true });

test('a working day: see what is due, take a lead, log a call, convert it, move its deal and win it', async () => {
  await page.goto('/');
  await page.getByLabel('Email').fill(mia.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await expectShown(section('My tasks 2').getByRole('link', { name: 'Call Elbe Yachts back' }));
  await expectShown(section('New leads 2').getByRole('link', { name: 'Jonas Falk' }));
  await picture(page, 'home');
  await section('New leads').getByRole('link', { name: 'Jonas Falk' }).click();

  await page.getByRole('button', { name: 'Edit Owner' }).click();
  await page.getByRole('option', { name: 'Mia Keller' }).click();
  await expectShown(page.getByRole('definition').getByText('Mia Keller'));
  await page.getByRole('button', { name: 'Contacted' }).click();
  await expect.poll(() => page.locator('[aria-current=step]').textContent()).toBe('Contacted');

  await page.getByText('Call', { exact: true }).click();
  await page.getByPlaceholder('What was said?').fill('Wedding in June, about 120 guests.');
  await page.getByLabel('Minutes').fill('12');
  await page.getByRole('button', { name: 'Log call' }).click();
  await expectShown(page.getByRole('article', { name: /^Call/ }).getByText(/12 min/));
  await page.getByText('Note', { exact: true }).click();
  await page.getByPlaceholder('Write a note…').fill('Prefers **vegetarian** menus.');
  await page.getByRole('button', { name: 'Save note' }).click();
  await expectShown(page.getByRole('article').locator('strong', { hasText: 'vegetarian' }));

  await page.getByRole('button', { name: 'Convert', exact: true }).click();
  await dialog().getByLabel('Create a deal').check();
  await dialog().getByLabel('Value').fill('9500');
  await dialog().getByRole('button', { name: 'Convert' }).click();
  await expectShown(section('Converted to'));
  await picture(page, 'lead');

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deals' }).click();
  await expectShown(card('Wedding', 'New'));
  const move = async (to: string) => {
    await page.getByRole('button', { name: 'Move Wedding' }).click();
    await page.getByRole('menuitem', { name: to }).click();
  };
  await move('Qualified');
  await expectShown(card('Wedding', 'Qualified'));
  await picture(page, 'board');
  await move('Won');
  await expect.poll(() => page.getByRole('link', { name: 'Wedding', exact: true }).count()).toBe(0);

  const events: string[] = [];
  await expect
    .poll(async () => {
      events.push(...(await s.newEvents()));
      return events;
    })
    .toEqual([
      'lead.updated',
      'lead.updated',
      'note.created',
      'note.created',
      'contact.created',
      'deal.created',
      'lead.converted',
      'deal.stage_changed',
      'deal.won',
    ]);
  expect((await s.ask('GET', '/api/v1/deals?status=won')).json.data).toMatchObject([
    { name: 'Wedding', value: 9500, owner_id: mia.id },
  ]);
  expect(window.wrong).toEqual([]);
});
