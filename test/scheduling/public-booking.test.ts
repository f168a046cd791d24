import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

const SITE = 'https://www.acme.example';
const DAY_MS = 86_400_000;
const ALL_WEEK = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, start: '09:00', end: '17:00' }));

let s: Scenario;
let host: SignedIn;
let other: SignedIn;
let slug: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  [host, other] = [await makeMember(s, 'member'), await makeMember(s, 'member')];
  for (const { id } of [host, other]) {
    const body = { user_id: id, name: 'Hours', time_zone: 'Europe/Berlin', rules: ALL_WEEK };
    await s.ask('POST', '/api/v1/schedules', { body });
  }
  slug = (await s.ask('GET', '/api/v1/workspace')).json.slug;
});
afterAll(() => s.stop());
beforeEach(async () => void (await s.newEvents()));

let made = 0;

/** A page of its own for each test: bookings are counted by page. */
async function makePage(more: object = {}): Promise<{ id: string; path: string }> {
  const name = `page-${++made}`;
  const body = { title: 'Introduction', slug: name, hosts: [host.id], min_notice_min: 0, ...more };
  const { status, text, json } = await s.ask('POST', '/api/v1/booking-pages', { body });
  expect(status, text).toBe(201);
  return { id: json.id, path: `/book/${slug}/${name}` };
}

const visit = (path: string) => s.ask('GET', path, { as: null });
const send = (path: string, body: object, headers: Record<string, string> = {}) =>
  s.ask('POST', path, { as: null, body, headers });

/** A date so many days from now, in Berlin. */
function dateIn(days: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' }).format(Date.now() + days * DAY_MS);
}

async function startsOn(path: string, days: number): Promise<string[]> {
  const date = dateIn(days);
  const { json, text } = await visit(`${path}/slots?from=${date}&to=${date}&tz=Europe/Berlin`);
  expect(json?.time_zone, text).toBe('Europe/Berlin');
  return (json.slots[date] ?? []).map((slot: { start: string }) => slot.start);
}

const JANE = { name: 'Jane Doe', email: 'jane@example.com', time_zone: 'America/New_York' };

/** Days apart, so that tests with the same host do not meet. */
let days = 1;
const nextDays = () => ++days;

async function sendForm(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const reply = await fetch(s.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: s.url, ...headers },
    body: new URLSearchParams(fields),
  });
  return { status: reply.status, text: await reply.text(), location: reply.headers.get('location') };
}

const hiddenIn = (text: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';

describe('a booking as JSON', () => {
  test('is an appointment of the contact, in the zone of the guest, with a link to manage it', async () => {
    const { id, path } = await makePage({
      duration_min: [30, 60],
      location_kind: 'link',
      location_text: 'https://meet.example.com/acme',
      questions: [{ key: 'topic', label: 'Topic', type: 'text', required: true }],
    });
    const [start] = await startsOn(path, nextDays());
    const { status, json, text } = await send(path, {
      start,
      duration: 60,
      ...JANE,
      phone: '+15551234567',
      answers: { topic: 'Harbour' },
      guests: ['sam@example.com'],
      nonce: 'a',
    });
    expect(status, text).toBe(201);
    const end = new Date(Date.parse(start!) + 3_600_000).toISOString();
    expect(json.appointment).toMatchObject({
      start,
      end,
      status: 'booked',
      location: 'https://meet.example.com/acme',
      manage_url: expect.stringMatching(/\/book\/manage\/[\w-]{43}$/),
    });
    expect(await s.newEvents()).toEqual(['contact.created', 'appointment.booked']);
    const stored = (await s.ask('GET', `/api/v1/appointments/${json.appointment.id}`)).json;
    expect(stored).toMatchObject({
      title: 'Introduction: Jane Doe',
      host_id: host.id,
      booking_page_id: id,
      source: 'booking_page',
      created_by: `booking_page:${id}`,
      time_zone: 'Europe/Berlin',
      guest_time_zone: 'America/New_York',
      guest_email: 'jane@example.com',
      guests: ['sam@example.com'],
      answers: { topic: 'Harbour' },
    });
    const contact = (await s.ask('GET', `/api/v1/contacts/${stored.contact_id}`)).json;
    expect(contact).toMatchObject({ first_name: 'Jane', last_name: 'Doe', phone: '+15551234567' });
  });

  test('that is sent twice with one nonce is one appointment, also at once', async () => {
    const { path } = await makePage();
    const [start] = await startsOn(path, nextDays());
    const body = { start, ...JANE, nonce: 'twice' };
    const replies = [...(await Promise.all([send(path, body), send(path, body)])), await send(path, body)];
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(replies.map(({ json }) => json.appointment.id)).size).toBe(1);
    expect((await s.newEvents()).filter((type) => type === 'appointment.booked')).toHaveLength(1);
  });

  test('of a time that was taken meanwhile is a 409 with the fresh times of the day', async () => {
    const { path } = await makePage();
    const day = nextDays();
    const [start, ...others] = await startsOn(path, day);
    expect((await send(path, { start, ...JANE })).status).toBe(201);
    const { status, json } = await send(path, { start, ...JANE, email: 'late@example.com' });
    expect([status, json.error.code, json.time_zone]).toEqual([409, 'slot_taken', 'America/New_York']);
    const fresh = Object.values(json.slots as Record<string, { start: string }[]>).flat();
    expect(fresh.map((slot) => slot.start)).toEqual(
      others.filter((item) => fresh.some((slot) => slot.start === item)),
    );
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.map((slot) => slot.start)).not.toContain(start);
  });

  test.each([
    ['no name', { name: ' ' }, 'name'],
    ['an address that is none', { email: 'jane' }, 'email'],
    ['a duration that the page does not have', { duration: 17 }, 'duration'],
    ['a time without an offset', { start: '2027-03-01T09:00' }, 'start'],
    ['a zone that does not exist', { time_zone: 'Mars/Olympus' }, 'time_zone'],
    ['a guest who is no address', { guests: ['nobody'] }, 'guests'],
    ['no answer to a required question', {}, 'topic'],
    ['answers that are no object', { answers: ['x'] }, 'answers'],
    ['a text for a checkbox', { answers: { topic: 'x', agreed: 'maybe' } }, 'agreed'],
    ['letters for a telephone number', { answers: { topic: 'x', call: 'later' } }, 'call'],
    ['an integer that a number cannot hold', { answers: { topic: 'x', people: 2 ** 53 + 2 } }, 'people'],
  ])('with %s is a 400 that names the field', async (_name, more, field) => {
    const { path } = await makePage({
      questions: [
        { key: 'topic', label: 'Topic', type: 'text', required: true },
        { key: 'agreed', label: 'Agreed', type: 'checkbox' },
        { key: 'call', label: 'Call', type: 'phone' },
        { key: 'people', label: 'People', type: 'number' },
      ],
    });
    const answers = field === 'topic' ? {} : { topic: 'x' };
    const { status, json } = await send(path, { start: '2027-03-01T09:00:00Z', ...JANE, answers, ...more });
    expect(status).toBe(400);
    expect(json.error.fields.map((item: { field: string }) => item.field)).toEqual([field]);
    expect(await s.newEvents()).toEqual([]);
  });

  test('at a time outside of the schedule is a 409, as it is not listed', async () => {
    const { path } = await makePage();
    const { status } = await send(path, { start: `${dateIn(nextDays())}T02:00:00Z`, ...JANE });
    expect(status).toBe(409);
  });

  test('on a page that is confirmed by hand waits, and keeps its time', async () => {
    const { path } = await makePage({ confirmation: 'manual' });
    const [start] = await startsOn(path, nextDays());
    const { json } = await send(path, { start, ...JANE });
    expect(json.appointment.status).toBe('pending');
    expect((await s.newEvents()).at(-1)).toBe('appointment.requested');
    expect((await send(path, { start, ...JANE, email: 'second@example.com' })).status).toBe(409);
  });

  test('of a page that was deleted meanwhile is a 404', async () => {
    const { id, path } = await makePage();
    const [start] = await startsOn(path, nextDays());
    const details = await visit(`${path}?start=${start}`);
    expect((await s.ask('DELETE', `/api/v1/booking-pages/${id}`)).status).toBe(204);
    expect((await send(path, { start, ...JANE })).status).toBe(404);
    const sent = await sendForm(path, { start: start!, _token: hiddenIn(details.text, '_token'), ...JANE });
    expect([sent.status, sent.text]).toEqual([404, expect.stringContaining('no longer active')]);
  });

  test('from another site needs its origin on the page', async () => {
    const { path } = await makePage({ allowed_origins: [SITE] });
    const [start] = await startsOn(path, nextDays());
    const refused = await send(path, { start, ...JANE }, { origin: 'https://elsewhere.example' });
    expect(refused.status).toBe(403);
    const taken = await send(path, { start, ...JANE }, { origin: SITE });
    expect([taken.status, taken.headers.get('access-control-allow-origin')]).toEqual([201, SITE]);
  });

  test('by a bot that fills in everything is refused', async () => {
    const { path } = await makePage();
    const [start] = await startsOn(path, nextDays());
    expect((await send(path, { start, ...JANE, website: 'https://spam.example' })).status).toBe(403);
    expect(await s.newEvents()).toEqual([]);
  });
});

describe('hosts', () => {
  test('of a round robin take turns, and both are booked before the time is gone', async () => {
    const { path } = await makePage({ hosts: [host.id, other.id], host_mode: 'round_robin' });
    const [start] = await startsOn(path, nextDays());
    const replies: Reply[] = [];
    for (const n of [1, 2, 3]) replies.push(await send(path, { start, ...JANE, email: `r${n}@example.com` }));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 409]);
    const hosts = await Promise.all(
      replies.slice(0, 2).map(async ({ json }) => {
        const reply = await s.ask('GET', `/api/v1/appointments/${json.appointment.id}`);
        return reply.json.host_id;
      }),
    );
    expect(new Set(hosts)).toEqual(new Set([host.id, other.id]));
  });

  test('of a collective page are all booked', async () => {
    const { path } = await makePage({ hosts: [host.id, other.id], host_mode: 'collective' });
    const single = await makePage({ hosts: [other.id] });
    const day = nextDays();
    const [start] = await startsOn(path, day);
    const { json } = await send(path, { start, ...JANE });
    const stored = (await s.ask('GET', `/api/v1/appointments/${json.appointment.id}`)).json;
    expect([stored.host_id, ...stored.co_host_ids]).toEqual([host.id, other.id]);
    expect(await startsOn(single.path, day)).not.toContain(start);
    expect((await send(single.path, { start, ...JANE })).status).toBe(409);
  });
});

describe('without a script', () => {
  test('a guest books in four steps: duration, day, time, details', async () => {
    const { path } = await makePage({ duration_min: [30, 60] });
    const date = dateIn(nextDays());
    const durations = await visit(path);
    expect(durations.headers.get('content-security-policy')).toContain("default-src 'none'");
    const linkIn = ({ text }: Reply, part: string) => {
      const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!.replaceAll('&amp;', '&'));
      return links.find((link) => link.includes(part))!;
    };
    const daysShown = await visit(linkIn(durations, 'duration=60'));
    const times = await visit(linkIn(daysShown, `date=${date}`));
    const details = await visit(linkIn(times, 'start='));
    expect(details.text).toContain('<form method="post"');
    const fields = {
      start: hiddenIn(details.text, 'start'),
      duration: hiddenIn(details.text, 'duration'),
      time_zone: hiddenIn(details.text, 'time_zone'),
      _token: hiddenIn(details.text, '_token'),
      name: 'Grace Guest',
      email: 'grace@example.com',
    };
    const done = await sendForm(path, fields);
    expect(done.status, done.text).toBe(303);
    const confirmed = await visit(done.location!);
    expect(confirmed.text).toContain('Confirmed');
    expect(confirmed.text).toContain('Grace Guest');
    // Sent again, as by the button Back: the same appointment.
    expect((await sendForm(path, fields)).location).toBe(done.location);
    expect((await s.newEvents()).filter((type) => type === 'appointment.booked')).toHaveLength(1);
  });

  test('a time that was taken meanwhile is explained, with the times that are left, and what was entered', async () => {
    const { path } = await makePage();
    const [start] = await startsOn(path, nextDays());
    const details = await visit(`${path}?start=${start}`);
    await send(path, { start, ...JANE });
    const fields = {
      start: start!,
      _token: hiddenIn(details.text, '_token'),
      name: 'Late "Larry"',
      email: 'larry@example.com',
    };
    const { status, text } = await sendForm(path, fields);
    expect(status).toBe(409);
    expect(text).toContain('was taken in the meantime');
    expect(text).toContain('value="Late &quot;Larry&quot;"');
    const [left] = [...text.matchAll(/type="radio" name="start" value="([^"]+)"/g)].map(
      ([, value]) => value!,
    );
    const again = await sendForm(path, { ...fields, start: left!, _token: hiddenIn(text, '_token') });
    expect(again.status).toBe(303);
  });

  test('what is wrong is marked, and what was right stays', async () => {
    const { path } = await makePage();
    const [start] = await startsOn(path, nextDays());
    const details = await visit(`${path}?start=${start}`);
    const fields = { start: start!, _token: hiddenIn(details.text, '_token'), name: 'Jane', email: 'jane' };
    const { status, text } = await sendForm(path, fields);
    expect(status).toBe(400);
    expect(text).toContain('Email must be an email address');
    expect(text).toContain('value="Jane"');
  });

  test('a link fills in what it knows, and nothing that the page does not have', async () => {
    const { path } = await makePage({ questions: [{ key: 'topic', label: 'Topic', type: 'text' }] });
    const [start] = await startsOn(path, nextDays());
    const query = `start=${start}&name=Jane&email=jane%40example.com&a1=Harbour&bogus=1`;
    const { text } = await visit(`${path}?${query}`);
    for (const value of ['Jane', 'jane@example.com', 'Harbour']) expect(text).toContain(`value="${value}"`);
    expect(text).not.toContain('bogus');
  });

  test('a time of long ago or far away is none that can be booked', async () => {
    const { path } = await makePage();
    for (const start of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      const { status, text } = await visit(`${path}?start=${start}&time_zone=Pacific/Kiritimati`);
      expect(status, text).toBe(200);
      expect(text).toContain('taken in the meantime');
      const sent = await sendForm(path, { start, ...JANE });
      expect(sent.status, sent.text).toBe(400);
    }
  });

  test('a URL with a NUL is a 404 page', async () => {
    for (const path of [`/book/${slug}/a%00b`, `/book/a%00b/intro`]) {
      expect((await visit(path)).status).toBe(404);
      expect((await visit(`${path}/slots`)).json.error.code).toBe('not_found');
      expect((await send(path, {})).json.error.code).toBe('not_found');
    }
  });

  test('a page that does not exist is a 404 page', async () => {
    const { status, text } = await visit(`/book/${slug}/nothing`);
    expect(status).toBe(404);
    expect(text).toContain('no longer active');
  });
});

describe("BK3: the guest's link", () => {
  async function bookOne(more: object = {}) {
    const page = await makePage(more);
    const day = nextDays();
    const starts = await startsOn(page.path, day);
    const { json, text, status } = await send(page.path, { start: starts[0], ...JANE });
    expect(status, text).toBe(201);
    await s.newEvents();
    const link = new URL(json.appointment.manage_url).pathname;
    return { ...page, day, starts, link, id: json.appointment.id as string };
  }

  test('a GET changes nothing, whatever its address says', async () => {
    const { link, id } = await bookOne();
    for (const path of [link, `${link}/reschedule`, `${link}/cancel`]) await visit(path);
    expect((await s.ask('GET', `/api/v1/appointments/${id}`)).json).toMatchObject({
      status: 'booked',
      version: 1,
    });
    expect(await s.newEvents()).toEqual([]);
  });

  test('cancels with a reason: appointment.canceled, by the guest; the time is free again', async () => {
    const { link, id, path, day, starts } = await bookOne();
    const { status, json } = await send(`${link}/cancel`, { reason: 'Ill' });
    expect([status, json.appointment.status]).toEqual([200, 'canceled']);
    expect(await s.newEvents()).toEqual(['appointment.canceled']);
    expect((await s.ask('GET', `/api/v1/appointments/${id}`)).json).toMatchObject({
      canceled_by: 'guest',
      cancel_reason: 'Ill',
    });
    expect(await startsOn(path, day)).toContain(starts[0]);
    expect((await send(`${link}/cancel`, {})).status).toBe(200);
    expect(await s.newEvents()).toEqual([]);
  });

  test('moves to another time, with the same link; also to one that overlaps its own', async () => {
    const { link, id, starts } = await bookOne({ slot_step_min: 15 });
    const { status, json } = await send(`${link}/reschedule`, { start: starts[1], reason: 'Train' });
    expect(status, JSON.stringify(json)).toBe(200);
    expect(json.appointment.start).toBe(starts[1]);
    expect(new URL(json.appointment.manage_url).pathname).toBe(link);
    expect(await s.newEvents()).toEqual(['appointment.rescheduled']);
    expect((await s.ask('GET', `/api/v1/appointments/${id}`)).json).toMatchObject({
      sequence: 1,
      rescheduled_by: 'guest',
      reschedule_reason: 'Train',
    });
  });

  test('to a time that is taken is a 409', async () => {
    const { link, path, starts } = await bookOne();
    await send(path, { start: starts[1], ...JANE, email: 'x@example.com' });
    expect((await send(`${link}/reschedule`, { start: starts[1] })).json.error.code).toBe('slot_taken');
  });

  test('works without a script', async () => {
    const { link, starts, day } = await bookOne();
    const choice = await visit(`${link}/reschedule?date=${dateIn(day)}`);
    expect(choice.text).toContain(`start=${encodeURIComponent(starts[2]!)}`);
    const moved = await sendForm(`${link}/reschedule`, { start: starts[2]! });
    expect([moved.status, moved.location]).toEqual([303, `${link}?moved=1`]);
    const canceled = await sendForm(`${link}/cancel`, { reason: 'No' });
    expect(canceled.status).toBe(303);
    expect((await visit(link)).text).toContain('<h1>Canceled</h1>');
    expect(await s.newEvents()).toEqual(['appointment.rescheduled', 'appointment.canceled']);
  });

  test('is refused after the time until which guests may change it', async () => {
    const { link } = await bookOne({ cancel_notice_min: 60 * 24 * 60 });
    const { status, json } = await send(`${link}/cancel`, {});
    expect([status, json.error.message]).toEqual([409, expect.stringContaining('too late')]);
    expect((await visit(link)).text).not.toContain('Cancel the appointment');
  });

  test('a wrong token is a 404; only the hash is stored', async () => {
    const { link } = await bookOne();
    const token = link.split('/').at(-1)!;
    expect((await visit(`/book/manage/${'A'.repeat(43)}`)).status).toBe(404);
    const { rows } = await s.db.pool.query<{ row: string }>(
      'select row_to_json(l)::text as row from appointment_link l',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ row }) => row.includes(token))).toBe(false);
  });
});
