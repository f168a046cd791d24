import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMailServer, type MailServer } from '../kit/mail-server.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const DAY_MS = 86_400_000;
const ALL_WEEK = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, start: '09:00', end: '17:00' }));
const GUEST = 'jane@example.com';

let s: Scenario;
let server: MailServer;
let olga: SignedIn;
let nora: SignedIn;
let otto: SignedIn;
let feed: string;
let page: { id: string; version: number };
/** Booked through the page of Nora alone. */
let booked: { id: string; link: string; start: string };
beforeAll(async () => {
  server = await startMailServer();
  s = await startScenario({ SMTP_URL: server.url, FAIRLEAD_MAIL_FROM: 'crm@acme.example' });
  olga = await makeMember(s, 'owner', { name: 'Olga Owner' });
  nora = await makeMember(s, 'member', { name: 'Nora North' });
  otto = await makeMember(s, 'member', { name: 'Otto Other' });
  for (const [user, zone] of [
    [nora, 'Asia/Tokyo'],
    [otto, 'UTC'],
  ] as const)
    await post('/api/v1/schedules', { user_id: user.id, rules: ALL_WEEK, time_zone: zone });
  feed = new URL((await nora.ask('POST', '/api/v1/calendar-feeds', { body: {} })).json.url).pathname;
  page = await post('/api/v1/booking-pages', { title: 'Alone', hosts: [nora.id], min_notice_min: 0 });
  await post('/api/v1/booking-pages', { title: 'Both', hosts: [nora.id, otto.id] });
  const [start] = await startsOn('alone', 4);
  const body = { start, name: 'Jane Doe', email: GUEST };
  const { id, manage_url: url } = (await post('/book/acme/alone', body)).appointment;
  booked = { id, link: new URL(url).pathname, start: start! };
  await until(() => Promise.resolve(mailsTo(GUEST).length === 1), 15_000);
});
afterAll(async () => {
  await s?.stop();
  await server?.close();
});

async function post(path: string, body: object) {
  const { status, json, text } = await s.ask('POST', path, { body });
  expect(status, text).toBe(201);
  return json;
}
async function startsOn(slug: string, days: number): Promise<string[]> {
  const date = new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
  const { json } = await s.ask('GET', `/book/acme/${slug}/slots?from=${date}&to=${date}&tz=UTC`, {
    as: null,
  });
  return (json.slots[date] ?? []).map((slot: { start: string }) => slot.start);
}
const mailsTo = (address: string) => server.inbox.filter(({ to }) => to === address);
const readAppointment = async () => (await s.ask('GET', `/api/v1/appointments/${booked.id}`)).json;
const notices = async () => (await olga.ask('GET', '/api/v1/notices')).json.data;

test('a host who leaves with appointments ahead: they stay, and owners and admins are notified', async () => {
  // Of what is over, and of what is canceled, nothing is to be done.
  const canceled = await post('/api/v1/appointments', {
    starts_at: '2035-01-01T09:00:00Z',
    host_id: nora.id,
  });
  await s.ask('POST', `/api/v1/appointments/${canceled.id}/cancel`, { body: {} });
  expect((await olga.ask('DELETE', `/api/v1/members/${nora.id}`)).status).toBe(204);

  expect(await readAppointment()).toMatchObject({ status: 'booked', host_id: nora.id });
  expect(await notices()).toMatchObject([
    {
      type: 'appointment.host_left',
      object_id: nora.id,
      details: { name: 'Nora North', appointments: 1, pages: ['Alone'] },
    },
  ]);
  await until(() => Promise.resolve(mailsTo(olga.email).length === 1), 15_000);
  expect(mailsTo(olga.email)[0]!.raw).toContain('Subject: Nora North left: 1 appointment without a host');
  expect(mailsTo(olga.email)[0]!.text).toContain(`/appointments?view=table&host_id=${nora.id}`);
  expect((await otto.ask('GET', '/api/v1/notices')).json.data).toEqual([]);

  // The feed of the one who left ends; the page offers nothing, in the zone of the workspace.
  expect((await s.ask('GET', feed, { as: null })).status).toBe(404);
  expect(await startsOn('alone', 5)).toEqual([]);
  const both = await s.ask('GET', '/book/acme/both', { as: null });
  expect(both.text).not.toContain('Asia/Tokyo" selected');
  // What was read can be sent back.
  const saved = await s.ask('PUT', `/api/v1/appointments/${booked.id}`, { body: await readAppointment() });
  expect(saved.status, saved.text).toBe(200);
});

test('the guest is reminded, and sees no name of the one who left', async () => {
  const { text } = await s.ask('GET', booked.link, { as: null });
  expect(text).toContain('<h1>Confirmed</h1>');
  expect(text).not.toContain('Nora');
  await s.db.pool.query(
    `update appointment set starts_at = now() + interval '59 minutes', ends_at = now() + interval '89 minutes',
       blocked_from = null, blocked_until = null where id = $1`,
    [booked.id],
  );
  await s.db.pool.query(
    `update job set due_at = now() - interval '1 s'
     where type = 'appointment.remind' and payload->>'appointment_id' = $1 and payload->>'minutes' = '60'`,
    [booked.id],
  );
  await until(() => Promise.resolve(mailsTo(GUEST).length === 2), 15_000);
  expect(mailsTo(GUEST)[1]!.text).toContain('With: Acme');
  expect(mailsTo(nora.email).filter(({ text: mail }) => mail.includes('begins in'))).toEqual([]);
  await s.db.pool.query('update appointment set starts_at = $2, ends_at = $3 where id = $1', [
    booked.id,
    booked.start,
    new Date(Date.parse(booked.start) + 1_800_000).toISOString(),
  ]);
});

test('given to another host, it is theirs: in their calendar, in the mails, and when the guest moves it', async () => {
  const changed = await s.ask('PATCH', `/api/v1/appointments/${booked.id}`, { body: { host_id: otto.id } });
  expect(changed.status, changed.text).toBe(200);
  await until(() => Promise.resolve(mailsTo(otto.email).length === 1 && mailsTo(GUEST).length === 3), 15_000);
  expect(mailsTo(otto.email)[0]!.raw).toContain('Subject: Confirmed: Alone: Jane Doe');
  expect(mailsTo(GUEST)[2]!.text).toContain('With: Otto Other');
  expect(mailsTo(nora.email).filter(({ raw }) => raw.includes('Reassigned'))).toEqual([]);

  // Nobody is left on the page, but the appointment has a host.
  const date = new Date(Date.now() + 6 * DAY_MS).toISOString().slice(0, 10);
  const choice = await s.ask('GET', `${booked.link}/reschedule?date=${date}`, { as: null });
  const [, start] = /start=([^"&]+)/.exec(choice.text) ?? [];
  const moved = await s.ask('POST', `${booked.link}/reschedule`, {
    as: null,
    body: { start: decodeURIComponent(start!) },
  });
  expect(moved.status, moved.text).toBe(200);
  expect(await readAppointment()).toMatchObject({
    host_id: otto.id,
    starts_at: decodeURIComponent(start!),
    rescheduled_by: 'guest',
  });

  // Its page has no host yet; the notice ends with the last of what was left.
  expect(await notices()).toHaveLength(1);
  const body = { hosts: [otto.id] };
  expect((await olga.ask('PATCH', `/api/v1/booking-pages/${page.id}`, { body })).status).toBe(200);
  expect(await notices()).toEqual([]);
});
