import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ACCOUNT_SID, AUTH_TOKEN, PICTURE, startFakeTwilio, type FakeTwilio } from '../../kit/fake-twilio.ts';
import { startReceiver, type Receiver } from '../../kit/receiver.ts';
import { startScenario, type Scenario } from '../../kit/scenario.ts';

const OURS = '+15550100001';
let s: Scenario;
let twilio: FakeTwilio;
let automatenexus: Receiver;
let connection: { id: string; urls: Record<string, string> };
let jane: { id: string };

beforeAll(async () => {
  [s, twilio, automatenexus] = await Promise.all([startScenario(), startFakeTwilio(), startReceiver()]);
  connection = await connect({ from: OURS, per_second: 1000 });
  jane = await make('contacts', { first_name: 'Jane', last_name: 'Doe', phone: '+1 555 123 4567' });
  await make('webhooks', {
    name: 'AutomateNexus',
    url: automatenexus.url,
    format: 'automatenexus',
    events: ['sms.sent', 'sms.received'],
  });
});
afterAll(() => Promise.all([s.stop(), twilio.stop(), automatenexus.close()]));
beforeEach(async () => {
  twilio.script('accept');
  twilio.sent.length = 0;
  await s.newEvents();
});

async function make(plural: string, body: object) {
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body });
  expect(status, text).toBe(201);
  return json;
}

async function connect(settings: object) {
  const made = await make('connections', {
    kind: 'twilio',
    name: 'Twilio',
    settings: { account_sid: ACCOUNT_SID, base_url: twilio.url, ...settings },
    secrets: { auth_token: AUTH_TOKEN },
  });
  const urls = Object.fromEntries(
    (made.urls as { url: string }[]).map(({ url }) => [url.split('/').at(-1)!, url]),
  );
  return { id: made.id as string, urls };
}

const send = (body: object) => make('messages', { to: '+1 555 123 4567', ...body });
const read = async (id: string) => (await s.ask('GET', `/api/v1/messages/${id}`)).json;
const until = (id: string, status: string) =>
  vi.waitFor(async () => expect(await read(id)).toMatchObject({ status }), { timeout: 15_000, interval: 50 });
/** The callback URL that a message was sent with. */
const callbackOf = (n = 0) => twilio.sent[n]!['StatusCallback']!;

let sid = 0;
const receive = (fields: object) =>
  twilio.post(connection.urls['sms']!, {
    MessageSid: `SMin${++sid}`,
    AccountSid: ACCOUNT_SID,
    From: '+15551234567',
    To: OURS,
    NumMedia: '0',
    ...fields,
  });

describe('SM1: a message is sent', () => {
  test('once: sms.sent when Twilio accepts it, with the contact that has the number', async () => {
    const { id, status } = await send({ body: 'See you at nine. 🙂' });
    expect(status).toBe('queued');
    await until(id, 'sent');
    expect(await read(id)).toMatchObject({
      direction: 'out',
      from: OURS,
      to: '+15551234567',
      contact_id: jane.id,
      encoding: 'ucs2',
      segments: 1,
      external_id: expect.stringMatching(/^SM/),
      sent_at: expect.any(String),
    });
    expect(twilio.sent).toEqual([
      { To: '+15551234567', From: OURS, Body: 'See you at nine. 🙂', StatusCallback: expect.any(String) },
    ]);
    expect(await s.newEvents()).toEqual(['message.created', 'sms.sent']);
  });

  test('scheduled, and canceled before its time', async () => {
    const { id, status } = await send({
      body: 'Later',
      send_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect(status).toBe('scheduled');
    const canceled = await s.ask('POST', `/api/v1/messages/${id}/cancel`);
    expect(canceled.json).toMatchObject({ status: 'canceled' });
    expect((await s.ask('POST', `/api/v1/messages/${id}/cancel`)).status).toBe(200);
    expect(twilio.sent).toEqual([]);
  });

  test('with a picture, which Twilio can fetch by a signed URL', async () => {
    const { json } = await s.ask('POST', '/api/v1/message-media', { raw: PICTURE });
    const { id } = await send({ media: [json.id] });
    await until(id, 'sent');
    const fetched = await fetch(twilio.sent[0]!['MediaUrl']!);
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(PICTURE);
    expect(await read(id)).toMatchObject({ channel: 'mms', media_count: 1 });
  });

  test('429 slows it down, and it is sent later', async () => {
    twilio.script(20429, 'accept');
    const { id } = await send({ body: 'Slowly' });
    await until(id, 'sent');
    expect(twilio.sent).toHaveLength(2);
  });

  test('a refusal says why in words, and 21610 is a consent', async () => {
    twilio.script(21610);
    const { id } = await send({ to: '+15557654321', body: 'Hello' });
    await until(id, 'failed');
    expect(await read(id)).toMatchObject({
      error_code: '21610',
      error_text: expect.stringContaining('opted out'),
    });
    expect(await s.newEvents()).toEqual(['message.created', 'sms.failed']);
    const { json } = await s.ask('GET', '/api/v1/consents?address=%2B15557654321');
    expect(json.data).toMatchObject([{ status: 'opted_out', source: 'carrier' }]);
    expect(
      (await s.ask('POST', '/api/v1/messages', { body: { to: '+15557654321', body: 'Again' } })).status,
    ).toBe(409);
  });

  test('one that waits is not sent to somebody who opts out meanwhile', async () => {
    const { id } = await send({
      to: '+15557650000',
      body: 'Hello',
      send_at: new Date(Date.now() + 1500).toISOString(),
    });
    await s.ask('POST', '/api/v1/consents', { body: { address: '+15557650000', status: 'opted_out' } });
    await until(id, 'failed');
    expect(await read(id)).toMatchObject({ error_code: 'opted_out' });
    expect(twilio.sent).toEqual([]);
  });

  test('a timeout after Twilio accepted it sends nothing twice: the message is looked up', async () => {
    twilio.script('lost');
    const { id } = await send({ body: 'Only once' });
    await until(id, 'sent');
    expect(twilio.sent).toHaveLength(1);
    expect(await s.newEvents()).toEqual(['message.created', 'sms.sent']);
  });

  test('a report that comes while it waits for its next attempt: it is not sent a second time', async () => {
    twilio.script(20429, 'accept');
    const { id } = await send({ body: 'Accepted after all' });
    await vi.waitFor(() => expect(twilio.sent).toHaveLength(1), 10_000);
    await twilio.post(callbackOf(), { MessageSid: 'SMlate', MessageStatus: 'delivered' });
    const after = await send({ body: 'The next one' });
    await until(after.id, 'sent');
    expect(twilio.sent.map(({ Body }) => Body)).toEqual(['Accepted after all', 'The next one']);
    expect(await read(id)).toMatchObject({ status: 'delivered', external_id: 'SMlate' });
  });

  test('to a contact: the number is not shown to a key that may not read contacts', async () => {
    const sender = await s.person(['messages:write', 'messages:send', 'messages:read', 'calls:write']);
    const ask = (path: string, body: object) => s.ask('POST', `/api/v1/${path}`, { as: sender, body });
    for (const path of ['messages', 'messages?dry_run=true'])
      expect((await ask(path, { contact_id: jane.id, body: 'x' })).status).toBe(403);
    expect((await ask('calls/click', { contact_id: jane.id, agent: OURS })).status).toBe(403);
    const threads = await s.ask('GET', '/api/v1/message-threads', { as: sender });
    expect([threads.status, threads.text.includes('Doe')]).toEqual([200, false]);
  });

  test('a deleted message that waits is not sent', async () => {
    const { id } = await send({ body: 'No', send_at: new Date(Date.now() + 700).toISOString() });
    await s.ask('DELETE', `/api/v1/messages/${id}`);
    const after = await send({ body: 'After it', send_at: new Date(Date.now() + 900).toISOString() });
    await until(after.id, 'sent');
    expect(twilio.sent.map(({ Body }) => Body)).toEqual(['After it']);
  });

  test('what a deleted connection has left fails, and says why', async () => {
    const other = await connect({ from: '+15550100002' });
    const soon = new Date(Date.now() + 600).toISOString();
    const { id } = await send({ body: 'Left', connection_id: other.id, send_at: soon });
    await s.ask('DELETE', `/api/v1/connections/${other.id}`);
    await until(id, 'failed');
    expect(await read(id)).toMatchObject({ error_text: 'No connection with this id.' });
  });

  test('what was sent cannot be changed', async () => {
    const { id } = await send({ body: 'Fixed' });
    const { status, json } = await s.ask('PATCH', `/api/v1/messages/${id}`, { body: { body: 'Other' } });
    expect([status, json.error?.fields?.[0]?.field ?? json.fields?.[0]?.field]).toEqual([400, 'body']);
  });

  test.each([
    [{ body: 'x', to: '12' }, 'to'],
    [{}, 'body'],
    [{ body: 'x', from: '+15559999999' }, 'from'],
    [{ body: 'x', media: ['01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21'] }, 'media.0'],
    [{ body: 'x', connection_id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21' }, 'connection_id'],
  ])('%j is refused, and names %s', async (body, field) => {
    const { status, text } = await s.ask('POST', '/api/v1/messages', {
      body: { to: '+15551234567', ...body },
    });
    expect(status).toBe(400);
    expect(text).toContain(`"${field}"`);
  });
});

describe('statuses come in any order and twice', () => {
  const STATUSES = ['queued', 'sending', 'sent', 'delivered'] as const;

  test('the last status is right, and each event is fired once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...STATUSES, ...STATUSES, 'sent'], { minLength: 9 }),
        async (statuses) => {
          twilio.sent.length = 0;
          await s.newEvents();
          const { id } = await send({ body: 'Order' });
          await until(id, 'sent');
          const { external_id: externalId } = await read(id);
          const seen: number[] = [];
          for (const MessageStatus of statuses) {
            await twilio.post(callbackOf(), { MessageSid: externalId, MessageStatus });
            seen.push(['sent', 'delivered'].indexOf((await read(id)).status));
          }
          expect(seen).toEqual(seen.toSorted((a, b) => a - b));
          expect(await read(id)).toMatchObject({ status: 'delivered', delivered_at: expect.any(String) });
          expect(await s.newEvents()).toEqual(['message.created', 'sms.sent', 'sms.delivered']);
        },
      ),
      { numRuns: 5 },
    );
  });

  test('a report that overtakes the answer of Twilio is the first to say that it was sent', async () => {
    twilio.script('lost');
    const { id } = await send({ body: 'Overtaken' });
    await vi.waitFor(() => expect(twilio.sent).toHaveLength(1), 10_000);
    await twilio.post(callbackOf(), {
      MessageSid: 'SMovertaken',
      MessageStatus: 'undelivered',
      ErrorCode: '30006',
    });
    expect(await read(id)).toMatchObject({ status: 'undelivered', external_id: 'SMovertaken' });
    expect(await read(id)).toMatchObject({
      error_text: 'The number is a landline, or its carrier cannot be reached.',
    });
    expect(await s.newEvents()).toEqual(['message.created', 'sms.sent', 'sms.failed']);
  });

  test('a report of a message that is not of this connection is ignored', async () => {
    const reply = await twilio.post(connection.urls['sms-status']!, {
      MessageSid: 'SMnone',
      MessageStatus: 'sent',
    });
    expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('<Response/>')]);
  });
});

describe('SM1: a message is received', () => {
  test('once, however often Twilio sends it: sms.received, with the contact', async () => {
    const fields = { MessageSid: 'SMonce', Body: 'I am late & sorry' };
    const replies = await Promise.all([receive(fields), receive(fields), receive(fields)]);
    expect(replies.map(({ status, type }) => [status, type])).toEqual(
      Array.from({ length: 3 }, () => [200, 'text/xml']),
    );
    const { json } = await s.ask('GET', '/api/v1/messages?external_id=SMonce');
    expect(json.data).toMatchObject([
      {
        direction: 'in',
        status: 'received',
        from: '+15551234567',
        to: OURS,
        body: 'I am late & sorry',
        contact_id: jane.id,
      },
    ]);
    expect(await s.newEvents()).toEqual(['sms.received']);
  });

  test('with its picture, which is fetched and stored', async () => {
    await receive({
      MessageSid: 'SMpicture',
      NumMedia: '1',
      MediaUrl0: `${twilio.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Messages/MM1/Media/ME1`,
      MediaContentType0: 'image/png',
    });
    const { json } = await s.ask('GET', '/api/v1/messages?external_id=SMpicture');
    const { id } = json.data[0];
    await vi.waitFor(
      async () =>
        expect((await s.ask('GET', `/api/v1/messages/${id}/media`)).json.data).toMatchObject([
          { is_stored: true, content_type: 'image/png' },
        ]),
      { timeout: 10_000, interval: 100 },
    );
    const file = await fetch(`${s.url}/api/v1/messages/${id}/media/0`, {
      headers: { authorization: `Bearer ${s.alice.key}` },
    });
    expect(Buffer.from(await file.arrayBuffer())).toEqual(PICTURE);
    const strangers = await s.ask('GET', `/api/v1/messages/${id}/media/0`, { as: s.charlie });
    expect(strangers.status).toBe(404);
  });

  test('with an emoji where it is cut', async () => {
    const MessageSid = 'SMcut';
    const Body = `${'a'.repeat(1599)}🙂 and more`;
    expect((await receive({ MessageSid, From: 'whatsapp:+15551234567', Body })).status).toBe(200);
    const { json } = await s.ask('GET', `/api/v1/messages?external_id=${MessageSid}`);
    expect(json.data).toMatchObject([{ body: `${'a'.repeat(1599)}\ufffd` }]);
  });

  test('from a name in place of a number, although senders become contacts', async () => {
    for (const create of ['contact', 'lead']) {
      const other = await connect({ from: OURS, create });
      const MessageSid = `SMname${create}`;
      const fields = { MessageSid, From: 'ACME BANK', To: OURS, Body: 'Hi', ProfileName: 'N'.repeat(900) };
      const reply = await twilio.post(other.urls['sms']!, fields);
      expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('<Response/>')]);
      const { json } = await s.ask('GET', `/api/v1/messages?external_id=${MessageSid}`);
      expect(json.data).toHaveLength(1);
      await s.ask('DELETE', `/api/v1/connections/${other.id}`);
    }
  });

  test('a file at another host is not fetched', async () => {
    await receive({
      MessageSid: 'SMhost',
      NumMedia: '1',
      MediaUrl0: 'http://127.0.0.1:9/x',
      MediaContentType0: 'image/png',
    });
    const { json } = await s.ask('GET', '/api/v1/messages?external_id=SMhost');
    await vi.waitFor(
      async () =>
        expect(
          (await s.ask('GET', `/api/v1/messages/${json.data[0].id}/media`)).json.data[0].problem,
        ).toContain('none of Twilio'),
      { timeout: 10_000, interval: 100 },
    );
  });

  test('STOP with a full stop ends messages, START begins them again', async () => {
    const From = '+15557001000';
    await receive({ From, Body: ' Stop. ' });
    const consents = async () =>
      (await s.ask('GET', `/api/v1/consents?address=${encodeURIComponent(From)}`)).json.data;
    expect(await consents()).toMatchObject([{ status: 'opted_out', source: 'keyword', text: ' Stop. ' }]);
    expect((await s.ask('POST', '/api/v1/messages', { body: { to: From, body: 'x' } })).status).toBe(409);
    await receive({ From, Body: 'START' });
    expect(await consents()).toMatchObject([{ status: 'opted_in' }]);
    const { id } = await send({ to: From, body: 'Welcome back' });
    await until(id, 'sent');
  });

  test('a wish in other words makes a task for the member who wrote last', async () => {
    await receive({ Body: 'please stop texting me' });
    const { json } = await s.ask('GET', '/api/v1/tasks');
    expect(json.data[0]).toMatchObject({
      title: '+15551234567 may want no more messages',
      contact_id: jane.id,
    });
  });

  test('from an unknown number, it can make a contact or a lead', async () => {
    for (const [create, number] of [
      ['contact', '+15558000001'],
      ['lead', '+15558000002'],
    ] as const) {
      const other = await connect({ from: OURS, create });
      await twilio.post(other.urls['sms']!, {
        MessageSid: `SM${create}`,
        From: number,
        To: OURS,
        Body: 'Hello',
      });
      const { json } = await s.ask('GET', `/api/v1/messages?external_id=SM${create}`);
      const id = json.data[0][`${create}_id`] as string;
      expect((await s.ask('GET', `/api/v1/${create}s/${id}`)).json).toMatchObject({ phone: number });
      await s.ask('DELETE', `/api/v1/connections/${other.id}`);
    }
  });

  test('another token, another URL and a query in another order are refused, and the log names the URL', async () => {
    const url = connection.urls['sms']!;
    const fields = { MessageSid: 'SMforged', From: '+15551234567', To: OURS, Body: 'x' };
    expect((await twilio.post(url, fields, 'another token')).status).toBe(401);
    expect((await twilio.post(`${url}?b=1&a=2`, fields)).status).toBe(200);
    const { json } = await s.ask('GET', '/api/v1/messages?external_id=SMforged');
    expect(json.data).toHaveLength(1);
    await vi.waitFor(
      async () => {
        const log = await s.ask('GET', `/api/v1/connections/${connection.id}/events?outcome=refused`);
        expect(log.json.data[0].reason).toContain(url);
      },
      { timeout: 5_000, interval: 100 },
    );
  });

  test('a gateway of one’s own records it by an API key', async () => {
    const gateway = await s.person(['messages:write']);
    const body = { direction: 'in', from: '+15551234567', to: OURS, body: 'From my phone' };
    const { status, json } = await s.ask('POST', '/api/v1/messages', { as: gateway, body });
    expect(status).toBe(201);
    expect(await read(json.id)).toMatchObject({ status: 'received', contact_id: jane.id, provider: null });
    expect(await s.newEvents()).toEqual(['sms.received']);
    const sending = await s.ask('POST', '/api/v1/messages', {
      as: gateway,
      body: { to: '+15551234567', body: 'x' },
    });
    expect(sending.status).toBe(403);
  });
});

test('the test of a connection asks Twilio, and says what is wrong', async () => {
  const testOf = async (id: string) => (await s.ask('POST', `/api/v1/connections/${id}/test`)).json;
  expect(await testOf(connection.id)).toMatchObject({ ok: true });
  const wrong = await connect({ from: OURS, account_sid: 'AC1' });
  expect(await testOf(wrong.id)).toMatchObject({ ok: false, message: expect.stringContaining('refused') });
  await s.ask('DELETE', `/api/v1/connections/${wrong.id}`);
});

describe('threads and access', () => {
  test('a thread has its newest message and how many were not read', async () => {
    const From = '+15559000001';
    await receive({ From, Body: 'One' });
    await receive({ From, Body: 'Two' });
    const thread = async () =>
      (await s.ask('GET', '/api/v1/message-threads')).json.data.find(
        ({ number }: { number: string }) => number === From,
      );
    expect(await thread()).toMatchObject({ unread: 2, last_message: { body: 'Two', direction: 'in' } });
    expect((await s.ask('POST', '/api/v1/message-threads/read', { body: { number: From } })).status).toBe(
      204,
    );
    expect(await thread()).toMatchObject({ unread: 0 });
    expect((await s.ask('GET', '/api/v1/message-threads', { as: s.charlie })).json.data).toEqual([]);
  });

  test.each([
    ['GET', '/api/v1/message-threads'],
    ['GET', '/api/v1/phone-numbers'],
    ['GET', '/api/v1/consents'],
    ['POST', '/api/v1/consents'],
    ['POST', '/api/v1/message-media'],
    ['GET', '/api/v1/member-phones'],
    ['POST', '/api/v1/calls/click'],
  ])('%s %s needs its scope', async (method, path) => {
    const { status } = await s.ask(method, path, { as: s.bob, ...(method === 'POST' && { body: {} }) });
    expect(status).toBe(403);
  });

  test('a contact that is erased takes its messages along; what waits is not sent', async () => {
    const { id: contactId } = await make('contacts', { first_name: 'Erased', phone: '+15556660001' });
    const waiting = await send({
      to: '+15556660001',
      body: 'Secret',
      send_at: new Date(Date.now() + 60_000).toISOString(),
    });
    const { id: other } = await make('contacts', { first_name: 'Merged', phone: '+15556660002' });
    const second = await send({
      to: '+15556660002',
      body: 'Of the other',
      send_at: new Date(Date.now() + 60_000).toISOString(),
    });
    await s.ask('POST', `/api/v1/contacts/${contactId}/merge`, { body: { with: [other] } });
    expect(await read(second.id)).toMatchObject({ contact_id: contactId });
    await s.ask('DELETE', `/api/v1/contacts/${contactId}`);
    await s.db.pool.query(`update contact set erase_requested_at = now() where id = $1`, [contactId]);
    const { eraserOfAll } = await import('../../../src/modules.ts');
    const { silent } = await import('../../kit/database.ts');
    await s.db.pool.query(`update queue set due_at = due_at where false`);
    await vi.waitFor(
      async () => {
        const eraser = eraserOfAll({ db: s.db, log: silent });
        await eraser.pass(AbortSignal.timeout(5_000));
        await eraser.pass(AbortSignal.timeout(5_000));
        const { rows } = await s.db.pool.query(
          'select body, "to", expunged_at is not null as erased from message where id = any($1)',
          [[waiting.id, second.id]],
        );
        expect(rows).toEqual([
          { body: null, to: '', erased: true },
          { body: null, to: '', erased: true },
        ]);
      },
      { timeout: 10_000, interval: 200 },
    );
    const { rows } = await s.db.pool.query('select from message_send where message_id = any($1)', [
      [waiting.id, second.id],
    ]);
    expect(rows).toEqual([]);
  });
});

describe('AN2: a receiver of AutomateNexus', () => {
  test('gets sms.sent and sms.received with the flat data of its document', async () => {
    automatenexus.received.length = 0;
    const { id } = await send({ body: 'Flat' });
    await until(id, 'sent');
    await receive({ Body: 'Data' });
    await automatenexus.waitFor(2, 10_000);
    const bodies = automatenexus.received.map(({ rawBody }) => JSON.parse(rawBody.toString()));
    const [sent, received] = ['sms.sent', 'sms.received'].map((event) =>
      bodies.find((body) => body.event === event)!,
    );
    expect(sent.data).toMatchObject({
      id,
      from: OURS,
      to: '+15551234567',
      body: 'Flat',
      direction: 'out',
      status: 'sent',
      segments: 1,
      media_urls: [],
      contact_id: jane.id,
      contact_name: 'Jane Doe',
      created_at: expect.any(String),
    });
    expect(received.data).toMatchObject({
      from: '+15551234567',
      to: OURS,
      body: 'Data',
      direction: 'in',
      status: 'received',
    });
  });
});
