import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
import { makeMember, PASSWORD, type SignedIn } from '../kit/member.ts';
import { makeVerifier, registerApp, requestOf } from '../kit/oauth-app.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
const windows: Window[] = [];
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
afterEach(async () => {
  for (const { page, close } of windows) if (!page.isClosed()) await close();
});

/** A window, signed in as `who` if given. */
async function open(who?: SignedIn) {
  const window = await openWindow(browser, s.url);
  windows.push(window);
  const [name, value] = (who?.cookie ?? '=').split('=') as [string, string];
  if (who) await window.context.addCookies([{ name, value, url: s.url }]);
  return window.page;
}

describe('signing in', () => {
  test('returns to the requested page', async () => {
    const page = await open();
    await page.goto('/companies?sort=-updated_at');
    await page.getByLabel('Email').fill(owner.email);
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong horse battery');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('The email address or the password is wrong.'));
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await expectShown(page.getByRole('heading', { name: 'Companies', level: 1 }));
    expect(page.url()).toBe(`${s.url}/companies?sort=-updated_at`);
  });

  test.each(['//evil.example/', 'https://evil.example/', '/\\evil.example', '/\t/evil.example'])(
    'never redirects to another site: %j',
    async (next) => {
      const page = await open();
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
      await page.getByLabel('Email').fill(owner.email);
      await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await expectShown(page.getByRole('button', { name: 'Search…' }));
      expect(new URL(page.url()).origin).toBe(s.url);
    },
  );

  test('for an app leads to its page; allowed, the app gets a code, and its access ends in the profile', async () => {
    const app = await startReceiver();
    const redirect = `http://127.0.0.1:${app.port}/callback`;
    const clientId = await registerApp(s.url, { client_name: 'Claude', redirect_uris: [redirect] });
    const request = requestOf(s.url, clientId, makeVerifier().challenge, { redirect_uri: redirect });
    const page = await open();
    await page.goto(`/oauth/authorize?${new URLSearchParams(request).toString()}`);
    await page.getByLabel('Email').fill(owner.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await expectShown(page.getByRole('heading', { name: 'Connect Claude to your CRM?' }));
    await picture(page, 'consent');
    await page.getByText('Only some types of records').click();
    await page.getByLabel('Companies').uncheck();
    await page.setViewportSize(PHONE);
    await expectNoOverflow(page);
    await picture(page, 'consent-phone');
    await page.setViewportSize(DESKTOP);
    expect(await page.getByLabel('Delete, erase and merge records').isChecked()).toBe(false);
    // The policy of the page allows the redirect to the app.
    await page.getByRole('button', { name: 'Allow access' }).click();
    const [received] = await app.waitFor(1);
    expect(received!.url).toMatch(/^\/callback\?code=fl_code_/);
    expect(windows.at(-1)!.wrong.splice(0)).toEqual([expect.stringContaining('/callback?code=')]);

    await page.goto('/settings/profile');
    await expectShown(page.getByRole('heading', { name: 'Connected apps' }));
    await expectShown(page.getByText('may read, write'));
    await picture(page, 'profile-apps');
    await page.goto('/settings/api-keys');
    const row = page.getByRole('row', { name: /Claude/ });
    await expectShown(row.getByText('App', { exact: true }));
    await page.goto('/settings/profile');
    await page.getByRole('button', { name: 'End the access of Claude' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End access' }).click();
    await expectShown(page.getByText('Claude disconnected'));
    expect((await owner.ask('GET', '/api/v1/authorized-apps')).json.data).toEqual([]);
    await app.close();
  });

  test('signing out ends the session and clears the pages', async () => {
    const item = await makeMember(s, 'member', { name: 'Bob Baker' });
    const page = await open(item);
    await page.goto('/contacts');
    await page.getByRole('button', { name: /Bob Baker/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expectShown(page.getByRole('button', { name: 'Sign in' }));
    await page.goto('/contacts');
    await expectShown(page.getByRole('button', { name: 'Sign in' }));
    expect(page.url()).toContain('/sign-in?next=%2Fcontacts');
  });

  test('an expired session redirects to sign-in', async () => {
    const item = await makeMember(s, 'member');
    const page = await open(item);
    await page.goto('/contacts');
    await expectShown(page.getByRole('heading', { name: 'Contacts', level: 1 }));
    await s.db.pool.query('delete from session where user_id = $1', [item.id]);
    await page.getByRole('link', { name: 'Companies' }).click();
    await expectShown(page.getByRole('button', { name: 'Sign in' }));
  });
});

describe('links', () => {
  test('an invitation created in the dashboard works once for a new user', async () => {
    const page = await open(owner);
    await page.goto('/settings/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Email').fill('dora@acme.example');
    await form.getByRole('button', { name: /Invite|Create/ }).click();
    const link = await page.getByLabel(/link/i).inputValue();
    expect(link).toContain('/invitation#token=');
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expectShown(page.getByText('dora@acme.example'));

    const guest = await open();
    await guest.goto(link);
    await guest.getByLabel('Your name').fill('Dora Dean');
    await guest.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await guest.keyboard.press('Enter');
    await expectShown(guest.getByRole('heading', { name: 'Home', level: 1 }));
    // A member sees neither keys nor webhooks.
    expect(await guest.getByRole('link', { name: 'API keys' }).count()).toBe(0);
    expect(await guest.getByRole('link', { name: 'Webhooks' }).count()).toBe(0);

    const late = await open();
    await late.goto(link);
    await expectShown(late.getByText(/used|expired|no longer/i).first());
  });

  test('an existing user joins with their password', async () => {
    const item = await makeMember(s, 'owner', { name: 'Erik', workspaceId: s.charlie.workspaceId });
    const invited = await owner.ask('POST', '/api/v1/invitations', { body: { email: item.email } });
    const page = await open();
    await page.goto(invited.json.url);
    await expectShown(page.getByLabel('Your name'));
    await page.getByRole('button', { name: 'I already have an account' }).click();
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong horse battery');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('not the password of an account'));
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await expectShown(page.getByRole('heading', { name: 'Home', level: 1 }));
    expect((await s.db.pool.query('select from member where user_id = $1', [item.id])).rowCount).toBe(2);
  });

  test('without email, the forgot-password page names the command for the operator', async () => {
    const page = await open();
    await page.goto('/forgot-password');
    await page.getByLabel('Email').fill(owner.email);
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('fairlead user reset'));
  });

  test('a reset link sets a new password', async () => {
    const item = await makeMember(s, 'member');
    const link = await s.app.people.db.transaction((trx) => s.app.signIn.resetLink(trx, item.id, 'test'));
    const page = await open();
    await page.goto(link);
    await page.getByRole('textbox', { name: 'Password' }).fill('short');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('must have at least 10 characters'));
    await page.getByRole('textbox', { name: 'Password' }).fill('another good one');
    await page.keyboard.press('Enter');
    await expectShown(page.getByRole('heading', { name: 'Home', level: 1 }));
  });
});

describe('members', () => {
  const hook = (name: string) => ({ name, url: 'https://example.com/', events: ['*'] });
  const post = async (by: SignedIn, path: string, body: object) => {
    const reply = await by.ask('POST', `/api/v1/${path}`, { body });
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };
  async function openRemoval(page: Page, name: string) {
    await page.goto('/settings/members');
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: 'Remove from workspace' }).click();
    const dialog = page.getByRole('dialog');
    await expectShown(dialog.getByRole('checkbox', { name: /API keys?:/ }));
    return dialog;
  }

  test('removing a member lists what they created, and revokes what is selected', async () => {
    const lena = await makeMember(s, 'admin', { name: 'Lena Leaver' });
    const key = await post(lena, 'api-keys', { name: 'Website' });
    for (const name of ['Intranet', 'Warehouse', 'Newsletter', 'Accounting', 'A key with quite a long name'])
      await post(lena, 'api-keys', { name });
    const secret = await post(lena, 'inbound-secrets', { name: 'Old CRM' });
    const webhook = await post(lena, 'webhooks', hook('Shop'));
    const page = await open(owner);
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const [size, viewport] of [
        ['desktop', DESKTOP],
        ['phone', PHONE],
      ] as const) {
        await page.setViewportSize(viewport);
        await openRemoval(page, 'Lena Leaver');
        await picture(page, `member-removal-${size}-${scheme}`);
        await expectNoOverflow(page);
      }
    }
    await page.setViewportSize(DESKTOP);
    const dialog = await openRemoval(page, 'Lena Leaver');
    await expectShown(dialog.getByText('6 API keys: A key with quite a long name'));
    await expectShown(dialog.getByText(/Newsletter, Warehouse, Intranet and 1 more/));
    await expectShown(dialog.getByText('1 webhook: Shop'));
    for (const box of await dialog.getByRole('checkbox').all()) expect(await box.isChecked()).toBe(false);
    await dialog.getByRole('checkbox', { name: '1 inbound secret: Old CRM' }).check();
    await dialog.getByRole('button', { name: 'Remove member' }).click();
    await expectShown(page.getByText('Lena Leaver removed'));
    await page.getByRole('cell', { name: 'Lena Leaver' }).waitFor({ state: 'detached' });

    const secrets = (await owner.ask('GET', '/api/v1/inbound-secrets')).json.data;
    expect(secrets.map(({ id }: { id: string }) => id)).not.toContain(secret.id);
    expect((await owner.ask('GET', `/api/v1/webhooks/${webhook.id}`)).status).toBe(200);
    expect((await owner.ask('GET', `/api/v1/api-keys/${key.id}`)).json.state).toBe('active');
    await page.goto('/settings/api-keys');
    const row = page.getByRole('row', { name: /Website/ });
    await expectShown(row.getByText('Creator left'));
  });

  test('an invitation by a removed member is shown as no longer valid', async () => {
    const boss = await makeMember(s, 'admin', { name: 'Former Boss' });
    await post(boss, 'invitations', { email: 'late@acme.example', role: 'member' });
    await owner.ask('DELETE', `/api/v1/members/${boss.id}`);
    const page = await open(owner);
    await page.goto('/settings/members');
    const row = page.getByRole('row', { name: /late@acme\.example/ });
    await expectShown(row.getByText('No longer valid'));
    await picture(page, 'invitation-invalid');
  });
});

test('no page logs an error or sends a request to another host', () => {
  expect(windows.length).toBeGreaterThan(10);
  expect(windows.flatMap(({ wrong }) => wrong)).toEqual([]);
});
