import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passing } from '../../src/delivery/log/replay.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());

async function hook(more: object) {
  const body = { name: 'w', url: 'http://127.0.0.1:9/', events: ['contact.created'], ...more };
  const reply = await s.ask('POST', HOOKS, { body });
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
const uuidOf = (id: string) => id.slice(3).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

describe('a replay with a filter is bounded', () => {
  async function missed(values: string[]) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const since = new Date().toISOString();
    for (const notes of values)
      // oxlint-disable-next-line no-await-in-loop -- the order of the feed
      await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'J', notes } });
    return since;
  }
  const seqs = async (ids: readonly string[]) => {
    const { rows } = await s.db.pool.query(
      'select notes from event e, json_to_record(e.data) as r(notes text) where id = any($1) order by seq',
      [ids],
    );
    return rows.map(({ notes }) => notes);
  };

  test('a filter checks a limited number of events in one statement, and the answer says how far it got', async () => {
    const since = await missed(['no 1', 'yes 1', 'no 2', 'no 3', 'yes 2']);
    const { id } = await hook({ filter: { field: 'notes', op: 'contains', value: 'yes' } });
    const { rows } = await s.db.pool.query('select workspace_id from endpoint where id = $1', [uuidOf(id)]);
    const which = {
      workspaceId: rows[0].workspace_id,
      endpointId: uuidOf(id),
      since,
      until: null,
      sinceId: '00000000-0000-7000-8000-000000000000',
      after: 0,
      types: ['contact.created'],
      only: undefined,
      dryRun: true,
      now: Date.now(),
    } as const;
    const found: unknown[] = [];
    let after = 0;
    for (;;) {
      // No time at all: one batch is checked, so that each call makes progress.
      // oxlint-disable-next-line no-await-in-loop -- each goes on where the one before ended
      const passed = await passing(s.db.pool, { ...which, after }, { batch: 2, ms: 0 });
      if (passed === null || passed === 'every') throw new Error('there is a filter');
      // oxlint-disable-next-line no-await-in-loop -- see above
      found.push([await seqs(passed.ids), await seqs([passed.last!]), passed.more]);
      if (!passed.more) break;
      // oxlint-disable-next-line no-await-in-loop -- see above
      const place = await s.db.pool.query('select seq from event where id = $1', [passed.last]);
      after = Number(place.rows[0].seq);
    }
    expect(found).toEqual([
      [['yes 1'], ['yes 1'], true],
      [[], ['no 3'], true],
      [['yes 2'], ['yes 2'], false],
    ]);
  });

  test('more than 10,000 events to check: none queued yet, and the next call continues after the last', async () => {
    const since = await missed(['no']);
    const { id } = await hook({ filter: { field: 'notes', op: 'contains', value: 'yes' } });
    await s.db.pool.query(
      `with last as (select * from event order by id desc limit 1),
       c as (update workspace_counter w set event_seq = event_seq + 10001 from last where w.workspace_id = last.workspace_id)
       insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
       select workspace_id, (left(id::text, 19) || 'f' || lpad(to_hex(n), 3, '0') || right(gen_random_uuid()::text, 13))::uuid,
              seq + n, type, object_type, object_id, occurred_at, actor,
              case n when 10001 then '{"notes":"yes"}' else '{"notes":"no"}' end::json, 0
       from last, generate_series(1, 10001) n`,
    );
    const ask = (body: object) =>
      s.ask('POST', `${HOOKS}/${id}/replay`, { body: { since, dry_run: true, ...body } });
    const first = (await ask({})).json;
    expect(first).toEqual({ queued: 0, has_more: true, next_after: expect.stringMatching(/^evt_/) });
    let done = first;
    // The time may have run out before the 10,000.
    // oxlint-disable-next-line no-await-in-loop -- each goes on where the one before ended
    while (done.has_more) done = (await ask({ after: done.next_after })).json;
    expect(done).toMatchObject({ queued: 1, has_more: false });
  });

  test('a dry run waits for nobody who changes the webhook, and nobody waits for it', async () => {
    const since = await missed(['yes']);
    const { id } = await hook({ filter: { field: 'notes', op: 'contains', value: 'yes' } });
    const other = await s.db.pool.connect();
    try {
      await other.query('begin');
      await other.query('select from endpoint where id = $1 for update', [uuidOf(id)]);
      const reply = await s.ask('POST', `${HOOKS}/${id}/replay`, { body: { since, dry_run: true } });
      expect(reply.json, reply.text).toMatchObject({ queued: 1 });
    } finally {
      await other.query('rollback');
      other.release();
    }
  });
});
