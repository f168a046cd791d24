import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secondServer, startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

const JANE = {
  name: 'Jane Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};
const PATH = '/webhooks/crm/lead';
const SECRET = 'from-the-environment';
const NO_MATCH = '{"ok":true,"stored":false,"reason":"No matching lead or submission for crm_lead_id"}';

let s: Scenario;
let own: string;
beforeAll(async () => {
  s = await startScenario({
    FAIRLEAD_SERVICES: 'api',
    FAIRLEAD_LEADS_PER_HOUR: '0',
    CRM_WEBHOOK_SECRET: SECRET,
  });
  own = (await makeSecret()).json.secret;
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const makeSecret = (more: Ask = {}) =>
  s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'Make.com' }, ...more });
const report = (body: unknown, more: Ask = {}): Promise<Reply> =>
  s.ask('POST', PATH, { as: SECRET, body, ...more });

async function lead(crmLeadId?: string, as = s.alice.key) {
  const body = { ...JANE, ...(crmLeadId && { crm_lead_id: crmLeadId }) };
  const { json, status, text } = await s.ask('POST', '/api/v1/leads', { as, body });
  expect(status, text).toBe(201);
  await s.newEvents();
  return (await s.ask('GET', `/api/v1/leads/${json.id}`, { as })).json;
}
const activities = async (query: string, as = s.alice.key) =>
  (await s.ask('GET', `/api/v1/crm-activities?${query}`, { as })).json.data;

describe('CW2: accepted bodies', () => {
  test('the body and the response of the specification', async () => {
    const { id, number } = await lead('crm-abc-456');
    const raw = `{
"crm_lead_id": "crm-abc-456",
"event_type": "status_changed",
"status": "qualified",
"updated_at": "2026-03-05T10:00:00Z"
}`;
    const reply = await report(undefined, { raw });
    expect(reply.status).toBe(200);
    expect(reply.text).toBe(`{"ok":true,"stored":true,"lead_id":${number}}`);
    expect(await activities(`lead_id=${id}`)).toEqual([
      {
        id: expect.any(String),
        lead_id: id,
        crm_lead_id: 'crm-abc-456',
        event_type: 'status_changed',
        payload: JSON.parse(raw),
        received_at: expect.any(String),
        matched_by: null,
      },
    ]);
    const { rows } = await s.db.pool.query('select payload::text from crm_activity where lead_id = $1', [id]);
    expect(rows[0].payload).toBe(raw);
    expect(await s.newEvents()).toEqual([]);
    expect((await s.ask('GET', `/api/v1/leads/${id}`)).json).toMatchObject({ status: 'new', version: 1 });
  });

  test.each<[string, unknown]>([
    ['left out', undefined],
    ['null', null],
    ['empty', ' '],
    ['a number', 7],
    ['a NUL', 'a\0b'],
  ])('event_type %s is updated', async (_name, type) => {
    const { id } = await lead(`crm-type-${String(type)}`.replace('\0', ''));
    const crm = `crm-type-${String(type)}`.replace('\0', '');
    expect((await report({ crm_lead_id: crm, event_type: type })).json.stored).toBe(true);
    expect((await activities(`lead_id=${id}`))[0].event_type).toBe('updated');
  });

  test.each<[string, string]>([
    ['missing', '{}'],
    ['a number', '{"crm_lead_id":5}'],
    ['null', '{"crm_lead_id":null}'],
    ['an array', '{"crm_lead_id":["crm-1"]}'],
    ['empty', '{"crm_lead_id":""}'],
    ['blank', '{"crm_lead_id":"  "}'],
    ['a NUL', '{"crm_lead_id":"\\u0000"}'],
    ['endless', `{"crm_lead_id":"${'x'.repeat(1001)}"}`],
    ['no body', ''],
  ])('crm_lead_id %s is a 400 that names it', async (_name, raw) => {
    const reply = await report(undefined, { raw });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.code).toBe('validation_error');
    expect(reply.json.error.fields[0].field).toBe('crm_lead_id');
  });

  test.each<[number, string, string]>([
    [400, '{"crm_lead_id":', 'application/json'],
    [400, '[]', 'application/json'],
    [400, '"crm-1"', 'application/json'],
    [415, 'crm_lead_id=1', 'application/x-www-form-urlencoded'],
    [413, `{"crm_lead_id":"x","a":"${'x'.repeat(1024 * 1024)}"}`, 'application/json'],
  ])('%i for %.20s', async (status, raw, type) => {
    const reply = await report(undefined, { raw, headers: { 'content-type': type } });
    expect(reply.status).toBe(status);
    expect(reply.json.error.request_id).toBe(reply.headers.get('x-request-id'));
  });

  test.each<[string, Record<string, string>, (text: string) => Uint8Array]>([
    ['with a byte order mark', {}, (text) => Buffer.from(`\ufeff${text}`)],
    ['in gzip', { 'content-encoding': 'gzip' }, (text) => gzipSync(text)],
    [
      'in Latin-1',
      { 'content-type': 'application/json; charset=iso-8859-1' },
      (text) => Buffer.from(text, 'latin1'),
    ],
  ])('%s is kept as the text that it is', async (name, headers, coded) => {
    await lead(name);
    const reply = await report(undefined, {
      raw: coded(JSON.stringify({ crm_lead_id: name, city: 'Orléans' })),
      headers,
    });
    expect(reply.json, reply.text).toMatchObject({ stored: true });
    const [kept] = await activities('limit=1');
    expect(kept.payload).toEqual({ crm_lead_id: name, city: 'Orléans' });
  });

  test('text that JSON allows but PostgreSQL does not is stored as received', async () => {
    const { id } = await lead('crm-odd');
    const raw = '{"crm_lead_id":"crm-odd","odd":"a\\u0000b\\ud800"}';
    expect((await report(undefined, { raw })).json.stored).toBe(true);
    expect((await activities(`lead_id=${id}`))[0].payload.odd).toBe('a\0b\ud800');
  });
});

describe('CW3: matching', () => {
  test('by leads before submissions; the newest of several; never a deleted one', async () => {
    const [item, two] = [await lead('crm-both'), await lead()];
    await s.db.pool.query('update lead_submission set crm_lead_id = $1 where lead_id = $2', [
      'crm-both',
      two.id,
    ]);
    const ask = async (n: number) => (await report({ crm_lead_id: 'crm-both', n })).json.lead_id;
    expect(await ask(1)).toBe(item.number);
    const newer = await lead('crm-both');
    expect(await ask(2)).toBe(newer.number);
    await s.ask('DELETE', `/api/v1/leads/${newer.id}`);
    expect(await ask(3)).toBe(item.number);
    await s.ask('DELETE', `/api/v1/leads/${item.id}`);
    expect(await ask(4)).toBe(two.number);
    await s.ask('DELETE', `/api/v1/leads/${two.id}`);
    expect(await ask(5)).toBeUndefined();
  });

  test('by the newest of several submissions', async () => {
    const [item, two] = [await lead(), await lead()];
    for (const [{ id }, at] of [
      [item, '2026-03-05'],
      [two, '2026-03-04'],
    ] as const)
      await s.db.pool.query(
        'update lead_submission set crm_lead_id = $1, received_at = $2 where lead_id = $3',
        ['crm-follow-up', at, id],
      );
    expect((await report({ crm_lead_id: 'crm-follow-up' })).json.lead_id).toBe(item.number);
  });
});

describe('CW4: stored once', () => {
  test('the same body within a minute, also thirty at once, is stored once and answered the same', async () => {
    const { id, number } = await lead('crm-twice');
    const other = await secondServer(s, { CRM_WEBHOOK_SECRET: SECRET });
    try {
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          s.ask('POST', (n % 2 ? s.url : other.url) + PATH, {
            as: SECRET,
            body: { crm_lead_id: 'crm-twice' },
          }),
        ),
      );
      for (const { text } of all) expect(text).toBe(`{"ok":true,"stored":true,"lead_id":${number}}`);
    } finally {
      await other.stop();
    }
    expect(await activities(`lead_id=${id}`)).toHaveLength(1);
    await report({ crm_lead_id: 'crm-twice', n: 2 });
    expect(await activities(`lead_id=${id}`)).toHaveLength(2);
    await s.db.pool.query(`update crm_activity set received_at = received_at - interval '61 seconds'`);
    await report({ crm_lead_id: 'crm-twice', n: 2 });
    expect(await activities(`lead_id=${id}`)).toHaveLength(3);
  });

  test('an unmatched report gets the response of the specification, and can be matched manually', async () => {
    const reply = await report({ crm_lead_id: 'crm-late', status: 'won' });
    expect(reply).toMatchObject({ status: 200, text: NO_MATCH });
    const [unmatched] = await activities('matched=false');
    expect(unmatched).toMatchObject({ crm_lead_id: 'crm-late', lead_id: null, payload: { status: 'won' } });
    expect(await activities('matched=false', s.charlie.key)).not.toContainEqual(unmatched);

    const [item, two] = [await lead(), await lead()];
    const match = (leadId: unknown, more: Ask = {}) =>
      s.ask('POST', `/api/v1/crm-activities/${unmatched.id}/match`, { body: { lead_id: leadId }, ...more });
    expect((await match(item.id, { as: s.charlie })).status).toBe(400);
    const theirs = await lead(undefined, s.charlie.key);
    expect((await match(theirs.id, { as: s.charlie })).status).toBe(404);
    for (const bad of [theirs.id, 'x', 5, null])
      expect((await match(bad)).json.error.fields[0].field).toBe('lead_id');
    const headers = { 'idempotency-key': 'match' };
    const matched = await match(item.id, { headers });
    expect(matched.json).toEqual({ ...unmatched, lead_id: item.id, matched_by: `api_key:${s.alice.keyId}` });
    expect((await match(item.id, { headers })).headers.get('idempotent-replayed')).toBe('true');
    expect((await match(item.id)).status).toBe(200);
    expect((await match(two.id)).json.error.code).toBe('conflict');
    expect((await activities('matched=false')).map(({ id }: { id: string }) => id)).not.toContain(
      unmatched.id,
    );
    expect(await activities(`lead_id=${item.id}`)).toEqual([matched.json]);
    expect(await s.newEvents()).toEqual([]);
  });

  test('a report that is repeated after the lead got its crm_lead_id is matched', async () => {
    const made = await lead();
    const body = { crm_lead_id: 'crm-soon' };
    expect((await report(body)).json.stored).toBe(false);
    await s.ask('PATCH', `/api/v1/leads/${made.id}`, { body });
    expect((await report(body)).json).toEqual({ ok: true, stored: true, lead_id: made.number });
    expect(await activities(`lead_id=${made.id}`)).toHaveLength(1);
  });

  test('the newest 1,000 unmatched reports are kept, for 90 days', async () => {
    const fill = `insert into crm_activity (workspace_id, id, crm_lead_id, event_type, payload, body_hash, received_at)
      select $1, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'old', 'updated', '{}', '', $2::timestamptz
      from generate_series(1, $3::int) n`;
    const count = async () =>
      (
        await s.db.pool.query(
          'select count(*)::int as n from crm_activity where workspace_id = $1 and lead_id is null',
          [s.alice.workspaceId],
        )
      ).rows[0].n;
    await s.db.pool.query(fill, [s.alice.workspaceId, new Date(), 1050]);
    await report({ crm_lead_id: 'crm-full' });
    expect(await count()).toBe(1000);
    await s.db.pool.query(
      `update crm_activity set received_at = now() - interval '91 days' where crm_lead_id = 'old'`,
    );
    await report({ crm_lead_id: 'crm-full', n: 2 });
    expect(await count()).toBeLessThanOrEqual(901);
  });

  test.each([
    [
      'fails',
      'alter table crm_activity rename to crm_activity_away',
      'alter table crm_activity_away rename to crm_activity',
    ],
    [
      'does not answer',
      'begin; lock table inbound_secret, crm_activity in access exclusive mode',
      'rollback',
    ],
  ])('500 where the store %s, and sent again it is stored', async (_name, before, after) => {
    const made = await lead(`crm-500-${_name}`);
    const body = { crm_lead_id: `crm-500-${_name}` };
    const other = await s.db.pool.connect();
    try {
      await other.query(before);
      for (const as of [SECRET, own])
        expect(await report(body, { as })).toMatchObject({
          status: 500,
          json: { error: { code: 'server_error' } },
        });
    } finally {
      await other.query(after);
      other.release();
    }
    expect((await report(body)).json).toEqual({ ok: true, stored: true, lead_id: made.number });
    expect(await activities(`lead_id=${made.id}`)).toHaveLength(1);
  });
});

test('another method answers 405', async () => {
  const reply = await s.ask('GET', PATH);
  expect(reply).toMatchObject({ status: 405, json: { error: { code: 'method_not_allowed' } } });
  expect(reply.headers.get('allow')).toBe('POST');
});

describe('CW5: the timeline of a lead', () => {
  test('holds reports of the other CRM between its events, page by page', async () => {
    const jane = await lead('crm-timeline');
    for (const event_type of ['called', 'met']) {
      await report({ crm_lead_id: 'crm-timeline', event_type, note: 12345678901234567890n.toString() });
      await s.ask('PATCH', `/api/v1/leads/${jane.id}`, { body: { notes: event_type } });
    }
    const whole = (await s.ask('GET', `/api/v1/activities/${jane.id}`)).json.data;
    expect(whole.map(({ type }: { type: string }) => type)).toEqual([
      'lead.updated',
      'crm_activity.received',
      'lead.updated',
      'crm_activity.received',
      'lead.created',
    ]);
    expect(whole[1]).toMatchObject({
      record_type: 'lead',
      record_id: jane.id,
      changed: null,
      details: { label: 'CRM', event_type: 'met', payload: { crm_lead_id: 'crm-timeline' } },
    });

    const read: unknown[] = [];
    for (let query: string | null = '?limit=2'; query !== null;) {
      const { json } = await s.ask('GET', `/api/v1/activities/${jane.id}${query}`);
      read.push(...json.data);
      query = json.next_url && new URL(json.next_url, s.url).search;
    }
    expect(read).toEqual(whole);
  });
});
