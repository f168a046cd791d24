import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secondServer, startScenario, type Ask, type Reply, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let secret: string;
/** Charlie's workspace has its own secret. */
let theirs: string;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  [secret, theirs] = [await makeSecret(s.alice.key), await makeSecret(s.charlie.key)];
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

async function makeSecret(as: string): Promise<string> {
  return (await s.ask('POST', '/api/v1/inbound-secrets', { as, body: { name: 'door' } })).json.secret;
}

const answer = (title: string, type: string, value: unknown, ref = `ref-of-${title}`) => ({
  title,
  answer: { type, [type]: value, field: { id: title, type, ref } },
});

const JANE = [
  answer('What is your name?', 'text', 'Jane van Doe', 'name'),
  answer('Where do we reach you?', 'email', 'jane@example.com'),
  answer('Phone number', 'phone_number', '+15551234567'),
  answer('When is it?', 'date', '2026-08-15', 'event_date'),
];

function response(answers: ReturnType<typeof answer>[], more: object = {}, id = `evt-${Math.random()}`) {
  return {
    event_id: id,
    event_type: 'form_response',
    form_response: {
      form_id: 'lT4Z3j',
      definition: { fields: answers.map(({ title }) => ({ id: title, title, type: 'short_text' })) },
      answers: answers.map((item) => item.answer),
      ...more,
    },
  };
}

const sign = (raw: string, under: string) =>
  `sha256=${createHmac('sha256', under).update(raw).digest('base64')}`;

function typeform(body: unknown, more: Ask & { under?: string; path?: string } = {}): Promise<Reply> {
  const { under = secret, path = secret.slice(0, 12), ...ask } = more;
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'typeform-signature': sign(raw, under), ...ask.headers };
  return s.ask('POST', `/webhooks/typeform/${path}`, { as: null, raw, ...ask, headers });
}

const column = (id: string, value: string, name?: string) => ({
  column_id: id,
  string_value: value,
  ...(name && { column_name: name }),
});
const COLUMNS = [
  column('FULL_NAME', 'Jane Doe', 'Full name'),
  column('EMAIL', 'jane@example.com'),
  column('PHONE_NUMBER', '+15551234567'),
];

function google(more: object = {}, ask: Ask = {}): Promise<Reply> {
  const lead = { lead_id: `lead-${Math.random()}`, user_column_data: COLUMNS, google_key: secret };
  return s.ask('POST', '/webhooks/google-ads', { as: null, body: { ...lead, ...more }, ...ask });
}

async function made(reply: Reply, as = s.alice.key) {
  expect(reply.status, reply.text).toBe(200);
  const lead = (await s.ask('GET', `/api/v1/leads/${reply.json.id}`, { as })).json;
  const { data } = (await s.ask('GET', `/api/v1/leads/${reply.json.id}/submissions`, { as })).json;
  expect(data).toHaveLength(1);
  return { lead, submission: data[0] };
}

describe('Typeform', () => {
  test('a response creates a lead and only lead.created, and is stored as sent', async () => {
    const body = response(JANE, { hidden: { utm_source: 'newsletter', source: 'Spring fair' } });
    const reply = await typeform(body);
    expect(await s.newEvents()).toEqual(['lead.created']);
    const { lead, submission } = await made(reply);
    expect(reply.json).toEqual({
      id: lead.id,
      status: 'created',
      lead_url: expect.stringContaining(`/leads/${lead.id}`),
    });
    expect(lead).toMatchObject({
      first_name: 'Jane',
      last_name: 'van Doe',
      email: 'jane@example.com',
      phone: '+15551234567',
      event_date: '2026-08-15',
      source: 'Spring fair',
      notes: null,
      created_by: 'door:typeform',
    });
    expect(submission).toMatchObject({
      channel: 'typeform',
      payload: body,
      address: null,
      referrer: null,
      utm: { utm_source: 'newsletter' },
    });
  });

  test('answers to unknown fields, or with invalid values, are in the notes with their questions', async () => {
    const { lead } = await made(
      await typeform(
        response([
          answer('First name', 'text', 'Jane'),
          answer('Email', 'text', 'nowhere'),
          answer('Event date', 'text', '2026-02-30'),
          answer('Guests', 'number', 80),
          answer('Indoors?', 'boolean', false),
          answer('Style', 'choice', { label: 'Rustic' }),
          answer('Extras', 'choices', { labels: ['Cake', 'Band'], other: 'Goat\0' }),
          answer('Plan', 'file_url', 'https://files.example/plan.pdf'),
          answer('Deposit', 'payment', { amount: '10', last4: '1234' }),
          answer('Empty', 'text', ' '),
        ]),
      ),
    );
    expect(lead).toMatchObject({ first_name: 'Jane', last_name: null, email: null, source: 'Typeform' });
    expect(lead.notes.split('\n')).toEqual([
      'Email: nowhere',
      'Event date: 2026-02-30',
      'Guests: 80',
      'Indoors?: no',
      'Style: Rustic',
      'Extras: Cake, Band, Goat',
      'Plan: https://files.example/plan.pdf',
      'Deposit: {"amount":"10","last4":"1234"}',
    ]);
  });

  test.each<[string, () => Promise<Reply>]>([
    ['no signature', () => typeform(response(JANE), { headers: { 'typeform-signature': '' } })],
    ['one made with another secret', () => typeform(response(JANE), { under: theirs })],
    ['the URL of another workspace’s secret', () => typeform(response(JANE), { path: theirs.slice(0, 12) })],
    ['the URL of no secret', () => typeform(response(JANE), { path: 'crm_AAAAAAAA' })],
    ['the whole secret in the URL', () => typeform(response(JANE), { path: secret })],
    ['a hex digest', () => typeform(response(JANE), { headers: { 'typeform-signature': 'sha256=00' } })],
    [
      'a body other than the signed one',
      () => typeform(response(JANE), { headers: { 'typeform-signature': sign('{}', secret) } }),
    ],
  ])('401 for %s, and nothing is created', async (_name, send) => {
    const reply = await send();
    expect(reply.status, reply.text).toBe(401);
    expect(reply.json.error.code).toBe('unauthorized');
    expect(reply.text).not.toContain(secret);
    expect(await s.newEvents()).toEqual([]);
  });

  test('each workspace has its own secret, until it is deleted', async () => {
    const raw = await makeSecret(s.charlie.key);
    const send = () => typeform(response(JANE), { under: raw, path: raw.slice(0, 12) });
    const { lead } = await made(await send(), s.charlie.key);
    expect((await s.ask('GET', `/api/v1/leads/${lead.id}`)).status).toBe(404);
    const { data } = (await s.ask('GET', '/api/v1/inbound-secrets', { as: s.charlie })).json;
    const own = data.find(({ prefix }: { prefix: string }) => prefix === raw.slice(0, 12));
    expect((await s.ask('DELETE', `/api/v1/inbound-secrets/${own.id}`, { as: s.charlie })).status).toBe(204);
    expect((await send()).status).toBe(401);
  });

  test.each<[string, unknown, string]>([
    ['no event_id', { ...response(JANE), event_id: undefined }, 'event_id'],
    ['an empty event_id', response(JANE, {}, ''), 'event_id'],
    ['no form_response', { ...response(JANE), form_response: undefined }, 'form_response'],
    ['invalid answers', response(JANE, { answers: 'x' }), 'form_response.answers'],
    [
      'an answer without a question',
      response(JANE, { answers: [{ type: 'text' }] }),
      'form_response.answers.0.field',
    ],
    ['no answers', response(JANE, { answers: [] }), 'form_response.answers'],
    [
      'answers without a name or contact',
      response([answer('Guests', 'number', 80)]),
      'form_response.answers',
    ],
    ['a list', [], 'body'],
  ])('400 that names the field: %s', async (_name, body, field) => {
    const reply = await typeform(body);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
    expect(await s.newEvents()).toEqual([]);
  });

  test('the signature is over the body that Typeform wrote, whatever coding a proxy sends it in', async () => {
    const raw = JSON.stringify(response(JANE));
    const headers = { 'typeform-signature': sign(raw, secret), 'content-encoding': 'gzip' };
    const { lead } = await made(await typeform(raw, { raw: gzipSync(raw), headers }));
    expect(lead.email).toBe('jane@example.com');
    const other = { ...headers, 'typeform-signature': sign('{}', secret) };
    expect((await typeform(raw, { raw: gzipSync(raw), headers: other })).status).toBe(401);
  });

  test('a partial response creates nothing', async () => {
    const reply = await typeform({ ...response(JANE), event_type: 'form_response_partial' });
    expect(reply).toMatchObject({ status: 200, json: { status: 'ignored' } });
    expect(await s.newEvents()).toEqual([]);
  });

  test('the same event_id sent again, even thirty times at once over two servers, creates one lead', async () => {
    const raw = JSON.stringify(response(JANE));
    const other = await secondServer(s, { FAIRLEAD_LEADS_PER_HOUR: '0' });
    try {
      const path = `/webhooks/typeform/${secret.slice(0, 12)}`;
      const headers = { 'typeform-signature': sign(raw, secret) };
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          s.ask('POST', (n % 2 ? s.url : other.url) + path, { as: null, raw, headers }),
        ),
      );
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(all.map(({ json }) => json.id)).size).toBe(1);
      expect((await typeform(raw)).json.id).toBe(all[0]!.json.id);
    } finally {
      await other.stop();
    }
    expect(await s.newEvents()).toEqual(['lead.created']);
  });
});

describe('Google Ads', () => {
  test('a lead form creates a lead and only lead.created, and is stored without its key', async () => {
    const more = {
      lead_id: 'TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
      form_id: 123_456_789,
      campaign_id: 9_876_543_210,
      user_column_data: [...COLUMNS, column('', 'Indoors', 'What do you prefer?')],
    };
    const reply = await google(more);
    expect(await s.newEvents()).toEqual(['lead.created']);
    const { lead, submission } = await made(reply);
    expect(lead).toMatchObject({
      first_name: 'Jane',
      last_name: 'Doe',
      email: 'jane@example.com',
      phone: '+15551234567',
      event_date: null,
      source: 'Google Ads',
      notes: 'What do you prefer?: Indoors',
      created_by: 'door:google-ads',
    });
    expect(submission).toMatchObject({ channel: 'google-ads', payload: more, address: null });
    const { rows } = await s.db.pool.query('select payload::text as text from lead_submission');
    expect(rows.some(({ text }) => text.includes(secret))).toBe(false);
  });

  test('a test of the form creates nothing, and the response says so', async () => {
    expect(await google({ is_test: true })).toMatchObject({ status: 200, json: { status: 'test' } });
    expect((await google({ is_test: true, google_key: 'wrong' })).status).toBe(401);
    expect(await s.newEvents()).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['none', undefined],
    ['a wrong one', 'wrong'],
    ['a number', 5],
    ['an API key', 'fl_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('401 with the key: %s', async (_name, key) => {
    const reply = await google({ google_key: key });
    expect(reply.status, reply.text).toBe(401);
    expect(await s.newEvents()).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no lead_id', { lead_id: undefined }, 'lead_id'],
    ['a number for it', { lead_id: 5 }, 'lead_id'],
    ['no columns', { user_column_data: undefined }, 'user_column_data'],
    ['columns without a name or contact', { user_column_data: [column('CITY', 'Oslo')] }, 'user_column_data'],
    ['an invalid column', { user_column_data: [5] }, 'user_column_data.0'],
  ])('400 that names the field: %s', async (_name, more, field) => {
    const reply = await google(more);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.json.error.fields[0].field).toBe(field);
    expect(await s.newEvents()).toEqual([]);
  });

  test('the same lead_id creates one lead, but another one, or another workspace, its own', async () => {
    const [item, two] = [{ lead_id: 'one' }, { lead_id: 'two' }];
    const first = (await google(item)).json.id;
    expect((await google(item)).json.id).toBe(first);
    expect((await google(two)).json.id).not.toBe(first);
    expect((await google({ ...item, google_key: theirs })).json.id).not.toBe(first);
    expect(await s.newEvents()).toEqual(['lead.created', 'lead.created', 'lead.created']);
  });

  test('RX6: it counts towards the hourly limit; above it 429 with Retry-After, nothing is created, and it is accepted later', async () => {
    const limit = (leads: number) =>
      s.ask('PATCH', '/api/v1/lead-settings', { as: s.charlie, body: { leads_per_hour: leads } });
    await limit(1);
    await google({ lead_id: 'hour-0', google_key: theirs });
    await s.newEvents();
    const full = await google({ lead_id: 'hour-1', google_key: theirs, user_column_data: COLUMNS });
    expect(full.status, full.text).toBe(429);
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await s.newEvents()).toEqual([]);
    await limit(0);
    expect((await google({ lead_id: 'hour-1', google_key: theirs })).status).toBe(200);
    expect(await s.newEvents()).toEqual(['lead.created']);
  });
});

test.each([`/webhooks/typeform/crm_AAAAAAAA`, '/webhooks/google-ads'])(
  '405 at %s for another method, 415 for another type, 413 for a large body, 400 for invalid JSON',
  async (path) => {
    expect((await s.ask('GET', path)).status).toBe(405);
    if (path.includes('typeform')) return;
    const send = (raw: string, type = 'application/json') =>
      s.ask('POST', path, { as: null, raw, headers: { 'content-type': type } });
    expect((await send('a=1', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await send(`{"a":"${'x'.repeat(1024 * 1024)}"}`)).status).toBe(413);
    expect((await send('{"a"')).status).toBe(400);
  },
);
