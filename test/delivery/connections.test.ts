import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Connection } from '../../src/delivery/sender/connection.ts';
import { makeConnections, type Connections } from '../../src/delivery/sender/connection-pool.ts';
import { makeDial } from '../../src/net/dial.ts';
import { makeGuard } from '../../src/net/egress-guard.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startSending, type Sending } from '../kit/sending.ts';

let s: Sending;

beforeEach(async () => {
  s = await startSending();
});

afterEach(() => s.close());

/** Which of the receiver's connections each request came over. */
function ridden(): number[] {
  return s.receiver.received.map((item) => item.connection);
}

describe('a connection is kept and reused', () => {
  test('twenty requests one after the other share one', async () => {
    for (let n = 0; n < 20; n += 1) expect((await s.send()).ok).toBe(true);
    expect(new Set(ridden())).toEqual(new Set([1]));
  });

  test('twenty concurrent requests have twenty, and the next twenty reuse them', async () => {
    s.receiver.answer(() => ({ delayMs: 100 }));
    for (let round = 0; round < 2; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => s.send()));
      expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    }
    expect(new Set(ridden()).size).toBe(20);
  });

  test('unless the receiver closes it', async () => {
    for (let n = 0; n < 3; n += 1) {
      expect((await s.sendTo({ headers: { connection: 'close' } })).ok).toBe(true);
    }
    expect(ridden()).toEqual([1, 2, 3]);
  });

  test('after a 500 too, but not after a timeout', async () => {
    await s.sendTo({ status: 500, body: 'no' });
    await s.sendTo({ hang: true }, { timeoutMs: 600 });
    await s.sendTo({});
    expect(ridden()).toEqual([1, 1, 2]);
  });

  test('the same host under another name is another connection: Host and certificate are checked again', async () => {
    await s.send({ url: `http://one.test:${s.receiver.port}/` });
    await s.send({ url: `http://two.test:${s.receiver.port}/` });
    expect(ridden()).toEqual([1, 2]);
  });
});

describe.each([false, true])('a kept connection that breaks before the answer (TLS: %s)', (tls) => {
  test('is tried once more, on a new one', async () => {
    const receiver = await startReceiver({ tls });
    receiver.answer((_request, n) => (n === 2 ? { reset: true } : {}));
    expect((await s.send({ url: receiver.url })).ok).toBe(true);
    expect((await s.send({ url: receiver.url, body: 'again' })).ok).toBe(true);
    expect(receiver.received.map((item) => item.rawBody.toString())).toEqual(['{}', 'again', 'again']);
    expect(receiver.received.map((item) => item.connection)).toEqual([1, 1, 2]);
    await receiver.close();
  });

  test('is tried on a new one even if others are kept, since they may be dead too', async () => {
    const receiver = await startReceiver({ tls });
    const used = new Set<number>();
    receiver.answer((request) => {
      if (used.has(request.connection)) return { reset: true };
      used.add(request.connection);
      return { delayMs: 50 };
    });
    await Promise.all(Array.from({ length: 4 }, () => s.send({ url: receiver.url })));
    expect((await s.send({ url: receiver.url })).ok).toBe(true);
    expect(receiver.received.at(-1)!.connection).toBe(5);
    await receiver.close();
  });

  test('the same if it is closed with FIN instead of RST', async () => {
    const receiver = await startReceiver({ tls });
    receiver.answer((_request, n) => (n === 2 ? { raw: '' } : {}));
    await s.send({ url: receiver.url });
    expect((await s.send({ url: receiver.url })).ok).toBe(true);
    expect(receiver.received).toHaveLength(3);
    await receiver.close();
  });

  test('is not tried a third time', async () => {
    const receiver = await startReceiver({ tls });
    receiver.answer((_request, n) => (n > 1 ? { reset: true } : {}));
    await s.send({ url: receiver.url });
    expect(await s.send({ url: receiver.url })).toMatchObject({ failure: 'reset' });
    expect(receiver.received).toHaveLength(3);
    await receiver.close();
  });

  test('a new connection that breaks is tried only once', async () => {
    const receiver = await startReceiver({ tls });
    receiver.answer(() => ({ reset: true }));
    expect(await s.send({ url: receiver.url })).toMatchObject({ failure: 'reset' });
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  test('is not tried again once the status has arrived', async () => {
    const receiver = await startReceiver({ tls });
    receiver.answer((_request, n) => (n === 2 ? { body: 'half', reset: true } : {}));
    await s.send({ url: receiver.url });
    expect(await s.send({ url: receiver.url })).toMatchObject({
      ok: true,
      status: 200,
      responseBody: 'half',
    });
    expect(receiver.received).toHaveLength(2);
    await receiver.close();
  });
});

test('a receiver that restarts while connections are kept is reached again', async () => {
  await Promise.all(Array.from({ length: 5 }, () => s.sendTo({ delayMs: 50 })));
  const { port } = s.receiver;
  await s.receiver.close();
  const again = await startReceiver({ port });
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, () => s.send({ url: `http://127.0.0.1:${port}` })),
  );
  expect(outcomes.map((outcome) => outcome.failure)).toEqual(Array(10).fill(null));
  expect(again.received).toHaveLength(10);
  await again.close();
});

describe('an origin with the maximum of connections', () => {
  beforeEach(async () => {
    await s.close();
    s = await startSending({ connectionsPerOrigin: 2 });
  });

  test('lets the other requests wait, in order, and serves them all', async () => {
    s.receiver.answer(() => ({ delayMs: 20 }));
    const outcomes = await Promise.all(Array.from({ length: 9 }, (_, at) => s.send({ body: String(at) })));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(new Set(ridden()).size).toBe(2);
    const last = s.receiver.received.at(-1)!.rawBody.toString();
    expect(last).toBe('8');
  });

  test('times out a waiting request without sending it', async () => {
    s.receiver.answer(() => ({ hang: true }));
    const hanging = [s.send({ timeoutMs: 1_500 }), s.send({ timeoutMs: 1_500 })];
    const waiting = await s.send({ timeoutMs: 150 });
    expect(waiting).toMatchObject({
      failure: 'timeout',
      detail: 'timed out after 150 ms while waiting for a connection',
    });
    await Promise.all(hanging);
    expect(s.receiver.received).toHaveLength(2);
  });

  test('has room for the new connection of a second try, since the broken one is gone', async () => {
    const used = new Set<number>();
    s.receiver.answer((request) => {
      if (used.has(request.connection)) return { reset: true };
      used.add(request.connection);
      return { delayMs: 50 };
    });
    await Promise.all([s.send(), s.send()]);
    expect((await s.send()).ok).toBe(true);
    expect(ridden()).toEqual([1, 2, 2, 3]);
  });

  test('makes no third try if the second had to wait and got a used connection', async () => {
    await s.close();
    s = await startSending({ connectionsPerOrigin: 1 });
    s.receiver.answer((request) => (request.rawBody.toString() === 'a' ? { reset: true } : {}));
    await s.send();
    const outcomes = await Promise.all([s.send({ body: 'a' }), s.send({ body: 'b' })]);
    expect(outcomes.map((outcome) => outcome.failure)).toEqual(['reset', null]);
    expect(s.receiver.received.map((item) => item.rawBody.toString())).toEqual(['{}', 'a', 'b', 'a']);
  });

  test('serves a waiting request once a hanging one has timed out', async () => {
    s.receiver.answer((request) => (request.rawBody.toString() === 'hang' ? { hang: true } : {}));
    const hanging = [
      s.send({ body: 'hang', timeoutMs: 600 }),
      s.send({ body: 'hang', timeoutMs: 600 }),
      s.send({ url: `${s.receiver.url}/broken`, headers: { 'x y': '' } }),
    ];
    const served = await Promise.all(Array.from({ length: 6 }, () => s.send()));
    expect(served.every((outcome) => outcome.ok)).toBe(true);
    const failures = (await Promise.all(hanging)).map((outcome) => outcome.failure);
    expect(failures).toEqual(['timeout', 'timeout', 'bad_request']);
  });
});

test('six hundred hanging requests at one host block no other request there', async () => {
  await s.close();
  s = await startSending({ connectionsPerOrigin: null });
  s.receiver.answer((request) => (request.rawBody.toString() === 'hang' ? { hang: true } : {}));
  const giveUp = new AbortController();
  const hanging = Array.from({ length: 600 }, () =>
    s.send({ body: 'hang', timeoutMs: 60_000 }, giveUp.signal),
  );
  await s.receiver.waitFor(600);
  expect((await s.send()).ok).toBe(true);
  giveUp.abort();
  const failures = (await Promise.all(hanging)).map((outcome) => outcome.failure);
  expect(new Set(failures)).toEqual(new Set(['cancelled']));
});

test('two names whose DNS is dead and 100 sends to each block no send to a good one', async () => {
  let dead = 0;
  const lost = Array.from({ length: 200 }, async (_, at) => {
    const outcome = await s.send({ url: `http://silent${at % 2}.test/` });
    dead += 1;
    return outcome.failure;
  });
  const good = await Promise.all(
    Array.from({ length: 100 }, () => s.send({ url: `http://good.test:${s.receiver.port}/` })),
  );
  expect(good.every((outcome) => outcome.ok)).toBe(true);
  expect(dead).toBe(0);
  expect(new Set(await Promise.all(lost))).toEqual(new Set(['dns_failed']));
});

describe('the connection pool', () => {
  const target = () => ({
    origin: s.receiver.url,
    secure: false,
    host: '127.0.0.1',
    port: s.receiver.port,
  });

  function makePool(more: { perOrigin?: number; maxIdle?: number } = {}) {
    const dial = makeDial({
      guard: makeGuard({ allow: ['127.0.0.0/8'], own: () => [] }),
      resolver: { resolve: (host) => Promise.resolve([host]) },
      clock: systemClock,
    });
    return makeConnections({ dial, perOrigin: 10, maxIdle: 10, ...more });
  }

  /** Makes one request and releases the connection. */
  function ride(pool: Connections): Promise<void> {
    return new Promise((resolve, reject) => {
      let used: Connection;
      pool.acquire(target(), {
        done: false,
        wantsFresh: false,
        mayGo: true,
        remainingMs: () => 10_000,
        connected(connection) {
          used = connection;
          connection.send(Buffer.from('POST / HTTP/1.1\r\nhost: me\r\ncontent-length: 0\r\n\r\n'));
        },
        received() {
          pool.release(used, null);
          resolve();
        },
        failed: reject,
      });
    });
  }

  test('removes a connection that the receiver closed while it was idle', async () => {
    const pool = makePool();
    await Promise.all([ride(pool), ride(pool), ride(pool)]);
    expect(pool.count).toBe(3);
    await s.receiver.close();
    await expect.poll(() => pool.count).toBe(0);
  });

  test('keeps at most the maximum of idle connections', async () => {
    const pool = makePool({ maxIdle: 2 });
    s.receiver.answer(() => ({ delayMs: 50 }));
    await Promise.all(Array.from({ length: 5 }, () => ride(pool)));
    expect(pool.count).toBe(2);
    pool.close();
    expect(pool.count).toBe(0);
  });
});

describe('close', () => {
  test('waits for what is in flight, and accepts nothing more', async () => {
    s.receiver.answer(() => ({ delayMs: 200 }));
    const outcome = s.send();
    await s.receiver.waitFor(1);
    let closed = false;
    const closing = s.sender.close().then(() => (closed = true));
    expect(await s.send()).toMatchObject({ failure: 'cancelled' });
    expect(closed).toBe(false);
    expect(await outcome).toMatchObject({ ok: true });
    await closing;
    await expect.poll(() => s.receiver.connections()).toBe(0);
  });

  test('closes the idle connections, and may be called again', async () => {
    await Promise.all([s.send(), s.send(), s.send()]);
    await Promise.all([s.sender.close(), s.sender.close()]);
    await s.sender.close();
    await expect.poll(() => s.receiver.connections()).toBe(0);
  });
});

test('unrequested bytes on an idle connection are not taken for the next answer', async () => {
  const forger = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      socket.write('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 20);
    });
  });
  await new Promise<void>((resolve) => {
    forger.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(forger.address() as AddressInfo).port}/`;
  for (let n = 0; n < 3; n += 1) {
    expect(await s.send({ url })).toMatchObject({ failure: 'status_5xx' });
    await new Promise((resolve) => {
      setTimeout(resolve, 60);
    });
  }
  forger.close();
});
