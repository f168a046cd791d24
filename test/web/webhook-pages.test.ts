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
/** All sections but the filter are in the fold for developers. */
const unfold = async (title: string) => {
  const fold = dialog().locator('details');
  if (title !== 'Filter') {
    await fold.waitFor();
    if ((await fold.getAttribute('open')) === null) await fold.locator('summary').click();
  }
  await dialog()
    .getByRole('button', { name: new RegExp(`^${title}`) })
    .click();
};
const create = async (path: string, body: object) => {
  const reply = await s.ask('POST', `/api/v1/${path}`, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
};
const stored = async (name: string) =>
  (await s.ask('GET', HOOKS)).json.data.find((hook: { name: string }) => hook.name === name);
/** Fills in one condition of the filter, by its position. */
const condition = async (number: string, field: string, op: string, value?: string) => {
  await dialog().getByLabel(`Field of condition ${number}`, { exact: true }).fill(field);
  await page.keyboard.press('Escape');
  await pick(`Operator of condition ${number}`, op);
  const input = dialog().getByLabel(`Value of condition ${number}`, { exact: true });
  if (value !== undefined) await input.fill(value);
};

describe('the form of a webhook', () => {
  test('AN1, AN5, AN6, AN8: every option is stored and takes effect at the receiver', async () => {
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog().getByLabel('Name').fill('Everything');
    await dialog().getByLabel('URL').fill(`${receiver.url}/hook`);
    await pick('Format', 'AutomateNexus');
    await dialog().getByRole('checkbox', { name: 'All events' }).uncheck();
    await dialog().getByRole('checkbox', { name: 'Contact created' }).check();
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
    await dialog().getByLabel('Disable after consecutive failures').fill('20');
    await dialog().getByRole('checkbox', { name: /410/ }).check();
    await unfold('Rate and order');
    await dialog().getByLabel('Concurrent requests').fill('2');
    await dialog().getByLabel('Rate limit (requests)').fill('100');
    await dialog().getByLabel('Period (seconds)').fill('60');
    await pick('Order', 'Per record');
    await expectShown(dialog().getByText('2 concurrent · 100 per 1 min · in order per record'));
    await unfold('Signing secret');
    await pick('Secret', 'Custom');
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
    await create('contacts', { first_name: 'Jane', email: 'jane@example.com' });
    // The first retry follows after one second, as configured.
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
    await create('contacts', { first_name: 'John' });
    await expectShown(page.getByText(/^Disabled: /));
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Resume' }).click();
    await expectShown(page.getByText('Active').first());
  });

  test('an update keeps untouched options; an emptied field returns to the default of the format', async () => {
    const before = await stored('Everything');
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await unfold('Retries');
    expect(await dialog().getByLabel('Delays').inputValue()).toBe('1 s, 5 min, 2 h');
    await dialog().getByLabel('Delays').fill('soon');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/"soon" is not a duration/));
    await dialog().getByLabel('Delays').fill('');
    await dialog().getByLabel('Retries', { exact: true }).fill('11');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/at most 10 retries/));
    await dialog().getByLabel('Retries', { exact: true }).fill('');
    await unfold('Rate and order');
    await dialog().getByLabel('Rate limit (requests)').fill('');
    await dialog().getByLabel('Concurrent requests').fill('65');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(
      dialog()
        .getByText(/<=\s?64|at most 64\b/)
        .last(),
    );
    await dialog().getByLabel('Concurrent requests').fill('');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expectShown(dialog().getByText(/>=\s?1|at least 1\b/));
    await picture(page, 'webhook-form-refused');
    await dialog().getByLabel('Period (seconds)').fill('');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await stored('Everything')).retry)
      .toEqual({ max: 5, intervals_s: [60, 240, 1500, 5400, 79_200] });
    const {
      retry: _retry,
      max_in_flight: _max,
      rate_limit: _rate,
      version: _v,
      updated_at: _at,
      ...rest
    } = before;
    expect(await stored('Everything')).toMatchObject({ ...rest, max_in_flight: 64, rate_limit: null });
    receiver.answer(() => ({ status: 200 }));
  });

  test('the properties show rate and order; while the circuit breaker is open, the page shows a notice', async () => {
    const facts = page.getByRole('complementary', { name: 'About this webhook' });
    await expectShown(facts.getByText('Up to 64 requests'));
    await expectShown(facts.getByText('No limit'));
    await expectShown(facts.getByText(/Per record/));
    await expectShown(facts.getByText(/^Events of a record arrive in order/));
    await expectShown(facts.getByText('Closed', { exact: true }));
    receiver.answer(() => ({ status: 503, headers: { 'retry-after': '9' } }));
    await create('contacts', { first_name: 'Jules' });
    await expectShown(facts.getByText(/^Open\s*until \d/));
    await expectShown(
      page.getByRole('alert').getByText(/Deliveries are on hold\s+until .+No events are\s+lost/),
    );
    await picture(page, 'webhook-resting');
    receiver.answer(() => ({ status: 200 }));
    // Sending pending deliveries now makes the retry the probe.
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

  test('AN5: a secret is rotated to a custom one, and to none', async () => {
    const rotate = async (choice: string) => {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
      await pick('Secret', choice);
      if (choice === 'Custom') await dialog().getByLabel('Your secret').fill('open sesame');
      await dialog().getByRole('button', { name: 'Rotate secret' }).click();
    };
    await rotate('Custom');
    await page.getByRole('button', { name: 'I have stored it' }).click();
    const count = receiver.received.length;
    await create('contacts', { first_name: 'Jim' });
    const request = (await receiver.waitFor(count + 1)).at(-1)!;
    expect(request.headers['x-automatenexus-signature']).toBe(
      createHmac('sha256', 'open sesame').update(request.rawBody).digest('hex'),
    );
    await rotate('None: deliveries are unsigned');
    await expectShown(page.getByText('Deliveries are now unsigned'));
    expect((await stored('Everything')).signed).toBe(false);
  });
});

test('a webhook of the standard format signs with a private key; its page shows the public key', async () => {
  await page.goto('/settings/webhooks');
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  await dialog().getByLabel('Name').fill('Keyed');
  await dialog().getByLabel('URL').fill(`${receiver.url}/keyed`);
  await unfold('Signing secret');
  await pick('Secret', /^Private key/);
  await dialog().getByRole('button', { name: 'Create webhook' }).click();
  const secret = page.getByRole('textbox', { name: 'Signing secret' });
  expect(await secret.inputValue()).toMatch(/^whsk_/);
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await expectShown(page.getByText('With a private key (v1a)'));
  const { id, public_key: key } = await stored('Keyed');
  expect(key).toMatch(/^whpk_/);
  await expectShown(page.getByText(key));
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate secret' }).click();
  await pick(/^Secret/, 'Generated');
  await dialog().getByRole('button', { name: 'Rotate secret' }).click();
  expect(await secret.inputValue()).toMatch(/^whsec_/);
  await page.getByRole('button', { name: 'I have stored it' }).click();
  expect(await stored('Keyed')).toMatchObject({ signature: 'v1', public_key: null });
  await s.ask('DELETE', `${HOOKS}/${id}`);
});

describe('AN13: the filter', () => {
  test('is edited as rows; the Events page shows the reason for an event that it excludes', async () => {
    await page.goto('/settings/webhooks');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog().getByLabel('Name').fill('Picky');
    await dialog().getByLabel('URL').fill(`${receiver.url}/picky`);
    await unfold('Filter');
    await dialog().getByRole('button', { name: 'Add condition' }).click();
    await dialog().getByLabel('Field of condition 1').click();
    for (const option of ['tag', 'pipeline', 'job_title', 'expected_close_date'])
      await expectShown(page.getByRole('option', { name: new RegExp(`^${option}`) }).first());
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

    await create('contacts', { first_name: 'Walk-in', source: 'street' });
    const count = receiver.received.filter(({ url }) => url === '/picky').length;
    await create('contacts', {
      first_name: 'Wanted',
      source: 'website',
      status: 'customer',
      custom_fields: { seats: 11 },
    });
    await expect.poll(() => receiver.received.filter(({ url }) => url === '/picky').length).toBe(count + 1);
    await s.ask('PATCH', `${HOOKS}/${(await stored('Everything')).id}`, { body: { active: false } });
    await create('contacts', { first_name: 'Stranger', source: 'street' });

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
    await dialog().getByRole('link', { name: 'View in delivery log' }).click();
    await expectShown(page.getByRole('heading', { name: 'Deliveries', level: 1 }));
    await expectShown(page.getByRole('row', { name: /contact.created.*Picky.*Delivered/ }));
  });

  test('an error of the API shows at its row; the JSON view has the same filter', async () => {
    await page.goto(`/settings/webhooks/${(await stored('Picky')).id}`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await unfold('Filter');
    expect(await dialog().getByLabel('Value of condition 2.2').inputValue()).toBe('10');
    await dialog().getByRole('button', { name: 'Add condition' }).last().click();
    await condition('3', 'last name!', 'contains', 'x');
    await dialog().getByRole('button', { name: 'Save' }).click();
    const alert = dialog().getByRole('alert');
    await expectShown(alert.getByText(/Field must be a field name/));
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
    await expectShown(dialog().getByText(/Is not valid JSON/));
    await text.fill('{"not": {"any": [{"tag": "vip"}, {"pipeline": "Sales pipeline"}]}}');
    await dialog().getByText('Rows', { exact: true }).click();
    await expectShown(dialog().getByLabel('Field of condition 2'));
    expect(await dialog().getByLabel('How conditions are combined').inputValue()).toBe(
      'No condition matches',
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

  test('AC5: several deliveries are selected and resent; the log is filtered by state, type and time', async () => {
    await s.ask('DELETE', `${HOOKS}/${(await stored('Everything')).id}`);
    await s.ask('DELETE', `${HOOKS}/${(await stored('Picky')).id}`);
    receiver.answer(() => ({ status: 500, body: 'not today' }));
    const hook = { name: 'Log', url: `${receiver.url}/log`, events: ['*'], retry: { max: 0 } };
    ({ id } = await create('webhooks', hook));
    for (const name of ['One', 'Two']) await create('contacts', { first_name: name });
    await create('companies', { name: 'Acme' });
    await page.goto(`/settings/webhooks/${id}`);
    await expect.poll(() => rows().getByText('Failed').count()).toBe(3);
    await picture(page, 'log-failed');

    await page.getByRole('combobox', { name: 'Filter by event type' }).click();
    await page.getByRole('option', { name: 'contact.created', exact: true }).click();
    await expect.poll(() => rows().count()).toBe(2);
    expect(page.url()).toContain('event_type=contact.created');
    receiver.answer(() => ({ status: 200 }));
    for (const box of await page.getByRole('checkbox', { name: /Select delivery/ }).all()) await box.check();
    await picture(page, 'log-chosen');
    await page.getByRole('button', { name: 'Resend 2' }).click();
    await expectShown(page.getByText('Resending 2 deliveries'));
    await expect.poll(() => rows().getByText('Delivered').count()).toBe(2);

    await page.goto(`/settings/webhooks/${id}?until=2026-01-01T00:00:00Z`);
    await expectShown(page.getByText('No matching deliveries'));
    await page.getByRole('button', { name: 'Clear until' }).click();
    await expect.poll(() => rows().count()).toBe(5);
    await page.goto(`/settings/webhooks/${id}?state=failed&event_type=company.created`);
    await expect.poll(() => rows().count()).toBe(1);
    await rows().getByRole('button').first().click();
    await expectShown(dialog().getByText('not today'));
    await expectShown(dialog().getByText(/^POST http:.*webhook-signature/s));
    await page.keyboard.press('Escape');
  });

  test('AC5: a replay shows the number of events first, and then resends them', async () => {
    const path = `${HOOKS}/${id}`;
    await s.ask('PATCH', path, { body: { active: false } });
    await create('contacts', { first_name: 'Missed' });
    await s.ask('PATCH', path, { body: { active: true } });
    await page.goto(`/settings/webhooks/${id}`);
    await page.getByRole('button', { name: 'Resend events…' }).click();
    await pick('Events', /^Missed events/);
    await expectShown(dialog().getByText('1 event will be sent.'));
    await pick('Events', 'Failed and missed events');
    await expectShown(dialog().getByText('2 events will be sent.'));
    await picture(page, 'replay');
    const before = receiver.received.length;
    await dialog().getByRole('button', { name: 'Resend' }).click();
    await expectShown(page.getByText('Resending 2 events'));
    const sent = (await receiver.waitFor(before + 2)).slice(before);
    expect(sent.map(({ rawBody }) => JSON.parse(rawBody.toString()).type)).toEqual([
      'company.created',
      'contact.created',
    ]);
    await page.getByRole('button', { name: 'Resend events…' }).click();
    await expectShown(dialog().getByText('No matching events'));
    expect(await dialog().getByRole('button', { name: 'Resend' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
  });

  test('covers the whole workspace, including deleted webhooks', async () => {
    await page.goto('/settings/deliveries');
    await expectShown(page.getByRole('row', { name: /Deleted webhook/ }).first());
    await expectShown(page.getByRole('row', { name: /company\.created.*Log.*Delivered/ }));
    await picture(page, 'deliveries');
  });
});

test('no page logs an error or sends a request to another host', () => {
  expect(window.wrong).toEqual([]);
});
