import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startScenario, type Scenario } from '../../kit/scenario.ts';

const OURS = '+15550100001';
const JANE = '+15551234567';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const PUBLIC_KEY = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');

let s: Scenario;
let api: Server;
let path: string;
const requested: { url: string; authorization: string | undefined; body: Record<string, unknown> }[] = [];

beforeAll(async () => {
  s = await startScenario();
  api = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      requested.push({
        url: request.url!,
        authorization: request.headers.authorization,
        body: JSON.parse(text),
      });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data: { id: 'tx-1', to: [{ phone_number: JANE, status: 'queued' }] } }));
    });
  });
  await new Promise<void>((resolve) => {
    api.listen(0, '127.0.0.1', resolve);
  });
  const { status, text, json } = await s.ask('POST', '/api/v1/connections', {
    body: {
      kind: 'telnyx',
      name: 'Telnyx',
      settings: {
        public_key: PUBLIC_KEY,
        from: OURS,
        base_url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      },
      secrets: { api_key: 'KEY of the test' },
    },
  });
  if (status !== 201) throw new Error(text);
  path = new URL(json.urls[0].url).pathname;
});
afterAll(async () => {
  api.close();
  await s.stop();
});

function post(event: object, { time = Math.floor(Date.now() / 1000), key = privateKey, change = '' } = {}) {
  const raw = JSON.stringify({ data: { record_type: 'event', id: 'ev', ...event } });
  const signature = sign(null, Buffer.from(`${time}|${raw}`), key).toString('base64');
  const headers = { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': String(time) };
  return s.ask('POST', path, { as: null, raw: raw + change, headers });
}
const received = (id: string) => ({
  event_type: 'message.received',
  payload: {
    id,
    from: { phone_number: JANE },
    to: [{ phone_number: OURS }],
    text: 'Hello from Telnyx',
    media: [],
  },
});

test('SM3: sends through Telnyx, and takes its reports', async () => {
  const { json } = await s.ask('POST', '/api/v1/messages', { body: { to: JANE, body: 'Hello' } });
  const read = async () => (await s.ask('GET', `/api/v1/messages/${json.id}`)).json;
  await vi.waitFor(async () => expect(await read()).toMatchObject({ status: 'sent', external_id: 'tx-1' }), {
    timeout: 10_000,
    interval: 50,
  });
  expect(requested).toMatchObject([
    {
      url: '/v2/messages',
      authorization: 'Bearer KEY of the test',
      body: { from: OURS, to: JANE, text: 'Hello' },
    },
  ]);
  const finalized = { id: 'tx-1', to: [{ phone_number: JANE, status: 'delivered' }] };
  expect((await post({ event_type: 'message.finalized', payload: finalized })).status).toBe(200);
  expect(await read()).toMatchObject({ status: 'delivered' });
});

test('SM3: receives a message once', async () => {
  await s.newEvents();
  const replies = [await post(received('tx-in')), await post(received('tx-in'))];
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  const { json } = await s.ask('GET', '/api/v1/messages?external_id=tx-in');
  expect(json.data).toMatchObject([
    { direction: 'in', from: JANE, body: 'Hello from Telnyx', provider: 'telnyx' },
  ]);
  expect(await s.newEvents()).toEqual(['sms.received']);
});

test('SM1: half an emoji at the end of a segment, and NUL, lose no message', async () => {
  const { payload } = received('tx-half');
  const media = [{ url: 'https://media.telnyx.com/1', content_type: `image/\ud83d${'🙂'.repeat(60)}` }];
  const odd = { ...payload, text: 'See you \ud83d\0', media };
  const { status, text } = await post({ event_type: 'message.received', payload: odd });
  expect(status, text).toBe(200);
  const { json } = await s.ask('GET', '/api/v1/messages?external_id=tx-half');
  expect(json.data).toMatchObject([{ body: 'See you \ufffd', media_count: 1 }]);
});

test.each([
  ['another key', { key: generateKeyPairSync('ed25519').privateKey }],
  ['an old time', { time: Math.floor(Date.now() / 1000) - 301 }],
  ['a changed body', { change: ' ' }],
])('a request with %s is refused', async (_name, how) => {
  expect((await post(received('tx-forged'), how)).status).toBe(401);
  expect((await s.ask('GET', '/api/v1/messages?external_id=tx-forged')).json.data).toEqual([]);
});
