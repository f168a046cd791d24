import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMember } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const RACERS = 200;
const DAY_MS = 86_400_000;

let s: Scenario;
let slug: string;
let hosts: string[];
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  hosts = [(await makeMember(s, 'member')).id, (await makeMember(s, 'member')).id];
  slug = (await s.ask('GET', '/api/v1/workspace')).json.slug;
});
afterAll(() => s.stop());

/** Everybody books the first time of a page at once. @returns the answers, by status */
async function race(settings: object): Promise<Record<number, number>> {
  const body = { title: 'Race', min_notice_min: 0, ...settings };
  const { json } = await s.ask('POST', '/api/v1/booking-pages', { body });
  const path = `/book/${slug}/${json.slug}`;
  const from = new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10);
  const { json: listed } = await s.ask('GET', `${path}/slots?from=${from}&tz=UTC`, { as: null });
  const [{ start }] = Object.values(listed.slots as Record<string, { start: string }[]>).flat() as [
    { start: string },
  ];
  const replies = await Promise.all(
    Array.from({ length: RACERS }, (_item, n) =>
      s.ask('POST', path, { as: null, body: { start, name: `Racer ${n}`, email: `racer${n}@example.com` } }),
    ),
  );
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test(`BK2: of ${RACERS} guests at once for one time of one host, one is booked`, async () => {
  expect(await race({ slug: 'one', hosts: [hosts[0]!] })).toEqual({ 201: 1, 409: RACERS - 1 });
  const { rows } = await s.db.pool.query(
    "select count(*)::int as count from appointment where status = 'booked'",
  );
  expect(rows[0].count).toBe(1);
  // Those who were late left nothing behind.
  expect((await s.ask('GET', '/api/v1/contacts?count=exact')).json.total_count).toBe(1);
});

test(`BK2: of ${RACERS} guests at once for one time of two hosts in turn, two are booked, one with each`, async () => {
  await s.db.pool.query("update appointment set status = 'canceled'");
  const counts = await race({ slug: 'two', hosts, host_mode: 'round_robin' });
  expect(counts).toEqual({ 201: 2, 409: RACERS - 2 });
  const { rows } = await s.db.pool.query("select host_id from appointment where status = 'booked'");
  expect(new Set(rows.map((row) => row.host_id))).toEqual(new Set(hosts));
});
