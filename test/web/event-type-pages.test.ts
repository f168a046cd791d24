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
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const PATH = '/api/v1/custom-event-types';

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
const field = (name: string) => dialog().getByRole('textbox', { name });
const press = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
const stored = async () => (await s.ask('GET', `${PATH}/order.shipped`)).json;

test('a type is created; errors of the API show with their line', async () => {
  await page.goto('/settings/event-types');
  await expectShown(page.getByText('No custom event types yet'));
  await page.getByRole('button', { name: 'New event type' }).first().click();
  await field('Name').fill('contact.eaten');
  await press('Create event type');
  await expectShown(dialog().getByText(/Begins with contact, which is reserved for Fairlead's own events/));
  await field('Name').fill('order.shipped');
  await field('Description').fill('When an order leaves the house.');

  await field('Schema').fill('{\n  "type": "object",\n  "properties": {\n    "number" {}\n  }\n}');
  await press('Create event type');
  await expectShown(dialog().getByText('Line 4: invalid JSON from here'));
  await field('Schema').fill(
    JSON.stringify(
      { type: 'object', properties: { number: { type: 'string', pattern: '^A' } }, required: ['number'] },
      null,
      2,
    ),
  );
  await press('Create event type');
  const alert = dialog().getByRole('alert');
  await expectShown(alert.getByText('Line 6, properties.number.pattern: is not a supported keyword'));
  await picture(page, 'event-type-refused');
  await alert.getByRole('button', { name: 'Line 6' }).click();
  const at = await page.evaluate<number>('document.activeElement.selectionStart');
  expect((await field('Schema').inputValue()).slice(at)).toMatch(/^ *"pattern"/);

  const schema = {
    type: 'object',
    properties: { number: { type: 'string' }, total: { type: 'number' } },
    required: ['number'],
    additionalProperties: false,
  };
  await field('Schema').fill(JSON.stringify(schema, null, 2));
  await field('Sample').fill('{\n  "number": "A-1",\n  "total": "much"\n}');
  await press('Create event type');
  await expectShown(alert.getByText('Line 3, total: must be number'));
  await field('Sample').fill('{\n  "total": 12.5\n}');
  await press('Create event type');
  await expectShown(alert.getByText('Line 1, number: is required'));
  await field('Sample').fill('{"number": "A-1", "total": 12.5}');
  await press('Create event type');

  await expectShown(dialog().getByRole('button', { name: 'Publish event' }));
  await expectShown(dialog().getByText('When an order leaves the house.'));
  expect(await stored()).toMatchObject({ schema, sample: { number: 'A-1', total: 12.5 } });
  await picture(page, 'event-type');
  await page.keyboard.press('Escape');
  await expectShown(page.getByRole('row', { name: /order\.shipped.*When an order leaves the house/ }));
  await picture(page, 'event-types');
});

test('a webhook subscribes to it and receives a published event', async () => {
  await page.goto('/settings/webhooks');
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  await field('Name').fill('Warehouse');
  await field('URL').fill(receiver.url);
  await dialog().getByRole('checkbox', { name: 'All events' }).uncheck();
  await expectShown(dialog().getByRole('checkbox', { name: 'Order', exact: true }));
  await dialog().getByRole('checkbox', { name: 'Order shipped' }).check();
  await press('Create webhook');
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await expectShown(page.getByRole('heading', { name: 'Warehouse', level: 1 }));

  await page.goto('/settings/event-types');
  await page.getByRole('button', { name: 'order.shipped' }).click();
  await press('Publish event');
  const publishing = page.getByRole('dialog', { name: 'Publish event' });
  await publishing.getByRole('textbox', { name: 'Data' }).fill('{"number": "A-7", "cost": 1}');
  await publishing.getByRole('button', { name: 'Publish', exact: true }).click();
  await expectShown(publishing.getByText('Line 1, cost: is not a known field'));
  await publishing.getByRole('textbox', { name: 'Data' }).fill('{"number": "A-7"}');
  await picture(page, 'event-publish');
  await publishing.getByRole('button', { name: 'Publish', exact: true }).click();
  const [request] = await receiver.waitFor(1);
  expect(JSON.parse(request!.rawBody.toString())).toMatchObject({
    type: 'order.shipped',
    data: { number: 'A-7' },
  });
  await expectShown(dialog().getByRole('link', { name: 'Warehouse' }));
  await expectShown(dialog().getByText(/"A-7"/));
  await picture(page, 'event-published');
});

test('the example payloads include it, in every format', async () => {
  await page.goto('/settings/webhooks/example-payload-shapes');
  const example = page.getByRole('button', { name: /order\.shipped/ });
  await example.click();
  await expectShown(page.getByText(/"total": 12.5/));
  await page.getByRole('combobox', { name: 'Format' }).click();
  await page.getByRole('option', { name: 'AutomateNexus' }).click();
  await expectShown(page.getByText(/"event": "order\.shipped"/));
});

test('it is edited and deleted on a phone', async () => {
  await page.setViewportSize(PHONE);
  await page.goto('/settings/event-types');
  await page.getByRole('button', { name: 'order.shipped' }).click();
  await press('Edit');
  await expectNoOverflow(page);
  await field('Description').fill('When it is on the lorry.');
  // Enter keeps the indentation.
  await field('Sample').fill('{');
  await field('Sample').press('Enter');
  await page.keyboard.type('"number": "A-2"');
  expect(await field('Sample').inputValue()).toBe('{\n  "number": "A-2"');
  await page.keyboard.type('}');
  await picture(page, 'event-type-phone');
  await press('Save');
  await expectShown(dialog().getByRole('button', { name: 'Publish event' }));
  await expectShown(dialog().getByText('When it is on the lorry.'));
  expect(await stored()).toMatchObject({ version: 2, sample: { number: 'A-2' } });
  await press('Delete');
  await page.getByRole('button', { name: 'Delete event type' }).click();
  await expectShown(page.getByText('No custom event types yet'));
  expect((await s.ask('GET', `${PATH}/order.shipped`)).status).toBe(404);
});

test('a manager can read and publish, but not edit; the palette finds the page', async () => {
  const created = await s.ask('POST', PATH, {
    body: { name: 'order.paid', schema: { type: 'object' }, sample: { of: 'x' } },
  });
  expect(created.status, created.text).toBe(201);
  await enter(await makeMember(s, 'manager', { name: 'Looking Manager' }));
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/settings/members');
  await expectShown(page.getByRole('heading', { name: 'Members', level: 1 }));
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Search pages and commands' }).fill('Settings → Event types');
  await page.keyboard.press('Enter');
  await expectShown(page.getByRole('heading', { name: 'Event types', level: 1 }));
  expect(await page.getByRole('button', { name: 'New event type' }).count()).toBe(0);
  await page.getByRole('button', { name: 'order.paid' }).click();
  await expectShown(dialog().getByRole('button', { name: 'Publish event' }));
  expect(
    await dialog()
      .getByRole('button', { name: /^(Edit|Delete)$/ })
      .count(),
  ).toBe(0);
  expect(window.wrong).toEqual([]);
});
