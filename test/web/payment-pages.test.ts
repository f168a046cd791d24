import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  expectNoOverflow,
  expectShown,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  type Window,
} from '../kit/browser.ts';
import { makeMember } from '../kit/member.ts';
import { PAYMENT_CONNECTIONS, sendUntilAccepted } from '../kit/payment-sender.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { charge, stripeEvent } from '../kit/stripe-events.ts';

let s: Scenario;
let browser: Browser;
let window: Window;
let page: Page;
let contact: string;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  const owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  window = await openWindow(browser, s.url, { viewport: { width: 1280, height: 800 } });
  ({ page } = window);
  const [name, value] = owner.cookie.split('=') as [string, string];
  await window.context.addCookies([{ name, value, url: s.url }]);
  contact = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Zoë', last_name: 'Smith' } }))
    .json.id;
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});
beforeEach(() => s.newEvents());

const dialog = () => page.getByRole('dialog');
const panel = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });

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

test('a payment by hand is recorded on the page of its contact, which then shows the total; a part of it is refunded', async () => {
  await page.goto(`/contacts/${contact}`);
  await panel('Payments').getByRole('button', { name: 'Record a payment' }).click();
  await dialog().getByRole('textbox', { name: 'Amount' }).fill('120.50');
  await dialog().getByLabel('Description').fill('Workshop');
  await dialog().getByLabel('Method').fill('Cash');
  await picture(page, 'payment-form');
  await dialog().getByRole('button', { name: 'Record a payment' }).click();
  await fires('payment.created', 'payment.received');
  await expectShown(panel('Payments').getByText('Total received'));
  await panel('Payments').getByRole('link', { name: 'Workshop' }).click();

  await page.getByRole('button', { name: 'Record a refund' }).click();
  await dialog()
    .getByLabel(/^Amount/)
    .fill('500');
  await dialog().getByRole('button', { name: 'Record refund' }).click();
  await expectShown(dialog().getByText('Must be at most 120.50.'));
  await dialog()
    .getByLabel(/^Amount/)
    .fill('20');
  await dialog().getByLabel('Reason').fill('One participant was ill');
  await dialog().getByRole('button', { name: 'Record refund' }).click();
  await fires('payment.refunded');
  const history = panel('History of this payment').getByRole('listitem');
  await expect
    .poll(async () => (await history.allInnerTexts()).join(' | '))
    .toMatch(/Recorded.*Received.*120\.50.*Refund.*−.*20.*One participant was ill/s);
  await expectShown(page.getByText('Partially refunded').first());
  await picture(page, 'payment-refunded');
});

test('an unmatched payment is found by its filter, and settled by choosing who paid', async () => {
  const { stripe } = PAYMENT_CONNECTIONS;
  const body = { ...stripe, settings: { create_contact: false } };
  const { urls } = (await s.ask('POST', '/api/v1/connections', { body })).json;
  const url = s.url + new URL(urls[0].url).pathname;
  const payer = { email: 'billing@globex.example', name: 'Globex', phone: null };
  for (const [at, amount] of [1000, 2500].entries()) {
    const more = { billing_details: payer, customer: 'cus_globex', description: `Order ${at + 1}` };
    const event = stripeEvent(
      at,
      'charge.succeeded',
      1_780_000_000 + at,
      charge(`ch_${at}`, null, amount, 'eur', more),
    );
    await sendUntilAccepted(url, { provider: 'stripe', type: event.type, text: JSON.stringify(event) });
  }
  await s.newEvents();

  await page.goto('/payments');
  await page.getByRole('combobox', { name: 'Filter by match' }).click();
  await page.getByRole('option', { name: 'Unmatched' }).click();
  await expect
    .poll(() => page.getByRole('link', { name: /^(Order|Workshop)/ }).allInnerTexts())
    .toEqual(['Order 2', 'Order 1']);
  await picture(page, 'payments-unmatched');
  await page.getByRole('link', { name: 'Order 2' }).click();
  await expectShown(page.getByText('1 other payment of this customer will move along.'));
  await page.getByRole('combobox', { name: 'Who paid' }).fill('Zoë');
  await page.getByRole('option', { name: /Zoë Smith/ }).click();
  await page.getByRole('button', { name: 'Assign contact' }).click();
  await expectShown(page.getByText('The contact was assigned by hand.'));
  await fires('payment.updated', 'payment.updated');
  const { data } = (await s.ask('GET', `/api/v1/payments?contact_id=${contact}&sort=amount`)).json;
  expect(data.map((item: { matched_by: string }) => item.matched_by)).toEqual([
    'customer',
    'member',
    'member',
  ]);

  await page.setViewportSize(PHONE);
  await expectNoOverflow(page);
  expect(window.wrong).toEqual([]);
});

test('an ambiguous match is confirmed, and is then no longer on the home page', async () => {
  const email = 'office@initech.example';
  const people = [
    { first_name: 'Peter', email },
    { first_name: 'Bill', other_emails: [email] },
  ];
  for (const body of people) await s.ask('POST', '/api/v1/contacts', { body });
  const { data } = (await s.ask('GET', '/api/v1/connections')).json;
  const event = stripeEvent(
    9,
    'charge.succeeded',
    1_780_000_009,
    charge('ch_9', null, 700, 'eur', {
      billing_details: { email, name: null, phone: null },
      description: 'Stapler',
    }),
  );
  const url = s.url + new URL(data[0].urls[0].url).pathname;
  await sendUntilAccepted(url, { provider: 'stripe', type: event.type, text: JSON.stringify(event) });
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto('/');
  await page.getByRole('link', { name: '1 payment with an uncertain contact' }).click();
  await page.getByRole('link', { name: 'Stapler' }).click();
  await expectShown(page.getByRole('button', { name: 'Assign to Bill' }));
  await page.getByRole('button', { name: 'Keep this contact' }).click();
  await expectShown(page.getByText('The contact was assigned by hand.'));
  await page.goto('/');
  await expectShown(page.getByRole('heading', { name: 'Revenue' }));
  expect(await page.getByText(/uncertain contact/).count()).toBe(0);
});

test('the timeline of a disputed payment has the statuses as they were', async () => {
  const { data } = (await s.ask('GET', '/api/v1/connections')).json;
  const url = s.url + new URL(data[0].urls[0].url).pathname;
  const money = { amount: 200, currency: 'eur', charge: 'ch_9', payment_intent: null };
  const send = (n: number, type: string, object: object) => {
    const event = stripeEvent(n, type, 1_780_000_000 + n, { ...object, ...money });
    return sendUntilAccepted(url, { provider: 'stripe', type, text: JSON.stringify(event) });
  };
  await send(20, 'charge.dispute.created', { id: 'dp_9', object: 'dispute', status: 'needs_response' });
  await send(21, 'refund.created', { id: 're_9', object: 'refund', status: 'succeeded' });
  const [{ id }] = (await s.ask('GET', '/api/v1/payments?external_id=ch_9')).json.data;
  await page.goto(`/payments/${id}`);
  await expect
    .poll(() => page.locator('main').innerText())
    .toMatch(/Status:\s*Received\s*→\s*Partially refunded/);
});
