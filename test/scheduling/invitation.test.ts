import ICAL from 'ical.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reply, startMailServer, type MailServer, type ReceivedMail } from '../kit/mail-server.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let server: MailServer;
let host: SignedIn;
beforeAll(async () => {
  server = await startMailServer();
  s = await startScenario({ SMTP_URL: server.url, FAIRLEAD_MAIL_FROM: 'Acme <crm@acme.example>' });
  host = await makeMember(s, 'member', { name: 'Harriet Host' });
});
afterAll(async () => {
  await s.stop();
  await server.close();
});
beforeEach(() => void server.inbox.splice(0));

const HOUR_MS = 3_600_000;
/** Hours apart, so that the host is free. */
let hours = 100;
const nextStart = () => new Date(Date.now() + (hours += 2) * HOUR_MS).toISOString();

async function book(more: object = {}) {
  const body = {
    title: 'Introduction',
    starts_at: nextStart(),
    host_id: host.id,
    guest_name: 'Jane Doe',
    guest_email: 'jane@example.com',
    ...more,
  };
  const { status, text, json } = await s.ask('POST', '/api/v1/appointments', { body });
  expect(status, text).toBe(201);
  return json;
}
const post = (path: string, body: object = {}) => s.ask('POST', `/api/v1/appointments/${path}`, { body });

/** The mails to an address, once there are `count`. */
async function mailsTo(address: string, count: number): Promise<ReceivedMail[]> {
  const found = () => server.inbox.filter(({ to }) => to === address);
  await until(() => Promise.resolve(found().length >= count), 15_000);
  return found();
}

/** The calendars in a mail: the alternative that is shown, and the file. */
function calendarsOf({ raw }: ReceivedMail) {
  const parts = raw.split(/\r\n--[^\r\n]+/).flatMap((part) => {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const type = /content-type: *((?:text\/calendar|application\/ics)[^\r\n]*(?:\r\n\s[^\r\n]*)*)/i.exec(
      head,
    )?.[1];
    if (type === undefined) return [];
    const body = rest.join('\r\n\r\n');
    const isBase64 = /content-transfer-encoding: *base64/i.test(head);
    const isQuoted = /content-transfer-encoding: *quoted-printable/i.test(head);
    const text = isBase64
      ? Buffer.from(body, 'base64').toString()
      : isQuoted
        ? Buffer.from(
            body
              .replaceAll('=\r\n', '')
              .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
            'latin1',
          ).toString()
        : body;
    return [{ type: type.replaceAll(/\s+/g, ' '), text }];
  });
  return parts;
}

function eventOf(mail: ReceivedMail) {
  const [shown] = calendarsOf(mail);
  const calendar = new ICAL.Component(ICAL.parse(shown!.text) as never);
  return {
    method: calendar.getFirstPropertyValue('method'),
    event: new ICAL.Event(calendar.getFirstSubcomponent('vevent')!),
  };
}

describe('BK4: invitations', () => {
  test('one UID for life, a rising SEQUENCE, REQUEST and CANCEL, to guest and host', async () => {
    const made = await book();
    const [invitation] = await mailsTo('jane@example.com', 1);
    const parts = calendarsOf(invitation!);
    expect(parts.map(({ type }) => type.split(';')[0])).toEqual(['text/calendar', 'application/ics']);
    expect(parts[0]!.type).toMatch(/method=REQUEST/i);
    expect(parts[1]!.text.trim()).toBe(parts[0]!.text.trim());
    const first = eventOf(invitation!);
    expect([first.method, first.event.uid, first.event.sequence]).toEqual(['REQUEST', made.ical_uid, 0]);
    expect(first.event.organizer).toBe('mailto:crm@acme.example');
    expect(first.event.startDate.toJSDate().toISOString().slice(0, 19)).toBe(made.starts_at.slice(0, 19));
    const link = /\/book\/manage\/[\w-]{43}/.exec(invitation!.text)?.[0];
    expect((await s.ask('GET', link!, { as: null })).status).toBe(200);
    const [toHost] = await mailsTo(host.email, 1);
    expect(eventOf(toHost!).event.uid).toBe(made.ical_uid);
    // The link is the guest's: the host gets that of the dashboard.
    expect(toHost!.text).not.toContain('/book/manage/');

    const start = nextStart();
    await post(`${made.id}/reschedule`, { start });
    const [, update] = await mailsTo('jane@example.com', 2);
    const second = eventOf(update!);
    expect([second.method, second.event.uid, second.event.sequence]).toEqual(['REQUEST', made.ical_uid, 1]);
    expect(second.event.startDate.toJSDate().toISOString().slice(0, 19)).toBe(start.slice(0, 19));

    await post(`${made.id}/cancel`, { reason: 'Ill' });
    const [, , cancelation] = await mailsTo('jane@example.com', 3);
    const third = eventOf(cancelation!);
    expect([third.method, third.event.uid, third.event.sequence]).toEqual(['CANCEL', made.ical_uid, 2]);
    expect(third.event.organizer).toBe(first.event.organizer);
    expect(third.event.attendees.map((item) => item.getFirstValue())).toContain('mailto:jane@example.com');
    expect(cancelation!.text).toContain('Reason: Ill');
  });

  test('a request is no entry of a calendar until it is confirmed', async () => {
    const { id } = await book({ status: 'pending', guest_email: 'pending@example.com' });
    const [requested] = await mailsTo('pending@example.com', 1);
    expect(calendarsOf(requested!)).toEqual([]);
    await post(`${id}/confirm`);
    const [, confirmed] = await mailsTo('pending@example.com', 2);
    expect(eventOf(confirmed!).method).toBe('REQUEST');
  });

  test('a guest whose name holds a header and a property adds neither', async () => {
    const name = 'Eve\r\nATTENDEE:mailto:boss@acme.example\r\nBcc: boss@acme.example';
    await book({ guest_name: name, guest_email: 'eve@example.com' });
    const [mail] = await mailsTo('eve@example.com', 1);
    const { event } = eventOf(mail!);
    expect(event.attendees.map((item) => item.getFirstValue())).toEqual([
      'mailto:eve@example.com',
      `mailto:${host.email}`,
    ]);
    expect(mail!.raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc:/im);
    expect(server.inbox.some(({ to }) => to === 'boss@acme.example')).toBe(false);
  });

  test('a host who is replaced gets a cancelation, and the new one an invitation', async () => {
    const next = await makeMember(s, 'member', { name: 'Nick Next' });
    const { id } = await book({ guest_email: 'handed@example.com' });
    await mailsTo('handed@example.com', 1);
    server.inbox.splice(0);
    await s.ask('PATCH', `/api/v1/appointments/${id}`, { body: { host_id: next.id } });
    const [invitation] = await mailsTo(next.email, 1);
    expect([eventOf(invitation!).method, eventOf(invitation!).event.sequence]).toEqual(['REQUEST', 1]);
    expect(invitation!.raw).toContain('Subject: Confirmed:');
    const [canceled] = await mailsTo(host.email, 1);
    const { method, event } = eventOf(canceled!);
    expect([method, event.uid, event.sequence]).toEqual(['CANCEL', eventOf(invitation!).event.uid, 1]);
    expect(canceled!.text).toContain('You are no longer a host of this appointment.');
  });

  test('with the mail server down, the booking stands and the letter waits', async () => {
    server.onRecipient(() => reply(451, 'try again later'));
    const { id } = await book({ guest_email: 'waits@example.com' });
    const states = async () =>
      (
        await s.db.pool.query<{ state: string; last_error: string | null }>(
          'select state, last_error from mail where object_id = $1',
          [id],
        )
      ).rows;
    await until(async () => {
      const rows = await states();
      return rows.length > 0 && rows.every((row) => row.state === 'queued' && row.last_error !== null);
    }, 15_000);
    expect((await s.ask('GET', `/api/v1/appointments/${id}`)).json.status).toBe('booked');
    server.onRecipient(() => null);
    await s.db.pool.query("update mail set due_at = now() - interval '1 s' where object_id = $1", [id]);
    await mailsTo('waits@example.com', 1);
  });

  test('a deleted appointment is canceled in calendars; one that sends no mail sends none', async () => {
    const made = await book({ guest_email: 'deleted@example.com' });
    await book({ guest_email: 'quiet@example.com', sends_mail: false });
    await mailsTo('deleted@example.com', 1);
    await s.ask('DELETE', `/api/v1/appointments/${made.id}`);
    const [, canceled] = await mailsTo('deleted@example.com', 2);
    expect(eventOf(canceled!).method).toBe('CANCEL');
    expect(server.inbox.some(({ to }) => to === 'quiet@example.com')).toBe(false);
  });
});

describe('reminders', () => {
  const jobsOf = async (id: string) =>
    (
      await s.db.pool.query<{ minutes: number; due_at: string }>(
        `select (payload->>'minutes')::int as minutes, due_at from job
         where type = 'appointment.remind' and payload->>'appointment_id' = $1 order by 1`,
        [id],
      )
    ).rows;
  const dueOf = (start: string, minutes: number) =>
    new Date(Math.floor(Date.parse(start)) - minutes * 60_000).toISOString();

  test('are due a day and an hour before, move with the appointment, and end with it', async () => {
    const made = await book({ guest_email: 'remind@example.com' });
    await until(async () => (await jobsOf(made.id)).length === 2, 15_000);
    expect(await jobsOf(made.id)).toEqual([
      { minutes: 60, due_at: dueOf(made.starts_at, 60) },
      { minutes: 1440, due_at: dueOf(made.starts_at, 1440) },
    ]);
    const start = nextStart();
    await post(`${made.id}/reschedule`, { start });
    await until(async () => (await jobsOf(made.id))[0]?.due_at === dueOf(start, 60), 15_000);
    await post(`${made.id}/cancel`);
    await until(async () => (await jobsOf(made.id)).length === 0, 15_000);
  });

  /** An appointment whose reminder of an hour before is due; its times are set behind the program's back. */
  async function dueAppointment(address: string, minutesAhead: number) {
    const made = await book({ guest_email: address });
    await mailsTo(address, 1);
    const start = new Date(Date.now() + minutesAhead * 60_000);
    await s.db.pool.query(
      `update appointment set starts_at = $2, ends_at = $3, blocked_from = null, blocked_until = null where id = $1`,
      [made.id, start.toISOString(), new Date(start.getTime() + 1_800_000).toISOString()],
    );
    return made;
  }
  const fire = (id: string) =>
    s.db.pool.query(
      `update job set due_at = now() - interval '1 s'
       where type = 'appointment.remind' and payload->>'appointment_id' = $1 and payload->>'minutes' = '60'`,
      [id],
    );
  const isDone = async (id: string) => (await jobsOf(id)).every(({ minutes }) => minutes !== 60);

  test('of an hour before is sent once it is due', async () => {
    const made = await dueAppointment('due@example.com', 59);
    await fire(made.id);
    const [, mail] = await mailsTo('due@example.com', 2);
    expect(mail!.raw).toContain('Subject: Reminder: Introduction');
    expect(mail!.text).toContain('begins in one hour');
  });

  test('is never sent more than 15 minutes late, nor for what was canceled meanwhile', async () => {
    const late = await dueAppointment('late@example.com', 40);
    const gone = await dueAppointment('gone@example.com', 59);
    await s.db.pool.query(`update appointment set status = 'canceled' where id = $1`, [gone.id]);
    await fire(late.id);
    await fire(gone.id);
    await until(async () => (await isDone(late.id)) && (await isDone(gone.id)), 15_000);
    const { rows } = await s.db.pool.query("select object_id from mail where kind = 'appointment_reminder'");
    expect(rows.filter((row) => [late.id, gone.id].includes(row.object_id))).toEqual([]);
  });

  test('that waits for the mail server is dropped if the appointment is moved meanwhile', async () => {
    const made = await dueAppointment('moved@example.com', 59);
    server.onRecipient(() => reply(451, 'try again later'));
    await fire(made.id);
    const stateOf = async () =>
      (
        await s.db.pool.query<{ state: string; last_error: string | null }>(
          "select state, last_error from mail where kind = 'appointment_reminder' and object_id = $1",
          [made.id],
        )
      ).rows[0];
    await until(async () => (await stateOf())?.last_error != null, 15_000);
    server.onRecipient(() => null);
    await s.db.pool.query('update appointment set sequence = sequence + 1 where id = $1', [made.id]);
    await s.db.pool.query("update mail set due_at = now() where state = 'queued'");
    await until(async () => (await stateOf())?.state !== 'queued', 15_000);
    expect(await stateOf()).toEqual({ state: 'cancelled', last_error: 'the appointment has changed' });
    expect(
      server.inbox.filter(({ to, text }) => to === 'moved@example.com' && /begins in/.test(text)),
    ).toEqual([]);
  });
});

describe('BK4: a feed of a member', () => {
  test('has the appointments, answers 304 while nothing changes, and ends when it is revoked', async () => {
    const made = await book({ guest_email: 'feed@example.com' });
    const created = await s.ask('POST', '/api/v1/calendar-feeds', { body: { user_id: host.id } });
    expect(created.status, created.text).toBe(201);
    const path = new URL(created.json.url).pathname;
    expect(path).toMatch(/^\/calendar\/[\w-]{43}\.ics$/);
    const read = (headers: Record<string, string> = {}) => s.ask('GET', path, { as: null, headers });
    const first = await read();
    expect(first.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    const calendar = new ICAL.Component(ICAL.parse(first.text) as never);
    const uids = calendar.getAllSubcomponents('vevent').map((item) => item.getFirstPropertyValue('uid'));
    expect(uids).toContain(made.ical_uid);
    const etag = first.headers.get('etag')!;
    expect((await read({ 'if-none-match': etag })).status).toBe(304);
    await post(`${made.id}/cancel`);
    const second = await read({ 'if-none-match': etag });
    expect([second.status, second.text.includes(made.ical_uid)]).toEqual([200, false]);
    expect((await s.ask('DELETE', `/api/v1/calendar-feeds/${created.json.id}`)).status).toBe(204);
    expect((await read()).status).toBe(404);
  });

  test('can say only that the member is busy', async () => {
    await book({ title: 'Secret talks', guest_email: 'busy@example.com', location: 'Harbour' });
    const body = { user_id: host.id, busy_only: true };
    const { json } = await s.ask('POST', '/api/v1/calendar-feeds', { body });
    const { text } = await s.ask('GET', new URL(json.url).pathname, { as: null });
    expect(text).toContain('SUMMARY:Busy');
    for (const word of ['Secret', 'Harbour', 'busy@example.com']) expect(text).not.toContain(word);
  });

  test('has what the member hosts with others', async () => {
    const other = await makeMember(s, 'member');
    const { id, ical_uid: uid } = await book({ guest_email: 'both@example.com' });
    await s.db.pool.query('update appointment set co_host_ids = $2 where id = $1', [id, [other.id]]);
    const { json } = await other.ask('POST', '/api/v1/calendar-feeds', { body: {} });
    expect((await s.ask('GET', new URL(json.url).pathname, { as: null })).text).toContain(uid);
  });

  test("of another member needs the role admin; one's own needs none", async () => {
    const other = await makeMember(s, 'member');
    const path = '/api/v1/calendar-feeds';
    expect((await other.ask('POST', path, { body: { user_id: host.id } })).status).toBe(403);
    expect((await other.ask('POST', path, { body: {} })).status).toBe(201);
    expect((await other.ask('GET', path)).json.data).toHaveLength(1);
    // A key of nobody acts as an owner.
    const reader = await s.person(['appointments:read']);
    expect((await s.ask('POST', path, { as: reader, body: { user_id: host.id } })).status).toBe(403);
    expect((await s.ask('GET', path, { as: reader })).json.data).toEqual([]);
    const { json } = await s.ask('POST', path, { body: { user_id: host.id } });
    expect((await s.ask('DELETE', `${path}/${json.id}`, { as: reader })).status).toBe(404);
    expect((await s.ask('GET', new URL(json.url).pathname, { as: null })).status).toBe(200);
  });
});
