import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let receiver: Receiver;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  receiver = await startReceiver();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  await enter(await makeMember(s, 'owner', { name: 'Alice Archer' }));
});
afterAll(async () => {
  await browser?.close();
  await receiver?.close();
  await s?.stop();
});

async function enter({ cookie }: SignedIn): Promise<void> {
  const [name, value] = cookie.split('=') as [string, string];
  await window.context.clearCookies();
  await window.context.addCookies([{ name, value, url: s.url }]);
}
const dialog = () => page.getByRole('dialog');
const act = async (menuitem: string, button = 'More actions') => {
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('menuitem', { name: menuitem }).click();
};

test('the profile in the account menu is a link with a URL', async () => {
  await page.goto('/contacts');
  await page.getByRole('button', { name: /^Alice Archer/ }).click();
  const profile = page.getByRole('menuitem', { name: 'Profile' });
  expect(await profile.getAttribute('href')).toBe('/settings/profile');
  await profile.click();
  await expectShown(page.getByRole('heading', { name: /profile/i, level: 1 }));
});

describe('Settings → API keys', () => {
  test('AX1, AX16: a key that expires in 7 days is shown once, works, and is marked as expiring soon', async () => {
    await page.goto('/settings/api-keys');
    await page.getByRole('button', { name: 'New API key' }).first().click();
    await dialog().getByLabel('Name').fill('Website');
    await dialog().getByRole('combobox', { name: 'Style' }).click();
    await page.getByRole('option', { name: /axoCRM/ }).click();
    await dialog().getByRole('combobox', { name: 'Expiry' }).click();
    await page.getByRole('option', { name: '7 days' }).click();
    await dialog().getByRole('button', { name: 'Create API key' }).click();
    const key = await page.getByLabel('API key', { exact: true }).inputValue();
    expect(key).toMatch(/^axo_live_\w{32}$/);
    await picture(page, 'key-once');
    await page.getByRole('button', { name: 'I have stored it' }).click();
    expect((await s.ask('GET', '/api/v1/me', { as: key })).status).toBe(200);
    const row = page.getByRole('row', { name: /Website/ });
    await expectShown(row.getByText('Expiring soon'));
    expect(await page.content()).not.toContain(key);

    await act('Revoke', 'Actions for Website');
    await dialog().getByRole('button', { name: 'Revoke key' }).click();
    await expectShown(row.getByText('Revoked'));
    expect((await s.ask('GET', '/api/v1/me', { as: key })).status).toBe(401);
  });

  test('a key can have any scope of the API, also on a phone', async () => {
    const { data } = (await s.ask('GET', '/api/v1/scopes')).json;
    const listed = data.map(({ name }: { name: string }) => name).filter((name: string) => name !== '*');
    await page.goto('/settings/api-keys');
    await page.getByRole('button', { name: 'New API key' }).first().click();
    await dialog().getByLabel('Name').fill('Reader');
    await dialog().getByText('For developers').click();
    await dialog().getByRole('button', { name: 'Select none' }).click();
    const boxes = dialog().getByRole('checkbox');
    await expect.poll(() => boxes.count()).toBe(listed.length);
    const values = await boxes.evaluateAll((all) => all.map((item) => item.getAttribute('value')));
    expect(new Set(values)).toEqual(new Set(listed));
    for (const scope of ['forms:read', 'forms:write'])
      await dialog().getByRole('checkbox', { name: scope }).check();
    const others = [
      'Publish events',
      'Read webhooks',
      'Rotate webhook secrets',
      'Read API keys',
      'Read members',
    ];
    for (const label of others) await dialog().getByRole('checkbox', { name: label }).check();
    await picture(page, 'key-scopes');
    await page.setViewportSize(PHONE);
    await expectNoOverflow(page);
    await picture(page, 'key-scopes-phone');
    await page.setViewportSize(DESKTOP);
    await dialog().getByRole('button', { name: 'Create API key' }).click();
    const as = await page.getByLabel('API key', { exact: true }).inputValue();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    expect((await s.ask('GET', '/api/v1/me', { as })).json.scopes.toSorted()).toEqual(
      [
        'forms:read',
        'forms:write',
        'events:write',
        'webhooks:read',
        'webhooks:rotate',
        'keys:read',
        'members:read',
      ].toSorted(),
    );
  });

  test.each([
    ['Read only', ({ action }: { action: string | null }) => action === 'read'],
    ['Read and write', ({ action }: { action: string | null }) => action !== null],
  ])(
    'a key with the access %s has these scopes; none is shown outside the fold',
    async (access, isIncluded) => {
      await page.goto('/settings/api-keys');
      await page.getByRole('button', { name: 'New API key' }).first().click();
      await expectShown(dialog().getByRole('radio', { name: 'Everything I may' }));
      expect(await dialog().innerText()).not.toMatch(/scope|contacts:|axo_/i);
      await dialog().getByLabel('Name').fill(access);
      await dialog().getByRole('radio', { name: access }).check();
      await picture(page, `key-${access.replaceAll(' ', '-')}`);
      await dialog().getByRole('button', { name: 'Create API key' }).click();
      const as = await page.getByLabel('API key', { exact: true }).inputValue();
      await page.getByRole('button', { name: 'I have stored it' }).click();
      const { data } = (await s.ask('GET', '/api/v1/scopes')).json;
      expect((await s.ask('GET', '/api/v1/me', { as })).json.scopes.toSorted()).toEqual(
        data
          .filter(isIncluded)
          .map(({ name }: { name: string }) => name)
          .toSorted(),
      );
    },
  );

  test('AX16: an expired key is marked, and an expiry can be removed', async () => {
    const { workspaceId } = s.alice;
    const common = { workspaceId, style: 'fairlead' as const, createdBy: 'test' };
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await s.app.keys.create({ ...common, name: 'Old one', expiresAt: inDays(-1) });
    await s.app.keys.create({ ...common, name: 'Brief one', expiresAt: inDays(3) });
    await page.goto('/settings/api-keys');
    await expectShown(page.getByRole('row', { name: /Old one/ }).getByText('Expired'));
    await act('Change expiry', 'Actions for Brief one');
    await dialog().getByRole('combobox', { name: 'Expiry' }).click();
    await page.getByRole('option', { name: /No expiry|Never/ }).click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(page.getByRole('row', { name: /Brief one/ }).getByText('Never', { exact: true }));
  });
});

test('the limits of an agent can be changed', async () => {
  const body = { name: 'Helper', kind: 'agent', scopes: ['contacts:read'] };
  const { id } = (await s.ask('POST', '/api/v1/api-keys', { body })).json;
  await page.goto('/settings/api-keys');
  await act('Change limits', 'Actions for Helper');
  await dialog().getByLabel('Records it may write per hour').fill('7');
  await dialog().getByLabel('It may delete records').check();
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => dialog().count()).toBe(0);
  expect((await s.ask('GET', `/api/v1/api-keys/${id}`)).json.budget).toEqual({
    writes_per_hour: 7,
    deletes: true,
    objects: null,
  });
});

describe('Settings → Webhooks', () => {
  let path: string;
  const stored = async () => (await s.ask('GET', '/api/v1/webhooks')).json.data[0];

  test('AX11: a webhook is created for selected events, edited, paused and resumed', async () => {
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog().getByLabel('Name').fill('Chosen');
    await dialog().getByLabel('URL').fill(`${receiver.url}/`);
    await dialog().getByRole('combobox', { name: 'Format' }).click();
    await page.getByRole('option', { name: /axoCRM/ }).click();
    await dialog().getByRole('checkbox', { name: 'All events' }).uncheck();
    await dialog().getByRole('checkbox', { name: 'Contact created' }).check();
    await dialog().getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expectShown(page.getByRole('heading', { name: 'Chosen', level: 1 }));
    path = new URL(page.url()).pathname;
    expect((await stored()).events).toEqual(['contact.created']);

    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await dialog().getByRole('checkbox', { name: 'Deal won' }).check();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect.poll(async () => (await stored()).events).toEqual(['contact.created', 'deal.won']);
    await act('Pause');
    await expectShown(page.getByText('Paused').first());
    await act('Resume');
    await expectShown(page.getByText('Active').first());
  });

  test('Send test delivers a signed request, and the log shows the response', async () => {
    await page.getByRole('button', { name: 'Send test' }).click();
    await dialog().getByRole('button', { name: 'Send test' }).click();
    const [request] = await receiver.waitFor(1);
    expect(request!.headers['x-axocrm-event']).toBe('webhook.test');
    const row = page.getByRole('row', { name: /webhook\.test/ });
    await expectShown(row.getByText('Delivered'));
    await row.getByRole('button').first().click();
    await expectShown(dialog().getByText('ok').first());
    await expectShown(
      dialog()
        .getByText(/x-axocrm-signature: sha256=/i)
        .first(),
    );
    await page.keyboard.press('Escape');
  });

  test('AX18: Send pending now sends pending retries', async () => {
    receiver.answer((_request, n) => ({ status: n === 2 ? 500 : 200 }));
    await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane' } });
    await receiver.waitFor(2);
    await page.goto(path);
    await expectShown(page.getByRole('row', { name: /contact\.created/ }).getByText('Retrying'));
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'Send pending now' }).click();
    await receiver.waitFor(3);
    await page.goto(path);
    await expectShown(page.getByRole('row', { name: /contact\.created/ }).getByText('Delivered'));
    await picture(page, 'webhook');
  });

  test('AX13: a manager can rotate the secret, shown once, and nothing else', async () => {
    await enter(await makeMember(s, 'manager'));
    await page.goto(path);
    await expectShown(page.getByRole('heading', { name: 'Chosen', level: 1 }));
    expect(await page.getByRole('button', { name: 'Edit', exact: true }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Send test' }).count()).toBe(0);
    await act('Rotate secret');
    await dialog().getByRole('button', { name: 'Rotate secret' }).click();
    expect(await page.getByRole('textbox', { name: 'Signing secret' }).inputValue()).toMatch(/^axo_whsec_/);
    await page.getByRole('button', { name: 'I have stored it' }).click();
  });

  test('AX12: example payloads of every event, in every format', async () => {
    await enter(await makeMember(s, 'owner'));
    await page.goto('/settings/webhooks/example-payload-shapes');
    for (const { name } of (await s.ask('GET', '/api/v1/event-types')).json.data)
      await expectShown(page.getByText(name, { exact: true }).first());
    await page.getByRole('button', { name: /contact\.created/ }).click();
    await expectShown(page.getByText('webhook-signature').first());
    await picture(page, 'examples');
  });
});

test('Settings → Audit log shows the actor', async () => {
  await page.goto('/settings/audit-log');
  await expectShown(page.getByRole('row', { name: /webhook\.created.*Alice Archer/ }));
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
