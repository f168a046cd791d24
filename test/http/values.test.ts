import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let secret: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  secret = (await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'CRM' } })).json.secret;
});
afterAll(() => s.stop());

const post = (plural: string, raw: string) => s.ask('POST', `/api/v1/${plural}`, { raw });
const report = (raw: string) =>
  s.ask('POST', '/webhooks/crm/lead', { as: null, raw, headers: { authorization: `Bearer ${secret}` } });
const fieldsOf = (json: { error: { fields: { field: string; message: string }[] } }) =>
  json.error.fields.map(({ field }) => field);
const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const LEAD = '"name":"Jane Doe","email":"jane@example.com","phone":"+15551234567","event_date":"2026-08-15"';

describe('JSON is at most 64 levels deep', () => {
  test('at the API, with and without a key', async () => {
    for (const path of ['contacts', 'leads', 'contacts/batch', 'events', 'session', 'webhooks']) {
      const { status, text } = await post(path, nested(65));
      expect(status, path).toBe(400);
      expect(text).toContain('64 levels');
    }
  });

  test('at the inbound webhooks, and JSON with 64 levels can be read again', async () => {
    await s.ask('POST', '/api/v1/leads', { raw: `{${LEAD},"crm_lead_id":"deep"}` });
    expect((await report(`{"crm_lead_id":"deep","x":${nested(64)}}`)).status).toBe(400);
    expect((await report(`{"crm_lead_id":"deep","x":${nested(63)}}`)).json.stored).toBe(true);
    const { status, text } = await s.ask('GET', '/api/v1/crm-activities');
    expect(status).toBe(200);
    expect(text).toContain(nested(63));
    expect((await post('leads', `{${LEAD},"x":${nested(64)}}`)).status).toBe(400);
    expect((await post('leads', `{${LEAD},"x":${nested(63)}}`)).status).toBe(201);
  });

  test('brackets within texts do not count', async () => {
    const notes = JSON.stringify(`${'['.repeat(100)}\\"${'{'.repeat(100)}`);
    expect((await post('contacts', `{"first_name":"Jane","notes":${notes}}`)).status).toBe(201);
  });
});

test('a report that 0.1.0 stored, at any depth, is returned with all others', async () => {
  const lead = (await s.ask('POST', '/api/v1/leads', { raw: `{${LEAD}}` })).json.id;
  await s.db.pool.query(
    `insert into crm_activity (workspace_id, id, lead_id, crm_lead_id, event_type, payload, body_hash, received_at)
     values ($1, gen_random_uuid(), $2, 'old', 'updated', $3::json, '\\x00', now())`,
    [s.alice.workspaceId, lead, nested(4_500)],
  );
  for (const path of ['/api/v1/crm-activities', `/analytics/leads/${lead}`]) {
    const { status, text } = await s.ask('GET', path);
    expect(status, path).toBe(200);
    expect(text).toContain(nested(4_500));
  }
});

describe('a number keeps its value', () => {
  test.each(['10158231234567893', '9007199254740993', '1e400', '0.1234567890123456789'])(
    '%s in a custom field is rejected with the advice to send a string',
    async (number) => {
      for (const plural of ['contacts', 'companies', 'deals', 'tasks']) {
        const body = `{"name":"x","first_name":"x","title":"x","custom_fields":{"facebook_id":${number}}}`;
        const fits = plural === 'contacts' ? body.replace('"name":"x",', '') : body;
        const { status, json } = await post(plural, fits);
        expect(status).toBe(400);
        const wrong = json.error.fields.find(({ field }: { field: string }) => field.startsWith('custom_'));
        expect(wrong).toMatchObject({ field: 'custom_fields.facebook_id', message: /string/ });
      }
    },
  );

  test('as a string, or as plain digits, it is accepted', async () => {
    const { status, json } = await post(
      'contacts',
      '{"first_name":"Jane","custom_fields":{"id":"10158231234567893","a":5000.00,"b":1e3,"c":0.30000000000000004}}',
    );
    expect(status).toBe(201);
    const custom = { id: '10158231234567893', a: 5000, b: 1000, c: 0.1 + 0.2 };
    expect(json.custom_fields).toEqual(custom);
  });

  test('in a batch it rejects only its own record', async () => {
    const { status, json } = await post(
      'contacts/batch',
      '{"records":[{"first_name":"A","custom_fields":{"n":1e400}},{"first_name":"B"},{"first_name":"C\\u0000"}]}',
    );
    expect(status).toBe(200);
    expect(json.results.map((item: { status: number }) => item.status)).toEqual([400, 201, 400]);
    expect(json.results[0].error.fields[0].field).toBe('custom_fields.n');
  });

  test('in an unknown field of a lead it is kept exactly as sent', async () => {
    const raw = `{ ${LEAD}, "facebook_id": 10158231234567893, "price": 5000.00, "huge": 1e400, "n": 1, "n": 2 }`;
    const { status, json } = await post('leads', raw);
    expect(status).toBe(201);
    const { text } = await s.ask('GET', `/api/v1/leads/${json.id}/submissions`);
    expect(text).toContain(`"payload":${raw}`);
    expect((await s.ask('GET', `/analytics/leads/${json.id}`)).text).toContain(`"payload":${raw}`);
  });

  test('the same in a batch of leads, and in a report of another CRM', async () => {
    const record = `{${LEAD},"crm_lead_id":"exact", "id2": 10158231234567893}`;
    const { json } = await post('leads/batch', `{"records": [ {}, ${record} ]}`);
    expect(json.results.map((item: { status: number }) => item.status)).toEqual([400, 201]);
    const { text } = await s.ask('GET', `/api/v1/leads/${json.results[1].record.id}/submissions`);
    expect(text).toContain(`"payload":${record}`);
    const raw = '{"crm_lead_id":"exact",  "big":10158231234567893}';
    expect((await report(raw)).json.stored).toBe(true);
    expect((await s.ask('GET', '/api/v1/crm-activities')).text).toContain(`"payload":${raw}`);
  });

  test('in a known field of a lead it is rejected', async () => {
    const { status, json } = await post('leads', `{${LEAD},"custom_fields":{"n":10158231234567893}}`);
    expect(status).toBe(400);
    expect(json.fields).toEqual(['custom_fields.n']);
  });

  test('in the data of a custom event it is rejected', async () => {
    const schema = { type: 'object' };
    const body = { name: 'parcel.sent', schema, sample: {} };
    expect((await s.ask('POST', '/api/v1/custom-event-types', { body })).status).toBe(201);
    const { status, json } = await post('events', '{"type":"parcel.sent","data":{"n":[1,9007199254740993]}}');
    expect(status).toBe(400);
    expect(fieldsOf(json)).toEqual(['data.n.1']);
  });
});

describe('a value that cannot be stored is a 400 that names its path', () => {
  test('in every text filter of every list', async () => {
    const document = (await s.ask('GET', '/api/v1/openapi.json')).json;
    for (const [path, { get }] of Object.entries(document.paths) as [string, { get?: never }][]) {
      if (!get || path.includes('{') || path.includes('stream')) continue;
      const { parameters = [] } = get as { parameters?: { name: string; in: string; required?: boolean }[] };
      for (const { name } of parameters) {
        const others = parameters.filter((item) => item.required && item.name !== name);
        const rest = others.map((item) => `&${item.name}=a`).join('');
        const { status, json } = await s.ask('GET', `${path}?${encodeURIComponent(name)}=a%00b${rest}`);
        if (status === 403) continue;
        expect(status, `${path} ${name}`).toBe(400);
        expect(json.error.message, `${path} ${name}`).toContain(name);
      }
    }
  });

  test.each([
    ['/api/v1/contacts?created_at[gte]=0000-01-01T00:00:00Z', 'created_at[gte]'],
    ['/api/v1/deals?updated_at[lt]=2026-01-01T00:00:00%2B99:00', 'updated_at[lt]'],
    ['/api/v1/leads?created_at[gt]=0000-01-01', 'created_at[gt]'],
    ['/api/v1/tasks?due_date=0000-01-01', 'due_date'],
    ['/analytics/leads?created_at[lt]=2026-01-01T00:00:00-17:00', 'created_at[lt]'],
    ['/api/v1/event-log?occurred_at[gte]=0000-01-01', 'occurred_at[gte]'],
  ])('%s', async (path, field) => {
    const { status, json } = await s.ask('GET', path);
    expect(status).toBe(400);
    expect(fieldsOf(json)).toEqual([field]);
  });

  test.each([
    ['session', '{"email":"a\\u0000b@example.com","password":"x"}', 'email'],
    ['invitations', '{"email":"a\\u0000b@example.com"}', 'email'],
    ['events', '{"type":"a\\u0000b","data":{}}', 'type'],
    ['contacts', '{"first_name":"a\\u0000b"}', 'first_name'],
    ['tasks', '{"title":"x","due_date":"0000-01-01"}', 'due_date'],
    ['deals', '{"name":"x","expected_close_date":"0000-01-01"}', 'expected_close_date'],
    ['companies', '{"name":"x","custom_fields":{"a":"\\ud800"}}', 'custom_fields.a'],
  ])('POST /%s %s', async (path, raw, field) => {
    const { status, json } = await post(path, raw);
    expect(status).toBe(400);
    expect(fieldsOf(json)).toContain(field);
  });
});

describe('a cursor continues the list that it came from', () => {
  test('and no other: other filters, another order, another record type', async () => {
    for (let n = 0; n < 3; n++) await post('contacts', `{"first_name":"${n}","status":"cursor"}`);
    await post('companies', '{"name":"x"}');
    const page = '/api/v1/contacts?status=cursor&limit=1';
    const { next_cursor: cursor, next_url: next } = (await s.ask('GET', page)).json;
    expect((await s.ask('GET', next)).json.data).toHaveLength(1);
    expect((await s.ask('GET', `${page.replace('=1', '=2')}&count=exact&cursor=${cursor}`)).status).toBe(200);
    for (const other of [
      '/api/v1/companies?limit=1',
      '/api/v1/contacts?limit=1',
      '/api/v1/contacts?status=lead',
      '/api/v1/contacts?status=cursor&sort=created_at',
      '/api/v1/leads?status=cursor',
      '/api/v1/webhooks?limit=1',
    ]) {
      const { status, json } = await s.ask('GET', `${other}&cursor=${encodeURIComponent(cursor)}`);
      expect(status, other).toBe(400);
      expect(fieldsOf(json)).toEqual(['cursor']);
    }
  });

  test('a cursor of 0.1.0 continues', async () => {
    const { next_cursor: cursor } = (await s.ask('GET', '/api/v1/contacts?status=cursor&limit=1')).json;
    const old = cursor.split('.')[0];
    const { status, json } = await s.ask('GET', `/api/v1/contacts?status=cursor&limit=1&cursor=${old}`);
    expect([status, json.data.length]).toEqual([200, 1]);
  });
});

test('a + that is not encoded in an email filter is a +', async () => {
  await post('contacts', '{"email":"jane+tag@example.com"}');
  for (const query of ['email=jane+tag@example.com', 'email=jane%2Btag@example.com'])
    expect((await s.ask('GET', `/api/v1/contacts?${query}`)).json.data).toHaveLength(1);
});

describe('values that 0.1.0 stored, and that are no longer valid, can be read and sent back', () => {
  const OLD: Record<string, string> = {
    first_name: '\u200b',
    email: 'mailto:jane@example.com',
    phone: '+1 555',
  };

  test('together with other changes; a new value of that kind is rejected', async () => {
    const { id } = (await post('contacts', '{"first_name":"Jane"}')).json;
    await s.db.pool.query('update contact set first_name = $2, email = $3, phone = $4 where id = $1', [
      id,
      ...Object.values(OLD),
    ]);
    const read = await s.ask('GET', `/api/v1/contacts/${id}`);
    expect(read.json).toMatchObject(OLD);
    const put = await s.ask('PUT', `/api/v1/contacts/${id}`, { body: { ...read.json, notes: 'called' } });
    expect(put.status, put.text).toBe(200);
    expect(put.json).toMatchObject({ ...OLD, notes: 'called' });
    const bad = await s.ask('PUT', `/api/v1/contacts/${id}`, {
      body: { ...read.json, email: 'mailto:john@example.com' },
    });
    expect(bad.status).toBe(400);
    expect(fieldsOf(bad.json)).toEqual(['email']);
  });

  test('values of another workspace are not compared with', async () => {
    const { id } = (await post('contacts', '{"first_name":"Jane"}')).json;
    const body = { email: 'mailto:jane@example.com' };
    expect((await s.ask('PATCH', `/api/v1/contacts/${id}`, { as: s.charlie, body })).status).toBe(400);
  });
});

describe('a field accepts only what the store can hold', () => {
  test('a text too large for its index is rejected by its name, and delays nobody else', async () => {
    const long = Array.from({ length: 1000 }, (_, at) =>
      String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000)),
    );
    const bad = { name: 'A', website: `https://${long.join('')}` };
    const [refused, ...others] = await Promise.all([
      s.ask('POST', '/api/v1/companies', { body: bad }),
      ...Array.from({ length: 20 }, () => s.ask('POST', '/api/v1/companies', { body: { name: 'B' } })),
    ]);
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused.json)).toEqual(['website']);
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 201));
  });

  test.each([
    '2026-01-01T00:00:00.' + '1'.repeat(300) + 'Z',
    '2026-01-01T00:00:00+23:59',
    '0000-01-01T00:00:00Z',
  ])('no time of %s is accepted anywhere', async (time) => {
    const hook = { name: 'w', url: 'https://example.com/', events: ['contact.created'] };
    const { id } = (await s.ask('POST', '/api/v1/webhooks', { body: hook })).json;
    const replay = await s.ask('POST', `/api/v1/webhooks/${id}/replay`, { body: { since: time } });
    expect(replay.status).toBe(400);
    for (const path of ['contacts', 'leads', 'deliveries']) {
      const list = `/api/v1/${path}?created_at[gte]=${encodeURIComponent(time)}`;
      expect((await s.ask('GET', list)).status, path).toBe(400);
    }
  });

  test('an invalid cursor is a 400 in every list', async () => {
    const made = (value: string, id: string, sort = '-created_at') =>
      Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
    const cursors = [
      made('2026-01-01T00:00:00Z', '-'.repeat(36)),
      made('0000-01-01T00:00:00Z', s.alice.keyId, '-updated_at'),
      made('Jan 1 2026 (x)', s.alice.keyId, '-updated_at'),
      made('\0', s.alice.keyId),
    ];
    for (const cursor of cursors)
      for (const path of ['contacts', 'contacts?sort=-updated_at', 'leads', 'webhooks', 'audit', 'members'])
        expect(
          (await s.ask('GET', `/api/v1/${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`)).status,
          path,
        ).toBe(400);
  });

  test('a body of a public route has at most 200 fields', async () => {
    const fields = Array.from({ length: 300 }, (_, at) => `"f${at}":1`).join(',');
    const { status, text } = await s.ask('POST', '/api/v1/session', { as: null, raw: `{${fields}}` });
    expect([status, text.includes('200 fields')]).toEqual([400, true]);
  });
});

describe('a value that is sent back unchanged is accepted', () => {
  test('tags that are now equal, sources and event types of another spelling', async () => {
    const lead = (await post('leads', `{${LEAD},"tags":["vip"],"source":"Zafe","event_type":"Wedding"}`)).json
      .id;
    const tags = ['e\u0301', '\u00e9', 'vip'];
    await s.db.pool.query('update lead set tags = $2, source = $3, event_type = $4 where id = $1', [
      lead,
      tags,
      'Zafé',
      'wedding',
    ]);
    const read = (await s.ask('GET', `/api/v1/leads/${lead}`)).json;
    expect(read).toMatchObject({ tags, source: 'Zafé', event_type: 'wedding' });
    expect((await s.ask('PUT', `/api/v1/leads/${lead}`, { body: read })).json).toEqual(read);
  });

  test('a number that is only close to the stored one is rejected', async () => {
    const { id } = (await post('contacts', '{"first_name":"J","custom_fields":{"a":9007199254740992}}')).json;
    const patch = (raw: string) => s.ask('PATCH', `/api/v1/contacts/${id}`, { raw });
    expect((await patch('{"custom_fields":{"a":9007199254740993}}')).status).toBe(400);
    expect((await patch('{"custom_fields":{"a":9007199254740992}}')).status).toBe(200);
  });

  test('NUL alone is not an empty field', async () => {
    for (const field of ['notes', 'source', 'event_type', 'crm_lead_id'])
      expect((await post('leads', `{${LEAD},"${field}":"\\u0000"}`)).json.fields, field).toEqual([field]);
  });
});
