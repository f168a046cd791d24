import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

const JANE = {
  first_name: 'Jane',
  last_name: 'Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());

const post = (body: unknown, more: Ask = {}) => s.ask('POST', '/api/v1/leads', { body, ...more });
const made = async (body: object) => {
  const reply = await post(body);
  expect(reply.status, reply.text).toBe(201);
  return (await s.ask('GET', `/api/v1/leads/${reply.json.id}`)).json;
};

/** A new workspace with this hourly limit. */
async function workspaceWithLimit(perHour: number) {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Hours' });
  const key = await s.app.keys.create({ workspaceId, name: 'k', style: 'fairlead', createdBy: 'test' });
  const body = { leads_per_hour: perHour };
  expect((await s.ask('PATCH', '/api/v1/lead-settings', { as: key.raw, body })).status).toBe(200);
  return key.raw;
}

describe('RX1: the key', () => {
  test.each([
    ['Authorization: Bearer', (key: string) => ({ authorization: `Bearer ${key}` }), 201],
    ['X-API-Key', (key: string) => ({ 'x-api-key': key }), 201],
    [
      'both: Authorization takes precedence',
      (key: string) => ({ authorization: `Bearer ${key}`, 'x-api-key': 'no' }),
      201,
    ],
    [
      'both: Authorization takes precedence',
      (key: string) => ({ authorization: 'Bearer no', 'x-api-key': key }),
      401,
    ],
    ['none', () => ({}), 401],
  ])('in %s', async (_, headers, status) => {
    const { key } = await s.person([], 'remixcrm');
    const reply = await s.ask('POST', '/api/v1/leads', { as: null, headers: headers(key), body: JANE });
    expect(reply.status, reply.text).toBe(status);
  });
});

describe('RX5, RX7: a lead is created', () => {
  test('201 with id, status and lead_url; only lead.created is fired; a remixcrm key is enough', async () => {
    const as = await s.person([], 'remixcrm');
    await s.newEvents();
    const reply = await s.ask('POST', '/api/v1/leads', {
      as: null,
      headers: { 'x-api-key': as.key },
      body: JANE,
    });
    expect(reply.status, reply.text).toBe(201);
    expect(reply.json).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'created',
      lead_url: expect.stringMatching(new RegExp(`/leads/${reply.json.id}$`)),
    });
    expect(await s.newEvents()).toEqual(['lead.created']);
    const { rows } = await s.db.pool.query("select data->>'number' as n from event where object_id = $1", [
      reply.json.id,
    ]);
    const lead = await s.ask('GET', `/api/v1/leads/${reply.json.id}`);
    expect(lead.json).toMatchObject({ ...JANE, status: 'new', number: Number(rows[0].n) });
  });

  test('a form is accepted too, and unknown fields are stored with the submission', async () => {
    const raw = new URLSearchParams({ ...JANE, guests: '80', utm_source: 'ads' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', referer: 'https://acme.example/' };
    const reply = await s.ask('POST', '/api/v1/leads', { raw, headers });
    expect(reply.status, reply.text).toBe(201);
    const { data } = (await s.ask('GET', `/api/v1/leads/${reply.json.id}/submissions`)).json;
    expect(data).toMatchObject([
      {
        channel: 'api',
        payload: { ...JANE, guests: '80' },
        address: '127.0.0.0',
        referrer: 'https://acme.example/',
        utm: { utm_source: 'ads' },
      },
    ]);
  });

  test('a NUL in an unknown field is stored as sent', async () => {
    const reply = await post({ ...JANE, odd: 'a\0b\ud800' });
    expect(reply.status, reply.text).toBe(201);
    const { data } = (await s.ask('GET', `/api/v1/leads/${reply.json.id}/submissions`)).json;
    expect(data[0].payload.odd).toBe('a\0b\ud800');
  });
});

describe('RX3, RX4: fields', () => {
  test.each([
    ['Jane', 'Jane', null],
    ['Jane van der Berg Doe', 'Jane', 'van der Berg Doe'],
    ['مريم العلي', 'مريم', 'العلي'],
    ['👩‍👩‍👧 Doe', '👩‍👩‍👧', 'Doe'],
  ])('the name %s is split at its first space', async (name, first, last) => {
    const { first_name: _f, last_name: _l, ...rest } = JANE;
    expect(await made({ ...rest, name })).toMatchObject({ first_name: first, last_name: last });
  });

  test.each([
    [{ name: 'Jane', last_name: 'Doe' }, 'Jane', 'Doe'],
    [{ name: 'Doe', first_name: 'Jane' }, 'Jane', 'Doe'],
    [{ name: 'Jane', first_name: 'Jane' }, 'Jane', null],
    [{ name: 'Doe', last_name: 'Doe' }, null, 'Doe'],
    [{ name: 'Jane van Doe', last_name: 'Doe' }, 'Jane', 'van Doe'],
    [{ name: 'Jane Doe', first_name: 'Janet', last_name: 'Dow' }, 'Janet', 'Dow'],
  ])('no name is lost of %j', async (names, first, last) => {
    const { first_name: _f, last_name: _l, ...rest } = JANE;
    expect(await made({ ...rest, ...names })).toMatchObject({ first_name: first, last_name: last });
  });

  test.each(['jane+ads@example.com', 'zoë@exämple.com', 'jane@example.com '])(
    'the email %j is accepted',
    async (email) => {
      expect((await made({ ...JANE, email })).email).toBe(email.trim());
    },
  );

  test.each(['new', 'contacted', 'quoted'])('the status %s is accepted', async (status) => {
    expect((await made({ ...JANE, status })).status).toBe(status);
  });

  test.each(['+1 (555) 123-4567', 'call after 5', '٠١٢٣٤٥', '1', '☎️'])(
    'the phone %s is stored as sent',
    async (phone) => {
      expect((await made({ ...JANE, phone })).phone).toBe(phone);
    },
  );

  test('RX4: a new workspace has six event types of its own, however it was created', async () => {
    const list = async (as: typeof s.alice) =>
      (await s.ask('GET', '/api/v1/lead-event-types', { as })).json.data.map(
        ({ name }: { name: string }) => name,
      );
    const six = ['Wedding', 'Birthday', 'Anniversary', 'Corporate', 'Conference', 'Other'];
    expect(await list(s.charlie)).toEqual(six);
    const { data } = (await s.ask('GET', '/api/v1/lead-event-types', { as: s.charlie })).json;
    expect((await s.ask('DELETE', `/api/v1/lead-event-types/${data[1].id}`, { as: s.charlie })).status).toBe(
      204,
    );
    expect(await list(s.charlie)).toEqual(six.filter((name) => name !== 'Birthday'));
    expect(await list(s.alice)).toEqual(six);
  });

  test('an event type is matched ignoring case; an unknown one is ignored', async () => {
    expect((await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'WEDDING' } })).status).toBe(409);
    expect((await made({ ...JANE, event_type: 'wEDDING' })).event_type).toBe('Wedding');
    expect((await made({ ...JANE, event_type: 'Wake' })).event_type).toBeNull();
  });

  test('an unknown source is created once, and then matched ignoring case', async () => {
    await made({ ...JANE, source: 'Instagram' });
    expect((await made({ ...JANE, source: 'INSTAGRAM' })).source).toBe('Instagram');
    const { data } = (await s.ask('GET', '/api/v1/lead-sources')).json;
    expect(data.filter((item: { name: string }) => /instagram/i.test(item.name))).toHaveLength(1);
  });
});

describe('RX3: a key of another style, or a member, needs a name and one of email and phone', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a last name and a phone', { last_name: 'Doe', phone: '+1555' }],
    ['a whole name and an email', { name: 'Jane', email: 'jane@example.com' }],
  ])('%s are enough', async (_name, body) => {
    const lead = await made(body);
    expect(lead).toMatchObject({ event_date: null, status: 'new' });
    const remixcrm = await post(body, { as: await s.person([], 'remixcrm') });
    expect(remixcrm.status, 'of a remixcrm key more is required').toBe(400);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['nothing', {}, ['name', 'email']],
    ['no name', { email: 'jane@example.com', event_date: '2026-08-15' }, ['name']],
    ['blank names', { first_name: ' ', last_name: '', phone: '+1555' }, ['name']],
    ['nowhere to answer to', { name: 'Jane', email: ' ', phone: null }, ['email']],
  ])('%s: 400, whichever shape it is in', async (_name, body, fields) => {
    const remixcrm = await post(body);
    expect(remixcrm.json).toMatchObject({ error: 'Missing required fields', fields });
    const own = await post(body, { headers: { prefer: 'return=representation' } });
    expect(own.status).toBe(400);
    expect(own.json.error.fields.map(({ field }: { field: string }) => field)).toEqual(fields);
  });
});

describe('Prefer: return=representation', () => {
  const headers = { prefer: 'respond-async, return=representation' };

  test('201 with the record, its lead_url and Preference-Applied', async () => {
    const reply = await post(JANE, { headers });
    expect(reply.status, reply.text).toBe(201);
    const lead = (await s.ask('GET', `/api/v1/leads/${reply.json.id}`)).json;
    expect(reply.json).toEqual(lead);
    expect(reply.json).toMatchObject({ ...JANE, number: expect.any(Number), version: 1 });
    expect(reply.json.lead_url).toMatch(new RegExp(`/leads/${lead.id}$`));
    expect(reply.headers.get('preference-applied')).toBe('return=representation');
    expect(reply.headers.get('location')).toBe(`/api/v1/leads/${lead.id}`);
  });

  test('a repeated request under its Idempotency-Key is answered by its own preference', async () => {
    const key = { 'idempotency-key': 'preferred' };
    const first = await post(JANE, { headers: { ...headers, ...key } });
    const again = await post(JANE, { headers: { ...headers, ...key } });
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const receipt = await post(JANE, { headers: key });
    expect(receipt.json).toEqual({
      id: first.json.id,
      status: 'created',
      lead_url: first.json.lead_url,
    });
  });

  test('a batch returns records in order, and errors like every batch', async () => {
    const body = { records: [JANE, { email: 'x' }, { ...JANE, name: 'Zoë' }] };
    const { json } = await s.ask('POST', '/api/v1/leads/batch', { headers, body });
    expect(json.results.map(({ status }: { status: number }) => status)).toEqual([201, 400, 201]);
    expect(json.results[0].record).toMatchObject({ ...JANE, lead_url: expect.any(String) });
    expect(json.results[1].error).toMatchObject({ code: 'validation_error' });
  });

  test('on_duplicate: 200 with the lead that exists', async () => {
    const lead = await made({ ...JANE, email: 'twice@example.com' });
    const body = { ...JANE, email: 'twice@example.com' };
    const again = await s.ask('POST', '/api/v1/leads?on_duplicate=return', { headers, body });
    expect(again.status, again.text).toBe(200);
    expect(again.json).toEqual(lead);
    expect(again.headers.get('location')).toBe(null);
  });

  test.each([
    '',
    'return=minimal',
    'return=representations',
    'return="representation',
    'return;representation',
    // Of a preference that is sent twice, the first one counts.
    'return=minimal, return=representation',
    'return, return=representation',
    'x="a, return=representation"',
    String.raw`x="\", return=representation"`,
  ])('another preference, or none, gets RemixCRM’s response: %s', async (prefer) => {
    const reply = await post(JANE, { headers: { prefer } });
    expect(reply.json.status).toBe('created');
    expect(reply.headers.get('preference-applied')).toBe(null);
  });

  test.each([
    'Return=Representation',
    'return = "representation"',
    'return=representation; x="a, b"',
    'x="return=minimal", handling=lenient,return=representation',
    'return=representation, return=minimal',
  ])('the preference is found in %s', async (prefer) => {
    expect((await post(JANE, { headers: { prefer } })).json).toMatchObject({ ...JANE, version: 1 });
  });

  describe('a key that cannot read leads', () => {
    const receipt = (id: string, status: string) => ({ id, status, lead_url: `${s.url}/leads/${id}` });
    const staffed = async (email: string) => {
      const lead = await made({ ...JANE, email });
      await s.ask('PATCH', `/api/v1/leads/${lead.id}`, { body: { notes: 'Pays late.' } });
      return lead;
    };

    test.each([
      ['leads:create', ['leads:create'], 'fairlead'],
      ['leads:write', ['leads:write'], 'fairlead'],
      ['the style remixcrm', [], 'remixcrm'],
    ] as const)('%s: gets the receipt of an existing lead, not the lead', async (name, scopes, style) => {
      const email = `${name.replaceAll(/\W/g, '')}@example.com`;
      const lead = await staffed(email);
      const as = await s.person(scopes, style);
      for (const [mode, status] of [
        ['return', 'existing'],
        ['attach', 'attached'],
      ] as const) {
        const body = { ...JANE, email };
        const reply = await s.ask('POST', `/api/v1/leads?on_duplicate=${mode}`, { as, headers, body });
        expect([reply.status, reply.json]).toEqual([200, receipt(lead.id, status)]);
        expect(reply.headers.get('preference-applied')).toBe(null);
      }
    });

    test('gets the record that it created, until someone changes it', async () => {
      const as = await s.person([], 'remixcrm');
      const send = () => post(JANE, { as, headers: { ...headers, 'idempotency-key': 'own' } });
      const first = await send();
      expect(first.json).toMatchObject({ ...JANE, version: 1 });
      expect((await send()).json).toEqual(first.json);
      await s.ask('PATCH', `/api/v1/leads/${first.json.id}`, { body: { notes: 'Pays late.' } });
      expect((await send()).json).toEqual(receipt(first.json.id, 'created'));
    });

    test('the same in a batch', async () => {
      const as = await s.person(['leads:create']);
      const body = { records: [JANE, { email: 'x' }, JANE] };
      const send = () =>
        s.ask('POST', '/api/v1/leads/batch', {
          as,
          body,
          headers: { ...headers, 'idempotency-key': 'many' },
        });
      const { results } = (await send()).json;
      expect(results[0].record).toMatchObject({ ...JANE, version: 1 });
      await s.ask('PATCH', `/api/v1/leads/${results[0].record.id}`, { body: { notes: 'Pays late.' } });
      const again = await send();
      expect(again.json.results).toEqual([
        { status: 201, record: receipt(results[0].record.id, 'created') },
        results[1],
        results[2],
      ]);
      expect(again.headers.get('preference-applied')).toBe(null);
    });
  });

  test('a lead that was deleted meanwhile is answered by its receipt with lead_url', async () => {
    const key = { ...headers, 'idempotency-key': 'gone' };
    const { id, lead_url } = (await post(JANE, { headers: key })).json;
    const batch = (more: object) =>
      s.ask('POST', '/api/v1/leads/batch', { body: { records: [JANE] }, headers: { ...more, ...headers } });
    const many = { 'idempotency-key': 'gone-batch' };
    const [{ record }] = (await batch(many)).json.results;
    for (const item of [id, record.id]) await s.ask('DELETE', `/api/v1/leads/${item}`);
    const again = await post(JANE, { headers: key });
    expect([again.status, again.json]).toEqual([201, { id, status: 'created', lead_url }]);
    expect(again.headers.get('preference-applied')).toBe(null);
    const replayed = (await batch(many)).json.results;
    expect(replayed[0].record).toEqual({ id: record.id, status: 'created', lead_url: record.lead_url });
  });
});

describe('RX6: errors in RemixCRM’s format', () => {
  test.each<[string, unknown, string, string[]]>([
    [
      'nothing at all',
      {},
      'Missing required fields',
      ['first_name', 'last_name', 'email', 'phone', 'event_date'],
    ],
    [
      'empty and null',
      { ...JANE, phone: ' ', event_date: null },
      'Missing required fields',
      ['phone', 'event_date'],
    ],
    ['missing before malformed', { ...JANE, phone: '', email: 'x' }, 'Missing required fields', ['phone']],
    ['no real date', { ...JANE, event_date: '2026-02-30' }, 'Invalid fields', ['event_date']],
    ['no email', { ...JANE, email: 'nowhere' }, 'Invalid fields', ['email']],
    ['a status of later', { ...JANE, status: 'won' }, 'Invalid fields', ['status']],
    ['an endless source', { ...JANE, source: 'x'.repeat(10_000) }, 'Invalid fields', ['source']],
    ['an overlong name', { ...JANE, first_name: '', name: 'x'.repeat(300) }, 'Invalid fields', ['name']],
    ['a number for a crm_lead_id', { ...JANE, crm_lead_id: 5 }, 'Invalid fields', ['crm_lead_id']],
    ['a list', [JANE], 'Invalid fields', ['body']],
  ])('%s', async (_name, body, error, fields) => {
    const as = await s.person([], 'remixcrm');
    await s.newEvents();
    const reply = await post(body, { as });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json).toEqual({ error, fields, request_id: expect.any(String) });
    const batch = await s.ask('POST', '/api/v1/leads/batch', { as, body: { records: [body] } });
    expect(batch.json.results).toEqual([{ status: 400, error, fields }]);
    expect(await s.newEvents()).toEqual([]);
  });

  test('422 for another body under one Idempotency-Key, 500 if the store fails', async () => {
    const headers = { 'idempotency-key': 'remix-shape' };
    expect((await post(JANE, { headers })).status).toBe(201);
    const other = await post({ ...JANE, notes: 'other' }, { headers });
    expect(other.status).toBe(422);
    await s.db.pool.query('alter table lead_submission rename to lead_submission_away');
    const failed = await post(JANE);
    await s.db.pool.query('alter table lead_submission_away rename to lead_submission');
    expect(failed.status).toBe(500);
    for (const { json } of [other, failed])
      expect(json).toEqual({ error: expect.any(String), request_id: expect.any(String) });
  });

  test('409 with Retry-After while the first request with its Idempotency-Key is in progress', async () => {
    const as = await workspaceWithLimit(0);
    const headers = { 'idempotency-key': 'in-flight' };
    const send = () => s.ask('POST', '/api/v1/leads', { as, body: JANE, headers });
    const blocker = await s.db.pool.connect();
    let first: Promise<Reply>;
    try {
      await blocker.query('begin; lock table lead in access exclusive mode');
      first = send();
      // The first request holds the key once it waits for the lock.
      await expect
        .poll(async () => (await s.db.pool.query('select from pg_locks where not granted')).rowCount)
        .toBeGreaterThan(0);
      const second = await send();
      expect(second.status, second.text).toBe(409);
      expect(second.json).toEqual({ error: expect.any(String), request_id: expect.any(String) });
      expect(second.headers.get('retry-after')).toBe('1');
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
    const done = await first;
    expect(done.status, done.text).toBe(201);
    const again = await send();
    expect(again.json).toEqual(done.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('401, 403, 405, 413, 415 and broken JSON', async () => {
    const requested: [number, string, Ask][] = [
      [401, 'POST', { as: null, body: JANE }],
      [403, 'POST', { as: s.bob, body: JANE }],
      [405, 'DELETE', {}],
      [413, 'POST', { raw: `{"a":"${'x'.repeat(1024 * 1024)}"}` }],
      [415, 'POST', { raw: 'a', headers: { 'content-type': 'text/plain' } }],
      [400, 'POST', { raw: '{"a"' }],
    ];
    for (const [status, method, more] of requested) {
      const reply = await s.ask(method, '/api/v1/leads', more);
      expect(reply.status, reply.text).toBe(status);
      expect(reply.json.error, reply.text).toBeTypeOf('string');
    }
    expect((await s.ask('GET', '/api/v1/leads', { as: null })).json.error.code).toBe('unauthorized');
  });
});
