import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, openWindow, picture, type Window, expectShown } from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let receiver: Receiver;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  receiver = await startReceiver();
  window = await openWindow(browser, s.url);
  ({ page } = window);
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
});
afterAll(async () => {
  await browser?.close();
  await receiver?.close();
  await s?.stop();
});

const dialog = () => page.getByRole('dialog');
const pick = async (label: string | RegExp, option: string | RegExp) => {
  await dialog().getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
};
const unfold = (title: string) =>
  dialog()
    .getByRole('button', { name: new RegExp(`^${title}`) })
    .click();
const make = async (path: string, body: object) => {
  const reply = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const stored = async (name: string) =>
  (await s.ask('GET', HOOKS)).json.data.find((hook: { name: string }) => hook.name === name);
/** One condition of the filter, by its place in it. */
const condition = async (number: string, field: string, op: string, value?: string) => {
  await dialog().getByLabel(`Field of condition ${number}`, { exact: true }).fill(field);
  await page.keyboard.press('Escape');
  await pick(`Comparison of condition ${number}`, op);
  const input = dialog().getByLabel(`Value of condition ${number}`, { exact: true });
  if (value !== undefined) await input.fill(value);
};

describe('the form of a webhook', () => {
  test('AN1, AN5, AN6, AN8: every option is kept, and takes effect at the receiver', async () => {
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog().getByLabel('Name').fill('Everything');
    await dialog().getByLabel('URL').fill(`${receiver.url}/hook`);
    await pick('Format', 'AutomateNexus');
    await dialog().getByRole('checkbox', { name: 'All events' }).uncheck();
    await dialog().getByRole('checkbox', { name: 'contact.created' }).check();
    await unfold('Request');
    await pick('Method', 'PUT');
    await pick('Content type', 'Form');
    await pick('Payload', /Summary/);
    await dialog().getByLabel('Timeout in seconds').fill('7');
    await dialog().getByRole('button', { name: 'Add header' }).click();
    await dialog().getByLabel('Name of header 1').fill('X-Api-Key');
    await dialog().getByLabel('Value of header 1').fill('open sesame');
    await unfold('Retries');
    expect(await dialog().getByLabel('Delays').getAttribute('placeholder')).toBe(
      '1 min, 4 min, 25 min, 90 min, 22 h',
    );
    await dialog().getByLabel('Retries', { exact: true }).fill('3');
    await dialog().getByLabel('Delays').fill('1 s, 5 min, 2 h');
    await dialog().getByLabel('Disable after failures in a row').fill('20');
    await dialog().getByRole('checkbox', { name: /410/ }).check();
    await unfold('Pace and order');
    await dialog().getByLabel('Requests at once').fill('2');
    await dialog().getByLabel('Requests at most').fill('100');
    await dialog().getByLabel('In so many seconds').fill('60');
    await pick('Order', 'Record by record');
    await expectShown(dialog().getByText('2 at once · 100 in 1 min · record by record'));
    await unfold('Signing secret');
    await pick('Secret', 'Your own');
    await dialog().getByLabel('Your secret').fill('swordfish');
    await picture(page, 'webhook-form');
    await dialog().getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await expectShown(page.getByRole('heading', { name: 'Everything', level: 1 }));

    expect(await stored('Everything')).toMatchObject({
      format: 'automatenexus',
      events: ['contact.created'],
      method: 'PUT',
      content_type: 'application/x-www-form-urlencoded',
      payload: 'summary',
      timeout_s: 7,
      headers: { 'X-Api-Key': expect.any(String) },
      retry: { max: 3, intervals_s: [1, 300, 7200] },
      disable_after: 20,
      disable_on_410: true,
      max_in_flight: 2,
      rate_limit: { max: 100, per_s: 60 },
      ordering: 'record',
      filter: null,
      signed: true,
    });
    receiver.answer((_request, n) => ({ status: n === 1 ? 500 : 200 }));
    await make('contacts', { first_name: 'Jane', email: 'jane@example.com' });
    // The second comes after a second, as the form said.
    const [first, second] = await receiver.waitFor(2);
    expect(second!.at - first!.at).toBeLessThan(10_000);
    expect(first!.method).toBe('PUT');
    expect(first!.headers['content-type']).toMatch(/x-www-form-urlencoded/);
    expect(first!.headers['x-api-key']).toBe('open sesame');
    expect(first!.headers['x-automatenexus-signature']).toBe(
      createHmac('sha256', 'swordfish').update(first!.rawBody).digest('hex'),
    );
    expect(first!.rawBody.toString()).toContain('event=contact.created');
    expect(first!.rawBody.toString()).not.toContain('Jane');

    receiver.answer(() => ({ status: 410 }));
    await make('contacts', { first_name: 'John' });
    await expectShown(page.getByText(/It was disabled/));
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Resume' }).click();
    await expectShown(page.getByText('Active').first());
  });

  test('a change keeps what was not touched, and what is emptied is the format’s again', async () => {
    const before = await stored('Everything');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await unfold('Retries');
    expect(await dialog().getByLabel('Delays').inputValue()).toBe('1 s, 5 min, 2 h');
    await dialog().getByLabel('Delays').fill('soon');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/"soon" is no time/));
    await dialog().getByLabel('Delays').fill('');
    await dialog().getByLabel('Retries', { exact: true }).fill('11');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/at most 10 retries/));
    await dialog().getByLabel('Retries', { exact: true }).fill('');
    await unfold('Pace and order');
    await dialog().getByLabel('Requests at most').fill('');
    await dialog().getByLabel('Requests at once').fill('65');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(
      dialog()
        .getByText(/<=\s?64|at most 64\b/)
        .last(),
    );
    await dialog().getByLabel('Requests at once').fill('');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/>=\s?1|at least 1\b/));
    await picture(page, 'webhook-form-refused');
    await dialog().getByLabel('In so many seconds').fill('');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await stored('Everything')).retry)
      .toEqual({ max: 5, intervals_s: [60, 240, 1500, 5400, 79_200] });
    const {
      retry: _retry,
      max_in_flight: _most,
      rate_limit: _rate,
      version: _v,
      updated_at: _at,
      ...rest
    } = before;
    expect(await stored('Everything')).toMatchObject({ ...rest, max_in_flight: 64, rate_limit: null });
    receiver.answer(() => ({ status: 200 }));
  });

  test('the facts tell its pace and order; while its receiver gets a rest the page says so', async () => {
    const facts = page.getByRole('complementary', { name: 'About this webhook' });
    await expectShown(facts.getByText('Up to 64 requests'));
    await expectShown(facts.getByText('Any number'));
    await expectShown(facts.getByText(/Record by record/));
    await expectShown(facts.getByText(/^Events of one record arrive in their order/));
    await expectShown(facts.getByText('Closed', { exact: true }));
    receiver.answer(() => ({ status: 503, headers: { 'retry-after': '9' } }));
    await make('contacts', { first_name: 'Jules' });
    await expectShown(facts.getByText(/^Open\s*until \d/));
    await expectShown(
      page.getByRole('alert').getByText(/Its receiver gets a rest\s+until .+Nothing is lost/),
    );
    await picture(page, 'webhook-resting');
    receiver.answer(() => ({ status: 200 }));
    // What waits for its retry is hurried, and is the probe.
    await expect
      .poll(
        async () => {
          await s.ask('POST', `${HOOKS}/send-pending`);
          return facts.getByText('Closed', { exact: true }).count();
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toBe(1);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  test('AN5: a secret is rotated to one’s own, and to none', async () => {
    const rotate = async (choice: string) => {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
      await pick('Secret', choice);
      if (choice === 'Your own') await dialog().getByLabel('Your secret').fill('open sesame');
      await dialog().getByRole('button', { name: 'Rotate secret' }).click();
    };
    await rotate('Your own');
    await page.getByRole('button', { name: 'I have stored it' }).click();
    const count = receiver.received.length;
    await make('contacts', { first_name: 'Jim' });
    const request = (await receiver.waitFor(count + 1)).at(-1)!;
    expect(request.headers['x-automatenexus-signature']).toBe(
      createHmac('sha256', 'open sesame').update(request.rawBody).digest('hex'),
    );
    await rotate('None: deliveries are not signed');
    await expectShown(page.getByText('Deliveries go unsigned from now on.'));
    expect((await stored('Everything')).signed).toBe(false);
  });
});

test('a webhook of the standard format signs with a private key; its public key stays on its page', async () => {
  await page.goto('/settings/webhooks');
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  await dialog().getByLabel('Name').fill('Keyed');
  await dialog().getByLabel('URL').fill(`${receiver.url}/keyed`);
  await unfold('Signing secret');
  await pick('Secret', /^A private key/);
  await dialog().getByRole('button', { name: 'Create webhook' }).click();
  const secret = page.getByRole('textbox', { name: 'Signing secret' });
  expect(await secret.inputValue()).toMatch(/^whsk_/);
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await expectShown(page.getByText('By a private key (v1a)'));
  const { id, public_key: key } = await stored('Keyed');
  expect(key).toMatch(/^whpk_/);
  await expectShown(page.getByText(key));
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
  await pick(/^Secret/, 'Made for you, and shown once');
  await dialog().getByRole('button', { name: 'Rotate secret' }).click();
  expect(await secret.inputValue()).toMatch(/^whsec_/);
  await page.getByRole('button', { name: 'I have stored it' }).click();
  expect(await stored('Keyed')).toMatchObject({ signature: 'v1', public_key: null });
  await s.ask('DELETE', `${HOOKS}/${id}`);
});

describe('AN13: the filter', () => {
  test('is written in rows; an event that it keeps out says so on the Events page', async () => {
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog().getByLabel('Name').fill('Picky');
    await dialog().getByLabel('URL').fill(`${receiver.url}/picky`);
    await unfold('Filter');
    await dialog().getByRole('button', { name: 'Add condition' }).click();
    await dialog().getByLabel('Field of condition 1').click();
    for (const offered of ['tag', 'pipeline', 'job_title', 'expected_close_date'])
      await expectShown(page.getByRole('option', { name: new RegExp(`^${offered}`) }).first());
    await condition('1', 'source', 'is', 'website');
    await dialog().getByRole('button', { name: 'Add group' }).click();
    await condition('2.1', 'status', 'is not', 'customer');
    await dialog().getByRole('button', { name: 'Add condition' }).first().click();
    await condition('2.2', 'custom_fields.seats', 'is greater than', '10');
    await picture(page, 'filter-editor');
    await dialog().getByRole('button', { name: 'Create webhook' }).click();
    await page.getByRole('button', { name: 'I have stored it' }).click();
    expect((await stored('Picky')).filter).toEqual({
      all: [
        { field: 'source', op: 'equals', value: 'website' },
        {
          any: [
            { not: { field: 'status', op: 'equals', value: 'customer' } },
            { field: 'custom_fields.seats', op: 'greater', value: 10 },
          ],
        },
      ],
    });

    await make('contacts', { first_name: 'Walk-in', source: 'street' });
    const count = receiver.received.filter(({ url }) => url === '/picky').length;
    await make('contacts', {
      first_name: 'Wanted',
      source: 'website',
      status: 'customer',
      custom_fields: { seats: 11 },
    });
    await expect.poll(() => receiver.received.filter(({ url }) => url === '/picky').length).toBe(count + 1);
    await s.ask('PATCH', `${HOOKS}/${(await stored('Everything')).id}`, { body: { active: false } });
    await make('contacts', { first_name: 'Stranger', source: 'street' });

    await page.goto('/settings/events');
    await page.getByRole('checkbox', { name: 'Sent to no webhook' }).check();
    const row = page.getByRole('row', { name: /Stranger/ });
    await expectShown(row.getByText(/No match: source, status, custom_fields.seats/));
    expect(await page.getByRole('row', { name: /Wanted/ }).count()).toBe(0);
    await picture(page, 'events');
    await row.getByRole('button').click();
    await expectShown(dialog().getByText(/"Stranger"/));
    await picture(page, 'event');
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox', { name: 'Sent to no webhook' }).uncheck();
    await page
      .getByRole('row', { name: /Wanted/ })
      .getByRole('button')
      .click();
    await expectShown(dialog().getByRole('link', { name: 'Picky' }));
    await dialog().getByRole('link', { name: 'Show them in the log' }).click();
    await expectShown(page.getByRole('heading', { name: 'Deliveries', level: 1 }));
    await expectShown(page.getByRole('row', { name: /contact.created.*Picky.*Delivered/ }));
  });

  test('what the API refuses of it is told at its row; as JSON it says the same', async () => {
    await page.goto(`/settings/webhooks/${(await stored('Picky')).id}`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await unfold('Filter');
    expect(await dialog().getByLabel('Value of condition 2.2').inputValue()).toBe('10');
    await dialog().getByRole('button', { name: 'Add condition' }).last().click();
    await condition('3', 'last name!', 'contains', 'x');
    await dialog().getByRole('button', { name: 'Save' }).click();
    const alert = dialog().getByRole('alert');
    await expectShown(alert.getByText(/Field must be the name of a field/));
    await picture(page, 'filter-refused');
    await dialog().getByRole('button', { name: 'Remove condition 3' }).click();
    await dialog().getByRole('button', { name: 'Remove condition 2.1' }).click();
    await dialog().getByText('JSON', { exact: true }).click();
    const text = dialog().getByLabel('Filter as JSON');
    expect(JSON.parse(await text.inputValue())).toEqual({
      all: [
        { field: 'source', op: 'equals', value: 'website' },
        { field: 'custom_fields.seats', op: 'greater', value: 10 },
      ],
    });
    await text.fill('{"tag": ');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/Is not JSON/));
    await text.fill('{"not": {"any": [{"tag": "vip"}, {"pipeline": "Sales pipeline"}]}}');
    await dialog().getByText('Rows', { exact: true }).click();
    await expectShown(dialog().getByLabel('Field of condition 2'));
    expect(await dialog().getByLabel('How the conditions are joined').inputValue()).toBe(
      'None of these holds',
    );
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await stored('Picky')).filter)
      .toEqual({ not: { any: [{ tag: 'vip' }, { pipeline: 'Sales pipeline' }] } });
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await unfold('Filter');
    await dialog().getByRole('button', { name: 'Remove condition 1' }).click();
    await dialog().getByRole('button', { name: 'Remove condition 1' }).click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect.poll(async () => (await stored('Picky')).filter).toBe(null);
  });
});

describe('the log', () => {
  let id: string;
  const rows = () => page.getByRole('row', { name: /contact\.created|company\.created/ });

  test('AC5: several are chosen and sent again; states, types and times narrow it', async () => {
    await s.ask('DELETE', `${HOOKS}/${(await stored('Everything')).id}`);
    await s.ask('DELETE', `${HOOKS}/${(await stored('Picky')).id}`);
    receiver.answer(() => ({ status: 500, body: 'not today' }));
    const hook = { name: 'Log', url: `${receiver.url}/log`, events: ['*'], retry: { max: 0 } };
    ({ id } = await make('webhooks', hook));
    for (const name of ['One', 'Two']) await make('contacts', { first_name: name });
    await make('companies', { name: 'Acme' });
    await page.goto(`/settings/webhooks/${id}`);
    await expect.poll(() => rows().getByText('Failed').count()).toBe(3);
    await picture(page, 'log-failed');

    await page.getByRole('combobox', { name: 'Filter by event type' }).click();
    await page.getByRole('option', { name: 'contact.created', exact: true }).click();
    await expect.poll(() => rows().count()).toBe(2);
    expect(page.url()).toContain('event_type=contact.created');
    receiver.answer(() => ({ status: 200 }));
    for (const box of await page.getByRole('checkbox', { name: /Choose the delivery/ }).all())
      await box.check();
    await picture(page, 'log-chosen');
    await page.getByRole('button', { name: 'Resend 2' }).click();
    await expectShown(page.getByText('2 deliveries are being sent again.'));
    await expect.poll(() => rows().getByText('Delivered').count()).toBe(2);

    await page.goto(`/settings/webhooks/${id}?until=2026-01-01T00:00:00Z`);
    await expectShown(page.getByText('No delivery is like that'));
    await page.getByRole('button', { name: 'Clear until' }).click();
    await expect.poll(() => rows().count()).toBe(5);
    await page.goto(`/settings/webhooks/${id}?state=failed&event_type=company.created`);
    await expect.poll(() => rows().count()).toBe(1);
    await rows().getByRole('button').first().click();
    await expectShown(dialog().getByText('not today'));
    await expectShown(dialog().getByText(/^POST http:.*webhook-signature/s));
    await page.keyboard.press('Escape');
  });

  test('AC5: a range is counted first, and then sent again', async () => {
    const path = `${HOOKS}/${id}`;
    await s.ask('PATCH', path, { body: { active: false } });
    await make('contacts', { first_name: 'Missed' });
    await s.ask('PATCH', path, { body: { active: true } });
    await page.goto(`/settings/webhooks/${id}`);
    await page.getByRole('button', { name: 'Send again since…' }).click();
    await pick('What', /^What was missed/);
    await expectShown(dialog().getByText('One event will be sent.'));
    await pick('What', 'What failed, and what was missed');
    await expectShown(dialog().getByText('2 events will be sent.'));
    await picture(page, 'replay');
    const before = receiver.received.length;
    await dialog().getByRole('button', { name: 'Send again' }).click();
    await expectShown(page.getByText('2 events are being sent again.'));
    const sent = (await receiver.waitFor(before + 2)).slice(before);
    expect(sent.map(({ rawBody }) => JSON.parse(rawBody.toString()).type)).toEqual([
      'company.created',
      'contact.created',
    ]);
    await page.getByRole('button', { name: 'Send again since…' }).click();
    await expectShown(dialog().getByText('Nothing would be sent: there is no such event.'));
    expect(await dialog().getByRole('button', { name: 'Send again' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
  });

  test('of the whole workspace, deleted webhooks too', async () => {
    await page.goto('/settings/deliveries');
    await expectShown(page.getByRole('row', { name: /A deleted webhook/ }).first());
    await expectShown(page.getByRole('row', { name: /company\.created.*Log.*Delivered/ }));
    await picture(page, 'deliveries');
  });

  test('is found in the palette by the names that documents print', async () => {
    for (const [typed, heading] of [
      ['Settings → Deliveries', 'Deliveries'],
      ['Recent Activity', 'Deliveries'],
      ['Event log', 'Events'],
    ] as const) {
      await page.goto('/settings/members');
      await expectShown(page.getByRole('heading', { name: 'Members', level: 1 }));
      await page.keyboard.press('Control+k');
      await page.getByRole('textbox', { name: 'Search pages and commands' }).fill(typed);
      await page.keyboard.press('Enter');
      await expectShown(page.getByRole('heading', { name: heading, level: 1 }));
    }
  });
});

test('nothing went wrong behind the pages, and nothing was asked of anybody else', () => {
  expect(window.wrong).toEqual([]);
});
