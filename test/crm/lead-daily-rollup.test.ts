import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMember, type SignedIn } from '../kit/member.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';
import { propertySize, TIMEOUT_MS } from '../proof/settings.ts';

const JANE = {
  name: 'Jane Doe',
  email: 'jane@example.com',
  phone: '+15551234567',
  event_date: '2026-08-15',
};
const RANGE = 'created_at[gte]=2026-01-01&created_at[lt]=2026-01-06';

let s: Scenario;
let bob: SignedIn;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api', FAIRLEAD_LEADS_PER_HOUR: '0' });
  bob = await makeMember(s, 'member', { name: 'Bob' });
});
afterAll(() => s.stop());

/** An action on the leads of January; `which` selects one of them. */
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('make' as const), day: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      which: fc.nat(),
      to: fc.oneof(
        fc.record({ status: fc.constantFrom('new', 'contacted', 'won', 'lost') }),
        fc.record({ source: fc.constantFrom('Fair', 'Radio', null) }),
        fc.record({ event_type: fc.constantFrom('Wedding', null) }),
        fc.record({ is_owned: fc.boolean() }),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('convert' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

test(
  'stored counts of days equal a plain count, whatever is created, changed, converted and deleted meanwhile',
  async () => {
    await s.ask('POST', '/api/v1/lead-event-types', { body: { name: 'Wedding' } });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(action, { maxLength: 6 }), { maxLength: 8 }), async (turns) => {
        await s.db.pool.query(`update lead set deleted_at = now() where deleted_at is null`);
        await s.db.pool.query('delete from lead_day');
        const existing: string[] = [];
        for (const turn of turns) {
          // Actions of one round run concurrently.
          await Promise.all(turn.map((item) => carryOut(item, existing)));
          expect(await analytics()).toEqual(await plainCount());
        }
      }),
      propertySize({ small: 25, whole: 2_000 }),
    );
  },
  TIMEOUT_MS,
);

async function carryOut(item: Action, existing: string[]): Promise<unknown> {
  if (item.do === 'ask') return analytics();
  if (item.do === 'make') {
    const { json } = await s.ask('POST', '/api/v1/leads', { body: JANE });
    const id = await movedTo(json.id, `2026-01-0${item.day}T12:00:00Z`);
    // The backdating bypassed the program: this change of the lead invalidates its day.
    await s.ask('PATCH', `/api/v1/leads/${id}`, { body: { notes: 'moved' } });
    return existing.push(id);
  }
  const id = existing[item.which % existing.length];
  if (id === undefined) return undefined;
  const path = `/api/v1/leads/${id}`;
  if (item.do === 'delete') return s.ask('DELETE', path);
  if (item.do === 'convert') return s.ask('POST', `${path}/convert`, { body: {} });
  const { is_owned: isOwned, ...fields } = item.to as { is_owned?: boolean };
  const body = isOwned === undefined ? fields : { owner_id: isOwned ? bob.id : null };
  return s.ask('PATCH', path, { body });
}

async function analytics() {
  const { json } = await s.ask('GET', `/analytics/leads?${RANGE}`);
  const { leads, converted, first_contact, by_source, by_event_type, by_status, by_owner, by_time } = json;
  const flat = (groups: Record<string, unknown>[], key: string) =>
    Object.fromEntries(groups.map((item) => [String(item[key]), [item['leads'], item['converted']]]));
  return {
    leads,
    converted,
    first_contact,
    source: flat(by_source, 'source'),
    event_type: flat(by_event_type, 'event_type'),
    status: flat(by_status, 'status'),
    owner_id: flat(by_owner, 'owner_id'),
    day: flat(
      by_time.filter((item: { leads: number }) => item.leads > 0),
      'start',
    ),
  };
}

async function plainCount() {
  const { rows } = await s.db.pool.query(
    `select source, event_type, status, owner_id, (created_at at time zone 'UTC')::date::text as day,
            status = 'won' or converted_at is not null as is_converted
     from lead where workspace_id = $1 and deleted_at is null
       and created_at >= '2026-01-01' and created_at < '2026-01-06'`,
    [s.alice.workspaceId],
  );
  const { rows: contact } = await s.db.pool.query(
    `select count(seconds)::int as leads, percentile_cont(0.5) within group (order by seconds) as median_s,
            percentile_cont(0.9) within group (order by seconds) as p90_s
     from (select extract(epoch from first_contacted_at - created_at)::float8 as seconds from lead
           where workspace_id = $1 and deleted_at is null and created_at >= '2026-01-01' and created_at < '2026-01-06') t`,
    [s.alice.workspaceId],
  );
  const by = (key: string) => {
    const groups: Record<string, [number, number]> = {};
    for (const row of rows) {
      const group = (groups[String(row[key])] ??= [0, 0]);
      group[0] += 1;
      if (row.is_converted) group[1] += 1;
    }
    return groups;
  };
  /** Equal up to the last digits of a double. */
  const close = (value: number | null) => ({
    asymmetricMatch: (other: number | null) =>
      value === null || other === null ? other === value : Math.abs(other - value) < 0.0005,
  });
  return {
    leads: rows.length,
    converted: rows.filter((row) => row.is_converted).length,
    first_contact: {
      leads: contact[0].leads,
      median_s: close(contact[0].median_s),
      p90_s: close(contact[0].p90_s),
    },
    ...Object.fromEntries(['source', 'event_type', 'status', 'owner_id', 'day'].map((key) => [key, by(key)])),
  };
}

/** Backdates a lead: its id begins with its creation time. */
async function movedTo(id: string, at: string): Promise<string> {
  const hex = Date.parse(at).toString(16).padStart(12, '0');
  const moved = `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
  await s.db.pool.query('delete from lead_submission where lead_id = $1', [id]);
  await s.db.pool.query('update lead set id = $2, created_at = $3 where id = $1', [id, moved, at]);
  return moved;
}
