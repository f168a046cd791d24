import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectNoOverflow, expectShown, launchBrowser, openWindow, PHONE, picture } from '../kit/browser.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let page: Page;
let runId: string;
let wrong: readonly string[];
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  const owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  const window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page, wrong } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  const course = await make('courses', { name: 'First aid', kind: 'workshop' });
  const run = { course_id: course.id, places: 3, starts_at: '2026-12-20T00:00:00Z', venue: 'Room 4' };
  runId = (await make('course-runs', run)).id;
  for (const first_name of ['Zoë', 'Ann'])
    await make('contacts', { first_name, last_name: 'Smith', email: `${first_name}@example.com` });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

async function make(plural: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body });
  expect(status, text).toBe(201);
  return json;
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

const people = () => page.getByRole('region', { name: 'People' });

test('people are added to a course run, up to its places', async () => {
  await page.goto(`/course-runs/${runId}`);
  await expectShown(people().getByText('3 of 3 places left'));
  for (const name of ['Zoë Smith', 'Ann Smith', 'Newcomer Jones']) {
    await people().getByRole('button', { name: 'Add person' }).click();
    await page.getByRole('combobox', { name: 'Person to enrol' }).fill(name);
    await page.getByRole('option', { name: new RegExp(name) }).click();
    await expectShown(people().getByRole('link', { name }));
  }
  await expectShown(people().getByText('Full: 3 of 3 places taken'));
  expect(await people().getByRole('button', { name: 'Add person' }).isDisabled()).toBe(true);
  await fires('enrolment.created', 'enrolment.created', 'contact.created', 'enrolment.created');
});

test('those that are selected are assessed in one unit; again, their assessments are changed', async () => {
  for (const [status, types] of [
    ['Submitted', ['assessment.created', 'assessment.created']],
    ['Competent', ['assessment.completed', 'assessment.completed']],
  ] as const) {
    for (const name of ['Zoë Smith', 'Ann Smith'])
      await people()
        .getByRole('checkbox', { name: new RegExp(name) })
        .check();
    await page.getByRole('button', { name: 'Assess', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Unit', exact: true }).fill('Burns');
    await dialog.getByRole('textbox', { name: 'Outcome code' }).fill('20');
    await dialog.getByRole('combobox', { name: 'Result' }).click();
    await page.getByRole('option', { name: status, exact: true }).click();
    await picture(page, 'training-assess');
    await dialog.getByRole('button', { name: 'Assess 2 people' }).click();
    await fires(...types);
    await dialog.waitFor({ state: 'hidden' });
  }
});

test('their status is changed together; the enrolment is on the page of the contact', async () => {
  await people()
    .getByRole('checkbox', { name: /Zoë Smith/ })
    .check();
  await page.getByRole('button', { name: 'Change status' }).click();
  await page.getByRole('menuitem', { name: 'Completed' }).click();
  await fires('enrolment.status_changed');
  await expectShown(people().getByText('Completed'));
  await picture(page, 'training-run');
  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await picture(page, 'training-run-phone');
  await page.setViewportSize({ width: 1280, height: 800 });
  await people().getByRole('link', { name: 'Zoë Smith' }).click();
  await expectShown(page.getByRole('region', { name: /^Assessments/ }).getByText('Burns'));
  await page.getByRole('link', { name: 'Zoë Smith' }).click();
  const enrolments = page.getByRole('region', { name: /^Enrolments/ });
  await expectShown(enrolments.getByRole('link', { name: 'First aid' }));
  await expectShown(enrolments.getByText('Completed'));
  await picture(page, 'training-contact');
  expect(wrong).toEqual([]);
});
