import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let owner: SignedIn;
beforeAll(async () => {
  s = await startScenario();
  owner = await makeMember(s, 'owner');
  const records = Array.from({ length: 60 }, (_, at) => ({ first_name: `Jane ${at}` }));
  await s.ask('POST', '/api/v1/contacts/batch', { body: { records } });
});
afterAll(() => s.stop());

interface Raw {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  bytes: Buffer;
}

/** A request whose answer is not decoded. */
function raw(path: string, headers: Record<string, string>, method = 'GET', body?: object): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = { ...headers, ...(body && { 'content-type': 'application/json' }) };
    const outgoing = request(`${s.url}${path}`, { method, headers: sent }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, headers: answer.headers, bytes: Buffer.concat(pieces) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

const CONTACTS = '/api/v1/contacts?limit=50';
const bySession = (accepted?: string) => ({
  cookie: owner.cookie,
  ...(accepted !== undefined && { 'accept-encoding': accepted }),
});
const byKey = (accepted?: string) => ({
  authorization: `Bearer ${s.alice.key}`,
  ...(accepted !== undefined && { 'accept-encoding': accepted }),
});

test('a long answer is sent in the best coding that the client accepts, with the same content', async () => {
  const plain = await raw(CONTACTS, bySession());
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.headers['vary']).toBe('accept-encoding');
  const coded: [string, string | undefined, (bytes: Buffer) => Buffer][] = [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', undefined, (bytes) => bytes],
    ['zstd', undefined, (bytes) => bytes],
  ];
  for (const headers of [bySession, byKey])
    for (const [accepted, coding, decoded] of coded) {
      const { status, headers: got, bytes } = await raw(CONTACTS, headers(accepted));
      expect(status).toBe(200);
      expect(got['content-encoding']).toBe(coding);
      expect(got['content-type']).toBe('application/json; charset=utf-8');
      expect(Number(got['content-length'])).toBe(bytes.length);
      expect(got['vary']).toBe('accept-encoding');
      expect(decoded(bytes).equals(plain.bytes)).toBe(true);
      const most = coding === undefined ? plain.bytes.length : plain.bytes.length / 4;
      expect(bytes.length).toBeLessThanOrEqual(most);
    }
});

test('HEAD has the headers of GET and no body', async () => {
  const { status, headers, bytes } = await raw(CONTACTS, bySession('gzip'), 'HEAD');
  expect([status, headers['content-encoding'], bytes.length]).toEqual([200, 'gzip', 0]);
});

test('a short answer, an answer to a write, an error and an answer with an ETag are not compressed', async () => {
  const { json } = await s.ask('POST', '/api/v1/contacts', {
    body: { first_name: 'Jane', notes: 'x'.repeat(5_000) },
  });
  const short = await raw('/api/v1/contacts?limit=1', byKey('br'));
  expect([short.status, short.headers['content-encoding']]).toEqual([200, undefined]);
  const record = await raw(`/api/v1/contacts/${json.id}`, bySession('br'));
  expect(record.bytes.length).toBeGreaterThan(5_000);
  expect([record.headers['etag'], record.headers['content-encoding']]).toEqual(['"1"', undefined]);
  const body = { first_name: 'Jane', notes: 'x'.repeat(20_000) };
  const made = await raw(
    '/api/v1/contacts',
    { ...byKey('br'), prefer: 'return=representation' },
    'POST',
    body,
  );
  expect([made.status, made.headers['content-encoding']]).toEqual([201, undefined]);
  const refused = await raw(`/api/v1/contacts?${'x'.repeat(3_000)}=1`, bySession('br'));
  expect([refused.status, refused.headers['content-encoding']]).toEqual([400, undefined]);
});

test('requests to a test inbox, which may have secrets, are not compressed', async () => {
  const { json: inbox } = await s.ask('POST', '/api/v1/inboxes', { body: { name: 'In' } });
  await fetch(inbox.url, { method: 'POST', body: 'x'.repeat(5_000) });
  const { bytes, headers } = await raw(`/api/v1/inboxes/${inbox.id}/requests`, bySession('br'));
  expect(bytes.length).toBeGreaterThan(5_000);
  expect(headers['content-encoding']).toBeUndefined();
});

test('what another site navigates to is not compressed', async () => {
  const site = (from: string) => raw(CONTACTS, { ...bySession('br'), 'sec-fetch-site': from });
  expect((await site('same-origin')).headers['content-encoding']).toBe('br');
  for (const from of ['cross-site', 'same-site', 'none'])
    expect((await site(from)).headers['content-encoding']).toBeUndefined();
});
