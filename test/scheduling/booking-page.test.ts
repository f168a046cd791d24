import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { runCase, startScenario, type ApiCase, type Scenario } from '../kit/scenario.ts';

const PAGES = '/api/v1/booking-pages';
const SCHEDULES = '/api/v1/schedules';
const TIME_OFF = '/api/v1/time-off';

let s: Scenario;
let olga: SignedIn;
let mia: SignedIn;
let max: SignedIn;
let eve: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  olga = await makeMember(s, 'owner', { name: 'Olga' });
  mia = await makeMember(s, 'manager', { name: 'Mia' });
  max = await makeMember(s, 'member', { name: 'Max' });
  eve = await makeMember(s, 'owner', { name: 'Eve', workspaceId: s.charlie.workspaceId });
});
afterAll(() => s.stop());

const DAY = 86_400_000;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, start: '09:00', end: '12:00' }));
/** A date some days after today, in UTC. */
const date = (days: number) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

async function make(path: string, body: object, by: SignedIn = olga) {
  const { status, json, text } = await by.ask('POST', path, { body });
  expect(status, text).toBe(201);
  return json;
}
/** Starts of a page by date, as `HH:MM` in UTC. */
async function slotsOf(id: string, query: string): Promise<Record<string, string[]>> {
  const { status, json, text } = await s.ask('GET', `${PAGES}/${id}/slots?${query}`);
  expect(status, text).toBe(200);
  const days = Object.entries(json.slots as Record<string, { start: string }[]>);
  return Object.fromEntries(days.map(([day, list]) => [day, list.map(({ start }) => start.slice(11, 16))]));
}

describe('BK1: booking pages', () => {
  test('a page has a URL, and defaults for all that was not sent', async () => {
    const { status, json, headers } = await olga.ask('POST', PAGES, { body: { title: 'Intro Gespräch' } });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      slug: 'intro-gesprach',
      url: `${s.url}/book/acme/intro-gesprach`,
      hosts: [olga.id],
      host_settings: [{ user_id: olga.id, name: 'Olga', weight: 1, schedule_id: null }],
      host_mode: 'one',
      duration_min: [30],
      min_notice_min: 240,
      max_ahead_days: 60,
      active: true,
      problems: [],
    });
    expect(headers.get('location')).toBe(`${PAGES}/${json.id}`);
    expect((await olga.ask('GET', `${PAGES}/${json.id}`)).json).toEqual(json);
    // The same title once more.
    expect((await make(PAGES, { title: 'Intro Gespräch' })).slug).toBe('intro-gesprach-2');
    expect((await make(PAGES, { title: '会议' })).slug).toBe('meeting');
  });

  test('what was read can be sent back, and changes nothing', async () => {
    const made = await make(PAGES, {
      title: 'Team',
      hosts: [{ user_id: mia.id, weight: 3 }, olga.id],
      questions: [{ key: 'topic', label: 'Topic', type: 'select', options: ['A', 'B'] }],
      redirect_url: 'https://example.com/thanks',
    });
    expect(made).toMatchObject({ host_mode: 'round_robin', hosts: [mia.id, olga.id] });
    const { status, json } = await mia.ask('PUT', `${PAGES}/${made.id}`, { body: made });
    expect([status, json]).toEqual([200, made]);
    const changed = await mia.ask('PATCH', `${PAGES}/${made.id}`, {
      body: { hosts: [olga.id, mia.id], slug: 'our-team' },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.json).toMatchObject({
      version: 2,
      hosts: [olga.id, mia.id],
      host_settings: [{ weight: 1 }, { weight: 3 }],
      url: `${s.url}/book/acme/our-team`,
    });
    const late = await mia.ask('PATCH', `${PAGES}/${made.id}`, {
      body: { title: 'x' },
      headers: { 'if-match': '"1"' },
    });
    expect(late.status).toBe(412);
  });

  test('a slug is unique in the workspace, and free again once its page is deleted', async () => {
    const { id } = await make(PAGES, { title: 'One', slug: 'only-one' });
    const second = await olga.ask('POST', PAGES, { body: { title: 'Two', slug: 'only-one' } });
    expect([second.status, second.json.error.fields[0].field]).toEqual([409, 'slug']);
    // Another workspace has its own.
    await make(PAGES, { title: 'One', slug: 'only-one' }, eve);
    expect((await olga.ask('DELETE', `${PAGES}/${id}`)).status).toBe(204);
    expect((await olga.ask('GET', `${PAGES}/${id}`)).status).toBe(404);
    await make(PAGES, { title: 'Two', slug: 'only-one' });
  });

  test.each<[string, object, string]>([
    ['a reserved slug', { slug: 'manage' }, 'slug'],
    ['a slug with capitals', { slug: 'Intro' }, 'slug'],
    ['a host of another workspace', { hosts: ['eve'] }, 'hosts.0'],
    ['a host twice', { hosts: ['olga', 'olga'], host_mode: 'collective' }, 'hosts.1'],
    ['two hosts on a page of one', { hosts: ['olga', 'mia'], host_mode: 'one' }, 'host_mode'],
    [
      'a link without a URL',
      { location_kind: 'link', location_text: 'javascript:alert(1)' },
      'location_text',
    ],
    ['no duration', { duration_min: [] }, 'duration_min'],
    ['a duration twice', { duration_min: [30, 30] }, 'duration_min'],
    ['a step of a minute', { slot_step_min: 1 }, 'slot_step_min'],
    ['a redirect to a script', { redirect_url: 'javascript:alert(1)' }, 'redirect_url'],
    [
      'a question with the key of the name',
      { questions: [{ key: 'name', label: 'x', type: 'text' }] },
      'questions.0.key',
    ],
    ['an unknown setting', { colour: 'red' }, 'colour'],
  ])('%s is a 400 that names the field', async (_what, body, field) => {
    const people: Record<string, SignedIn> = { olga, mia, eve };
    const hosts = (body as { hosts?: string[] }).hosts?.map((name) => people[name]!.id);
    const { status, json } = await olga.ask('POST', PAGES, {
      body: { title: 'x', ...body, ...(hosts && { hosts }) },
    });
    expect([status, json.error?.fields?.[0]?.field]).toEqual([400, field]);
  });

  test('an Idempotency-Key replays the answer', async () => {
    const send = () =>
      olga.ask('POST', PAGES, { body: { title: 'Replayed' }, headers: { 'idempotency-key': 'page-1' } });
    const first = await send();
    const second = await send();
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(second.json).toEqual(first.json);
  });

  test('a host who left is a problem of the page, which works with the rest', async () => {
    const nora = await makeMember(s, 'member', { name: 'Nora' });
    const { id } = await make(PAGES, { title: 'Rest', hosts: [nora.id, olga.id], min_notice_min: 0 });
    const alone = await make(PAGES, { title: 'Alone', hosts: [nora.id] });
    expect((await olga.ask('DELETE', `/api/v1/members/${nora.id}`)).status).toBe(204);
    const page = (await olga.ask('GET', `${PAGES}/${id}`)).json;
    expect(page.problems).toEqual([
      { code: 'host_left', user_id: nora.id, message: 'Nora left the workspace.' },
    ]);
    const range = `from=${date(1)}&to=${date(7)}`;
    const { json } = await s.ask('GET', `${PAGES}/${id}/slots?${range}`);
    const hosts = Object.values(json.slots as Record<string, { host_ids: string[] }[]>).flat();
    expect(new Set(hosts.flatMap(({ host_ids }) => host_ids))).toEqual(new Set([olga.id]));
    const codes = (await olga.ask('GET', `${PAGES}/${alone.id}`)).json.problems.map(
      (item: { code: string }) => item.code,
    );
    expect(codes).toEqual(['no_hosts', 'host_left']);
    expect(await slotsOf(alone.id, range)).toEqual({});
    // The page can be saved as it was read.
    expect((await olga.ask('PUT', `${PAGES}/${id}`, { body: page })).status).toBe(200);
  });
});

describe('BK1: schedules and time off', () => {
  test("the first schedule is the default, and the slots follow it, its overrides and the member's time off", async () => {
    const { id } = await make(PAGES, {
      title: 'Slots',
      hosts: [mia.id],
      min_notice_min: 0,
      duration_min: [60, 90],
    });
    const before = await slotsOf(id, `from=${date(1)}&to=${date(7)}`);
    // Monday to Friday, 9 to 17.
    expect(Object.keys(before)).toHaveLength(5);
    expect(Object.values(before)[0]).toHaveLength(8);
    const schedule = await make(SCHEDULES, { rules: EVERY_DAY, time_zone: 'UTC' }, mia);
    expect(schedule).toMatchObject({
      user_id: mia.id,
      name: 'Working hours',
      is_default: true,
      rules: EVERY_DAY,
    });
    const range = `from=${date(2)}&to=${date(4)}`;
    const full = ['09:00', '10:00', '11:00'];
    expect(await slotsOf(id, range)).toEqual({ [date(2)]: full, [date(3)]: full, [date(4)]: full });
    expect(await slotsOf(id, `${range}&duration=90`)).toMatchObject({ [date(2)]: ['09:00', '10:30'] });
    const overrides = [
      { date: date(3), ranges: [] },
      { date: date(4), ranges: [{ start: '22:00', end: '24:00' }] },
    ];
    const updated = await mia.ask('PATCH', `${SCHEDULES}/${schedule.id}`, { body: { overrides } });
    expect([updated.status, updated.json.overrides]).toEqual([200, overrides]);
    await make(
      TIME_OFF,
      { starts_at: `${date(2)}T10:30:00+00:00`, ends_at: `${date(2)}T11:00:00Z`, reason: 'Dentist' },
      mia,
    );
    expect(await slotsOf(id, range)).toEqual({
      [date(2)]: ['09:00', '11:00'],
      [date(4)]: ['22:00', '23:00'],
    });
    // Dates are those of the requested zone.
    const tokyo = await slotsOf(id, `from=${date(5)}&to=${date(5)}&time_zone=Asia/Tokyo`);
    expect(tokyo).toEqual({
      [date(5)]: ['22:00', '23:00', '09:00', '10:00', '11:00'].slice(0, 2).concat(full),
    });
    const availability = (await mia.ask('GET', `/api/v1/members/${mia.id}/availability`)).json;
    expect(availability).toMatchObject({
      schedule: { id: schedule.id, time_zone: 'UTC' },
      busy: [{ start: `${date(2)}T10:30:00.000Z`, end: `${date(2)}T11:00:00.000Z` }],
    });
  });

  test('a member has one default schedule, and a page may name another one', async () => {
    const first = await make(SCHEDULES, { rules: EVERY_DAY });
    const evening = [{ weekday: 1, start: '18:00', end: '20:00' }];
    const second = await make(SCHEDULES, { name: 'Evenings', rules: evening, is_default: true });
    const defaultOf = async (id: string) => (await olga.ask('GET', `${SCHEDULES}/${id}`)).json.is_default;
    expect([await defaultOf(first.id), await defaultOf(second.id)]).toEqual([false, true]);
    const page = await make(PAGES, { title: 'Named', hosts: [{ user_id: olga.id, schedule_id: first.id }] });
    const used = await olga.ask('DELETE', `${SCHEDULES}/${first.id}`);
    expect([used.status, used.json.error.message]).toEqual([
      409,
      'The booking page "Named" uses this schedule.',
    ]);
    const off = await olga.ask('PATCH', `${SCHEDULES}/${second.id}`, { body: { is_default: false } });
    expect(off.status).toBe(409);
    expect((await olga.ask('DELETE', `${SCHEDULES}/${second.id}`)).status).toBe(204);
    expect(await defaultOf(first.id)).toBe(true);
    await olga.ask('DELETE', `${PAGES}/${page.id}`);
    expect((await olga.ask('DELETE', `${SCHEDULES}/${first.id}`)).status).toBe(204);
    const other = await olga.ask('POST', PAGES, {
      body: { title: 'x', hosts: [{ user_id: mia.id, schedule_id: first.id }] },
    });
    expect([other.status, other.json.error.fields[0].field]).toEqual([400, 'hosts.0.schedule_id']);
  });

  test.each<[string, string, object, string]>([
    [
      'an end before its start',
      SCHEDULES,
      { rules: [{ weekday: 1, start: '17:00', end: '09:00' }] },
      'rules.0.end',
    ],
    ['24:30', SCHEDULES, { rules: [{ weekday: 1, start: '09:00', end: '24:30' }] }, 'rules.0.end'],
    [
      'an eighth weekday',
      SCHEDULES,
      { rules: [{ weekday: 8, start: '09:00', end: '10:00' }] },
      'rules.0.weekday',
    ],
    [
      'rules that overlap',
      SCHEDULES,
      {
        rules: [
          { weekday: 1, start: '09:00', end: '12:00' },
          { weekday: 1, start: '11:00', end: '13:00' },
        ],
      },
      'rules',
    ],
    ['an offset as its zone', SCHEDULES, { rules: [], time_zone: '+02:00' }, 'time_zone'],
    [
      'a date twice',
      SCHEDULES,
      { rules: [], overrides: [1, 2].map(() => ({ date: '2030-01-01', ranges: [] })) },
      'overrides.1.date',
    ],
    [
      '31 February',
      SCHEDULES,
      { rules: [], overrides: [{ date: '2030-02-31', ranges: [] }] },
      'overrides.0.date',
    ],
    [
      'time off that ends first',
      TIME_OFF,
      { starts_at: '2030-01-02T00:00:00Z', ends_at: '2030-01-01T00:00:00Z' },
      'ends_at',
    ],
    [
      'time off of a stranger',
      TIME_OFF,
      {
        user_id: '0190a000-0000-7000-8000-000000000000',
        starts_at: '2030-01-01T00:00:00Z',
        ends_at: '2030-01-02T00:00:00Z',
      },
      'user_id',
    ],
  ])('%s is a 400 that names the field', async (_what, path, body, field) => {
    const { status, json } = await olga.ask('POST', path, { body });
    expect([status, json.error?.fields?.[0]?.field], JSON.stringify(json)).toEqual([400, field]);
  });

  test.each([
    ['from=2030-02-31', 'from'],
    ['from=2026-12-02&to=2026-12-01', 'to'],
    ['from=2026-12-01&to=2027-12-01', 'to'],
    ['time_zone=Mars/Olympus', 'time_zone'],
    ['duration=31', 'duration'],
    ['day=1', 'day'],
  ])('slots?%s is a 400 that names the parameter', async (query, field) => {
    const page = (await s.ask('GET', PAGES)).json.data[0];
    const { status, json } = await s.ask('GET', `${PAGES}/${page.id}/slots?${query}`);
    expect([status, json.error?.fields?.[0]?.field], JSON.stringify(json)).toEqual([400, field]);
  });

  test('years far away have no slots, and break nothing', async () => {
    const page = (await s.ask('GET', PAGES)).json.data[0];
    for (const [from, to] of [
      ['0001-01-01', '0001-02-01'],
      ['9999-12-01', '9999-12-31'],
    ])
      expect(await slotsOf(page.id, `from=${from}&to=${to}`)).toEqual({});
  });
});

describe('who may', () => {
  test('the availability of years that the database does not have is refused by name', async () => {
    const path = `/api/v1/members/${olga.id}/availability`;
    for (const from of ['0001-01-01T00:00:00Z', '9999-12-31T23:00:00Z']) {
      const { status, json, text } = await olga.ask('GET', `${path}?from=${from}`);
      expect(status, text).toBe(400);
      expect(json.error.fields[0].field).toBe('from');
    }
    for (const from of ['0002-01-01T00:00:00Z', '9998-12-30T00:00:00Z'])
      expect((await olga.ask('GET', `${path}?from=${from}`)).status).toBe(200);
  });

  test('members read pages and change their own availability, no more', async () => {
    const page = await make(PAGES, { title: 'Read' });
    expect((await max.ask('GET', `${PAGES}/${page.id}`)).status).toBe(200);
    expect((await max.ask('GET', `${PAGES}/${page.id}/slots`)).status).toBe(200);
    expect((await max.ask('POST', PAGES, { body: { title: 'x' } })).status).toBe(403);
    expect((await max.ask('PATCH', `${PAGES}/${page.id}`, { body: { title: 'x' } })).status).toBe(403);
    expect((await max.ask('DELETE', `${PAGES}/${page.id}`)).status).toBe(403);
    const own = await make(SCHEDULES, { rules: EVERY_DAY }, max);
    expect((await max.ask('PATCH', `${SCHEDULES}/${own.id}`, { body: { name: 'Mine' } })).status).toBe(200);
    const others = await make(SCHEDULES, { rules: EVERY_DAY });
    for (const [method, path, body] of [
      ['POST', SCHEDULES, { user_id: olga.id, rules: [] }],
      ['PATCH', `${SCHEDULES}/${others.id}`, { name: 'x' }],
      ['DELETE', `${SCHEDULES}/${others.id}`, undefined],
      [
        'POST',
        TIME_OFF,
        { user_id: olga.id, starts_at: '2030-01-01T00:00:00Z', ends_at: '2030-01-02T00:00:00Z' },
      ],
    ] as const)
      expect((await max.ask(method, path, { body })).status, `${method} ${path}`).toBe(403);
    // A manager may.
    const made = await make(SCHEDULES, { user_id: max.id, name: 'By Mia', rules: [] }, mia);
    expect((await mia.ask('DELETE', `${SCHEDULES}/${made.id}`)).status).toBe(204);
  });

  test('the reason of time off is for the member and for managers', async () => {
    const body = { starts_at: '2031-01-01T00:00:00Z', ends_at: '2031-01-02T00:00:00Z', reason: 'Surgery' };
    const { id } = await make(TIME_OFF, body, mia);
    const reasonFor = async (who: SignedIn) => (await who.ask('GET', `${TIME_OFF}/${id}`)).json.reason;
    expect([await reasonFor(mia), await reasonFor(olga), await reasonFor(max)]).toEqual([
      'Surgery',
      'Surgery',
      null,
    ]);
    const list = (await max.ask('GET', `${TIME_OFF}?user_id=${mia.id}&from=2031-01-01`)).json.data;
    expect(list).toMatchObject([{ id, reason: null }]);
    expect((await max.ask('GET', `${TIME_OFF}?to=2026-01-01`)).json.data).toEqual([]);
    const moved = await mia.ask('PATCH', `${TIME_OFF}/${id}`, { body: { ends_at: '2031-01-03T00:00:00Z' } });
    expect(moved.json).toMatchObject({ version: 2, ends_at: '2031-01-03T00:00:00.000Z' });
    expect((await max.ask('DELETE', `${TIME_OFF}/${id}`)).status).toBe(403);
    expect((await mia.ask('DELETE', `${TIME_OFF}/${id}`)).status).toBe(204);
  });

  test('a key needs the scope, and another workspace finds nothing', async () => {
    const page = await make(PAGES, { title: 'Scoped' });
    const schedule = await make(SCHEDULES, { rules: EVERY_DAY });
    const off = await make(TIME_OFF, { starts_at: '2030-01-01T00:00:00Z', ends_at: '2030-01-02T00:00:00Z' });
    const reader = await s.person(['booking:read']);
    const paths = [
      `${PAGES}/${page.id}`,
      `${PAGES}/${page.id}/slots`,
      `${SCHEDULES}/${schedule.id}`,
      `${TIME_OFF}/${off.id}`,
      `/api/v1/members/${olga.id}/availability`,
    ];
    const cases: ApiCase[] = paths.flatMap((path) => [
      { name: 'reads', method: 'GET', path, as: reader, status: 200 },
      { name: 'lacks the scope', method: 'GET', path, as: s.bob, status: 403, code: 'forbidden' },
      { name: 'is elsewhere', method: 'GET', path, as: s.charlie, status: 404, code: 'not_found' },
    ]);
    const writes = [paths[0]!, paths[2]!, paths[3]!].flatMap((path) =>
      (['PATCH', 'DELETE'] as const).flatMap((method): ApiCase[] => [
        { name: 'may only read', method, path, body: {}, as: reader, status: 403 },
        { name: 'is elsewhere', method, path, body: {}, as: s.charlie, status: 404 },
      ]),
    );
    for (const item of [...cases, ...writes]) await runCase(s, item);
    // A key without a member has to name one.
    const unnamed = await s.ask('POST', SCHEDULES, { body: { rules: [] } });
    expect([unnamed.status, unnamed.json.error.fields[0].field]).toEqual([400, 'user_id']);
    const foreign = await s.ask('POST', SCHEDULES, { body: { user_id: eve.id, rules: [] } });
    expect([foreign.status, foreign.json.error.fields[0].field]).toEqual([400, 'user_id']);
  });
});
