import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dropOldConnectionEvents } from '../../src/connections/connection-event-retention.ts';
import { PROJECT, until } from '../kit/process.ts';
import { startScenario, type Ask, type Person, type Reply, type Scenario } from '../kit/scenario.ts';

const PATH = '/api/v1/connections';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

interface Made {
  id: string;
  kind: string;
  url: string;
  secret: string;
}

async function connect(kind: string, more: object = {}, as: Person = s.alice): Promise<Made> {
  const reply = await s.ask('POST', PATH, { as, body: { kind, name: `${kind} of Acme`, ...more } });
  expect(reply.status, reply.text).toBe(201);
  const { id, urls, secrets } = reply.json;
  return { id, kind, url: urls[0].url, secret: Object.values<string>(secrets ?? {})[0]! };
}
const state = async ({ id }: { id: string }) => (await s.ask('GET', `${PATH}/${id}`)).json;
const log = async ({ id }: { id: string }, query = '') =>
  (await s.ask('GET', `${PATH}/${id}/events${query}`)).json.data;

/** The request of a document in docs/integrations, as the system sends it. */
async function documented(page: string): Promise<Record<string, unknown>> {
  const text = await readFile(path.join(PROJECT, 'docs/integrations', page), 'utf8');
  return JSON.parse(/```http[^{]*\n\n(\{[\s\S]*?)```/.exec(text)![1]!);
}

/** Sends a request of the kind's system, made with a secret; `body` changes that of the document. */
type Send = (to: Made, body?: object, more?: Ask & { secret?: string }) => Promise<Reply>;

const typeform: Send = async ({ url, secret: own }, body = {}, { secret = own, ...more } = {}) => {
  const sent = { ...(await documented('typeform.md')), event_id: `evt-${Math.random()}`, ...body };
  const raw = JSON.stringify(sent);
  const signature = createHmac('sha256', secret).update(raw).digest('base64');
  const headers = { 'typeform-signature': `sha256=${signature}`, ...more.headers };
  return s.ask('POST', url, { as: null, raw, ...more, headers });
};

const google: Send = async ({ url, secret: own }, body = {}, { secret = own, ...more } = {}) => {
  const lead = { ...(await documented('google-ads-lead-forms.md')), lead_id: `lead-${Math.random()}` };
  return s.ask('POST', url, { as: null, body: { ...lead, google_key: secret, ...body }, ...more });
};

const crm: Send = async ({ url, secret: own }, body = {}, { secret = own, ...more } = {}) =>
  s.ask('POST', url, { as: secret, body: { crm_lead_id: `crm-${Math.random()}`, ...body }, ...more });

const KINDS: readonly (readonly [string, Send])[] = [
  ['typeform', typeform],
  ['google-ads', google],
  ['crm', crm],
];

describe.each(KINDS)('a connection of the kind %s', (kind, send) => {
  test('waits for its first request, becomes active, and shows the lead that it became', async () => {
    if (kind === 'crm')
      await s.ask('POST', '/api/v1/leads', {
        body: { name: 'Jane', email: 'j@x.example', crm_lead_id: 'crm-9' },
      });
    const made = await connect(kind);
    expect(made.url).toBe(`${s.url}/webhooks/${kind}/${made.id}`);
    expect(await state(made)).toMatchObject({ state: 'waiting', last_event_at: null });
    expect(await log(made)).toEqual([]);

    await s.newEvents();
    const reply = await send(made, kind === 'crm' ? { crm_lead_id: 'crm-9' } : {});
    expect(reply.status, reply.text).toBe(200);
    expect(await s.newEvents()).toEqual(kind === 'crm' ? [] : ['lead.created']);
    expect(await state(made)).toMatchObject({ state: 'active', last_event_at: expect.any(String) });
    const [event, ...others] = await log(made);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ outcome: 'accepted', reason: null, count: 1 });
    expect(event.payload).toMatchObject(kind === 'crm' ? { crm_lead_id: 'crm-9' } : {});
    expect(event.record).toMatchObject({ type: 'lead', url: `${s.url}/leads/${event.record.id}` });
    expect((await s.ask('GET', `/api/v1/leads/${event.record.id}`)).status).toBe(200);
    // The other CRM gets the number of the lead, all others its id.
    expect(event.record.id === reply.json.id).toBe(kind !== 'crm');
  });

  test('a request with another secret is a 401, one without a secret too, and the connection is failing until the next good one', async () => {
    const made = await connect(kind);
    const other = await connect(kind);
    expect((await send(made, {}, { secret: other.secret })).status).toBe(401);
    await until(async () => (await state(made)).state === 'failing');
    const [event] = await log(made, '?outcome=refused');
    expect(event).toMatchObject({ outcome: 'refused', record: null, type: null, count: 1 });
    expect(event.reason).toMatch(/\.$/);
    expect((await state(made)).last_error).toBe(event.reason);
    expect((await state(made)).last_event_at).toBeNull();
    expect((await send(made)).status).toBe(200);
    expect((await state(made)).state).toBe('active');
    expect((await state(other)).state).toBe('waiting');
  });

  test('an unknown id, an id of another kind, a disabled connection and a wrong secret get the same response', async () => {
    const made = await connect(kind);
    const disabled = await connect(kind);
    await s.ask('PATCH', `${PATH}/${disabled.id}`, { body: { active: false } });
    const ofOther = await connect(kind === 'crm' ? 'typeform' : 'crm');
    const at = (id: string) => ({ ...made, url: `${s.url}/webhooks/${kind}/${id}` });
    const replies = await Promise.all([
      send(at('0198f000-0000-7000-8000-000000000000')),
      send(at(ofOther.id)),
      send(disabled),
      send(made, {}, { secret: 'a secret that is not the right one' }),
    ]);
    const shown = replies.map(({ status, text, headers }) => ({
      status,
      text: text.replace(/"request_id":"[^"]*"/, ''),
      headers: [...headers.keys()],
    }));
    expect(shown[0]!.status).toBe(401);
    for (const reply of shown) expect(reply).toEqual(shown[0]);
    // Nor does an unreadable body, or another method.
    for (const id of [made.id, '0198f000-0000-7000-8000-000000000000']) {
      const broken = await s.ask('POST', at(id).url, { as: null, raw: '{"a' });
      expect([broken.status, broken.json.error.code]).toEqual([400, 'validation_error']);
      const large = await s.ask('POST', at(id).url, { as: null, raw: `{"a":"${'x'.repeat(262_144)}"}` });
      expect(large.status).toBe(413);
      expect((await s.ask('GET', at(id).url)).status).toBe(405);
    }
    await until(async () => (await log(disabled)).length > 0);
    expect(await log(disabled)).toMatchObject([
      { outcome: 'refused', reason: 'The connection is disabled.' },
    ]);
    expect((await state(disabled)).state).toBe('disabled');
    expect(await s.newEvents()).toEqual([]);
  });

  test('unverified requests of an hour are one entry with their number', async () => {
    const made = await connect(kind);
    for (let n = 0; n < 30; n++) {
      expect((await send(made, {}, { secret: `a wrong secret, number ${n}` })).status).toBe(401);
    }
    await until(async () => (await log(made))[0]?.count === 30);
    expect(await log(made)).toHaveLength(1);
  });

  test('after a rotation the old secret is accepted for a while, or not at all', async () => {
    const made = await connect(kind);
    const rotate = (body: object) => s.ask('POST', `${PATH}/${made.id}/rotate-secret`, { body });
    const first = await rotate({});
    expect(first.status, first.text).toBe(200);
    const [second] = Object.values<string>(first.json.secrets);
    expect(second).not.toBe(made.secret);
    expect(Date.parse(first.json.old_secrets_until) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect((await send(made, {}, { secret: second! })).status).toBe(200);
    expect((await send(made)).status).toBe(200);
    const own = await rotate({ secret: 'a-secret-of-my-own-choice', overlap_s: 0 });
    expect(own.status, own.text).toBe(200);
    expect(own.json).not.toHaveProperty('secrets');
    expect(own.json.old_secrets_until).toBeNull();
    expect((await send(made, {}, { secret: 'a-secret-of-my-own-choice' })).status).toBe(200);
    expect((await send(made)).status).toBe(401);
    expect((await send(made, {}, { secret: second! })).status).toBe(401);
  });

  test('its test passes, and changes nothing', async () => {
    const made = await connect(kind);
    const reply = await s.ask('POST', `${PATH}/${made.id}/test`);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json).toEqual({ ok: true, message: expect.any(String) });
    expect(await s.newEvents()).toEqual([]);
    expect(await state(made)).toMatchObject({ state: 'waiting' });
  });

  test('a request that a proxy compressed is verified by its content', async () => {
    const made = await connect(kind);
    expect((await send(made, {}, { headers: { 'content-encoding': 'identity' } })).status).toBe(200);
  });

  test('a connection that is deleted receives nothing, and its lead stays', async () => {
    const made = await connect(kind);
    await send(made);
    expect((await s.ask('DELETE', `${PATH}/${made.id}`)).status).toBe(204);
    expect((await send(made)).status).toBe(401);
    const { rowCount } = await s.db.pool.query('select from connection_event where connection_id = $1', [
      made.id,
    ]);
    expect(rowCount).toBe(0);
  });
});

describe('the log', () => {
  test('a retry is a duplicate of the same lead, and creates none', async () => {
    const made = await connect('typeform');
    const first = await typeform(made, { event_id: 'evt-retried' });
    const again = await typeform(made, { event_id: 'evt-retried' });
    expect(again.text).toBe(first.text);
    expect(await s.newEvents()).toEqual(['lead.created']);
    expect((await log(made)).map((item: { outcome: string }) => item.outcome)).toEqual([
      'duplicate',
      'accepted',
    ]);
    const [event] = await log(made, '?outcome=duplicate');
    expect(event).toMatchObject({ external_id: 'evt-retried', type: 'form_response' });
    expect(event.record.id).toBe(first.json.id);
  });

  test('a partial response and a test of Google are ignored, which is no failure', async () => {
    const forms = await connect('typeform');
    expect((await typeform(forms, { event_type: 'form_response_partial' })).json.status).toBe('ignored');
    expect(await log(forms)).toMatchObject([
      { outcome: 'ignored', type: 'form_response_partial', payload: { event_type: 'form_response_partial' } },
    ]);
    const ads = await connect('google-ads');
    expect((await google(ads, { is_test: true })).json).toEqual({ status: 'test' });
    expect(await log(ads)).toMatchObject([{ outcome: 'ignored', type: 'test' }]);
    expect((await state(ads)).state).toBe('active');
    expect(await s.newEvents()).toEqual([]);
  });

  test('a verified request that is refused is stored with its reason and its whole body', async () => {
    const made = await connect('google-ads');
    const note = 'n'.repeat(20_000);
    const refused = await google(made, { user_column_data: [{ column_id: 'CITY', string_value: note }] });
    expect(refused.status).toBe(400);
    const [event] = await log(made);
    expect(event).toMatchObject({
      outcome: 'refused',
      reason: 'user_column_data: must hold a name, an email or a phone',
      record: null,
    });
    expect(event.payload).toMatchObject({
      user_column_data: [{ column_id: 'CITY', string_value: note }],
      google_key: made.secret,
    });
    expect(await state(made)).toMatchObject({ state: 'failing', last_error: event.reason });
  });

  test('a report about no lead is accepted, says so, and is a duplicate within a minute', async () => {
    const made = await connect('crm');
    const body = { crm_lead_id: 'unknown', event_type: 'won' };
    expect((await crm(made, body)).json).toMatchObject({ ok: true, stored: false });
    await crm(made, body);
    const reason = 'No matching lead or submission for crm_lead_id';
    expect(await log(made)).toMatchObject([
      { outcome: 'duplicate', type: 'won', reason, record: null },
      { outcome: 'accepted', type: 'won', reason, record: null },
    ]);
  });

  test('pages by cursor, by outcome, and refuses unknown parameters', async () => {
    const made = await connect('typeform');
    for (let n = 0; n < 5; n++) await typeform(made);
    await typeform(made, { event_type: 'form_response_partial' });
    const first = (await s.ask('GET', `${PATH}/${made.id}/events?limit=2&outcome=accepted`)).json;
    expect(first).toMatchObject({ has_more: true, data: [{ outcome: 'accepted' }, { outcome: 'accepted' }] });
    const second = (await s.ask('GET', `${first.next_url}`)).json;
    const third = (await s.ask('GET', second.next_url)).json;
    expect(third.has_more).toBe(false);
    const ids = [first, second, third].flatMap(({ data }) => data.map(({ id }: Made) => id));
    expect(new Set(ids).size).toBe(5);
    for (const query of ['outcome=none', 'state=x', 'cursor=x'])
      expect((await s.ask('GET', `${PATH}/${made.id}/events?${query}`)).status, query).toBe(400);
  });

  test('is kept for 30 days', async () => {
    const made = await connect('typeform');
    await typeform(made);
    const day = 86_400_000;
    await dropOldConnectionEvents(s.db, Date.now() + 29 * day);
    expect(await log(made)).toHaveLength(1);
    await dropOldConnectionEvents(s.db, Date.now() + 31 * day);
    expect(await log(made)).toEqual([]);
    expect((await state(made)).state).toBe('active');
  });

  test('above the leads an hour a response is refused, and accepted later', async () => {
    const made = await connect('typeform', {}, s.charlie);
    const limit = (leads: number) =>
      s.ask('PATCH', '/api/v1/lead-settings', { as: s.charlie, body: { leads_per_hour: leads } });
    await limit(1);
    await typeform(made);
    expect((await typeform(made, { event_id: 'evt-limited' })).status).toBe(429);
    await limit(0);
    expect((await typeform(made, { event_id: 'evt-limited' })).status).toBe(200);
    const { json } = await s.ask('GET', `${PATH}/${made.id}/events`, { as: s.charlie });
    expect(json.data).toMatchObject([
      { outcome: 'accepted', external_id: 'evt-limited' },
      { outcome: 'refused', external_id: 'evt-limited', payload: { event_id: 'evt-limited' } },
      { outcome: 'accepted' },
    ]);
  });
});

describe('the bodies in the log', () => {
  /** Numbers that a double would change, a repeated name, an odd space, an escape: all as sent. */
  const ODD = `{"crm_lead_id":"odd-1","n": 12345678901234567890,"m":1.10,"a":1,"a":2,\n "u":"\\u0000 \\ud800 \\u00e9 é"}`;
  const sendOdd = ({ url, secret }: Made, as = secret) =>
    s.ask('POST', url, { as, raw: ODD, headers: { 'content-type': 'application/json' } });
  const read = async ({ id }: { id: string }, as: Person = s.alice, more = '') =>
    s.ask('GET', `${PATH}/${id}/events${more}`, { as });

  test('are exactly as they came, verified or not, in the list and alone', async () => {
    const made = await connect('crm');
    expect((await sendOdd(made)).status).toBe(200);
    expect((await sendOdd(made, 'a secret that is not the right one')).status).toBe(401);
    await until(async () => (await log(made)).length === 2);
    const { text, json } = await read(made);
    expect(text.split(`"payload":${ODD}`)).toHaveLength(3);
    expect(json.data).toMatchObject([{ outcome: 'refused', count: 1 }, { outcome: 'accepted' }]);
    const [refused, accepted] = json.data;
    expect((await read(made, s.alice, `/${accepted.id}`)).text).toContain(`"payload":${ODD}`);
    const alone = await read(made, s.alice, `/${refused.id}`);
    expect(alone.json.unverified).toHaveLength(1);
    expect(alone.text.split(ODD)).toHaveLength(3);
    const without = await read(made, s.alice, '?payload=false');
    expect(without.json.data.map((event: { payload: unknown }) => event.payload)).toEqual([null, null]);
  });

  test('of the largest size that is accepted are whole, and a page ends before it is too large', async () => {
    const made = await connect('crm');
    const raw = `{"crm_lead_id":"large","text":"${'x'.repeat(262_144 - 33)}"}`;
    expect(Buffer.byteLength(raw)).toBe(262_144);
    for (let n = 0; n < 18; n++)
      expect((await s.ask('POST', made.url, { as: made.secret, raw })).status).toBe(200);
    const first = await read(made);
    expect(first.json).toMatchObject({ has_more: true });
    expect(first.json.data).toHaveLength(16);
    expect(first.text).toContain(raw);
    const rest = await s.ask('GET', first.json.next_url);
    expect([rest.json.data.length, rest.json.has_more]).toEqual([2, false]);
  });

  test('show the secrets of the connection only to who manages connections, and are stored without', async () => {
    const made = await connect('google-ads');
    const user_column_data = [{ column_id: 'EMAIL', string_value: 'a@x.example' }];
    expect((await google(made, { user_column_data, note: `<${made.secret}>` })).status).toBe(200);
    expect((await google(made, {}, { secret: 'the key of another system' })).status).toBe(401);
    await until(async () => (await log(made)).length === 2);
    const [, exact] = await log(made);
    expect(exact.payload).toMatchObject({ google_key: made.secret, note: `<${made.secret}>` });
    const reader = await s.person(['connections:read']);
    const masked = await read(made, reader);
    const [unverified, verified] = masked.json.data;
    expect(verified.payload).toMatchObject({ google_key: '[secret]', note: '<[secret]>', user_column_data });
    expect(unverified.payload).toBeNull();
    expect((await read(made, reader, `/${unverified.id}`)).json.unverified).toEqual([]);
    expect(masked.text).not.toContain(made.secret);
    const { rows } = await s.db.pool.query<{ text: string }>(
      'select t::text as text from connection_event t where connection_id = $1',
      [made.id],
    );
    expect(rows.map(({ text }) => text).join('')).not.toContain(made.secret);
  });

  test('of unverified requests: the newest 50 are kept, and no more than 1 MiB', async () => {
    const made = await connect('crm');
    const send = (n: number, size: number) =>
      s.ask('POST', made.url, { as: `a wrong secret ${n}`, body: { n, text: 'x'.repeat(size) } });
    const kept = async () => {
      const [event] = await log(made);
      return (await read(made, s.alice, `/${event.id}`)).json.unverified as { payload: { n: number } }[];
    };
    for (let n = 0; n < 60; n++) expect((await send(n, 2_000)).status).toBe(401);
    await until(async () => (await log(made))[0]?.count === 60);
    expect((await kept()).map(({ payload }) => payload.n)).toEqual(
      Array.from({ length: 50 }, (_, n) => 59 - n),
    );
    for (let n = 60; n < 66; n++) expect((await send(n, 250_000)).status).toBe(401);
    await until(async () => (await log(made))[0]?.count === 66);
    const left = await kept();
    expect(left.slice(0, 4).map(({ payload }) => payload.n)).toEqual([65, 64, 63, 62]);
    expect(left.length).toBeLessThan(50);
    const bytes = left.reduce((total, { payload }) => total + JSON.stringify(payload).length, 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(await log(made)).toMatchObject([{ payload: { n: 65 } }]);
  });
});

test('the inbound endpoints of 0.1.0 work unchanged next to connections', async () => {
  await connect('typeform');
  const { secret } = (await s.ask('POST', '/api/v1/inbound-secrets', { body: { name: 'old' } })).json;
  const old = { id: '', kind: '', url: `/webhooks/typeform/${secret.slice(0, 12)}`, secret };
  expect((await typeform(old)).status).toBe(200);
  expect((await google({ ...old, url: '/webhooks/google-ads' })).status).toBe(200);
  expect((await crm({ ...old, url: '/webhooks/crm/lead' })).json).toMatchObject({ ok: true });
  // A connection does not accept an inbound secret, nor does an old endpoint the secret of a connection.
  const made = await connect('crm');
  expect((await crm(made, {}, { secret })).status).toBe(401);
  expect((await crm({ ...made, url: '/webhooks/crm/lead' })).status).toBe(401);
});

test('the same response by two connections of a workspace creates one lead', async () => {
  const [first, second] = [await connect('typeform'), await connect('typeform')];
  const created = await typeform(first, { event_id: 'evt-twice' });
  expect((await typeform(second, { event_id: 'evt-twice' })).json.id).toBe(created.json.id);
  expect(await s.newEvents()).toEqual(['lead.created']);
  expect(await log(second)).toMatchObject([{ outcome: 'duplicate' }]);
});
