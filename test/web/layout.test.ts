import axe, { type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DESKTOP,
  expectNoOverflow,
  launchBrowser,
  openWindow,
  PHONE,
  picture,
  expectShown,
  untilAtRest,
} from '../kit/browser.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const LONG = 'Wilhelmina Featherstonehaugh-Cholmondeley of Lower Saint Mary by the Harbour';

let s: Scenario;
let browser: Browser;
let owner: SignedIn;
let pages: Record<string, string>;
beforeAll(async () => {
  s = await startScenario();
  browser = await launchBrowser();
  owner = await makeMember(s, 'owner', { name: 'Alice Archer' });
  const create = async (path: string, body: object) =>
    (await s.ask('POST', `/api/v1/${path}`, { body })).json as { id: string };
  const company = await create('companies', { name: `${LONG} & Daughters`, website: 'https://acme.example' });
  const contact = await create('contacts', {
    first_name: LONG,
    email: 'wilhelmina.featherstonehaugh.cholmondeley@daughters.example',
    company_id: company.id,
    owner_id: owner.id,
  });
  const deal = await create('deals', { name: `${LONG}: Q3`, value: 123_456_789.5, contact_id: contact.id });
  const task = await create('tasks', { title: LONG, due_date: '2026-01-01', assignee_id: owner.id });
  const lead = await create('leads', {
    name: LONG,
    email: 'wilhelmina.featherstonehaugh.cholmondeley@daughters.example',
    phone: '+44 20 7946 0958 extension 12345',
    event_date: '2027-08-15',
    source: `${LONG}, by the form of its website`,
    owner_id: owner.id,
    referrer: `https://acme.example/${'long/'.repeat(30)}?utm_source=newsletter&utm_campaign=${'x'.repeat(80)}`,
    message: LONG,
  });
  const converted = await create('leads', {
    name: LONG,
    email: 'wilhelmina.featherstonehaugh.cholmondeley@daughters.example',
    phone: '1',
    event_date: '2027-08-15',
  });
  await create(`leads/${converted.id}/convert`, { company: `${LONG} & Daughters`, deal: {} });
  const sources = [{ source: `${LONG}, by the form of its website`, mode: 'owner', members: [owner.id] }];
  const assignment = { mode: 'round_robin', members: [owner.id], sources };
  await s.ask('PATCH', '/api/v1/lead-settings', { body: { assignment } });
  const payment = await create('payments', {
    amount: 123_456_789.5,
    description: `${LONG}: Q3`,
    contact_id: contact.id,
    deal_id: deal.id,
    method_type: 'bank_transfer',
  });
  await create(`payments/${payment.id}/refunds`, { amount: 0.5, reason: LONG });
  const subscription = await create('subscriptions', {
    plan_name: LONG,
    amount: 123_456_789.5,
    interval_count: 3,
    contact_id: contact.id,
  });
  const connection = await create('connections', { kind: 'stripe', name: LONG });
  const hook = { name: LONG, url: `https://example.com/${'long/'.repeat(30)}`, events: ['*'] };
  const webhook = await create('webhooks', hook);
  await create('inboxes', { name: LONG });
  await create('custom-event-types', {
    name: `${'o'.repeat(40)}.${'s'.repeat(40)}`,
    description: LONG,
    schema: { type: 'object' },
    sample: {},
  });
  await create('schedules', { user_id: owner.id, rules: [{ weekday: 1, start: '09:00', end: '24:00' }] });
  const bookingPage = await create('booking-pages', {
    title: LONG,
    hosts: [owner.id],
    duration_min: [30, 60],
    questions: [{ key: 'topic', label: LONG, type: 'text' }],
  });
  const startsAt = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString();
  const appointment = await create('appointments', {
    title: LONG,
    starts_at: startsAt,
    host_id: owner.id,
    contact_id: contact.id,
    guest_time_zone: 'America/New_York',
    answers: { topic: LONG },
    location: LONG,
    status: 'pending',
  });
  pages = {
    contacts: '/contacts',
    contact: `/contacts/${contact.id}`,
    companies: '/companies',
    company: `/companies/${company.id}`,
    deals: '/deals',
    deal: `/deals/${deal.id}`,
    tasks: '/tasks',
    task: `/tasks/${task.id}`,
    leads: '/leads',
    appointments: '/appointments',
    'appointments-day': '/appointments?view=day',
    'appointments-month': '/appointments?view=month',
    'appointments-table': '/appointments?view=table',
    appointment: `/appointments/${appointment.id}`,
    'booking-pages': '/booking-pages',
    'booking-page': `/booking-pages/${bookingPage.id}`,
    availability: '/settings/availability',
    'lead-analytics': '/leads/analytics',
    'lead-board': '/leads?view=board',
    lead: `/leads/${lead.id}`,
    'lead-converted': `/leads/${converted.id}`,
    payments: '/payments',
    payment: `/payments/${payment.id}`,
    subscriptions: '/subscriptions',
    subscription: `/subscriptions/${subscription.id}`,
    connection: `/settings/connections/${connection.id}`,
    'crm-webhook': '/settings/crm-webhook',
    'lead-settings': '/settings/leads',
    'api-keys': '/settings/api-keys',
    webhooks: '/settings/webhooks',
    webhook: `/settings/webhooks/${webhook.id}`,
    examples: '/settings/webhooks/example-payload-shapes',
    deliveries: '/settings/deliveries',
    events: '/settings/events',
    'event-types': '/settings/event-types',
    retention: '/settings/retention',
    'test-inbox': '/settings/webhooks/test-inbox',
    members: '/settings/members',
    profile: '/settings/profile',
    audit: '/settings/audit-log',
  };
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

/** Waits until the colors of the other scheme have faded in. */
const COLORS_CHANGED = `Promise.allSettled(document.getAnimations()
  .filter((animation) => animation instanceof CSSTransition).map(({ finished }) => finished)).then(() => {})`;

// Each scheme is the first one on one of the devices.
test.concurrent.each([
  ['desktop', DESKTOP, ['light', 'dark']],
  ['phone', PHONE, ['dark', 'light']],
] as const)(
  '%s, light and dark: no page overflows, each has one heading, and none has a barrier for assistive technology',
  async (device, viewport, schemes) => {
    const window = await openWindow(browser, s.url, { viewport, colorScheme: schemes[0] });
    const [name, value] = owner.cookie.split('=') as [string, string];
    await window.context.addCookies([{ name, value, url: s.url }]);
    const { page } = window;
    for (const [which, path] of Object.entries(pages)) {
      await page.emulateMedia({ colorScheme: schemes[0] });
      await untilAtRest(page, async () => {
        await page.goto(path);
        await expectShown(page.getByRole('heading', { level: 1 }));
      });
      // By the protocol of the browser: the page's own policy allows no such script.
      await page.evaluate(axe.source);
      for (const scheme of schemes) {
        await page.emulateMedia({ colorScheme: scheme });
        await expectShown(page.locator(`html[data-mantine-color-scheme=${scheme}]`));
        await page.evaluate(COLORS_CHANGED);
        expect(await page.getByRole('heading', { level: 1 }).count(), which).toBe(1);
        await expectNoOverflow(page);
        const rules = scheme === schemes[0] ? null : RULES_ABOUT_COLORS;
        expect(await barriers(page, rules), `${which}, ${scheme}`).toEqual([]);
        await picture(page, `${which}-${device}-${scheme}`);
      }
    }
    expect(window.wrong).toEqual([]);
    await window.close();
  },
  240_000,
);

/** All that the second scheme of a page can change. */
const RULES_ABOUT_COLORS = ['color-contrast', 'link-in-text-block'];

/** What axe finds on a page: WCAG 2.2 A and AA, and its best practices. @param rules only these; null for all */
async function barriers(page: Page, rules: readonly string[] | null): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`));
}
