import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DESKTOP,
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
import { sendForm } from '../kit/visitor.ts';

let s: Scenario;
let browser: Browser;
let manager: SignedIn;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  manager = await makeMember(s, 'manager', { name: 'Alice Archer' });
  window = await signedIn(manager);
  ({ page } = window);
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

async function signedIn(
  { cookie }: SignedIn,
  options: Parameters<typeof openWindow>[2] = {},
): Promise<Window> {
  const opened = await openWindow(browser, s.url, options);
  const [name, value] = cookie.split('=') as [string, string];
  await opened.context.addCookies([{ name, value, url: s.url }]);
  return opened;
}

const heading = (name: string) => page.getByRole('heading', { name, level: 1, exact: true });
const preview = () => page.frameLocator('iframe[title="Form preview"]');
const onlyForm = async () => (await s.ask('GET', '/api/v1/forms')).json.data[0];

describe('AX10: from an empty list to a lead, through the pages alone', () => {
  test('a form is created next to a live preview', async () => {
    await page.goto('/forms');
    await expectShown(page.getByText('No forms yet'));
    await page.getByRole('link', { name: 'New form' }).first().click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Wedding enquiries');
    await expectShown(preview().getByRole('heading', { name: 'Wedding enquiries' }));
    await page.getByLabel('Title').fill('Ask for your date');
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.getByRole('menuitem', { name: 'Event date' }).click();
    await expectShown(preview().getByLabel('Event date'));
    await page.getByRole('button', { name: 'Move Event date up' }).click();
    await page.getByRole('button', { name: 'Add field' }).click();
    await page.getByRole('menuitem', { name: 'Choice' }).click();
    await page.getByLabel('Label').fill('Which hall?');
    expect(await page.getByLabel('Key').inputValue()).toBe('which_hall');
    await page.getByLabel('Required').check();
    await expectShown(preview().getByLabel('Which hall?', { exact: true }));
    await page.getByLabel('Consent').first().fill('You may write to me.');
    await expectShown(preview().getByLabel('You may write to me.'));
    await page.getByLabel('Lead source').fill('Website');
    await picture(page, 'form-builder');
    await page.getByRole('button', { name: 'Create form' }).click();
    await expectShown(heading('Wedding enquiries'));
    await expectShown(page.getByText('No submissions yet'));
    const form = await onlyForm();
    expect(form).toMatchObject({
      title: 'Ask for your date',
      source: 'Website',
      consent_text: 'You may write to me.',
      fields: [
        { key: 'name', maps_to: 'name', required: true },
        { key: 'email', maps_to: 'email' },
        { key: 'event_date', type: 'date' },
        { key: 'notes' },
        { key: 'which_hall', type: 'select', maps_to: null, required: true },
      ],
    });
    await expectShown(page.getByText(form.embed_code));
  });

  test('a visitor submits it, which creates the lead and the submission', async () => {
    const { id } = await onlyForm();
    const visitor = await openWindow(browser, s.url);
    await visitor.page.goto(`/f/${id}`);
    await visitor.page.getByLabel('Name').fill('Jane Doe');
    await visitor.page.getByLabel('Email').fill('jane@acme.example');
    await visitor.page.getByLabel('Which hall?').selectOption('Option 2');
    await visitor.page.getByLabel('You may write to me.').check();
    await visitor.page.waitForTimeout(1_500);
    await visitor.page.getByRole('button', { name: 'Send' }).click();
    await expectShown(visitor.page.getByText('Thank you.'));
    await visitor.close();
    expect(await s.newEvents()).toEqual(['form.submitted']);

    await page.reload();
    const row = page
      .getByRole('table', { name: 'Submissions' })
      .getByRole('row', { name: /jane@acme\.example/ });
    await expectShown(row.getByText('Option 2'));
    await expectShown(row.getByText('Yes: You may write to me.'));
    const [lead] = (await s.ask('GET', '/api/v1/leads')).json.data;
    expect(lead).toMatchObject({ first_name: 'Jane', last_name: 'Doe', source: 'Website' });
    expect(await row.getByRole('link', { name: 'Open lead' }).getAttribute('href')).toBe(`/leads/${lead.id}`);
    await picture(page, 'form-overview');
  });

  test('a spam submission shows its reason; accepting it creates a lead, deleting removes it', async () => {
    const { id } = await onlyForm();
    for (const email of ['kofi@acme.example', 'bot@acme.example']) {
      const answers = { name: 'Kofi', email, which_hall: 'Option 1', _consent: true, website: 'x' };
      expect((await sendForm(s, id, answers)).status).toBe(201);
    }
    await page.reload();
    await page.getByRole('tab', { name: 'Spam 2' }).click();
    const rowOf = (email: string) =>
      page.getByRole('table', { name: 'Spam' }).getByRole('row', { name: new RegExp(email) });
    await expectShown(rowOf('kofi@').getByText('Filled in the hidden field'));
    await picture(page, 'form-spam');
    await s.newEvents();
    await rowOf('kofi@').getByRole('button', { name: 'Accept' }).click();
    await expect.poll(() => rowOf('kofi@').count()).toBe(0);
    expect(await s.newEvents()).toEqual(['form.submitted']);
    await rowOf('bot@').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete submission' }).click();
    await expectShown(page.getByText('No spam'));
    await page.getByRole('tab', { name: 'Submissions' }).click();
    await expectShown(page.getByRole('row', { name: /kofi@acme/ }));
    expect(window.wrong).toEqual([]);
  });

  test('it is edited, deactivated and deleted; an invalid field is named in the error', async () => {
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: /^Which hall\?/ }).click();
    await page.getByLabel('Label').fill('Which hall do you want?');
    // The key is in use elsewhere and stays.
    expect(await page.getByLabel('Key').inputValue()).toBe('which_hall');
    await page.getByLabel('Key').fill('Which');
    await page.getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByText(/^Which hall do you want\?, key: must be a small letter/));
    await page.getByLabel('Key').fill('hall');
    await page.getByRole('button', { name: 'Save' }).click();
    await expectShown(heading('Wedding enquiries'));
    expect((await onlyForm()).fields[4]).toMatchObject({ key: 'hall', label: 'Which hall do you want?' });

    // Another user saves first: their changes are merged, the local edits stay.
    const { id: ours } = await onlyForm();
    const elsewhere = { body: { title: 'Ask us', allowed_origins: ['https://www.acme.example'] } };
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Introduction').fill('We answer within a day.');
    expect((await s.ask('PATCH', `/api/v1/forms/${ours}`, elsewhere)).status).toBe(200);
    await page.getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByText('This form was changed by someone else'));
    await page.getByRole('button', { name: 'Load their changes' }).click();
    await expect.poll(() => page.getByLabel('Title').inputValue()).toBe('Ask us');
    expect(await page.getByRole('textbox', { name: 'Websites' }).inputValue()).toBe(
      'https://www.acme.example',
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await expectShown(heading('Wedding enquiries'));
    expect(await onlyForm()).toMatchObject({
      ...elsewhere.body,
      intro: 'We answer within a day.',
      fields: { length: 5 },
    });
    expect(window.wrong.filter((line) => !line.includes('412'))).toEqual([]);

    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await expectShown(page.getByText('Inactive', { exact: true }));
    const { id } = await onlyForm();
    expect((await fetch(`${s.url}/f/${id}`)).status).toBe(404);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete form' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete form' }).click();
    await expectShown(page.getByText('No forms yet'));
  });
});

test('a form whose owner has left the workspace can be edited', async () => {
  const gone = await makeMember(s, 'member');
  const body = {
    name: 'Orphaned',
    fields: [{ key: 'email', label: 'Email', type: 'email' }],
    owner_id: gone.id,
  };
  const { id } = (await s.ask('POST', '/api/v1/forms', { body })).json;
  expect((await s.ask('DELETE', `/api/v1/members/${gone.id}`)).status).toBe(204);
  await page.goto(`/forms/${id}`);
  await expectShown(page.getByText('Former member'));
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Adopted');
  await page.getByRole('button', { name: 'Save' }).click();
  await expectShown(heading('Adopted'));
  expect((await s.ask('DELETE', `/api/v1/forms/${id}`)).status).toBe(204);
});

test('a member reads forms and submissions, and cannot edit forms', async () => {
  const { id } = (
    await s.ask('POST', '/api/v1/forms', {
      body: { name: 'Ours', fields: [{ key: 'email', label: 'Email', type: 'email' }] },
    })
  ).json;
  const bob = await signedIn(await makeMember(s, 'member'));
  await bob.page.goto(`/forms/${id}`);
  await expectShown(bob.page.getByRole('heading', { name: 'Ours', level: 1 }));
  expect(await bob.page.getByRole('link', { name: 'Edit' }).count()).toBe(0);
  await bob.page.goto('/forms');
  await expectShown(bob.page.getByRole('link', { name: 'Ours' }));
  expect(await bob.page.getByRole('link', { name: 'New form' }).count()).toBe(0);
  await bob.close();
});

test.each([
  ['desktop', 'light', DESKTOP],
  ['desktop', 'dark', DESKTOP],
  ['phone', 'light', PHONE],
  ['phone', 'dark', PHONE],
] as const)(
  'the pages fit the %s in the %s, and every input has a name',
  async (device, colorScheme, viewport) => {
    const LONG = 'Wilhelmina Featherstonehaugh-Cholmondeley of Lower Saint Mary by the Harbour';
    const body = {
      name: LONG,
      fields: [
        { key: 'email', label: LONG, type: 'email' },
        { key: 'kind', label: 'Kind', type: 'select', options: [LONG] },
      ],
      consent_text: LONG,
      allowed_origins: [`https://${'long.'.repeat(20)}example`],
      redirect_url: `https://example.com/${'long/'.repeat(30)}`,
    };
    const { id } = (await s.ask('POST', '/api/v1/forms', { body })).json;
    await sendForm(s, id, { email: `${'x'.repeat(60)}@acme.example`, _consent: true });
    await sendForm(s, id, { email: `${'y'.repeat(60)}@acme.example`, _consent: true, website: 'x' });
    const other = await signedIn(manager, { viewport, colorScheme });
    const pages = {
      forms: '/forms',
      form: `/forms/${id}`,
      'form-new': '/forms/new',
      'form-edit': `/forms/${id}/edit`,
    };
    for (const [which, path] of Object.entries(pages)) {
      await other.page.goto(path, { waitUntil: 'networkidle' });
      await expectShown(other.page.getByRole('heading', { level: 1 }));
      await expectNoOverflow(other.page);
      if (which === 'form-edit') await other.page.getByRole('button', { name: /^Kind/ }).click();
      if (which === 'form') {
        await picture(other.page, `forms-${which}-${device}-${colorScheme}`);
        await other.page.getByRole('tab', { name: 'Spam' }).click();
        await expectShown(other.page.getByText('Filled in the hidden field'));
      }
      await expectNoOverflow(other.page);
      const nameless = await other.page
        .locator('input:visible, button:visible, textarea:visible, a:visible')
        .evaluateAll((elements) =>
          elements.flatMap((element) => {
            const input = element as { labels?: ArrayLike<unknown> | null };
            const named =
              element.getAttribute('aria-label') ??
              element.getAttribute('aria-labelledby') ??
              (input.labels?.length ? 'label' : element.textContent);
            return named ? [] : [element.outerHTML.slice(0, 200)];
          }),
        );
      expect(nameless, which).toEqual([]);
      await picture(other.page, `forms-${which === 'form' ? 'spam' : which}-${device}-${colorScheme}`);
    }
    expect(other.wrong).toEqual([]);
    await other.close();
  },
);
