import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startScenario, type Reply, type Scenario } from '../kit/scenario.ts';

const URLENCODED = 'application/x-www-form-urlencoded';
const REST = 'last_name=Doe&email=jane@example.com&phone=1&event_date=2026-08-15';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());
beforeEach(() => s.newEvents());

const send = (raw: string | Uint8Array, type: string, headers: Record<string, string> = {}) =>
  s.ask('POST', '/api/v1/leads', { raw, headers: { 'content-type': type, ...headers } });

/** A multipart body; each part is a text, or bytes with headers. */
function multipart(parts: Record<string, string | { bytes: Uint8Array; headers?: string; name?: string }>) {
  const chunks = Object.entries(parts).flatMap(([key, part]) => {
    const {
      bytes,
      headers = '',
      name = key,
    } = typeof part === 'string' ? { bytes: Buffer.from(part) } : part;
    const head = `--XX\r\nContent-Disposition: form-data; name="${name}"${headers}\r\n\r\n`;
    return [Buffer.from(head, 'latin1'), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([...chunks, Buffer.from('--XX--\r\n')]);
}
const MULTIPART = 'multipart/form-data; boundary=XX';
const JANE = {
  first_name: 'Jane',
  last_name: 'Doe',
  email: 'jane@example.com',
  phone: '1',
  event_date: '2026-08-15',
};

async function made(reply: Reply) {
  expect(reply.status, reply.text).toBe(201);
  await s.newEvents();
  const lead = (await s.ask('GET', `/api/v1/leads/${reply.json.id}`)).json;
  const { data } = (await s.ask('GET', `/api/v1/leads/${reply.json.id}/submissions`)).json;
  return { lead, payload: data[0].payload };
}

/** The error of a refused request, in RemixCRM's format; checks that nothing was created. */
async function refusal(reply: Reply): Promise<{ status: number; fields?: string[]; events: string[] }> {
  expect(reply.json.error, reply.text).toBeTypeOf('string');
  const { fields } = reply.json;
  return { status: reply.status, ...(fields && { fields }), events: await s.newEvents() };
}

describe('the text of a form is decoded by its charset, or refused', () => {
  test.each([
    ['', 'Jos%C3%A9', 'José'],
    ['; charset=utf-8', 'Jos%C3%A9', 'José'],
    ['; charset=iso-8859-1', 'Jos%E9', 'José'],
    ['; charset=ISO-8859-1', 'Jos%E9', 'José'],
    ['; charset="windows-1252"', 'Jos%E9+%80%99', 'José €™'],
    ['; charset=iso-8859-15', '%A4', '€'],
    ['; charset=iso-8859-2', '%A3%F3d%BC', 'Łódź'],
    ['; charset=shift_jis', '%83%65%83%58%83%67', 'テスト'],
    ['; charset=gb18030', '%D6%D0%CE%C4', '中文'],
    ['; charset=koi8-r', '%EB%CF%D4', 'Кот'],
  ])('%s first_name=%s is %s', async (charset, sent, name) => {
    const { lead, payload } = await made(await send(`first_name=${sent}&${REST}`, URLENCODED + charset));
    expect(lead.first_name).toBe(name);
    expect(payload.first_name).toBe(name);
  });

  test('raw bytes and names are decoded too; broken escapes are stored as sent', async () => {
    const raw = Buffer.from(`first_name=José&größe=50%&${REST}&zahl=%zz`, 'latin1');
    const { lead, payload } = await made(await send(raw, `${URLENCODED}; charset=latin1`));
    expect(lead.first_name).toBe('José');
    expect(payload).toMatchObject({ größe: '50%', zahl: '%zz' });
  });

  test('_charset_, which browsers fill in, is used', async () => {
    const { lead } = await made(await send(`first_name=Jos%E9&_charset_=windows-1252&${REST}`, URLENCODED));
    expect(lead.first_name).toBe('José');
  });

  test.each([
    ['', 'first_name', 'first_name=Jos%E9', 400],
    ['; charset=utf-8', 'first_name', 'first_name=Jos%E9', 400],
    ['', 'first_name', 'first_name=%ED%A0%80', 400],
    ['', 'first_name', 'first_name=%C0%80', 400],
    ['; charset=shift_jis', 'first_name', 'first_name=%FF%FF', 400],
    ['', 'guests', 'first_name=Jane&guests=%FF', 400],
    ['; charset=klingon', undefined, 'first_name=Jane', 415],
    ['; charset=utf-16', undefined, 'first_name=Jane', 415],
    ['', undefined, 'first_name=Jane&_charset_=klingon', 415],
  ])('%s names %s for %s, %i', async (charset, field, sent, status) => {
    const refused = await refusal(await send(`${sent}&${REST}`, URLENCODED + charset));
    expect(refused).toEqual({ status, ...(field && { fields: [field] }), events: [] });
  });
});

describe('no value of a form is lost', () => {
  test('the submission stores all values of a name, as sent; tags and notes use all of them', async () => {
    const sent = `first_name=A&first_name=B&interests[]=x&interests[]=y&guest=1&guest=1&one[]=z&tags=vip,late&tags[]=red&tags[]=blue&notes=First&notes=Second&${REST}`;
    const { lead, payload } = await made(await send(sent, URLENCODED));
    expect(payload).toMatchObject({
      first_name: ['A', 'B'],
      'interests[]': ['x', 'y'],
      guest: ['1', '1'],
      'one[]': ['z'],
      last_name: 'Doe',
    });
    expect(lead).toMatchObject({
      first_name: 'B',
      tags: ['vip', 'late', 'red', 'blue'],
      notes: 'First\nSecond',
    });
  });

  test('a repeated field does not fail: the last value that is filled in counts', async () => {
    const sent = `first_name=Jane&first_name=&source=Web&source=Ads&utm_source=a&utm_source=b&${REST}`;
    const { lead } = await made(await send(sent, URLENCODED));
    expect(lead).toMatchObject({ first_name: 'Jane', source: 'Ads' });
    const { data } = (await s.ask('GET', `/api/v1/leads/${lead.id}/submissions`)).json;
    expect(data[0].utm).toEqual({ utm_source: 'b' });
  });

  test('names of JavaScript properties are ordinary names', async () => {
    const sent = `first_name=Jane&__proto__=a&constructor=b&toString=c&${REST}`;
    const { payload } = await made(await send(sent, URLENCODED));
    expect(Object.entries(payload)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', 'c'],
      ]),
    );
  });

  test('a list in JSON is an invalid name', async () => {
    const reply = await s.ask('POST', '/api/v1/leads', { body: { ...JANE, first_name: ['A', 'B'] } });
    expect(await refusal(reply)).toEqual({ status: 400, fields: ['first_name'], events: [] });
  });
});

describe('multipart/form-data', () => {
  test('is accepted, with a charset for each part', async () => {
    const latin = {
      bytes: Buffer.from('José', 'latin1'),
      headers: '\r\nContent-Type: text/plain; charset=iso-8859-1',
    };
    const body = multipart({
      ...JANE,
      first_name: latin,
      größe: { bytes: Buffer.from('50 €\r\n--X'), name: Buffer.from('größe').toString('latin1') },
      quoted: { bytes: Buffer.from('q'), name: 'a%22b\\"c' },
      a: { bytes: Buffer.from('x'), name: 'interests[]' },
      b: { bytes: Buffer.from('y'), name: 'interests[]' },
      empty: { bytes: Buffer.alloc(0), headers: '; filename=""\r\nContent-Type: application/octet-stream' },
    });
    const { lead, payload } = await made(await send(body, 'multipart/form-data; boundary="XX"'));
    expect(lead.first_name).toBe('José');
    expect(payload).toEqual({
      ...JANE,
      first_name: 'José',
      größe: '50 €\r\n--X',
      'a"b"c': 'q',
      'interests[]': ['x', 'y'],
    });
  });

  test('of fetch and FormData, also twice under one Idempotency-Key', async () => {
    const sent = async () => {
      const body = new FormData();
      for (const [name, value] of Object.entries(JANE)) body.append(name, value);
      const headers = { authorization: `Bearer ${s.alice.key}`, 'idempotency-key': 'multipart' };
      const reply = await fetch(`${s.url}/api/v1/leads`, { method: 'POST', body, headers });
      return { code: reply.status, ...((await reply.json()) as { id: string }) };
    };
    const [first, again] = [await sent(), await sent()];
    expect([first.code, again.code]).toEqual([201, 201]);
    expect(again.id).toBe(first.id);
  });

  test('_charset_ is used, and Content-Encoding is decoded', async () => {
    const body = multipart({
      _charset_: 'windows-1252',
      ...JANE,
      first_name: { bytes: Buffer.from('Jos\xe9', 'latin1') },
    });
    const reply = await send(gzipSync(body), MULTIPART, { 'content-encoding': 'gzip' });
    expect((await made(reply)).lead.first_name).toBe('José');
  });

  const file = (headers: string) => ({ bytes: Buffer.from('GIF89a'), headers });
  test.each<[string, string | Uint8Array, string, string[] | undefined]>([
    ['a file', multipart({ ...JANE, photo: file('; filename="a.gif"') }), MULTIPART, ['photo']],
    [
      'a file of another form',
      multipart({ ...JANE, photo: file("; filename*=UTF-8''a.gif") }),
      MULTIPART,
      ['photo'],
    ],
    [
      'invalid UTF-8',
      multipart({ ...JANE, first_name: { bytes: Buffer.from([0xe9]) } }),
      MULTIPART,
      ['first_name'],
    ],
    [
      'base64',
      multipart({
        ...JANE,
        notes: { bytes: Buffer.from('YQ=='), headers: '\r\nContent-Transfer-Encoding: base64' },
      }),
      MULTIPART,
      ['notes'],
    ],
    ['no boundary', multipart(JANE), 'multipart/form-data', undefined],
    ['another boundary', multipart(JANE), 'multipart/form-data; boundary=YY', undefined],
    ['no end', multipart(JANE).subarray(0, -8), MULTIPART, undefined],
    ['headers without an end', `--XX\r\n${'a: b\r\n'.repeat(2000)}\r\n\r\nx\r\n--XX--`, MULTIPART, undefined],
    [
      'a part without a name',
      '--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--',
      MULTIPART,
      undefined,
    ],
    ['nothing', '', MULTIPART, undefined],
  ])('%s is a 400', async (_name, body, type, fields) => {
    expect(await refusal(await send(body, type))).toEqual({
      status: 400,
      ...(fields && { fields }),
      events: [],
    });
  });
});

describe('a form has at most 200 fields', () => {
  const TOO_MANY = { status: 400, fields: ['body'], events: [] };
  const filler = (n: number) => Array.from({ length: n }, (_, at) => [`f${at}`, 'x'] as const);
  test('urlencoded', async () => {
    const sent = (n: number) =>
      `first_name=Jane&${REST}&${filler(n)
        .map((pair) => pair.join('='))
        .join('&')}`;
    await made(await send(sent(195), URLENCODED));
    expect(await refusal(await send(sent(196), URLENCODED))).toEqual(TOO_MANY);
    expect(await refusal(await send(sent(80_000), URLENCODED))).toEqual(TOO_MANY);
    expect(await refusal(await send('&'.repeat(900_000), URLENCODED))).toEqual(TOO_MANY);
  });

  test('multipart', async () => {
    const sent = (n: number) => multipart({ ...JANE, ...Object.fromEntries(filler(n)) });
    await made(await send(sent(195), MULTIPART));
    expect(await refusal(await send(sent(196), MULTIPART))).toEqual(TOO_MANY);
    expect(await refusal(await send(sent(10_000), MULTIPART))).toEqual(TOO_MANY);
  });
});
