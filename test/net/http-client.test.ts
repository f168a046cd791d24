import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { wasNotSent } from '../../src/net/connection-failure.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { makeHttpClient } from '../../src/net/http-client.ts';
import { makeResolver } from '../../src/net/resolver.ts';
import { startReceiver, TEST_CERT, type Receiver } from '../kit/receiver.ts';

function client(allow: string[]) {
  const guard = makeGuard({ allow, own: () => [] });
  const resolver = makeResolver({ clock: systemClock });
  return makeHttpClient(makeDial({ guard, resolver, clock: systemClock, ca: TEST_CERT }));
}

describe('a request to the API of another system', () => {
  let receiver: Receiver;
  const http = client(['127.0.0.0/8', '::1/128']);
  const at = (path: string) => `https://localhost:${receiver.port}${path}`;

  beforeAll(async () => {
    receiver = await startReceiver({ tls: true });
    receiver.answer(({ url }) => {
      if (url === '/moved') return { status: 302, headers: { location: '/cert' }, body: '' };
      if (url === '/large') return { body: 'x'.repeat(2_000) };
      if (url === '/never') return { hang: true };
      if (url === '/nonsense') return { raw: 'no HTTP\r\n\r\n' };
      if (url === '/broken') return { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf' };
      return { status: 201, headers: { 'x-sent': 'yes' }, body: 'größe' };
    });
  });
  afterAll(() => receiver.close());

  test('has its method, headers and body, and gives status, headers and body', async () => {
    const response = await http(at('/api?a=1'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"grüße":1}',
    });
    expect(response).toMatchObject({ status: 201, headers: { 'x-sent': 'yes' } });
    expect(response.body.toString()).toBe('größe');
    const sent = receiver.received.at(-1)!;
    expect(sent).toMatchObject({ method: 'POST', url: '/api?a=1' });
    expect(sent.headers).toMatchObject({
      host: `localhost:${receiver.port}`,
      'content-type': 'application/json',
    });
    expect(sent.rawBody.toString()).toBe('{"grüße":1}');
  });

  test('that fails says whether the other side may have got it', async () => {
    for (const path of ['/large', '/never', '/broken', '/nonsense'])
      expect(wasNotSent(await failureOf(at(path)))).toBe(false);
    const { port, close } = await startReceiver();
    await close();
    expect(wasNotSent(await failureOf(`http://127.0.0.1:${port}/`))).toBe(true);
    expect(wasNotSent(await failureOf('http://10.0.0.1/'))).toBe(true);
  });
  const failureOf = (url: string) =>
    http(url, { maxBytes: 1_000, timeoutMs: 500 }).then(
      () => 'no failure',
      (error: unknown) => error,
    );

  test('does not follow a redirect', async () => {
    const before = receiver.received.length;
    expect((await http(at('/moved'))).status).toBe(302);
    expect(receiver.received.length).toBe(before + 1);
  });

  test.each([
    ['/large', 'reset', 'longer than 1000 bytes'],
    ['/never', 'timeout', 'waiting for the response'],
    ['/broken', 'reset', 'reset'],
  ])('%s fails as %s', async (path, failure, detail) => {
    await expect(http(at(path), { maxBytes: 1_000, timeoutMs: 500 })).rejects.toMatchObject({
      failure,
      message: expect.stringContaining(detail),
    });
  });

  test('to a private address is refused unless the operator opened it', async () => {
    await expect(client([])(at('/cert'))).rejects.toMatchObject({ failure: 'blocked_address' });
  });

  test('needs a certificate of the host', async () => {
    const guard = makeGuard({ allow: ['127.0.0.0/8', '::1/128'], own: () => [] });
    const dial = makeDial({ guard, resolver: makeResolver({ clock: systemClock }), clock: systemClock });
    await expect(makeHttpClient(dial)(at('/cert'))).rejects.toMatchObject({ failure: 'tls_failed' });
  });
});
