import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../kit/process.ts';
import { runCase, startScenario, type ApiCase, type Person, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario();
});
afterAll(() => s.stop());

const PATH = '/api/v1/api-keys';
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

async function made(body: object = {}, as?: Person) {
  const reply = await s.ask('POST', PATH, { body: { name: 'website', ...body }, ...(as && { as }) });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
const status = async (key: string) => (await s.ask('GET', '/api/v1/me', { as: key })).status;
const shown = async (id: string) => (await s.ask('GET', `${PATH}/${id}`)).json;

describe('AX1: keys are created by API and shown once', () => {
  test('the key is in the response of its creation, works, and is in no other response', async () => {
    const key = await made({ scopes: ['contacts:read'] });
    expect(key).toMatchObject({
      name: 'website',
      style: 'fairlead',
      scopes: ['contacts:read'],
      state: 'active',
      expiring_soon: false,
      created_by: `api_key:${s.alice.keyId}`,
      expires_at: null,
      revoked_at: null,
    });
    expect(key.key).toMatch(/^fl_live_[A-Za-z0-9]{32}$/);
    expect(key.prefix).toBe(key.key.slice(0, 16));
    expect((await s.ask('GET', '/api/v1/me', { as: key.key })).json.scopes).toEqual(['contacts:read']);
    for (const path of [PATH, `${PATH}/${key.id}`]) {
      const reply = await s.ask('GET', path);
      expect(reply.text).toContain(key.id);
      expect(reply.text).not.toContain(key.key);
    }
    const { rows } = await s.db.pool.query('select k::text as text from api_key k where id = $1', [key.id]);
    expect(rows[0].text).not.toContain(key.key);
  });

  test('in every style; remixcrm always has its one scope', async () => {
    expect((await made({ style: 'axocrm' })).key).toMatch(/^axo_live_\w{32}$/);
    const lead = await made({ style: 'remixcrm', scopes: ['*'] });
    expect(lead.key).toMatch(/^rmx_\w{32}$/);
    expect(lead.scopes).toEqual(['leads:create']);
  });

  test('an Idempotency-Key returns the same key again and creates no second one', async () => {
    const ask = () =>
      s.ask('POST', PATH, { body: { name: 'twice' }, headers: { 'idempotency-key': 'make-it-once' } });
    const [first, second] = [await ask(), await ask()];
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.json).toEqual(first.json);
    const names = (await s.ask('GET', `${PATH}?limit=200`)).json.data.map(
      ({ name }: { name: string }) => name,
    );
    expect(names.filter((name: string) => name === 'twice')).toHaveLength(1);
  });

  test('lists page by page, newest first, of this workspace only', async () => {
    const key = await made({ name: 'newest' });
    const seen: string[] = [];
    let next: string | null = `${PATH}?limit=2`;
    while (next !== null) {
      const page: { data: { id: string }[]; next_url: string | null } = (await s.ask('GET', next)).json;
      seen.push(...page.data.map(({ id }) => id));
      next = page.next_url;
    }
    expect(seen[0]).toBe(key.id);
    expect(seen).toEqual([...seen].sort().reverse());
    expect(seen).toContain(s.bob.keyId);
    expect(seen).not.toContain(s.charlie.keyId);
  });
});

describe('a key gives no more scopes than it has', () => {
  test('a caller that may manage keys gives the scopes it has and is refused the rest', async () => {
    const manager = await s.person(['keys:manage', 'contacts:read']);
    expect((await made({ scopes: ['contacts:read'] }, manager)).scopes).toEqual(['contacts:read']);
    expect((await made({}, manager)).scopes).toEqual(['keys:manage', 'contacts:read']);
    const own = await made({ scopes: ['contacts:read'] }, manager);
    for (const [method, path, body] of [
      ['POST', PATH, { name: 'more', scopes: ['contacts:write'] }],
      ['POST', PATH, { name: 'more', scopes: ['*'] }],
      ['POST', PATH, { name: 'more', style: 'remixcrm' }],
      ['PATCH', `${PATH}/${own.id}`, { scopes: ['contacts:write'] }],
      ['PATCH', `${PATH}/${manager.keyId}`, { scopes: ['*'] }],
    ] as const) {
      const reply = await s.ask(method, path, { as: manager, body });
      expect(reply).toMatchObject({ status: 403, json: { error: { code: 'forbidden' } } });
    }
  });
});

describe('AX15: usage of each key', () => {
  test('counts requests, server errors and rate limit refusals, for 24 hours and 7 days, and returns the last use', async () => {
    const { id: workspaceId } = await s.app.workspaces.create({ name: 'Busy', plan: 'standard' });
    const { id, raw } = await s.app.keys.create({
      workspaceId,
      name: 'busy',
      style: 'fairlead',
      createdBy: 'test',
    });
    const read = async () => (await s.ask('GET', `${PATH}/${id}`, { as: raw })).json;
    expect(await read()).toMatchObject({
      last_used_at: null,
      usage: { last_24_hours: { requests: 0, server_errors: 0, rate_limited: 0 } },
    });
    const before = Date.now();
    await s.ask('GET', '/api/v1/me', { as: raw });
    await s.ask('GET', '/api/v1/nowhere', { as: raw });
    // A contact that cannot be stored: the table is temporarily renamed.
    await s.db.pool.query('alter table contact rename to contact_away');
    expect((await s.ask('GET', '/api/v1/contacts', { as: raw })).status).toBe(500);
    await s.db.pool.query('alter table contact_away rename to contact');
    await until(async () => (await read()).usage.last_24_hours.server_errors === 1);
    await s.db.pool.query('update quota set taken = array[100] where subject = $1', [id]);
    expect(await status(raw)).toBe(429);
    await s.db.pool.query('delete from quota where subject = $1', [id]);
    await until(async () => (await read()).usage.last_24_hours.rate_limited === 1);
    // The same amounts two days and nine days ago.
    await s.db.pool.query(
      `insert into key_usage select workspace_id, api_key_id, hour - ago, 1000, 10, 0
       from key_usage, unnest(array[interval '2 days', interval '9 days']) as ago where api_key_id = $1`,
      [id],
    );
    const key = await read();
    const { last_24_hours: day, last_7_days: week } = key.usage;
    expect(Date.parse(key.last_used_at)).toBeGreaterThanOrEqual(before);
    expect(day.requests).toBeGreaterThanOrEqual(4);
    expect(day).toMatchObject({ server_errors: 1, rate_limited: 1 });
    expect(week.server_errors % 10).toBe(1);
    expect(week.requests - day.requests).toBe(100 * (week.server_errors - 1));
    expect([1000, 2000]).toContain(week.requests - day.requests);
    const listed = (await s.ask('GET', PATH, { as: raw })).json.data;
    expect(listed).toHaveLength(1);
    expect(listed[0].usage.last_7_days.server_errors).toBe(week.server_errors);
  });

  test('usage that was counted while the database was away is written when it is back', async () => {
    const key = await made();
    expect(await status(key.key)).toBe(200);
    await s.db.pool.query('alter table key_usage rename to key_usage_away');
    await sleep(2_200);
    await s.db.pool.query('alter table key_usage_away rename to key_usage');
    await until(async () => (await shown(key.id)).usage.last_7_days.requests === 1);
  });

  test('no body, header or key of a request is stored', async () => {
    const key = await made();
    await s.ask('POST', '/api/v1/contacts', {
      as: key.key,
      body: { first_name: 'Zanzibar' },
      headers: { 'x-secret': 'Timbuktu' },
    });
    await until(async () => (await shown(key.id)).last_used_at !== null);
    const { rows } = await s.db.pool.query(
      `select string_agg(u::text, ' ') as text from key_usage u where api_key_id = $1`,
      [key.id],
    );
    expect(rows[0].text).not.toMatch(/Zanzibar|Timbuktu|fl_live/);
    const columns = await s.db.pool.query(
      `select column_name from information_schema.columns where table_name = 'key_usage' order by ordinal_position`,
    );
    expect(columns.rows.map(({ column_name: name }) => name)).toEqual([
      'workspace_id',
      'api_key_id',
      'hour',
      'requests',
      'server_errors',
      'rate_limited',
    ]);
  });

  test('a revoked key is refused at once and stays listed', async () => {
    const key = await made();
    expect(await status(key.key)).toBe(200);
    expect((await s.ask('DELETE', `${PATH}/${key.id}`)).status).toBe(204);
    expect(await status(key.key)).toBe(401);
    const listed = (await s.ask('GET', PATH)).json.data.find(({ id }: { id: string }) => id === key.id);
    expect(listed).toMatchObject({ state: 'revoked', revoked_at: expect.any(String) });
    const again = await s.ask('PATCH', `${PATH}/${key.id}`, { body: { name: 'back' } });
    expect(again).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    // Revoking again changes nothing.
    await s.ask('DELETE', `${PATH}/${key.id}`);
    expect((await shown(key.id)).revoked_at).toBe(listed.revoked_at);
  });
});

describe('AX16: expiry', () => {
  for (const days of [7, 30, 90] as const) {
    test(`in ${days} days`, async () => {
      const key = await made({ expires_in_days: days });
      expect(Math.abs(Date.parse(key.expires_at) - Date.now() - days * DAY_MS)).toBeLessThan(60_000);
      expect(key.expiring_soon).toBe(days === 7);
    });
  }

  test('on a date, or at a time with an offset; changed and removed later', async () => {
    const date = inDays(20).slice(0, 10);
    const key = await made({ expires_at: date });
    expect(key).toMatchObject({ expires_at: `${date}T00:00:00.000Z`, expiring_soon: false, state: 'active' });
    const change = async (body: object) => (await s.ask('PATCH', `${PATH}/${key.id}`, { body })).json;
    expect((await change({ expires_at: '2199-01-31T12:00:00+02:00' })).expires_at).toBe(
      '2199-01-31T10:00:00.000Z',
    );
    expect(await change({ expires_at: inDays(6) })).toMatchObject({ expiring_soon: true, state: 'active' });
    expect(await change({ expires_in_days: 30 })).toMatchObject({ expiring_soon: false });
    expect((await change({ expires_at: null })).expires_at).toBeNull();
  });

  test('in one second: valid now, api_key_expired then; shown as expired, and can be revoked or renewed', async () => {
    const key = await made({ expires_at: new Date(Date.now() + 1_000).toISOString() });
    expect(await status(key.key)).toBe(200);
    await until(async () => (await status(key.key)) === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(key.expires_at));
    const refused = await s.ask('GET', '/api/v1/me', { as: key.key });
    expect(refused.json.error.code).toBe('api_key_expired');
    const read = await shown(key.id);
    expect(read).toMatchObject({ state: 'expired', expiring_soon: false });
    // A client may send back what it read, although the date has passed.
    const { usage: _usage, ...rest } = read;
    expect((await s.ask('PUT', `${PATH}/${key.id}`, { body: { ...rest, name: 'renamed' } })).status).toBe(
      200,
    );
    await s.ask('PATCH', `${PATH}/${key.id}`, { body: { expires_in_days: 7 } });
    expect(await status(key.key)).toBe(200);
    expect((await s.ask('DELETE', `${PATH}/${key.id}`)).status).toBe(204);
    expect(await status(key.key)).toBe(401);
  });
});

describe('bad input', () => {
  let id: string;
  beforeAll(async () => {
    ({ id } = await made());
  });
  const cases: (Omit<ApiCase, 'path'> & { path?: string })[] = [
    { name: 'no name', method: 'POST', status: 400, body: {}, fields: ['name'] },
    { name: 'an empty name', method: 'POST', status: 400, body: { name: ' ' }, fields: ['name'] },
    { name: 'a NUL byte', method: 'POST', status: 400, body: { name: 'a\0' }, fields: ['name'] },
    { name: 'a long name', method: 'POST', status: 400, body: { name: 'a'.repeat(101) }, fields: ['name'] },
    { name: 'an unknown field', method: 'POST', status: 400, body: { name: 'a', nme: 1 }, fields: ['nme'] },
    {
      name: 'an unknown style',
      method: 'POST',
      status: 400,
      body: { name: 'a', style: 'x' },
      fields: ['style'],
    },
    { name: 'no scope', method: 'POST', status: 400, body: { name: 'a', scopes: [] }, fields: ['scopes'] },
    {
      name: 'an unknown scope',
      method: 'POST',
      status: 400,
      body: { name: 'a', scopes: ['*', 'contact:read'] },
      fields: ['scopes.1'],
    },
    {
      name: 'an expiry that is not a date',
      method: 'POST',
      status: 400,
      body: { name: 'a', expires_at: '2020-01-01' },
      fields: ['expires_at'],
    },
    {
      name: 'an expiry after the last valid date',
      method: 'POST',
      status: 400,
      body: { name: 'a', expires_at: '2030-02-30' },
      fields: ['expires_at'],
    },
    {
      name: 'an expiry beyond all dates',
      method: 'POST',
      status: 400,
      body: { name: 'a', expires_at: '9999-01-01' },
      fields: ['expires_at'],
    },
    {
      name: 'two expiries',
      method: 'POST',
      status: 400,
      body: { name: 'a', expires_at: '2030-01-01', expires_in_days: 7 },
      fields: ['expires_in_days'],
    },
    {
      name: 'an unsupported number of days',
      method: 'POST',
      status: 400,
      body: { name: 'a', expires_in_days: 8 },
      fields: ['expires_in_days'],
    },
    { name: 'a malformed id', method: 'GET', path: `${PATH}/nonsense`, status: 404, code: 'not_found' },
    {
      name: 'an unknown id',
      method: 'DELETE',
      path: `${PATH}/00000000-0000-7000-8000-000000000000`,
      status: 404,
    },
  ];
  for (const item of cases) {
    test(`${item.method} with ${item.name}: ${item.status}, and nothing is created`, async () => {
      const count = async () => (await s.db.pool.query('select count(*)::int as n from api_key')).rows[0].n;
      const before = await count();
      await runCase(s, { path: PATH, ...item });
      expect(await count()).toBe(before);
    });
  }

  test('every route: refused without the scope, and for the key of another workspace', async () => {
    for (const [method, path, body] of [
      ['GET', PATH],
      ['POST', PATH, { name: 'a' }],
      ['GET', `${PATH}/${id}`],
      ['PATCH', `${PATH}/${id}`, { name: 'b' }],
      ['PUT', `${PATH}/${id}`, { name: 'b' }],
      ['DELETE', `${PATH}/${id}`],
    ] as const) {
      expect((await s.ask(method, path, { as: s.bob, body })).json.error.code).toBe('forbidden');
      const stranger = await s.ask(method, path, { as: s.charlie, body });
      expect(stranger.status).toBe(path !== PATH ? 404 : method === 'POST' ? 201 : 200);
      expect(stranger.text).not.toContain(id);
    }
    expect(await shown(id)).toMatchObject({ name: 'website', state: 'active' });
  });
});
