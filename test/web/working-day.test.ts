import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedAgency, type Agency } from '../kit/agency.ts';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  type Window,
} from '../kit/browser.ts';
import { PASSWORD } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let agency: Agency;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  agency = await seedAgency(s);
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 640 } });
  ({ page } = window);
  await s.newEvents();
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const dialog = () => page.getByRole('dialog');
const section = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });
const column = (name: string) => page.getByRole('region', { name, exact: true });
const card = (name: string, stage: string) => column(stage).getByRole('link', { name, exact: true });

test('a working day: see what is due, take a lead, log a call, convert it, move its deal and win it', async () => {
  await page.goto('/');
  await page.getByLabel('Email').fill(agency.mia.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await expectShown(section('My tasks 2').getByRole('link', { name: 'Call Elbe Yachts back' }));
  await expectShown(section('New leads 3').getByRole('link', { name: 'Jonas Falk' }));
  await picture(page, 'readme-home');

  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search pages and commands' }).fill('anna st');
  await expectShown(page.getByRole('dialog').getByRole('button', { name: /^Anna Stein/ }));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/contacts/${agency.anna}`);
  await expectShown(page.getByRole('region', { name: /^Deals 2/ }));
  await page.setViewportSize({ width: 1280, height: 800 });
  await picture(page, 'readme-contact');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Home' }).click();
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

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deals' }).click();
  await expectShown(card('Wedding', 'New'));
  const move = async (to: string) => {
    await page.getByRole('button', { name: 'Move Wedding' }).click();
    await page.getByRole('menuitem', { name: to }).click();
  };
  await move('Qualified');
  await expectShown(card('Wedding', 'Qualified'));
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
    { name: 'Wedding', value: 9500, owner_id: agency.mia.id },
  ]);
  expect(window.wrong).toEqual([]);
});

test('the board fits a small window, and Home a phone', async () => {
  await page.setViewportSize({ width: 1280, height: 560 });
  await page.goto('/deals');
  await expectShown(card('Summer party', 'Qualified'));
  await expectNoOverflow(page);
  await picture(page, 'readme-deals');
  await page.setViewportSize(PHONE);
  await page.goto('/');
  await expectShown(section('My tasks 2'));
  await expectNoOverflow(page);
  await picture(page, 'readme-phone');
});
