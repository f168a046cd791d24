import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startReceiver } from '../kit/receiver.ts';
import { startSending, type Sending } from '../kit/sending.ts';

let s: Sending;

beforeEach(async () => {
  s = await startSending();
});

afterEach(() => s.close());

describe('the request', () => {
  test.each(['POST', 'PUT', 'PATCH'] as const)('%s arrives unchanged', async (method) => {
    const headers = { 'content-type': 'application/json', 'X-Custom': 'ä b', 'webhook-id': 'msg_1' };
    const url = `${s.receiver.url}/hook/a%20b?x=1&y=ä`;
    const outcome = await s.send({ url, method, headers, body: '{"name":"Zoë 😀"}' });
    expect(outcome).toEqual({
      ok: true,
      failure: null,
      status: 200,
      detail: null,
      responseBody: 'ok',
      retryAfterMs: null,
      durationMs: expect.any(Number) as number,
    });
    const [request] = s.receiver.received;
    expect(request).toMatchObject({ method, url: '/hook/a%20b?x=1&y=%C3%A4' });
    expect(request!.headers).toEqual({
      'content-type': 'application/json',
      'x-custom': 'ä b',
      'webhook-id': 'msg_1',
      'content-length': '20',
      host: `127.0.0.1:${s.receiver.port}`,
      connection: 'keep-alive',
    });
    expect(request!.rawBody.toString()).toBe('{"name":"Zoë 😀"}');
  });

  test('a request that may no longer go is not written: not at first, not once connected, not again', async () => {
    const none = { ok: false, failure: 'cancelled', status: null };
    expect(await s.send({ mayGo: () => false })).toMatchObject(none);
    await s.send();
    // The connection exists now.
    expect(await s.send({ mayGo: () => false })).toMatchObject(none);
    expect(s.receiver.received).toHaveLength(1);

    // A connection that breaks before the answer would be a reason for a second try.
    await s.send();
    let may = true;
    s.receiver.answer(() => {
      may = false;
      return { reset: true };
    });
    expect(await s.send({ mayGo: () => may })).toMatchObject(none);
    expect(s.receiver.received).toHaveLength(3);
  });

  test('a Buffer arrives byte for byte, an empty body with its length', async () => {
    await s.send({ body: Buffer.from([0, 255, 128]) });
    await s.send({ body: '' });
    expect(s.receiver.received[0]!.rawBody).toEqual(Buffer.from([0, 255, 128]));
    expect(s.receiver.received[1]!.headers['content-length']).toBe('0');
  });

  test('a host by name gets its name as Host, also with a final dot', async () => {
    await s.send({ url: `http://example.test:${s.receiver.port}/` });
    await s.send({ url: `http://example.test.:${s.receiver.port}/` });
    expect(s.receiver.received.map((item) => item.headers.host)).toEqual([
      `example.test:${s.receiver.port}`,
      `example.test.:${s.receiver.port}`,
    ]);
  });

  test('proxies named in the environment are ignored', async () => {
    const proxy = await startReceiver();
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : proxy.url;
    try {
      await s.close();
      s = await startSending();
      expect((await s.send()).ok).toBe(true);
    } finally {
      for (const name of names) delete process.env[name];
      await proxy.close();
    }
    expect(proxy.received).toHaveLength(0);
    expect(s.receiver.received).toHaveLength(1);
  });
});

describe('the status decides: only 2xx is success', () => {
  test.each([200, 201, 202, 204, 205, 299])('%i is success', async (status) => {
    const outcome = await s.sendTo({ status, body: '' });
    expect(outcome).toMatchObject({ ok: true, failure: null, status, responseBody: '' });
  });

  test.each([
    [304, 'status_3xx'],
    [400, 'status_4xx'],
    [404, 'status_4xx'],
    [410, 'status_4xx'],
    [429, 'status_4xx'],
    [500, 'status_5xx'],
    [503, 'status_5xx'],
    [799, 'bad_response'],
  ])('%i is %s', async (status, failure) => {
    expect(await s.sendTo({ status, body: '' })).toMatchObject({ ok: false, failure, status });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed, wherever it leads', async (status) => {
    const other = await startReceiver();
    for (const location of [other.url, 'http://169.254.169.254/latest/meta-data/']) {
      const outcome = await s.sendTo({ status, headers: { location } });
      expect(outcome).toMatchObject({ ok: false, failure: 'status_3xx', status });
    }
    expect(other.received).toHaveLength(0);
    await other.close();
  });

  test('a 103 before the answer is skipped', async () => {
    const raw =
      'HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes';
    expect(await s.sendTo({ raw })).toMatchObject({
      ok: true,
      status: 201,
      responseBody: 'yes',
      retryAfterMs: null,
    });
  });

  test('Retry-After is reported, of a failure too', async () => {
    const headers = { 'retry-after': '120' };
    expect(await s.sendTo({ status: 503, headers })).toMatchObject({ retryAfterMs: 120_000 });
    const at = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs } = await s.sendTo({ status: 429, headers: { 'retry-after': at } });
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});

describe('the body of an answer', () => {
  test.each([
    ['NUL', Buffer.from('a\0b'), 'a\ufffdb'],
    ['invalid UTF-8', Buffer.from([0x61, 0xff, 0xc3]), 'a\ufffd\ufffd'],
    ['half a surrogate pair', Buffer.from([0xed, 0xbf, 0xbf, 0x61]), '\ufffd\ufffd\ufffda'],
    ['1,001 characters', Buffer.from('😀'.repeat(1_001)), '😀'.repeat(1_000)],
  ])('%s is kept as well-formed text', async (_what, body, kept) => {
    expect(await s.sendTo({ body })).toMatchObject({ ok: true, responseBody: kept });
  });

  test('10 MiB are truncated, and the status decides', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, 'x');
    const kept = 'x'.repeat(1_000);
    expect(await s.sendTo({ body })).toMatchObject({ ok: true, status: 200, responseBody: kept });
    expect(await s.sendTo({ body, status: 500 })).toMatchObject({
      failure: 'status_5xx',
      responseBody: kept,
    });
    await expect.poll(() => s.receiver.connections()).toBe(0);
  });

  test('an endless one is truncated at 64 KiB, or after two seconds', async () => {
    const endless = { body: Buffer.alloc(65 * 1024, 'x'), neverEnd: true };
    expect(await s.sendTo(endless)).toMatchObject({ ok: true, status: 200 });
    const short = { body: Buffer.alloc(63 * 1024, 'x'), neverEnd: true };
    expect(await s.sendTo(short, { timeoutMs: 800 })).toMatchObject({ ok: true, status: 200 });
  });
});
