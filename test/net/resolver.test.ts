import { scrypt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { DnsError } from '../../src/net/dns-lookup.ts';
import { makeResolver, type ResolverOptions } from '../../src/net/resolver.ts';
import { startDns, type DnsServer } from '../kit/dns.ts';

const clock = { at: 0, now: () => clock.at, monotonic: () => clock.at };
const folder = mkdtempSync(join(tmpdir(), 'fairlead-hosts-'));
const hostsFile = join(folder, 'hosts');
const patient = new AbortController().signal;
setMaxListeners(0, patient);
let dns: DnsServer;

beforeEach(async () => {
  dns = await startDns();
  writeFileSync(hostsFile, '');
});

afterEach(() => dns.close());

afterAll(() => rmSync(folder, { recursive: true }));

function make(more: Partial<ResolverOptions> = {}) {
  return makeResolver({ clock, servers: [dns.address], hostsFile, ...more });
}

/** The failure of a look-up. */
async function failure(answer: Promise<string[]>): Promise<DnsError> {
  const error = await answer.then(
    (addresses) => new Error(`it answered ${addresses.join(', ')}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DnsError);
  return error as DnsError;
}

test('a name resolves to all its addresses, IPv4 first', async () => {
  dns.answer(() => ({ addresses: ['2600::1', '192.0.2.1', '2600::2', '192.0.2.2'] }));
  expect(await make().resolve('example.test', patient)).toEqual([
    '192.0.2.1',
    '192.0.2.2',
    '2600::1',
    '2600::2',
  ]);
  expect(dns.questions.sort()).toEqual(['example.test A', 'example.test AAAA']);
});

test('a name with thirty addresses resolves to all thirty', async () => {
  const addresses = Array.from({ length: 30 }, (_, at) => `192.0.2.${at + 1}`);
  dns.answer(() => ({ addresses }));
  expect((await make().resolve('many.test', patient)).sort()).toEqual(addresses.sort());
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2600::1', '2600::1'],
])('the address %s resolves to itself without a query', async (address, answer) => {
  expect(await make().resolve(address, patient)).toEqual([answer]);
  expect(dns.questions).toEqual([]);
});

test('case and a final dot do not make another name', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'] }));
  const resolver = make();
  await resolver.resolve('example.test', patient);
  expect(await resolver.resolve('EXAMPLE.test.', patient)).toEqual(['192.0.2.1']);
  expect(dns.questions).toHaveLength(2);
});

test('a short name is looked up unchanged: search domains do not apply', async () => {
  dns.answer(() => 'nxdomain');
  await failure(make().resolve('receiver', patient));
  expect(new Set(dns.questions)).toEqual(new Set(['receiver A', 'receiver AAAA']));
});

test.each([
  '',
  'a..b',
  '-.%.test',
  'a b.test',
  `${'a'.repeat(64)}.test`,
  `${'a.'.repeat(130)}test`,
  'ä.test',
])('the name %j is not found, and DNS is not asked', async (name) => {
  expect((await failure(make().resolve(name, patient))).reason).toBe('not_found');
  expect(dns.questions).toEqual([]);
});

test.each([
  ['nxdomain', 'not_found', 'the name has no address'],
  ['servfail', 'failed', 'DNS answered with an error (ESERVFAIL)'],
  ['silent', 'timeout', 'no answer from DNS within 300 ms'],
  [{ addresses: [] }, 'not_found', 'the name has no address'],
] as const)('DNS says %j: %s', async (answer, reason, message) => {
  dns.answer(() => (typeof answer === 'string' ? answer : { addresses: [] }));
  const error = await failure(make({ limitMs: 300 }).resolve('gone.test', patient));
  expect(error).toMatchObject({ reason, message });
});

test.each(['nxdomain', 'servfail', 'silent'] as const)(
  'a name with IPv4 alone answers, whatever DNS does about IPv6 (%s)',
  async (second) => {
    dns.answer((_name, type) => (type === 'A' ? { addresses: ['192.0.2.1'] } : second));
    const resolver = make({ limitMs: 1_500 });
    expect(await resolver.resolve('four.test', patient)).toEqual(['192.0.2.1']);
  },
);

test('a silent family is not waited for to the limit once the other has answered', async () => {
  dns.answer((name, type) =>
    name === 'four.test' && type === 'A' ? { addresses: ['192.0.2.1'] } : 'silent',
  );
  const resolver = make({ limitMs: 1_200 });
  const limit = failure(resolver.resolve('silent.test', patient));
  const answer = resolver.resolve('four.test', patient);
  expect(await Promise.race([limit, answer])).toEqual(['192.0.2.1']);
  await limit;
});

test('a name with IPv6 alone resolves', async () => {
  dns.answer((_name, type) => (type === 'AAAA' ? { addresses: ['2600::1'] } : 'servfail'));
  expect(await make().resolve('six.test', patient)).toEqual(['2600::1']);
});

test.each([
  [0, 900, 1_100],
  [30, 29_900, 30_100],
  [86_400, 59_900, 60_100],
])(
  'an answer with a TTL of %i s is cached at %i ms and queried again at %i ms',
  async (ttlS, still, past) => {
    dns.answer((_name, _type, n) => ({ addresses: [n === 1 ? '192.0.2.1' : '10.0.0.1'], ttlS }));
    const resolver = make();
    const start = clock.at;
    expect(await resolver.resolve('changing.test', patient)).toEqual(['192.0.2.1']);
    clock.at = start + still;
    expect(await resolver.resolve('changing.test', patient)).toEqual(['192.0.2.1']);
    clock.at = start + past;
    expect(await resolver.resolve('changing.test', patient)).toEqual(['10.0.0.1']);
    expect(dns.questions.filter((item) => item.endsWith(' A'))).toHaveLength(2);
  },
);

test.each(['nxdomain', 'servfail', 'silent'] as const)(
  'a failure (%s) is cached for five seconds, then queried again',
  async (bad) => {
    dns.answer(() => bad);
    const resolver = make({ limitMs: 200 });
    await failure(resolver.resolve('late.test', patient));
    dns.answer(() => ({ addresses: ['192.0.2.1'] }));
    clock.at += 4_900;
    await failure(resolver.resolve('late.test', patient));
    clock.at += 200;
    expect(await resolver.resolve('late.test', patient)).toEqual(['192.0.2.1']);
  },
);

test('a name that stops resolving is not served from the cache', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'], ttlS: 1 }));
  const resolver = make({ limitMs: 200 });
  await resolver.resolve('gone.test', patient);
  dns.answer(() => 'silent');
  clock.at += 2_000;
  expect((await failure(resolver.resolve('gone.test', patient))).reason).toBe('timeout');
});

test('fifty concurrent callers make one query of each family', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'], delayMs: 50 }));
  const resolver = make();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => resolver.resolve('example.test', patient)),
  );
  expect(answers.every((answer) => answer[0] === '192.0.2.1')).toBe(true);
  expect(dns.questions).toHaveLength(2);
});

test('a caller whose signal fires stops waiting, the others get the answer', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'], delayMs: 300 }));
  const resolver = make();
  const hasty = failure(resolver.resolve('slow.test', AbortSignal.timeout(20)));
  const calm = resolver.resolve('slow.test', patient);
  const first = await Promise.race([hasty.then(() => 'hasty'), calm.then(() => 'calm')]);
  expect(first).toBe('hasty');
  expect((await hasty).reason).toBe('timeout');
  expect(await calm).toEqual(['192.0.2.1']);
  expect(dns.questions).toHaveLength(2);
});

test('a caller whose signal has fired already gets no answer', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'] }));
  expect((await failure(make().resolve('example.test', AbortSignal.abort()))).reason).toBe('timeout');
  expect(dns.questions).toEqual([]);
});

test('it caches at most the maximum of names; the oldest is removed first', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'] }));
  const resolver = make({ maxNames: 2 });
  for (const name of ['one.test', 'two.test', 'three.test', 'two.test', 'three.test', 'one.test']) {
    await resolver.resolve(name, patient);
  }
  const requested = dns.questions.filter((item) => item.endsWith(' A'));
  expect(requested).toEqual(['one.test A', 'two.test A', 'three.test A', 'one.test A']);
});

test('names whose servers are dead do not block the others, known to be dead or not', async () => {
  dns.answer((name) => (name.startsWith('dead') ? 'silent' : { addresses: ['192.0.2.1'] }));
  const resolver = make({ concurrency: 2, limitMs: 1_000 });
  let failed = 0;
  const askDead = async (at: number) => {
    await failure(resolver.resolve(`dead${at}.test`, patient));
    failed += 1;
  };

  const unknown = [1, 2, 3].map(askDead);
  expect(await resolver.resolve('good1.test', patient)).toEqual(['192.0.2.1']);
  expect(failed).toBe(0);
  await Promise.all([...unknown, ...[4, 5, 6].map(askDead)]);

  clock.at += 6_000;
  failed = 0;
  const known = [1, 2, 3, 4, 5, 6].map(askDead);
  expect(await resolver.resolve('good2.test', patient)).toEqual(['192.0.2.1']);
  expect(failed).toBe(0);
  await Promise.all(known);
});

test('password hashing does not delay it: it does not use the threads of libuv', async () => {
  dns.answer(() => ({ addresses: ['192.0.2.1'] }));
  let hashed = 0;
  const hashes = Array.from(
    { length: 8 },
    () =>
      new Promise<void>((resolve) => {
        scrypt('password', 'salt', 64, { N: 2 ** 15, maxmem: 2 ** 27 }, () => {
          hashed += 1;
          resolve();
        });
      }),
  );
  expect(await make().resolve('example.test', patient)).toEqual(['192.0.2.1']);
  // On those four threads it would begin when the fifth hash begins.
  expect(hashed).toBeLessThan(5);
  await Promise.all(hashes);
});

test('the hosts file is used before DNS, and is read again when it has changed', async () => {
  writeFileSync(
    hostsFile,
    '# a comment\n192.0.2.9 Receiver receiver.internal # more\n\n2600::9\treceiver\nnonsense here\n',
  );
  const resolver = make();
  expect(await resolver.resolve('receiver', patient)).toEqual(['192.0.2.9', '2600::9']);
  expect(await resolver.resolve('receiver.internal.', patient)).toEqual(['192.0.2.9']);

  writeFileSync(hostsFile, '192.0.2.10 receiver\n');
  utimesSync(hostsFile, 1, 1);
  clock.at += 3_000;
  expect(await resolver.resolve('receiver', patient)).toEqual(['192.0.2.10']);
  expect(dns.questions).toEqual([]);
});

test('localhost and the names under it are this machine, with or without a hosts file', async () => {
  const resolver = make({ hostsFile: join(folder, 'missing') });
  expect(await resolver.resolve('localhost', patient)).toEqual(['127.0.0.1', '::1']);
  expect(await resolver.resolve('app.localhost.', patient)).toEqual(['127.0.0.1', '::1']);
  expect(dns.questions).toEqual([]);
});
