import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectShown, launchBrowser, openWindow, PHONE, picture, type Window } from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let manager: SignedIn;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  manager = await makeMember(s, 'manager', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url);
  ({ page } = window);
  const [name, value] = manager.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const onlyOf = async (plural: string) => (await s.ask('GET', `/api/v1/${plural}`)).json.data[0];
const dialog = () => page.getByRole('dialog');

describe('BK1: from no booking page to an appointment in the calendar, through the pages alone', () => {
  test('a member sets the hours', async () => {
    await page.goto('/settings/availability');
    for (const day of ['Saturday', 'Sunday']) await page.getByRole('checkbox', { name: day }).check();
    await page.getByRole('button', { name: 'Add hours on Monday' }).click();
    await page.getByLabel('Monday, start 2').fill('18:00');
    await page.getByLabel('Monday, end 2').fill('19:30');
    await page.getByRole('button', { name: 'Save hours' }).click();
    await expectShown(page.getByText('Hours saved'));
    const { rules } = await onlyOf('schedules');
    expect(rules.filter(({ weekday }: { weekday: number }) => weekday === 1)).toEqual([
      { weekday: 1, start: '09:00', end: '17:00' },
      { weekday: 1, start: '18:00', end: '19:30' },
    ]);
    expect(rules).toHaveLength(8);
  });

  test('a booking page is created next to a preview, which then has free times', async () => {
    await page.goto('/booking-pages');
    await page.getByRole('link', { name: 'New booking page' }).first().click();
    await page.getByLabel('Title').fill('Introduction');
    const preview = page.getByRole('complementary', { name: 'Preview' });
    await expectShown(preview.getByRole('heading', { name: 'Introduction' }));
    await page.getByRole('button', { name: 'Add question' }).click();
    await page.getByRole('menuitem', { name: 'Text', exact: true }).click();
    await page.getByLabel('Label').fill('Which topic?');
    await expectShown(preview.getByText('Which topic?'));
    await page.getByRole('button', { name: 'Create page' }).click();
    await expectShown(
      preview
        .getByRole('listitem')
        .filter({ hasText: /^9:00 AM$/ })
        .first(),
    );
    await picture(page, 'booking-page');
    const saved = await onlyOf('booking-pages');
    expect(saved).toMatchObject({
      slug: 'introduction',
      hosts: [manager.id],
      questions: [{ key: 'which_topic' }],
    });
    await page.goto('/booking-pages');
    await expectShown(page.getByText(new URL(saved.url).pathname));
  });

  test('a guest books it on a phone without JavaScript, in four steps', async () => {
    const { id, url } = await onlyOf('booking-pages');
    await s.ask('PATCH', `/api/v1/booking-pages/${id}`, { body: { duration_min: [30, 60] } });
    const guest = await openWindow(browser, s.url, { viewport: PHONE, javaScriptEnabled: false });
    const choices = guest.page.locator('.choices a');
    await guest.page.goto(`${new URL(url).pathname}?time_zone=UTC`);
    await choices.filter({ hasText: '30 minutes' }).click();
    await choices.nth(1).click();
    await choices.first().click();
    await guest.page.getByLabel('Name').fill('Jane Doe');
    await guest.page.getByLabel('Email', { exact: true }).fill('jane@acme.example');
    await guest.page.getByLabel('Which topic?').fill('Boats');
    await guest.page.getByRole('button', { name: 'Book' }).click();
    await expectShown(guest.page.getByRole('heading', { name: 'Confirmed' }));
    expect(await onlyOf('appointments')).toMatchObject({
      status: 'booked',
      answers: { which_topic: 'Boats' },
    });
    await guest.close();
  });

  test('with JavaScript, the times are in the zone of the browser', async () => {
    const { url } = await onlyOf('booking-pages');
    const guest = await openWindow(browser, s.url, { viewport: PHONE, timezoneId: 'Australia/Lord_Howe' });
    await guest.page.goto(`${new URL(url).pathname}?duration=30`);
    await expect.poll(() => guest.page.getByLabel('Time zone').inputValue()).toBe('Australia/Lord_Howe');
    expect(guest.wrong).toEqual([]);
    await guest.close();
  });

  test('it is in the calendar, and moves by keyboard from its page', async () => {
    const booked = await onlyOf('appointments');
    await page.goto(`/appointments?view=day&date=${booked.starts_at.slice(0, 10)}`);
    await page.getByRole('region', { name: 'Hours' }).getByRole('link', { name: 'Jane Doe' }).focus();
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('Boats'));
    await page.getByRole('button', { name: 'Reschedule' }).focus();
    await page.keyboard.press('Enter');
    await dialog().getByLabel('Minutes').fill('45');
    await dialog().getByLabel('Reason').fill('A longer talk');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText(/^Moved to/));
    expect(await onlyOf('appointments')).toMatchObject({
      reschedule_count: 1,
      rescheduled_by: 'host',
      reschedule_reason: 'A longer talk',
      sends_mail: true,
      ends_at: new Date(Date.parse(booked.starts_at) + 45 * 60_000).toISOString(),
    });
  });

  test('a drag moves it after a question, and tells the guest only if that is chosen', async () => {
    const before = await onlyOf('appointments');
    await page.goto(`/appointments?view=day&date=${before.starts_at.slice(0, 10)}`);
    const entry = page.getByRole('region', { name: 'Hours' }).getByRole('link', { name: 'Jane Doe' });
    const box = (await entry.boundingBox())!;
    await page.mouse.move(box.x + box.width + 20, box.y + 4);
    await page.mouse.down();
    // An hour is 48 pixels high.
    await page.mouse.move(box.x + box.width + 20, box.y + 30, { steps: 4 });
    await page.mouse.move(box.x + box.width + 20, box.y + 4 + 48, { steps: 4 });
    await page.mouse.up();
    await dialog().getByLabel('Tell the guest by email').uncheck();
    await dialog().getByRole('button', { name: 'Move appointment' }).click();
    await expectShown(page.getByText(/^Moved to/).last());
    await expect
      .poll(async () => onlyOf('appointments'))
      .toMatchObject({
        starts_at: new Date(Date.parse(before.starts_at) + 3_600_000).toISOString(),
        sends_mail: false,
      });
  });

  test('it is canceled with a reason, and leaves the calendar', async () => {
    const { id, starts_at: start } = await onlyOf('appointments');
    await page.goto(`/appointments/${id}`);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await dialog().getByLabel('Reason').fill('Host is ill');
    await dialog().getByRole('button', { name: 'Cancel appointment' }).click();
    await expectShown(page.getByText('Canceled by the host: Host is ill'));
    await page.goto(`/appointments?view=day&date=${start.slice(0, 10)}`, { waitUntil: 'networkidle' });
    await expectShown(page.getByRole('region', { name: 'Hours' }));
    expect(await page.getByRole('link', { name: 'Jane Doe' }).count()).toBe(0);
    expect(window.wrong).toEqual([]);
  });
});
