import { createHmac, createPublicKey, verify } from 'node:crypto';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  loadFixture,
  readFixture,
  startUpgraded,
  type LoadedStore,
  type Upgraded,
  type Webhook,
} from '../kit/fixture.ts';
import { startReceiver, type Received, type Receiver } from '../kit/receiver.ts';

/** Releases whose queues the current program drains (test/fixtures). */
const VERSIONS = ['0.1.0'];

/** How a receiver that was set up with the release verifies a delivery of a webhook; throws if it is invalid. */
const VERIFIED: Record<string, (hook: Webhook, request: Received, publicKey: string) => void> = {
  standard: isStandard,
  'own-secret': isStandard,
  filtered: isStandard,
  'lead-updated': isStandard,
  custom: isStandard,
  failing: isStandard,
  // During the overlap the old secret is valid too.
  rotated(hook, request) {
    isStandard(hook, request);
    isStandard({ ...hook, secret: hook.old_secret! }, request);
  },
  ed25519(_hook, { headers, rawBody }, publicKey) {
    const [kind, signature] = String(headers['webhook-signature']).split(',');
    const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${rawBody.toString()}`;
    const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(kind).toBe('v1a');
    expect(verify(null, Buffer.from(content), key, Buffer.from(signature!, 'base64'))).toBe(true);
  },
  paused: isAxocrm,
  axocrm: isAxocrm,
  automatenexus: (hook, { headers, rawBody }) =>
    expect(headers['x-automatenexus-signature']).toBe(hmac(hook.secret!, rawBody)),
  blank: (hook, { headers, rawBody }) =>
    expect(headers['x-automatenexus-signature']).toBe(hmac(hook.secret!, rawBody)),
  'unsigned-nexus': (_hook, { headers }) => expect(headers['x-automatenexus-signature']).toBeUndefined(),
  unsigned(_hook, { headers }) {
    expect(headers['ax-signature-version']).toBe('0');
    expect(headers['ax-signature']).toBe('');
  },
  axcelerate(hook, { headers, rawBody }) {
    expect(headers['ax-signature-version']).toBe('1');
    expect(headers['ax-signature']).toBe(hmac(hook.secret!, rawBody));
  },
};

function isStandard({ secret }: Webhook, { headers, rawBody }: Received): void {
  const sent = headers as Record<string, string>;
  expect(() => new StandardWebhook(secret!).verify(rawBody.toString(), sent)).not.toThrow();
}

function isAxocrm({ secret }: Webhook, { headers, rawBody }: Received): void {
  const signed = `${String(headers['x-axocrm-timestamp'])}.${rawBody.toString()}`;
  expect(headers['x-axocrm-signature']).toBe(`sha256=${hmac(secret!, signed)}`);
}

const hmac = (secret: string, text: string | Buffer) =>
  createHmac('sha256', secret).update(text).digest('hex');

describe.each(VERSIONS)('the queues of %s, drained by this version', (version) => {
  const { manifest } = readFixture(version);
  const key = manifest.everything.main;
  const webhook = (slug: string) => manifest.webhooks.find((item) => item.slug === slug)!;
  let store: LoadedStore;
  let receiver: Receiver;
  let s: Upgraded;
  /** Ids of the deliveries that were pending when the program started, by the webhook's slug. */
  const waiting: Record<string, string[]> = {};

  const arrived = (slug: string) => receiver.received.filter(({ url }) => url === `/${slug}`);
  const queued = async () => {
    const { rows } = await store.client.query<{ slug: string; id: string }>(
      'select e.name as slug, q.id from queue q join endpoint e on e.id = q.endpoint_id',
    );
    return rows;
  };
  /** Number of attempts of each delivery of a webhook since the program started. */
  const attempts = async (slug: string, since: Date) => {
    const { rows } = await store.client.query<{ id: string; times: number; state: string }>(
      `select a.delivery_id as id, count(*)::int as times, max(a.state) as state
       from attempt a join endpoint e on e.id = a.endpoint_id where e.name = $1 and a.at >= $2 group by 1`,
      [slug, since],
    );
    return rows;
  };
  let startedAt: Date;

  beforeAll(async () => {
    receiver = await startReceiver();
    store = await loadFixture(version, receiver.url);
    for (const { slug, id } of await queued()) (waiting[slug] ??= []).push(id);
    startedAt = new Date();
    s = await startUpgraded(store, manifest, 'api,worker');
  });
  afterAll(async () => {
    await s?.stop();
    await store?.drop();
    await receiver?.close();
  });

  test('the fixture has a pending delivery for every webhook that is verified here', () => {
    expect(Object.keys(waiting).toSorted()).toEqual(Object.keys(VERIFIED).toSorted());
  });

  test('due deliveries are sent, each once, and those of the paused webhook stay', async () => {
    await expect
      .poll(async () => new Set((await queued()).map(({ slug }) => slug)), { timeout: 30_000 })
      .toEqual(new Set(['paused']));
    const { paused: held, ...due } = waiting;
    for (const [slug, ids] of Object.entries(due)) {
      const made = await attempts(slug, startedAt);
      expect(made.map(({ id }) => id).toSorted(), slug).toEqual(ids.toSorted());
      expect(
        made.filter(({ times, state }) => times !== 1 || state !== 'delivered'),
        slug,
      ).toEqual([]);
      expect(arrived(slug), slug).toHaveLength(ids.length);
    }
    expect((await queued()).map(({ id }) => id).toSorted()).toEqual(held!.toSorted());
    expect(arrived('paused')).toEqual([]);
  });

  test('once resumed, the paused webhook gets all pending deliveries, each once', async () => {
    const path = `/api/v1/webhooks/${webhook('paused').id}`;
    const resumed = await s.ask(key, 'PATCH', path, { body: { active: true } });
    expect(resumed.status, resumed.text).toBe(200);
    await expect.poll(queued, { timeout: 30_000 }).toEqual([]);
    const ids = waiting['paused']!;
    expect((await attempts('paused', startedAt)).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const events = arrived('paused').map(({ rawBody }) => JSON.parse(rawBody.toString()).id as string);
    expect(events).toHaveLength(ids.length);
    expect(new Set(events).size).toBe(ids.length);
  });

  test.each(Object.keys(VERIFIED))(
    'deliveries of “%s” can be verified with the earlier secret',
    async (slug) => {
      const hook = webhook(slug);
      const { json } = await s.ask(key, 'GET', `/api/v1/webhooks/${hook.id}`);
      expect(arrived(slug).length).toBeGreaterThan(0);
      for (const request of arrived(slug)) VERIFIED[slug]!(hook, request, json.public_key as string);
    },
  );

  test('custom headers, method and content type are unchanged', () => {
    const { headers } = webhook('filtered');
    const [filtered] = arrived('filtered');
    for (const [name, value] of Object.entries(headers))
      expect(filtered!.headers[name.toLowerCase()]).toBe(value);
    const [form] = arrived('automatenexus');
    expect(form!.method).toBe('PUT');
    expect(form!.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
  });

  test('events of one record arrive in order if the webhook requires it', () => {
    const byRecord = new Map<string, string[]>();
    for (const { rawBody } of arrived('filtered')) {
      const { timestamp, data } = JSON.parse(rawBody.toString()) as {
        timestamp: string;
        data: { id: string };
      };
      byRecord.set(data.id, [...(byRecord.get(data.id) ?? []), timestamp]);
    }
    const each = [...byRecord.values()];
    expect(Math.max(...each.map(({ length }) => length))).toBeGreaterThan(1);
    for (const times of each) expect(times).toEqual(times.toSorted());
  });

  test('a change reaches the matching webhooks, but not the disabled one or that of plan free', async () => {
    const before = Object.fromEntries(manifest.webhooks.map(({ slug }) => [slug, arrived(slug).length]));
    await s.ask(key, 'POST', '/api/v1/companies', { body: { name: 'After the upgrade' } });
    await s.ask(key, 'POST', '/api/v1/contacts', { body: { first_name: 'After', email: 'a@example.com' } });
    await expect.poll(() => arrived('own-secret').length).toBe(before['own-secret']! + 1);
    await expect.poll(queued, { timeout: 30_000 }).toEqual([]);
    expect(arrived('failing')).toHaveLength(before['failing']! + 1);
    expect(arrived('gone')).toHaveLength(before['gone']!);
    expect(arrived('free')).toEqual([]);
  });
});
