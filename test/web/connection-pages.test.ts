import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
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
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await signIn(await makeMember(s, 'admin', { name: 'Alice Archer' }));
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function signIn({ cookie }: SignedIn): Promise<void> {
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.clearCookies();
  await window.context.addCookies([{ name, value, url: s.url }]);
}
const dialog = () => page.getByRole('dialog');
const events = () => page.getByRole('table', { name: 'Received events' });

function typeform(url: string, secret: string, email: string) {
  const raw = JSON.stringify({
    event_id: `evt-${email}`,
    event_type: 'form_response',
    // A double would change it.
    number: 0,
    form_response: { answers: [{ type: 'email', email, field: { id: 'a', ref: 'email' } }] },
  }).replace('"number":0', '"number":12345678901234567890');
  const signature = createHmac('sha256', secret).update(raw).digest('base64');
  return s.ask('POST', url, { as: null, raw, headers: { 'typeform-signature': `sha256=${signature}` } });
}

/** Pictures of a page in both widths and colour schemes. */
async function pictures(name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await picture(page, `${name}-desktop-${scheme}`);
    const before = page.viewportSize()!;
    await page.setViewportSize(PHONE);
    await expectNoOverflow(page);
    await picture(page, `${name}-phone-${scheme}`);
    await page.setViewportSize(before);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

test('a connection is created from a form of its kind, waits for its first event, and shows it as it arrives', async () => {
  await page.goto('/settings/connections');
  await expectShown(page.getByRole('heading', { name: 'No connections yet' }));
  await pictures('connections-empty');
  await page.getByRole('button', { name: 'New connection' }).first().click();
  await expectShown(dialog().getByRole('button', { name: /Google Ads lead forms/ }));
  await pictures('connections-kinds');
  await dialog()
    .getByRole('button', { name: /Typeform/ })
    .click();
  await dialog().getByLabel('Signing secret', { exact: true }).fill('short');
  await dialog().getByRole('button', { name: 'Create connection' }).click();
  await expectShown(dialog().getByText('Must have at least 16 characters.'));
  await pictures('connections-form');
  await dialog().getByLabel('Signing secret', { exact: true }).fill('');
  await dialog().getByLabel('Name').fill('Wedding enquiries');
  await dialog().getByRole('button', { name: 'Create connection' }).click();
  await expectShown(page.getByRole('button', { name: 'I have stored it' }));
  const secret = await dialog().getByLabel('Signing secret', { exact: true }).inputValue();
  expect(secret).toMatch(/^[\w-]{43}$/);
  await page.getByRole('button', { name: 'I have stored it' }).click();

  await expectShown(page.getByRole('heading', { name: 'Wedding enquiries', level: 1 }));
  await expectShown(page.getByText('Waiting for the first event…'));
  await expectShown(page.getByText('In Typeform, open the form'));
  await pictures('connection-waiting');
  const url = await page.getByText(`${s.url}/webhooks/typeform/`).first().textContent();
  expect((await typeform(url!, secret, 'jane@example.com')).status).toBe(200);
  await expectShown(events().getByText('Accepted'));
  await page.getByText('Waiting for the first event…').waitFor({ state: 'detached' });
  await expectShown(page.getByText('Active', { exact: true }));
  await events().getByRole('button', { name: 'form_response' }).click();
  await expectShown(dialog().getByRole('link', { name: 'Lead' }));
  await pictures('connection-event');
  await dialog().getByRole('link', { name: 'Lead' }).click();
  await expectShown(page.getByRole('heading', { name: 'jane@example.com', level: 1 }));
  await page.goBack();
});

test('a wrong secret shows why, at once, and a rotation and a test mend it', async () => {
  await expectShown(page.getByRole('heading', { name: 'Wedding enquiries', level: 1 }));
  const url = await page.getByText(`${s.url}/webhooks/typeform/`).first().textContent();
  expect((await typeform(url!, 'a wrong secret', 'kim@example.com')).status).toBe(401);
  await expectShown(events().getByText('Refused'));
  await expectShown(page.getByRole('alert').getByText(/The last request was refused/));
  await pictures('connection-failing');
  await events().getByRole('button', { name: 'Unverified request' }).click();
  await expectShown(dialog().getByText('"email": "kim@example.com"'));
  await expectShown(dialog().getByText('"number": 12345678901234567890'));
  await pictures('connection-unverified');
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
  await dialog().getByLabel('New signing secret', { exact: true }).fill('the secret of the form');
  await dialog().getByRole('button', { name: 'Rotate secret' }).click();
  await expectShown(page.getByText('Secret rotated'));
  expect((await typeform(url!, 'the secret of the form', 'kim@example.com')).status).toBe(200);
  await expectShown(page.getByText('Active', { exact: true }));
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expectShown(page.getByText(/a sample request made with the stored secret was verified/));

  await page.getByRole('combobox', { name: 'Filter by outcome' }).click();
  await page.getByRole('option', { name: 'Duplicate' }).click();
  await expectShown(page.getByRole('heading', { name: 'No matching events' }));
});

test('it is renamed, disabled, enabled and deleted, after a question', async () => {
  const more = async (item: string) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog().getByLabel('Name').fill('Weddings');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expectShown(page.getByRole('heading', { name: 'Weddings', level: 1 }));
  await more('Disable');
  await page.getByRole('button', { name: 'Disable connection' }).click();
  await expectShown(page.getByText('Disabled', { exact: true }));
  await page.getByRole('link', { name: 'Connections' }).last().click();
  await expectShown(page.getByRole('table', { name: 'Connections' }).getByText('Disabled'));
  await pictures('connections-list');
  await page.getByRole('link', { name: 'Weddings' }).click();
  await more('Enable');
  await expectShown(page.getByText('Active', { exact: true }));
  await more('Delete connection');
  await page.getByRole('button', { name: 'Delete connection' }).click();
  await expectShown(page.getByRole('heading', { name: 'No connections yet' }));
});

test('a manager reads connections and cannot change them; a member does not see them', async () => {
  const made = await s.ask('POST', '/api/v1/connections', { body: { kind: 'crm', name: 'Other CRM' } });
  await signIn(await makeMember(s, 'manager'));
  await page.goto(`/settings/connections/${made.json.id}`);
  await expectShown(page.getByText('Waiting for the first event…'));
  expect(await page.getByRole('button', { name: /Edit|Test|More actions/ }).count()).toBe(0);
  await signIn(await makeMember(s, 'member'));
  await page.goto('/settings/profile');
  await expectShown(page.getByRole('link', { name: 'Profile' }).first());
  expect(await page.getByRole('link', { name: 'Connections' }).count()).toBe(0);
  expect(window.wrong).toEqual([]);
});
