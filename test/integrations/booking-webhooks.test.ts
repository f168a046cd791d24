import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { PROJECT } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let host: SignedIn;
let calcom: { id: string; url: string; secret: string };
let calendly: typeof calcom;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  host = await makeMember(s, 'member', { name: 'Harriet Host' });
  [calcom, calendly] = [await connect('calcom'), await connect('calendly')];
});
afterAll(() => s.stop());
beforeEach(async () => void (await s.newEvents()));

async function connect(kind: string) {
  const secret = 'a secret of the other system';
  const body = { kind, name: kind, settings: {}, secrets: { webhook_secret: secret } };
  const { status, text, json } = await s.ask('POST', '/api/v1/connections', { body });
  expect(status, text).toBe(201);
  return { id: json.id, url: json.urls[0].url as string, secret };
}

/** Signed as Cal.com does: hex HMAC-SHA256 of the body. */
function sendCalcom(body: object, secret = calcom.secret) {
  const raw = JSON.stringify(body);
  const signature = createHmac('sha256', secret).update(raw).digest('hex');
  return s.ask('POST', new URL(calcom.url).pathname, {
    as: null,
    raw,
    headers: { 'x-cal-signature-256': signature },
  });
}

/** Signed as Calendly does: of the time, a dot and the body. */
function sendCalendly(body: object, { secret = calendly.secret, time = Math.floor(Date.now() / 1000) } = {}) {
  const raw = JSON.stringify(body);
  const signature = createHmac('sha256', secret).update(`${time}.${raw}`).digest('hex');
  const headers = { 'calendly-webhook-signature': `t=${time},v1=${signature}` };
  return s.ask('POST', new URL(calendly.url).pathname, { as: null, raw, headers });
}

const read = async (id: string) => (await s.ask('GET', `/api/v1/appointments/${id}`)).json;

function calcomBody(triggerEvent: string, more: object) {
  return {
    triggerEvent,
    createdAt: '2026-06-01T12:00:00.000Z',
    payload: {
      type: '30min',
      title: '30 Min Meeting between Harriet Host and Jane Doe',
      additionalNotes: 'About ships',
      startTime: '2027-04-01T09:00:00Z',
      endTime: '2027-04-01T09:30:00Z',
      organizer: { name: 'Harriet Host', email: host.email, timeZone: 'Europe/Berlin' },
      attendees: [
        { name: 'Jane Doe', email: 'jane@cal.example', timeZone: 'America/New_York' },
        { name: '', email: 'sam@cal.example', timeZone: 'UTC' },
      ],
      responses: {
        name: { label: 'your_name', value: 'Jane Doe' },
        email: { label: 'email_address', value: 'jane@cal.example' },
        topic: { label: 'Topic', value: 'Harbour' },
      },
      location: 'integrations:daily',
      metadata: { videoCallUrl: 'https://app.cal.com/video/abc' },
      ...more,
    },
  };
}

describe('BK5: Cal.com', () => {
  test('books, moves and cancels one appointment, each once', async () => {
    const created = calcomBody('BOOKING_CREATED', { uid: 'cal-1' });
    const first = await sendCalcom(created);
    expect([first.status, first.json.status], first.text).toEqual([200, 'accepted']);
    const id = first.json.appointment_id;
    expect(await s.newEvents()).toEqual(['contact.created', 'appointment.booked']);
    expect(await read(id)).toMatchObject({
      source: 'calcom',
      external_id: 'cal-1',
      host_id: host.id,
      time_zone: 'Europe/Berlin',
      guest_time_zone: 'America/New_York',
      guest_email: 'jane@cal.example',
      guests: ['sam@cal.example'],
      location: 'https://app.cal.com/video/abc',
      description: 'About ships',
      answers: { topic: 'Harbour' },
      sends_mail: false,
    });
    expect((await sendCalcom(created)).json.status).toBe('duplicate');
    expect(await s.newEvents()).toEqual([]);

    const moved = calcomBody('BOOKING_RESCHEDULED', {
      uid: 'cal-2',
      rescheduleUid: 'cal-1',
      startTime: '2027-04-02T10:00:00Z',
      endTime: '2027-04-02T10:30:00Z',
      rescheduledBy: 'jane@cal.example',
    });
    expect((await sendCalcom(moved)).json).toEqual({ status: 'accepted', appointment_id: id });
    expect(await s.newEvents()).toEqual(['appointment.rescheduled']);
    expect(await read(id)).toMatchObject({
      starts_at: '2027-04-02T10:00:00.000Z',
      external_id: 'cal-2',
      rescheduled_by: 'guest',
    });
    expect((await sendCalcom(moved)).json.status).toBe('duplicate');

    const canceled = calcomBody('BOOKING_CANCELLED', {
      uid: 'cal-2',
      cancellationReason: 'Ill',
      cancelledBy: 'jane@cal.example',
    });
    expect((await sendCalcom(canceled)).json.status).toBe('accepted');
    expect(await s.newEvents()).toEqual(['appointment.canceled']);
    expect(await read(id)).toMatchObject({ status: 'canceled', canceled_by: 'guest', cancel_reason: 'Ill' });
    expect((await sendCalcom(canceled)).json.status).toBe('duplicate');
    expect(await s.newEvents()).toEqual([]);
  });

  test('a request waits, and is confirmed', async () => {
    const times = { startTime: '2027-04-03T09:00:00Z', endTime: '2027-04-03T09:30:00Z' };
    const requested = await sendCalcom(calcomBody('BOOKING_REQUESTED', { uid: 'cal-r', ...times }));
    expect((await s.newEvents()).at(-1)).toBe('appointment.requested');
    await sendCalcom(calcomBody('BOOKING_CREATED', { uid: 'cal-r', ...times }));
    expect(await s.newEvents()).toEqual(['appointment.booked']);
    expect((await read(requested.json.appointment_id)).status).toBe('booked');
  });

  test('a booking that overlaps another appointment of the host is taken: it exists there', async () => {
    const times = { startTime: '2027-04-04T09:00:00Z', endTime: '2027-04-04T09:30:00Z' };
    const body = { starts_at: times.startTime, host_id: host.id };
    await s.ask('POST', '/api/v1/appointments', { body });
    const { json } = await sendCalcom(calcomBody('BOOKING_CREATED', { uid: 'cal-o', ...times }));
    expect(await read(json.appointment_id)).toMatchObject({ host_id: host.id, blocked_from: null });
  });

  test('at once, one report is one appointment', async () => {
    const times = { startTime: '2027-04-05T09:00:00Z', endTime: '2027-04-05T09:30:00Z' };
    const body = calcomBody('BOOKING_CREATED', { uid: 'cal-p', ...times });
    const replies = await Promise.all(Array.from({ length: 6 }, () => sendCalcom(body)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(new Set(replies.map(({ json }) => json.appointment_id)).size).toBe(1);
    expect((await s.newEvents()).filter((type) => type === 'appointment.booked')).toHaveLength(1);
  });

  test('with an id that cannot be stored is refused by name', async () => {
    const { json } = await sendCalcom(calcomBody('BOOKING_CREATED', { uid: 'a\0b' }));
    expect(json.error).toMatchObject({ code: 'validation_error', fields: [{ field: 'payload.uid' }] });
  });

  test('of anything else is logged and ignored; a wrong signature is a 401', async () => {
    expect((await sendCalcom({ triggerEvent: 'PING', payload: {} })).json).toEqual({ status: 'ignored' });
    expect((await sendCalcom(calcomBody('BOOKING_CANCELLED', { uid: 'unknown' }))).json).toEqual({
      status: 'ignored',
    });
    expect((await sendCalcom(calcomBody('BOOKING_CREATED', { uid: 'x' }), 'another secret')).status).toBe(
      401,
    );
    expect((await sendCalcom({ triggerEvent: 'BOOKING_CREATED', payload: { uid: 'y' } })).status).toBe(400);
    expect(await s.newEvents()).toEqual([]);
    expect((await s.ask('POST', `/api/v1/connections/${calcom.id}/test`)).json.ok).toBe(true);
  });
});

describe('the requests that the documents print', () => {
  async function printed(page: string): Promise<object> {
    const text = await readFile(path.join(PROJECT, 'docs/integrations', page), 'utf8');
    const [, request = ''] = /```http\n([\s\S]*?)```/.exec(text) ?? [];
    return JSON.parse(request.slice(request.indexOf('\n\n'))) as object;
  }

  test('of calcom.md and calendly.md book appointments', async () => {
    for (const reply of [
      await sendCalcom(await printed('calcom.md')),
      await sendCalendly(await printed('calendly.md')),
    ])
      expect([reply.status, reply.json.status], reply.text).toEqual([200, 'accepted']);
  });
});

const INVITEE = 'https://api.calendly.com/scheduled_events/EVENT/invitees/';

function calendlyBody(event: string, invitee: string, more: object = {}, scheduled: object = {}) {
  return {
    event,
    created_at: '2026-06-01T12:00:00.000000Z',
    created_by: 'https://api.calendly.com/users/HOST',
    payload: {
      uri: INVITEE + invitee,
      name: 'John Smith',
      email: 'john@calendly.example',
      timezone: 'America/Chicago',
      status: event === 'invitee.created' ? 'active' : 'canceled',
      rescheduled: false,
      old_invitee: null,
      questions_and_answers: [{ question: 'What is it about?', answer: 'Sails', position: 0 }],
      scheduled_event: {
        uri: 'https://api.calendly.com/scheduled_events/EVENT',
        name: '15 Minute Meeting',
        start_time: '2027-05-03T14:00:00.000000Z',
        end_time: '2027-05-03T14:15:00.000000Z',
        location: { type: 'zoom', join_url: 'https://zoom.example/j/1' },
        event_memberships: [{ user: 'https://api.calendly.com/users/HOST', user_email: host.email }],
        event_guests: [],
        ...scheduled,
      },
      ...more,
    },
  };
}

describe('BK5: Calendly', () => {
  test('books an appointment of the invitee', async () => {
    const { status, json, text } = await sendCalendly(calendlyBody('invitee.created', 'A1'));
    expect([status, json.status], text).toEqual([200, 'accepted']);
    expect(await s.newEvents()).toEqual(['contact.created', 'appointment.booked']);
    expect(await read(json.appointment_id)).toMatchObject({
      title: '15 Minute Meeting: John Smith',
      source: 'calendly',
      external_id: 'A1',
      host_id: host.id,
      location: 'https://zoom.example/j/1',
      answers: { question_1: 'Sails' },
    });
    expect((await sendCalendly(calendlyBody('invitee.created', 'A1'))).json.status).toBe('duplicate');
  });

  test.each(['canceled first', 'created first'])(
    'a move is one appointment.rescheduled, with %s',
    async (order) => {
      const [before, after] = [`${order.slice(0, 3)}1`, `${order.slice(0, 3)}2`];
      const day = order === 'canceled first' ? '04' : '05';
      const at = (hour: string) => ({
        start_time: `2027-05-${day}T${hour}:00:00.000000Z`,
        end_time: `2027-05-${day}T${hour}:15:00.000000Z`,
      });
      const { json } = await sendCalendly(calendlyBody('invitee.created', before, {}, at('14')));
      await s.newEvents();
      const canceled = calendlyBody('invitee.canceled', before, {
        rescheduled: true,
        new_invitee: INVITEE + after,
      });
      const created = calendlyBody('invitee.created', after, { old_invitee: INVITEE + before }, at('16'));
      for (const body of order === 'canceled first' ? [canceled, created] : [created, canceled])
        expect((await sendCalendly(body)).status).toBe(200);
      expect(await s.newEvents()).toEqual(['appointment.rescheduled']);
      expect(await read(json.appointment_id)).toMatchObject({
        starts_at: `2027-05-${day}T16:00:00.000Z`,
        status: 'booked',
        external_id: after,
      });
    },
  );

  test('cancels, with who and why', async () => {
    const times = { start_time: '2027-05-06T14:00:00Z', end_time: '2027-05-06T14:15:00Z' };
    const { json } = await sendCalendly(calendlyBody('invitee.created', 'C1', {}, times));
    const cancellation = { canceled_by: 'John Smith', reason: 'Ill', canceler_type: 'invitee' };
    await sendCalendly(calendlyBody('invitee.canceled', 'C1', { cancellation }, times));
    expect(await read(json.appointment_id)).toMatchObject({
      status: 'canceled',
      canceled_by: 'guest',
      cancel_reason: 'Ill',
    });
  });

  test('a wrong signature and one that is too old are a 401', async () => {
    const body = calendlyBody('invitee.created', 'W1');
    expect((await sendCalendly(body, { secret: 'another secret here' })).status).toBe(401);
    expect((await sendCalendly(body, { time: Math.floor(Date.now() / 1000) - 3600 })).status).toBe(401);
    expect((await s.ask('POST', `/api/v1/connections/${calendly.id}/test`)).json.ok).toBe(true);
  });
});
