import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeSealer } from '../../src/base/seal.ts';
import { PROVIDERS } from '../../src/catalogue.ts';
import { makeConnections } from '../../src/connections/connection-store.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { makeHttpClient } from '../../src/net/http-client.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { calendarSyncJob } from '../../src/scheduling/availability/calendar-sync-job.ts';
import { startCalDavServer, type CalDavServer } from '../kit/caldav-server.ts';
import { silent } from '../kit/database.ts';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { radicaleMissing, startRadicale, type Radicale } from '../kit/radicale.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

let s: Scenario;
let anna: SignedIn;
let feed: Feed;
let shiftMs = 0;
let timeoutMs: number | undefined;
beforeAll(async () => {
  // Without the worker: the test itself reads the calendars.
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  anna = await makeMember(s, 'owner', { name: 'Anna' });
  feed = await startFeed();
});
afterAll(async () => {
  await feed.close();
  await s.stop();
});
beforeEach(() => {
  timeoutMs = undefined;
});

interface Feed {
  url: string;
  /** Headers of each request. */
  requests: IncomingHttpHeaders[];
  answer: (response: ServerResponse, headers: IncomingHttpHeaders) => void;
  close(): Promise<void>;
}

async function startFeed(): Promise<Feed> {
  const requests: IncomingHttpHeaders[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request.headers);
    if (request.url === '/moved.ics') response.writeHead(302, { location: '/secret.ics' }).end();
    else made.answer(response, request.headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: Feed = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (response) => void response.writeHead(404).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return made;
}

/** Reads what is due, some minutes later than the time before. */
async function sync(laterMin = 0, allow = ['127.0.0.0/8']): Promise<void> {
  shiftMs += laterMin * MINUTE;
  const clock = { ...systemClock, now: () => Date.now() + shiftMs };
  const dial = makeDial({
    guard: makeGuard({ allow, own: () => [] }),
    resolver: makeResolver({ clock }),
    clock,
  });
  const http = makeHttpClient(dial);
  const job = calendarSyncJob({
    db: s.db,
    clock,
    log: silent,
    connections: makeConnections({
      db: s.db,
      sealer: makeSealer(Buffer.alloc(32, 7)),
      clock,
      newId: idMaker(clock.now),
    }),
    http: (url, request) => http(url, { ...request, ...(timeoutMs !== undefined && { timeoutMs }) }),
    calendarReaders: PROVIDERS.calendarReaders,
    baseUrl: () => 'https://crm.example.com',
  });
  await job.run(new AbortController().signal);
}

async function connect(kind: string, settings: object, secrets: object = {}): Promise<string> {
  const body = { kind, name: kind, settings: { user_id: anna.id, ...settings }, secrets };
  const { status, json, text } = await anna.ask('POST', '/api/v1/connections', { body });
  expect(status, text).toBe(201);
  return json.id;
}
const remove = (id: string) => anna.ask('DELETE', `/api/v1/connections/${id}`);

const day = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
const compact = (time: string) => `${day.replaceAll('-', '')}T${time.replace(':', '')}00Z`;
const calendar = (...times: [start: string, end: string][]) =>
  times
    .map(
      ([start, end]) =>
        `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:${start}\r\nSUMMARY:Dentist & co <secret>\r\nDTSTART:${compact(start)}\r\nDTEND:${compact(end)}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`,
    )
    .join('');

async function availability() {
  const { status, json, text } = await anna.ask('GET', `/api/v1/members/${anna.id}/availability`);
  expect(status, text).toBe(200);
  const clock = ({ start, end }: { start: string; end: string }) =>
    `${start.slice(11, 16)}-${end.slice(11, 16)}`;
  return { ...json, busy: json.busy.map(clock) } as {
    busy: string[];
    calendars: { connection_id: string; problem: string | null; stale: boolean; synced_at: string | null }[];
  };
}

describe('BK4: busy times from a calendar URL', () => {
  test('its events take the slots of the member; their titles are not stored', async () => {
    feed.answer = (response) =>
      void response.writeHead(200, { etag: '"v1"' }).end(calendar(['09:00', '10:30']));
    const id = await connect('ics', {}, { url: `${feed.url}/moved.ics` });
    await sync();
    expect((await availability()).busy).toEqual(['09:00-10:30']);
    const rules = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, start: '09:00', end: '12:00' }));
    await anna.ask('POST', '/api/v1/schedules', { body: { rules, time_zone: 'UTC' } });
    const page = (await anna.ask('POST', '/api/v1/booking-pages', { body: { title: 'Call' } })).json;
    const listed = (
      await anna.ask('GET', `/api/v1/booking-pages/${page.id}/slots?from=${day}&to=${day}&time_zone=UTC`)
    ).json;
    expect(listed.slots[day].map(({ start }: { start: string }) => start.slice(11, 16))).toEqual([
      '10:30',
      '11:00',
      '11:30',
    ]);
    const { rows } = await s.db.pool.query('select row_to_json(t)::text as row from busy_time t');
    expect(JSON.stringify(rows)).not.toContain('Dentist');
    expect((await anna.ask('GET', `/api/v1/connections/${id}`)).json).toMatchObject({
      state: 'active',
      last_error: null,
    });

    // Five minutes later the server says that nothing has changed.
    feed.requests.length = 0;
    feed.answer = (response, headers) =>
      void response.writeHead(headers['if-none-match'] === '"v1"' ? 304 : 500).end();
    await sync(1);
    expect(feed.requests).toEqual([]);
    await sync(5);
    expect(feed.requests).toHaveLength(2);
    expect((await availability()).busy).toEqual(['09:00-10:30']);

    // Unreachable: the busy times stay, and after 30 minutes it is a problem of the page.
    feed.answer = (response) => void response.destroy();
    await sync(6);
    const [failed] = (await availability()).calendars;
    expect(failed).toMatchObject({
      connection_id: id,
      problem: 'reset',
      problem_text: 'The connection broke before there was an answer.',
      stale: false,
    });
    await s.db.pool.query(`update calendar_sync set synced_at = now() - interval '31 minutes'`);
    expect((await availability()).calendars[0]).toMatchObject({ stale: true });
    expect((await availability()).busy).toEqual(['09:00-10:30']);
    expect((await anna.ask('GET', `/api/v1/booking-pages/${page.id}`)).json.problems).toEqual([
      {
        code: 'calendar_unreachable',
        user_id: anna.id,
        message: 'A calendar of Anna could not be read for 30 minutes.',
      },
    ]);
    expect((await anna.ask('GET', `/api/v1/connections/${id}`)).json.state).toBe('failing');

    // After a day as well; it is read again after 40 minutes at most, and what is reachable again is no problem.
    await sync(24 * 60);
    expect((await availability()).busy).toEqual(['09:00-10:30']);
    feed.answer = (response) => void response.end(calendar(['10:00', '11:00']));
    await sync(41);
    expect((await availability()).calendars[0]).toMatchObject({ problem: null });
    expect((await availability()).busy).toEqual(['10:00-11:00']);

    // A calendar that is switched off does not count, and one that is deleted leaves nothing.
    await anna.ask('PATCH', `/api/v1/connections/${id}`, { body: { active: false } });
    expect((await availability()).busy).toEqual([]);
    expect((await remove(id)).status).toBe(204);
    const counts = await s.db.pool.query('select count(*)::int as rows from busy_time');
    expect(counts.rows).toEqual([{ rows: 0 }]);
  });

  test.each<[string, Feed['answer'], string]>([
    ['is a page to sign in', (response) => void response.end('<html>'), 'not_a_calendar'],
    ['is not there', (response) => void response.writeHead(404).end(), 'not_found'],
    ['is refused', (response) => void response.writeHead(403).end(), 'not_allowed'],
    [
      'leads on for ever',
      (response) => void response.writeHead(302, { location: '/' }).end(),
      'too_many_redirects',
    ],
    ['has 50 MB', (response) => void response.end(Buffer.alloc(50 * 1024 * 1024, 'x')), 'too_large'],
    [
      'answers after 30 seconds',
      (response) => void setTimeout(() => response.end(), 30_000).unref(),
      'timeout',
    ],
  ])('a calendar that %s is a problem with a reason', async (_what, answer, problem) => {
    feed.answer = answer;
    // The product waits for 20 seconds.
    if (problem === 'timeout') timeoutMs = 300;
    const id = await connect('ics', {}, { url: `${feed.url}/secret.ics` });
    await sync();
    expect((await availability()).calendars).toMatchObject([{ connection_id: id, problem }]);
    await remove(id);
  });

  test('the test of a connection says what it read, or why it could not, and no response has the URL', async () => {
    const id = await connect('ics', {}, { url: `${feed.url}/secret.ics` });
    const tested = async () => (await anna.ask('POST', `/api/v1/connections/${id}/test`)).json;
    feed.answer = (response) => void response.end(calendar(['09:00', '10:00']));
    expect(await tested()).toEqual({
      ok: true,
      message: 'The calendar was read: 1 busy time in the next 30 days.',
    });
    feed.answer = (response) => void response.writeHead(404).end();
    expect(await tested()).toEqual({ ok: false, message: 'The server has no calendar at this URL.' });
    expect((await anna.ask('GET', `/api/v1/connections/${id}`)).text).not.toContain('secret.ics');
    await remove(id);
  });

  test('the guard refuses addresses that are not public', async () => {
    const id = await connect('ics', {}, { url: `${feed.url}/secret.ics` });
    await sync(0, []);
    expect((await availability()).calendars).toMatchObject([{ problem: 'blocked_address' }]);
    await remove(id);
  });

  test('a URL with another scheme, or no member, is a 400', async () => {
    for (const [url, userId, field] of [
      ['file:///etc/passwd', anna.id, 'secrets.url'],
      ['https://example.com/a.ics', 'me', 'settings.user_id'],
    ] as const) {
      const { status, json } = await anna.ask('POST', '/api/v1/connections', {
        body: { kind: 'ics', name: 'x', settings: { user_id: userId }, secrets: { url } },
      });
      expect([status, json.error?.fields?.[0]?.field]).toEqual([400, field]);
    }
  });
});

describe.skipIf(radicaleMissing !== null)(
  `BK4: busy times from Radicale${radicaleMissing === null ? '' : `: ${radicaleMissing}`}`,
  () => {
    let radicale: Radicale;
    beforeAll(async () => {
      radicale = await startRadicale();
      for (const name of ['office', 'home']) await radicale.addCalendar(name);
      await radicale.putEvent('office', 'visit', calendar(['09:00', '10:00']));
      const daily = calendar(['13:00', '13:30']).replace('DTEND', 'RRULE:FREQ=DAILY;COUNT=2\r\nDTEND');
      await radicale.putEvent('home', 'daily', daily);
    });
    afterAll(() => radicale?.stop());
    const secrets = { username: 'anna', password: 'app password' };

    test('the calendars of the account are found and read, again once they have changed, and rules are expanded', async () => {
      const id = await connect('caldav', { url: radicale.url }, secrets);
      expect((await anna.ask('POST', `/api/v1/connections/${id}/test`)).json).toEqual({
        ok: true,
        message: 'The calendar was read: 3 busy times in the next 30 days.',
      });
      await sync();
      expect((await availability()).busy).toEqual(['09:00-10:00', '13:00-13:30', '13:00-13:30']);
      await radicale.putEvent('office', 'lunch', calendar(['11:30', '12:30']));
      await sync(6);
      expect((await availability()).busy).toContain('11:30-12:30');
      await remove(id);
    });

    test('one calendar by its URL; a wrong password is a problem', async () => {
      const home = await connect('caldav', { url: `${radicale.url}/anna/home/` }, secrets);
      await sync();
      expect((await availability()).busy).toEqual(['13:00-13:30', '13:00-13:30']);
      await remove(home);
      const wrong = await connect('caldav', { url: radicale.url }, { ...secrets, password: 'wrong' });
      await sync();
      expect((await availability()).calendars).toMatchObject([{ problem: 'not_allowed' }]);
      await remove(wrong);
    });
  },
);

describe('BK4: busy times by CalDAV', () => {
  let server: CalDavServer;
  beforeAll(async () => {
    server = await startCalDavServer([
      { name: 'office', events: [calendar(['09:00', '10:00']), calendar(['13:00', '14:00'])] },
      { name: 'birthdays', events: [calendar(['11:00', '12:00'])], transparent: true },
      { name: 'home', events: [calendar(['15:00', '16:00'])] },
    ]);
  });
  afterAll(() => server.close());
  const secrets = { username: 'anna', password: 'app password' };

  test('all calendars of an account are found and read, and again only when they have changed', async () => {
    const id = await connect('caldav', { url: `${server.url}/.well-known/caldav` }, secrets);
    await sync();
    expect((await availability()).busy).toEqual(['09:00-10:00', '13:00-14:00', '15:00-16:00']);
    server.requests.length = 0;
    await sync(6);
    expect(server.requests.filter((request) => request.startsWith('REPORT'))).toEqual([]);
    server.calendars[2]!.events.push(calendar(['17:00', '18:30']));
    await sync(6);
    expect((await availability()).busy).toContain('17:00-18:30');
    await remove(id);
  });

  test('the URL of one calendar reads it alone', async () => {
    const id = await connect('caldav', { url: `${server.url}/dav/anna/calendars/office/` }, secrets);
    await sync();
    expect((await availability()).busy).toEqual(['09:00-10:00', '13:00-14:00']);
    await remove(id);
  });

  test('a wrong password is a problem, and is in no answer', async () => {
    const url = `${server.url}/dav/`;
    const id = await connect('caldav', { url }, { username: 'anna', password: 'wrong password' });
    await sync();
    expect((await availability()).calendars).toMatchObject([{ problem: 'not_allowed' }]);
    const { text, json } = await anna.ask('GET', `/api/v1/connections/${id}`);
    expect(text).not.toContain('wrong password');
    expect(json).toMatchObject({
      state: 'failing',
      last_error: 'The server refused the user name and password, or the URL.',
    });
    await remove(id);
  });
});
