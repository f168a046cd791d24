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
  type Window,
} from '../kit/browser.ts';
import { pngImage } from '../kit/image.ts';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await signIn(window, 'owner');
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

async function signIn({ context }: Window, role: 'owner' | 'member'): Promise<void> {
  const [name, value] = (await makeMember(s, role)).cookie.split('=') as [string, string];
  await context.addCookies([{ name, value, url: s.url }]);
}

const section = () => page.getByRole('region', { name: 'Logo' });
const inSidebar = () => page.locator('nav, header').locator('..').locator('img[src^="/files/"]').first();
const choose = (name: string, buffer: Buffer) =>
  page.getByLabel('Logo file').setInputFiles({ name, mimeType: 'image/png', buffer });
/** The width of an image once it is loaded, in its own pixels. */
const widthOf = (alt: string) =>
  page.evaluate<number>(`document.querySelector('main img[alt="${alt}"]').naturalWidth`);
/** Pictures of the page in both themes. */
async function pictures(name: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await picture(page, `${name}-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

test('a logo is uploaded, and shown on the page and in the sidebar', async () => {
  await page.goto('/settings/workspace');
  await expectShown(section().getByText('No logo'));
  await pictures('workspace-no-logo');
  await choose('logo.png', pngImage(240, 80));
  await expectShown(page.getByText('Logo saved'));
  const shown = section().getByRole('img', { name: 'Logo of Acme' });
  await expectShown(shown);
  await expect.poll(() => widthOf('Logo of Acme')).toBe(240);
  await expectShown(inSidebar());
  await pictures('workspace-logo');
});

test('a file that is no image, or too large, is an error on the page, and the logo stays', async () => {
  await choose('logo.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
  await expectShown(page.getByRole('alert').getByText(/must be a PNG, JPEG, WebP or GIF image/));
  await choose('logo.png', Buffer.alloc(1024 * 1024 + 1));
  await expectShown(page.getByRole('alert').getByText('The file is too large: at most 1 MB.'));
  await expectShown(section().getByRole('img', { name: 'Logo of Acme' }));
});

test('the page fits a phone', async () => {
  await page.setViewportSize(PHONE);
  await page.reload();
  await expectShown(section().getByRole('img', { name: 'Logo of Acme' }));
  await expectNoOverflow(page);
  await pictures('workspace-logo-phone');
  await page.setViewportSize(DESKTOP);
});

test('a public form shows it, in both themes and on a phone', async () => {
  const body = {
    name: 'Contact us',
    intro: 'We answer within a day.',
    fields: [{ key: 'email', label: 'Email', type: 'email', maps_to: 'email' }],
  };
  const { id } = (await s.ask('POST', '/api/v1/forms', { body })).json;
  await page.goto(`/f/${id}`);
  const logo = page.getByRole('img', { name: 'Acme' });
  await expectShown(logo);
  await expect.poll(() => widthOf('Acme')).toBe(240);
  await pictures('form-logo');
  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await pictures('form-logo-phone');
  await page.setViewportSize(DESKTOP);
});

test('a member has no link to the page and no buttons on it', async () => {
  const other = await openWindow(browser, s.url);
  await signIn(other, 'member');
  await other.page.goto('/settings/workspace');
  await expectShown(other.page.getByRole('img', { name: 'Logo of Acme' }));
  expect(await other.page.getByRole('link', { name: 'Workspace' }).count()).toBe(0);
  expect(await other.page.getByRole('button', { name: /Replace|Upload|Delete/ }).count()).toBe(0);
  await other.context.close();
});

test('it is deleted after a confirmation', async () => {
  await page.goto('/settings/workspace');
  await section().getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete logo' }).click();
  await expectShown(page.getByText('Logo deleted'));
  await expectShown(section().getByText('No logo'));
  await expect.poll(() => inSidebar().count()).toBe(0);
  // The refusal of the file that is no image.
  expect(window.wrong.filter((line) => !line.includes('400'))).toEqual([]);
});

test('an owner changes name, currency, country and format; deals and money follow', async () => {
  await page.goto('/settings/workspace');
  const form = page.getByRole('form', { name: 'Workspace' });
  await form.getByLabel('Name').fill('Acme GmbH');
  const select = async (label: string, text: string, option: string | RegExp) => {
    await form.getByRole('combobox', { name: label }).or(form.getByLabel(label)).first().fill(text);
    await page.getByRole('option', { name: option }).click();
  };
  await select('Currency', 'euro', /^EUR/);
  await select('Country', 'germ', 'Germany');
  await select('Time zone', 'berlin', 'Europe/Berlin');
  await select('Number and date format', 'german (ger', /^German \(Germany\)/);
  await form.getByLabel('Slug').fill('Acme!');
  await form.getByRole('button', { name: 'Save' }).click();
  await expectShown(form.getByText(/^Must be 2 to 48 of/));
  await form.getByLabel('Slug').fill('acme-gmbh');
  await form.getByRole('button', { name: 'Save' }).click();
  await expectShown(page.getByText('Workspace saved'));
  await pictures('workspace-settings');
  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  await picture(page, 'workspace-settings-phone');
  await page.setViewportSize(DESKTOP);
  const { json } = await s.ask('GET', '/api/v1/workspace');
  expect(json).toMatchObject({
    name: 'Acme GmbH',
    slug: 'acme-gmbh',
    currency: 'EUR',
    default_country: 'DE',
    time_zone: 'Europe/Berlin',
    locale: 'de-DE',
  });
});

test('a contact that exists already is shown while another is entered', async () => {
  await s.ask('POST', '/api/v1/contacts', {
    body: { first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com', phone: '0171 1234567' },
  });
  await page.goto('/contacts');
  await page.getByRole('button', { name: 'New contact' }).click();
  const drawer = page.getByRole('dialog', { name: 'New contact' });
  await drawer.getByLabel('Phone', { exact: true }).fill('+49 171 1234567');
  const notice = drawer.getByRole('status').filter({ hasText: 'may exist already' });
  await expectShown(notice.getByRole('link', { name: 'Jane Doe' }));
  await pictures('contact-duplicate');
  await drawer.getByLabel('Phone', { exact: true }).fill('+49 171 7654321');
  await expect.poll(() => notice.count()).toBe(0);
  await drawer.getByLabel('Email', { exact: true }).fill('joe@example.com');
  await drawer.getByLabel('Other emails').fill('joe@home.example');
  await page.keyboard.press('Enter');
  await drawer.getByRole('button', { name: 'Create contact' }).click();
  await expectShown(page.getByRole('link', { name: 'joe@home.example' }));
  await pictures('contact-addresses');
});

test('a German types 1.234,50, and sees amounts, dates and times as at home', async () => {
  await s.ask('PATCH', '/api/v1/workspace', {
    body: { locale: 'de-DE', time_zone: 'Europe/Berlin', currency: 'EUR' },
  });
  const dialog = page.getByRole('dialog');
  await page.goto('/deals?create=true');
  await dialog.getByLabel('Name').fill('Angebot');
  await dialog.getByLabel('Value').pressSequentially('1.234,50');
  await dialog.getByLabel('Expected close date').pressSequentially('24.12.2026');
  await page.keyboard.press('Tab');
  expect(await dialog.getByLabel('Value').inputValue()).toBe('1.234,50');
  await pictures('deal-german');
  await dialog.getByRole('button', { name: 'Create deal' }).click();
  await expectShown(page.getByRole('definition').getByText('1.234,50\u00a0€'));
  await expectShown(page.getByRole('definition').getByText('24.12.2026'));
  const [deal] = (await s.ask('GET', '/api/v1/deals?name=Angebot')).json.data;
  expect(deal).toMatchObject({ value: 1234.5, currency: 'EUR', expected_close_date: '2026-12-24' });

  // Yen have no decimals, and a text is no number.
  await page.goto('/deals?create=true');
  await dialog.getByLabel('Name').fill('Tokio');
  await dialog.getByRole('combobox', { name: 'Currency' }).fill('JPY');
  await page.getByRole('option', { name: 'JPY' }).click();
  for (const [typed, problem] of [
    ['12,5', 'This currency has no decimals.'],
    ['zwölf', 'Enter a number, such as 1.234,5.'],
  ] as const) {
    await dialog.getByLabel('Value').fill(typed);
    await dialog.getByRole('button', { name: 'Create deal' }).click();
    await expectShown(dialog.getByText(problem));
  }
  await dialog.getByLabel('Value').fill('12.000');
  await dialog.getByRole('button', { name: 'Create deal' }).click();
  await expectShown(page.getByRole('definition').getByText('12.000\u00a0¥'));
});
