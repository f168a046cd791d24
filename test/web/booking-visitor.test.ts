import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoOverflow, launchBrowser, openWindow, PHONE, picture } from '../kit/browser.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let path: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,web' });
  browser = await launchBrowser();
  const { id } = await makeMember(s, 'member', { name: 'Harriet Host' });
  const rules = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, start: '09:00', end: '17:00' }));
  const schedule = { user_id: id, name: 'Hours', time_zone: 'Europe/Berlin', rules };
  await s.ask('POST', '/api/v1/schedules', { body: schedule });
  const body = {
    title: 'Introduction',
    slug: 'intro',
    description: 'We talk about your ships.',
    hosts: [id],
    duration_min: [30, 60],
    location_kind: 'link',
    location_text: 'https://meet.example.com/harbour',
    questions: [{ key: 'topic', label: 'What is it about?', type: 'textarea', required: true }],
  };
  await s.ask('POST', '/api/v1/booking-pages', { body });
  path = `/book/${(await s.ask('GET', '/api/v1/workspace')).json.slug}/intro`;
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

test('BK1: a guest books on a phone without JavaScript in four steps, then moves and cancels it', async () => {
  const { page, context } = await openWindow(browser, s.url, { viewport: PHONE, javaScriptEnabled: false });
  await page.goto(path);
  await expectNoOverflow(page);
  await page.getByRole('link', { name: '1 hour' }).click();
  await picture(page, 'booking-days');
  await expectNoOverflow(page);
  await page.locator('.choices a').nth(2).click();
  await picture(page, 'booking-times');
  await expectNoOverflow(page);
  await page.locator('.choices a').first().click();
  await page.getByLabel('Name').fill('Grace Guest');
  await page.getByLabel('Email', { exact: true }).fill('grace@example.com');
  await page.getByLabel('What is it about?').fill('Sails');
  await picture(page, 'booking-details');
  await expectNoOverflow(page);
  await page.locator('form[method=post] button').click();
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  await picture(page, 'booking-confirmed');
  await expectNoOverflow(page);
  const [made] = (await s.ask('GET', '/api/v1/appointments')).json.data;
  expect(made).toMatchObject({ guest_name: 'Grace Guest', status: 'booked', answers: { topic: 'Sails' } });

  await page.getByRole('link', { name: 'Choose another time' }).click();
  await page.locator('.choices a').nth(3).click();
  await page.locator('.choices a').first().click();
  await page.getByRole('button', { name: 'Move the appointment' }).click();
  await page.getByText('Your appointment was moved.').waitFor();
  await page.getByLabel('Reason').fill('Ill');
  await page.getByRole('button', { name: 'Cancel the appointment' }).click();
  await page.getByRole('heading', { name: 'Canceled' }).waitFor();
  const after = (await s.ask('GET', `/api/v1/appointments/${made.id}`)).json;
  expect(after).toMatchObject({ status: 'canceled', reschedule_count: 1, cancel_reason: 'Ill' });
  await context.close();
});

test('with JavaScript, times are in the time zone of the browser, and the proof of work is sent', async () => {
  const window = await openWindow(browser, s.url, { timezoneId: 'America/New_York', colorScheme: 'dark' });
  const { page } = window;
  await page.goto(`${path}?duration=30&name=Asha`);
  await page.waitForURL(/time_zone=America%2FNew_York/);
  await picture(page, 'booking-days-dark');
  await page.locator('.choices a').nth(2).click();
  // 09:00 in Berlin.
  await page.getByRole('link', { name: '03:00' }).click();
  await page.getByText('For the host it is 09:00 (Europe/Berlin)').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('Asha');
  await page.getByLabel('Email', { exact: true }).fill('asha@example.com');
  await page.getByLabel('What is it about?').fill('Ropes');
  await page.locator('form[method=post] button').click();
  await page.getByRole('heading', { name: 'Confirmed' }).waitFor();
  expect(await page.locator('.summary').textContent()).toMatch(/03:00 to 03:30\s+\(America\/New York\)/);
  await window.context.close();
});
