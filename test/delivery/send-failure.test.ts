import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/delivery/sender/send-outcome.ts';
import { startReceiver, type Answer, type Receiver } from '../kit/receiver.ts';
import { startSending, type Sending } from '../kit/sending.ts';

function openSockets(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

let s: Sending;
let secure: Receiver;

beforeAll(async () => {
  secure = await startReceiver({ tls: true });
});

beforeEach(async () => {
  s = await startSending();
});

afterEach(() => s.close());

afterAll(() => secure.close());

/** Listens on a free port of 127.0.0.1. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

describe('every failure has a name', () => {
  test('timeout: a receiver that never answers, or does not finish the head, in just that time', async () => {
    const slow: [Answer, Partial<Outcome>][] = [
      [{ hang: true }, { detail: 'timed out after 600 ms while waiting for the answer' }],
      [{ raw: 'HTTP/1.1 200 OK\r\nX-Slow: ', hang: true }, { responseBody: null }],
    ];
    for (const [answer, expected] of slow) {
      const outcome = await s.sendTo(answer, { timeoutMs: 600 });
      expect(outcome).toMatchObject({ ok: false, failure: 'timeout', status: null, ...expected });
      expect(outcome.durationMs).toBeGreaterThanOrEqual(599);
      expect(outcome.durationMs).toBeLessThan(5_000);
    }
    await expect.poll(() => s.receiver.connections()).toBe(0);
  });

  test('if a body does not end within two seconds, the status decides', async () => {
    const slow: [Answer, Partial<Outcome>][] = [
      [
        { body: 'x'.repeat(1_000), trickleMs: 20 },
        { ok: true, status: 200 },
      ],
      [
        { body: 'some', neverEnd: true },
        { ok: true, status: 200, responseBody: 'some' },
      ],
      [
        { status: 500, neverEnd: true },
        { ok: false, failure: 'status_5xx', status: 500 },
      ],
    ];
    for (const [answer, expected] of slow) {
      const outcome = await s.sendTo(answer, { timeoutMs: 600 });
      expect(outcome).toMatchObject(expected);
      expect(outcome.durationMs).toBeGreaterThanOrEqual(1_990);
      expect(outcome.durationMs).toBeLessThan(15_000);
    }
    await expect.poll(() => s.receiver.connections()).toBe(0);
  });

  test('timeout: it covers the look-up and the handshake too', async () => {
    expect(await s.send({ url: 'http://silent.test/', timeoutMs: 200 })).toMatchObject({
      failure: 'timeout',
      detail: 'timed out after 200 ms while looking up the name',
    });
    const mute = createServer((socket) => socket.on('error', () => {}).resume());
    const port = await listen(mute);
    expect(await s.send({ url: `https://127.0.0.1:${port}/`, timeoutMs: 1_000 })).toMatchObject({
      failure: 'timeout',
      detail: 'timed out after 1000 ms while in the TLS handshake',
    });
    await expect.poll(() => openSockets(mute)).toBe(0);
    mute.close();
  });

  test('refused: nothing listens there', async () => {
    const { url } = s.receiver;
    await s.receiver.close();
    expect(await s.send({ url })).toMatchObject({ failure: 'refused', status: null, responseBody: null });
  });

  test.each([
    ['http://gone.test/', 'the name has no address'],
    ['http://silent.test/', 'no answer from DNS within 1000 ms'],
    ['http://a_very..odd.test/', 'the host is not a valid DNS name'],
  ])('dns_failed: %s', async (url, detail) => {
    expect(await s.send({ url })).toMatchObject({ failure: 'dns_failed', detail, status: null });
  });

  test('reset: before the answer and in its head', async () => {
    expect(await s.sendTo({ reset: true })).toMatchObject({ failure: 'reset', status: null });
    expect(s.receiver.received).toHaveLength(1);
    expect(await s.sendTo({ raw: '' })).toMatchObject({ failure: 'reset', status: null });
    expect(await s.sendTo({ raw: 'HTTP/1.1 200 OK\r\nContent-' })).toMatchObject({ failure: 'reset' });
  });

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a broken head', 'HTTP/1.1 OK\r\nno-status: here\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ])('bad_response: %s', async (_what, raw) => {
    expect(await s.sendTo({ raw, hang: true })).toMatchObject({ ok: false, failure: 'bad_response' });
  });

  test('too_large: a head of more than 256 KiB', async () => {
    const outcome = await s.sendTo({ headers: { 'x-large': 'x'.repeat(270_000) } });
    expect(outcome).toMatchObject({ failure: 'too_large', status: null });
  });

  test.each([
    '',
    'nonsense',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'https://user:pass@example.test/',
    'http://127.0.0.1:0/',
    'http://[::1',
    'http://127.0.0.1:99999/',
  ])('bad_url: %j', async (url) => {
    expect(await s.send({ url })).toMatchObject({ ok: false, failure: 'bad_url', durationMs: 0 });
  });

  test.each<Record<string, string>>([
    { 'x-a': 'b\r\nx-injected: 1' },
    { 'x-a': 'b\nc' },
    { 'x-a': 'b\0c' },
    { 'x-a': '漢' },
    { 'x a': 'b' },
    { '': 'b' },
    { 'x-a\r\n': 'b' },
    { 'Transfer-Encoding': 'chunked' },
    { Expect: '100-continue' },
    { 'Content-Length': '5' },
    { 'content-length': 'x' },
    { Upgrade: 'websocket' },
  ])('bad_request: the header %j is never sent', async (headers) => {
    expect(await s.send({ headers })).toMatchObject({ ok: false, failure: 'bad_request', status: null });
    expect(s.receiver.received).toHaveLength(0);
    expect((await s.send()).ok).toBe(true);
  });

  test('cancelled: a signal ends it before it begins, while connecting and while waiting', async () => {
    s.receiver.answer(() => ({ hang: true }));
    expect(await s.send({}, AbortSignal.abort())).toMatchObject({ failure: 'cancelled' });
    expect(await s.send({ url: 'http://silent.test/' }, AbortSignal.timeout(50))).toMatchObject({
      failure: 'cancelled',
    });
    expect(s.receiver.received).toHaveLength(0);
    const stopper = new AbortController();
    const outcome = s.send({}, stopper.signal);
    await s.receiver.waitFor(1);
    stopper.abort();
    expect(await outcome).toMatchObject({ failure: 'cancelled', status: null });
  });
});

describe('over TLS', () => {
  test.each(['localhost', '127.0.0.1', 'example.test'])('%s is served', async (host) => {
    const url = `https://${host}:${secure.port}/`;
    expect(await s.send({ url })).toMatchObject({ ok: true, status: 200 });
    expect(secure.received.at(-1)!.headers.host).toBe(`${host}:${secure.port}`);
  });

  test('tls_failed: a certificate of an unknown authority, whatever the environment says', async () => {
    await s.close();
    s = await startSending({ tls: {} });
    const before = secure.received.length;
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await s.send({ url: secure.url })).toMatchObject({
        failure: 'tls_failed',
        detail: 'self-signed certificate',
      });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(secure.received).toHaveLength(before);
  });

  test('tls_failed: a certificate for another name', async () => {
    const outcome = await s.send({ url: `https://other.test:${secure.port}/` });
    expect(outcome.failure).toBe('tls_failed');
    expect(outcome.detail).toContain("Host: other.test. is not in the cert's altnames");
  });

  test('tls_failed: a receiver that does not speak TLS, or closes the connection', async () => {
    expect(await s.send({ url: `https://127.0.0.1:${s.receiver.port}/` })).toMatchObject({
      failure: 'tls_failed',
    });
    const rude = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const port = await listen(rude);
    expect(await s.send({ url: `https://127.0.0.1:${port}/` })).toMatchObject({ failure: 'tls_failed' });
    rude.close();
  });
});
