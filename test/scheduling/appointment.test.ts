import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let host: SignedIn;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  host = await makeMember(s, 'member', { name: 'Harriet Host' });
});
afterAll(() => s.stop());
beforeEach(async () => void (await s.newEvents()));

/** Each test has a day of its own. */
let day = 0;
const nextDay = () => `2027-03-${String(++day).padStart(2, '0')}`;
const at = (date: string, time: string) => `${date}T${time}:00.000Z`;

const post = (path: string, body: object = {}, as = s.alice) =>
  s.ask('POST', `/api/v1/appointments${path}`, { body, as });
const change = (id: string, body: object) => s.ask('PATCH', `/api/v1/appointments/${id}`, { body });

async function book(date: string, more: object = {}) {
  const reply = await post('', { starts_at: at(date, '09:00'), host_id: host.id, ...more });
  expect(reply.status, reply.text).toBe(201);
  await s.newEvents();
  return reply.json;
}

/** The newest event of a type. */
async function eventOf(type: string) {
  const { rows } = await s.db.pool.query(
    'select data, context from event where type = $1 order by seq desc limit 1',
    [type],
  );
  return rows[0] as { data: Record<string, unknown>; context: Record<string, unknown> };
}

describe('an appointment by hand', () => {
  test('is booked with the contact of the guest: contact.created, then appointment.booked', async () => {
    const date = nextDay();
    const { status, json, headers } = await post('', {
      starts_at: `${date}T10:00:00+01:00`,
      host_id: host.id,
      guest_name: 'Jane van Doe',
      guest_email: 'jane@example.com',
    });
    expect(status, JSON.stringify(json)).toBe(201);
    expect(headers.get('location')).toBe(`/api/v1/appointments/${json.id}`);
    expect(json).toMatchObject({
      title: 'Appointment: Jane van Doe',
      starts_at: at(date, '09:00'),
      ends_at: at(date, '09:30'),
      time_zone: 'UTC',
      status: 'booked',
      host_id: host.id,
      sequence: 0,
      source: 'manual',
    });
    expect(json.ical_uid).toMatch(new RegExp(`^${json.id}@.+`));
    expect(await s.newEvents()).toEqual(['contact.created', 'appointment.booked']);
    const contact = (await s.ask('GET', `/api/v1/contacts/${json.contact_id}`)).json;
    expect(contact).toMatchObject({ first_name: 'Jane', last_name: 'van Doe', email: 'jane@example.com' });
    expect((await eventOf('appointment.booked')).context).toMatchObject({
      host: { id: host.id, name: 'Harriet Host', email: host.email },
      contact: { id: contact.id, first_name: 'Jane' },
      booking_page: null,
    });
  });

  test('is of the contact that has the address as another one', async () => {
    const body = { first_name: 'Ada', email: 'ada@example.com', other_emails: ['ada@home.example'] };
    const { id } = (await s.ask('POST', '/api/v1/contacts', { body })).json;
    await s.newEvents();
    const { json } = await post('', { starts_at: at(nextDay(), '09:00'), guest_email: 'ADA@home.example' });
    expect(json.contact_id).toBe(id);
    expect(await s.newEvents()).toEqual(['appointment.booked']);
  });

  test('creates no contact for a key that may not', async () => {
    const key = await s.person(['appointments:read', 'appointments:write']);
    const body = { starts_at: at(nextDay(), '09:00'), guest_email: 'nobody@example.com' };
    const { status, json } = await post('', body, key);
    expect([status, json.contact_id]).toEqual([201, null]);
    expect(await s.newEvents()).toEqual(['appointment.booked']);
  });

  test.each([
    ['an end before its start', { ends_at: at('2027-01-01', '08:00') }, 'ends_at'],
    ['a zone that does not exist', { time_zone: 'Europe/Atlantis' }, 'time_zone'],
    ['an offset as its zone', { time_zone: '+02:00' }, 'time_zone'],
    ['a host who is no member', { host_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21' }, 'host_id'],
    ['an address that is none', { guest_email: 'jane' }, 'guest_email'],
  ])('with %s is refused, and nothing is written', async (_name, more, field) => {
    const { status, json } = await post('', { starts_at: at('2027-01-01', '09:00'), ...more });
    expect(status).toBe(400);
    expect(json.error.fields[0].field).toBe(field);
    expect(await s.newEvents()).toEqual([]);
  });

  test('at a time that the host has given away is a 409 slot_taken; one that begins as the other ends is not', async () => {
    const date = nextDay();
    await book(date);
    const overlapping = await post('', { starts_at: at(date, '09:29'), host_id: host.id });
    expect([overlapping.status, overlapping.json.error.code]).toEqual([409, 'slot_taken']);
    expect(await s.newEvents()).toEqual([]);
    expect((await post('', { starts_at: at(date, '09:30'), host_id: host.id })).status).toBe(201);
  });

  test('BK2: of 20 at once for one host and time, one is booked', async () => {
    const date = nextDay();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_item, n) =>
        post('', { starts_at: at(date, '09:00'), host_id: host.id, guest_email: `racer${n}@example.com` }),
      ),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
  });
});

describe('BK3: a change', () => {
  test('of the start moves it, keeps the duration, and fires appointment.rescheduled with the previous times', async () => {
    const date = nextDay();
    const { id } = await book(date, { ends_at: at(date, '10:00') });
    const { status, json } = await change(id, { starts_at: at(date, '14:00') });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      starts_at: at(date, '14:00'),
      ends_at: at(date, '15:00'),
      sequence: 1,
      reschedule_count: 1,
      rescheduled_by: 'api',
    });
    expect(await s.newEvents()).toEqual(['appointment.rescheduled']);
    expect((await eventOf('appointment.rescheduled')).context).toMatchObject({
      previous_start: at(date, '09:00'),
      previous_end: at(date, '10:00'),
      by: 'api',
      reason: null,
      host: { name: 'Harriet Host' },
    });
  });

  test('takes `start` and `end` as other names of the times', async () => {
    const date = nextDay();
    const made = await post('', { start: at(date, '09:00'), end: at(date, '10:00'), host_id: host.id });
    expect(made.json).toMatchObject({ starts_at: at(date, '09:00'), ends_at: at(date, '10:00') });
    const { json } = await change(made.json.id, { start: at(date, '11:00') });
    expect(json).toMatchObject({ starts_at: at(date, '11:00'), ends_at: at(date, '12:00') });
  });

  test('of the time zone alone is no move', async () => {
    const { id } = await book(nextDay());
    const { json } = await change(id, { time_zone: 'Europe/Berlin' });
    expect([json.sequence, json.reschedule_count]).toEqual([0, 0]);
    expect(await s.newEvents()).toEqual(['appointment.updated']);
  });

  test('to a time that is taken is a 409 slot_taken, and the appointment stays where it was', async () => {
    const date = nextDay();
    await book(date);
    const { id } = await book(date, { starts_at: at(date, '12:00') });
    const { status, json } = await change(id, { starts_at: at(date, '09:15') });
    expect([status, json.error.code]).toEqual([409, 'slot_taken']);
    expect((await s.ask('GET', `/api/v1/appointments/${id}`)).json.starts_at).toBe(at(date, '12:00'));
    expect((await change(id, { starts_at: at(date, '12:10') })).status).toBe(200);
  });

  test('to the host of another appointment is a 409 as well', async () => {
    const date = nextDay();
    await book(date);
    const { id } = (await post('', { starts_at: at(date, '09:00') })).json;
    expect((await change(id, { host_id: host.id })).json.error.code).toBe('slot_taken');
  });

  test('by a signed-in member is by the host, with the reason', async () => {
    const date = nextDay();
    const { id } = await book(date);
    const path = `/api/v1/appointments/${id}/reschedule`;
    const body = { start: at(date, '11:00'), duration: 45, reason: 'A meeting' };
    const { status, json } = await host.ask('POST', path, { body });
    expect(status, JSON.stringify(json)).toBe(200);
    expect(json).toMatchObject({ ends_at: at(date, '11:45'), reschedule_reason: 'A meeting' });
    expect((await eventOf('appointment.rescheduled')).context).toMatchObject({
      by: 'host',
      reason: 'A meeting',
    });
  });

  test('to canceled frees the host, and fires appointment.canceled with who and why', async () => {
    const date = nextDay();
    const { id } = await book(date);
    const { status, json } = await post(`/${id}/cancel`, { reason: 'Ill' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'canceled', canceled_by: 'api', cancel_reason: 'Ill', sequence: 1 });
    expect(json.canceled_at).toEqual(expect.any(String));
    expect(await s.newEvents()).toEqual(['appointment.canceled']);
    expect((await eventOf('appointment.canceled')).context).toMatchObject({ by: 'api', reason: 'Ill' });
    expect((await post(`/${id}/cancel`)).status).toBe(200);
    expect(await s.newEvents()).toEqual([]);
    expect((await change(id, { starts_at: at(date, '15:00') })).status).toBe(409);
    expect((await change(id, { status: 'booked' })).status).toBe(409);
    expect((await post('', { starts_at: at(date, '09:00'), host_id: host.id })).status).toBe(201);
  });

  test('of a request to booked fires appointment.booked; the request fired appointment.requested', async () => {
    const date = nextDay();
    const requested = await post('', { starts_at: at(date, '09:00'), host_id: host.id, status: 'pending' });
    expect(await s.newEvents()).toEqual(['appointment.requested']);
    // It keeps the time until then.
    expect((await post('', { starts_at: at(date, '09:00'), host_id: host.id })).status).toBe(409);
    const { json } = await post(`/${requested.json.id}/confirm`);
    expect(json.status).toBe('booked');
    expect(await s.newEvents()).toEqual(['appointment.booked']);
  });

  test('to no-show and back', async () => {
    const { id } = await book(nextDay());
    expect((await post(`/${id}/no-show`)).json.status).toBe('no_show');
    expect(await s.newEvents()).toEqual(['appointment.no_show']);
    expect((await change(id, { status: 'completed' })).json.status).toBe('completed');
    expect(await s.newEvents()).toEqual(['appointment.completed']);
  });

  test('that restores a deleted one whose time was given away is a 409', async () => {
    const date = nextDay();
    const { id } = await book(date);
    expect((await s.ask('DELETE', `/api/v1/appointments/${id}`)).status).toBe(204);
    const other = await book(date);
    expect((await post(`/${id}/restore`)).json.error?.code).toBe('slot_taken');
    await post(`/${other.id}/cancel`);
    expect((await post(`/${id}/restore`)).status).toBe(200);
  });
});

describe('who may', () => {
  test('another workspace sees and changes nothing', async () => {
    const { id } = await book(nextDay());
    for (const verb of ['reschedule', 'cancel', 'confirm', 'no-show']) {
      const { status } = await post(
        `/${id}/${verb}`,
        verb === 'reschedule' ? { start: at('2027-06-01', '09:00') } : {},
        s.charlie,
      );
      expect(status, verb).toBe(404);
    }
    expect((await post(`/${id}/cancel`, {}, s.bob)).status).toBe(403);
  });

  test('lists filter by host, status, page and time', async () => {
    const date = nextDay();
    const { id } = await book(date);
    const query = `host_id=${host.id}&status=booked&starts_at[gte]=${date}T00:00:00Z&starts_at[lt]=${date}T23:59:00Z`;
    const { json } = await s.ask('GET', `/api/v1/appointments?${query}&sort=starts_at`);
    expect(json.data.map((item: { id: string }) => item.id)).toEqual([id]);
  });
});
