import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, secondServer, startScenario, type Scenario } from '../kit/scenario.ts';

const JANE = {
  first_name: 'Jane',
  last_name: 'Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());

/** A new workspace with this hourly limit. */
async function workspaceWithLimit(perHour: number) {
  const { id: workspaceId } = await s.app.workspaces.create({ name: 'Hours' });
  const key = await s.app.keys.create({ workspaceId, name: 'k', style: 'fairlead', createdBy: 'test' });
  const body = { leads_per_hour: perHour };
  expect((await s.ask('PATCH', '/api/v1/lead-settings', { as: key.raw, body })).status).toBe(200);
  return key.raw;
}

describe('RX6: the hourly limit', () => {
  test('200 leads at once on two servers: exactly 100 are created, the others get Retry-After', async () => {
    const as = await workspaceWithLimit(100);
    await s.newEvents();
    const other = await secondServer(s);
    try {
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          ask(n % 2 ? s.url : other.url, 'POST', '/api/v1/leads', { as, body: { ...JANE, source: `s${n}` } }),
        ),
      );
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(100);
      const refused = replies.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(100);
      expect(refused[0]!.json.error).toBeTypeOf('string');
      expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(3500);
    } finally {
      await other.stop();
    }
    expect(await s.newEvents()).toEqual(Array(100).fill('lead.created'));
    const { json } = await s.ask('GET', '/api/v1/leads?count=exact&limit=200', { as });
    expect(json.total_count).toBe(100);
    const numbers = json.data.map((item: { number: number }) => item.number);
    expect(numbers.toSorted((a: number, b: number) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    // A refused lead leaves no source behind.
    const sources = await s.ask('GET', '/api/v1/lead-sources?limit=200', { as });
    expect(sources.json.data).toHaveLength(100);
  });

  test('each item of a batch counts once; a batch beyond the limit creates nothing', async () => {
    const as = await workspaceWithLimit(10);
    const batch = (count: number) =>
      s.ask('POST', '/api/v1/leads/batch', {
        as,
        body: { records: Array.from({ length: count }, () => JANE) },
      });
    expect((await batch(7)).status).toBe(200);
    expect((await batch(4)).status).toBe(429);
    expect((await batch(3)).status).toBe(200);
    expect((await s.ask('POST', '/api/v1/leads', { as, body: JANE })).status).toBe(429);
  });

  test('a refused or replayed lead does not count', async () => {
    const as = await workspaceWithLimit(2);
    const headers = { 'idempotency-key': 'one' };
    const first = await s.ask('POST', '/api/v1/leads', { as, body: JANE, headers });
    expect((await s.ask('POST', '/api/v1/leads', { as, body: {} })).status).toBe(400);
    const again = await s.ask('POST', '/api/v1/leads', { as, body: JANE, headers });
    expect(again.json).toEqual(first.json);
    expect((await s.ask('POST', '/api/v1/leads', { as, body: JANE })).status).toBe(201);
    expect(
      (await s.ask('POST', '/api/v1/leads', { as, body: JANE, headers: { 'idempotency-key': 'two' } }))
        .status,
    ).toBe(429);
  });

  test('fifty at once: one lead with one Idempotency-Key, fifty without', async () => {
    const as = await workspaceWithLimit(0);
    const all = (headers: Record<string, string>) =>
      Promise.all(
        Array.from({ length: 50 }, () => s.ask('POST', '/api/v1/leads', { as, body: JANE, headers })),
      );
    await s.newEvents();
    await all({ 'idempotency-key': 'at-once' });
    expect(await s.newEvents()).toEqual(['lead.created']);
    await all({});
    expect(await s.newEvents()).toEqual(Array(50).fill('lead.created'));
  });
});
