import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeGuard, type Guard } from '../../src/net/egress-guard.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { startSending, type Sending } from '../kit/sending.ts';

/**
 * Here 127.0.0.1 is the public internet and the rest of 127.0.0.0/8 the internal network: a receiver listens at every
 * address, and a request that arrives at 127.0.0.2 has passed the guard.
 */
const outside = makeGuard({ allow: ['127.0.0.1/32'], own: () => [] });

let s: Sending;
let everywhere: Receiver;
const time = { skipped: 0 };
const clock = { now: () => Date.now(), monotonic: () => performance.now() + time.skipped };

beforeEach(async () => {
  everywhere = await startReceiver({ host: '0.0.0.0' });
  s = await startSending({ guard: outside, clock });
});

afterEach(async () => {
  await s.close();
  await everywhere.close();
});

function at(host: string): string {
  return `http://${host}:${everywhere.port}/`;
}

async function restart(guard: Guard): Promise<void> {
  await s.close();
  s = await startSending({ guard, clock });
}

test.each([
  // Ways to write 127.0.0.2, then addresses that mean this machine or are internal.
  ...'127.0.0.2 127.2 2130706434 0x7f.2 0177.0.0.2 127.0.0.2. ①②⑦.0.0.② [::ffff:127.0.0.2]'.split(' '),
  ...'0.0.0.0 0 [::1] [::] [::ffff:7f00:2] [::127.0.0.2] [64:ff9b::7f00:2] 10.0.0.1 192.168.1.1'.split(' '),
  ...'169.254.169.254 [fd00:ec2::254] [fe80::1] 100.64.0.1'.split(' '),
])('a URL that names %s is blocked, over http and https', async (host) => {
  for (const url of [at(host), at(host).replace('http:', 'https:')]) {
    const outcome = await s.send({ url, timeoutMs: 3_000 });
    expect(outcome).toMatchObject({ ok: false, failure: 'blocked_address', status: null });
  }
  expect(everywhere.received).toHaveLength(0);
});

test('a literal address that is open is dialled, also written as IPv6', async () => {
  expect((await s.send({ url: at('127.0.0.1') })).ok).toBe(true);
  expect((await s.send({ url: at('2130706433') })).ok).toBe(true);
  expect(everywhere.received).toHaveLength(2);
});

test.each(['127.0.0.2', '10.1.2.3', '169.254.169.254', '::1', 'fd00::1', '::ffff:127.0.0.2', '0.0.0.0'])(
  'a name that resolves to %s is blocked, and the error does not contain the address',
  async (address) => {
    s.dns.answer(() => ({ addresses: [address] }));
    const outcome = await s.send({ url: at('inside.test') });
    expect(outcome.failure).toBe('blocked_address');
    expect(outcome.detail).toMatch(/^the host points to (a|an) /);
    expect(outcome.detail).not.toContain(address);
    expect(everywhere.received).toHaveLength(0);
  },
);

test.each([
  ['127.0.0.1', '127.0.0.2'],
  ['127.0.0.1', '::1'],
  ['127.0.0.1', '10.0.0.1'],
])('a name that resolves to %s and %s is blocked as a whole', async (...addresses) => {
  s.dns.answer(() => ({ addresses }));
  expect(await s.send({ url: at('both.test') })).toMatchObject({ failure: 'blocked_address' });
  expect(everywhere.received).toHaveLength(0);
});

test('a name that resolves first to an outer address and then to an inner one reaches neither inside', async () => {
  s.dns.answer((_name, _type, n) => ({ addresses: [n === 1 ? '127.0.0.1' : '127.0.0.2'], ttlS: 0 }));
  expect((await s.send({ url: at('rebind.test') })).ok).toBe(true);
  // A kept connection goes to the address that was checked; a new one is checked again.
  time.skipped += 5_000;
  expect((await s.send({ url: at('rebind.test') })).ok).toBe(true);
  everywhere.answer(() => ({ headers: { connection: 'close' } }));
  expect((await s.send({ url: at('rebind.test') })).ok).toBe(true);
  expect(await s.send({ url: at('rebind.test') })).toMatchObject({ failure: 'blocked_address' });
  expect(everywhere.received.map((item) => item.connection)).toEqual([1, 1, 1]);
});

test('a name is looked up once per connection: no second look-up comes between check and dial', async () => {
  s.dns.answer((_name, _type, n) => ({ addresses: [n === 1 ? '127.0.0.1' : '127.0.0.2'], ttlS: 0 }));
  expect((await s.send({ url: at('once.test') })).ok).toBe(true);
  expect(s.dns.questions.sort()).toEqual(['once.test A', 'once.test AAAA']);
});

test('a redirect to an inner address is a failure and nothing more', async () => {
  everywhere.answer((_request, n) =>
    n === 1 ? { status: 307, headers: { location: at('127.0.0.2') } } : {},
  );
  expect(await s.send({ url: at('127.0.0.1') })).toMatchObject({ failure: 'status_3xx', status: 307 });
  expect(everywhere.received).toHaveLength(1);
});

describe('our own listener', () => {
  test('is blocked by address and by name, although its range is open', async () => {
    const own = [{ address: '127.0.0.1', port: everywhere.port }];
    await restart(makeGuard({ allow: ['127.0.0.0/8'], own: () => own }));
    for (const host of ['127.0.0.1', '0.0.0.0', 'me.test', 'localhost', '[::ffff:127.0.0.1]']) {
      expect(await s.send({ url: at(host) })).toMatchObject({ failure: 'blocked_address' });
    }
    expect(everywhere.received).toHaveLength(0);
    expect((await s.send()).ok).toBe(true);
  });

  test('is blocked at every address of this machine if it is bound to all', async () => {
    const own = [{ address: '0.0.0.0', port: everywhere.port }];
    await restart(makeGuard({ allow: ['0.0.0.0/0', '::/0'], own: () => own }));
    for (const host of ['127.0.0.1', '127.0.0.2', '127.9.9.9', 'me.test', '[::1]']) {
      expect(await s.send({ url: at(host) })).toMatchObject({
        failure: 'blocked_address',
        detail: "the host points to this server's own address",
      });
    }
    expect(everywhere.received).toHaveLength(0);
  });
});

describe('plain HTTP', () => {
  test('is allowed only to a range that is open', async () => {
    await restart({ opensAny: false, refuses: () => null, allowsPrivate: () => false });
    expect(await s.send({ url: at('127.0.0.1') })).toMatchObject({
      failure: 'blocked_address',
      detail: 'the host may only be called over https',
    });
    expect(await s.send({ url: at('public.test') })).toMatchObject({ failure: 'blocked_address' });
    expect(everywhere.received).toHaveLength(0);
  });

  test('HTTPS is allowed to any address that is not refused', async () => {
    await restart({ opensAny: false, refuses: () => null, allowsPrivate: () => false });
    const secure = await startReceiver({ tls: true });
    expect((await s.send({ url: secure.url })).ok).toBe(true);
    expect((await s.send({ url: `https://example.test:${secure.port}` })).ok).toBe(true);
    await secure.close();
  });
});

test('a connection that ends at another address than the checked one is not used', async () => {
  // The kernel reads 0.0.0.0 as 127.0.0.1, which was not checked.
  await restart(makeGuard({ allow: ['0.0.0.0/32'], own: () => [] }));
  expect(await s.send({ url: at('0.0.0.0') })).toMatchObject({
    failure: 'blocked_address',
    detail: 'the connection went to another address',
  });
  expect(everywhere.received).toHaveLength(0);
});

test('localhost is 127.0.0.1 if only that is open: ::1 is skipped, and does not refuse the name', async () => {
  expect((await s.send({ url: at('localhost') })).ok).toBe(true);
  expect(everywhere.received[0]!.headers.host).toBe(`localhost:${everywhere.port}`);
  await restart(makeGuard({ allow: ['10.0.0.0/8'], own: () => [] }));
  expect(await s.send({ url: at('localhost') })).toMatchObject({
    failure: 'blocked_address',
    detail: 'the host points to a loopback address',
  });
});

test('a name with several addresses is reached at the first that answers', async () => {
  await restart(makeGuard({ allow: ['127.0.0.0/8'], own: () => [] }));
  s.dns.answer(() => ({ addresses: ['127.0.0.3', '127.0.0.4', '127.0.0.1'] }));
  expect((await s.send({ url: `http://several.test:${s.receiver.port}/` })).ok).toBe(true);
  expect(s.receiver.received).toHaveLength(1);
  s.dns.answer(() => ({ addresses: ['127.0.0.3', '127.0.0.4'] }));
  expect(await s.send({ url: `http://none.test:${s.receiver.port}/` })).toMatchObject({ failure: 'refused' });
});
