import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readFilter } from '../../src/events/event-filter.ts';
import { filterLook } from '../../src/events/event-filter-sql.ts';
import { outboxTables } from '../../src/events/outbox.ts';
import { passing } from '../../src/delivery/replay.ts';
import { startReceiver } from '../kit/receiver.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const HOOKS = '/api/v1/webhooks';
const URL = 'http://127.0.0.1:9/';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
});
afterAll(() => s.stop());
afterEach(async () => {
  for (const { id } of (await s.ask('GET', `${HOOKS}?limit=200`)).json.data)
    await s.ask('DELETE', `${HOOKS}/${id}`);
});

const make = (more: object) =>
  s.ask('POST', HOOKS, { body: { name: 'w', url: URL, events: ['contact.created'], ...more } });
async function hook(more: object) {
  const reply = await make(more);
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}
const uuidOf = (id: string) => id.slice(3).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const contains = (count: number) => ({
  any: Array.from({ length: count }, (_, n) => ({ field: 'notes', op: 'contains', value: `needle ${n}` })),
});
const tags = (count: number) => ({ any: Array.from({ length: count }, (_, n) => ({ tag: `tag ${n}` })) });

describe('the conditions of a workspace are bounded', () => {
  test('200 `contains` in all: refused where a filter is set, by what field, and how many there are', async () => {
    await hook({ filter: contains(99) });
    const second = await hook({ filter: tags(99) });
    const third = await make({ filter: contains(3) });
    expect(third.status).toBe(400);
    expect(third.json.error.fields).toEqual([
      {
        field: 'filter',
        message:
          'the filters of a workspace may have 200 `contains` and `tag` conditions in all: 198 are in use by other webhooks, and this filter has 3',
      },
    ]);
    const small = await hook({ filter: contains(2) });
    const path = `${HOOKS}/${small.id}`;
    expect((await s.ask('PATCH', path, { body: { filter: contains(3) } })).status).toBe(400);
    expect((await s.ask('PATCH', path, { body: { filter: tags(2), name: 'other' } })).status).toBe(200);
    // A condition that looks for no text is another matter; so is what another workspace has.
    await hook({ filter: { field: 'status', op: 'equals', value: 'lead' } });
    const body = { name: 'w', url: URL, events: ['contact.created'], filter: contains(99) };
    expect((await s.ask('POST', HOOKS, { as: s.charlie, body })).status).toBe(201);
    // What is deleted counts no more.
    await s.ask('DELETE', `${HOOKS}/${second.id}`);
    await hook({ filter: contains(50) });
  });

  test('2,000 values in all', async () => {
    const filter = {
      any: Array.from({ length: 15 }, (_, n) => ({
        field: 'status',
        op: 'in',
        value: Array.from({ length: 100 }, (__, at) => `${n}.${at}`),
      })),
    };
    await hook({ filter });
    const reply = await make({ filter });
    expect(reply.json.error.fields[0].field).toBe('filter');
    expect(reply.json.error.message).toContain('2000 values');
  });

  test('several at once do not take more than there is', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, () => make({ filter: contains(60) })));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(3);
    const ids = await Promise.all(Array.from({ length: 3 }, () => hook({})));
    const changed = await Promise.all(
      ids.map(({ id }) => s.ask('PATCH', `${HOOKS}/${id}`, { body: { filter: contains(20) } })),
    );
    expect(changed.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('what an older version took stays: renamed, sent back as it was, made smaller, and it decides', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => hook({ filter: contains(50) })));
    // A fifth one, of an older version.
    const { id } = await hook({});
    await s.db.pool.query(
      `update endpoint p set filter = o.filter, filter_path = o.filter_path, filter_on = o.filter_on,
         filter_texts = o.filter_texts, filter_values = o.filter_values
       from endpoint o where o.id = $1 and p.id = $2`,
      [all[0].id, id].map(uuidOf),
    );
    const path = `${HOOKS}/${id}`;
    const shown = (await s.ask('GET', path)).json;
    expect(shown.filter).toEqual(all[0].filter);
    for (const body of [{ name: 'renamed' }, { ...shown, name: 'put' }, { filter: contains(49) }]) {
      const reply = await s.ask('PATCH', path, { body });
      expect(reply.status, reply.text).toBe(200);
    }
    expect((await s.ask('PATCH', path, { body: { filter: contains(50) } })).status).toBe(400);
    const lead = (await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'J', notes: 'needle 48' } }))
      .json;
    const { rows } = await s.db.pool.query('select matched from event where object_id = $1', [lead.id]);
    expect(rows).toEqual([{ matched: 5 }]);
  });
});

describe('the path of a filter is bounded', () => {
  const long = (count: number, length: number) => ({
    any: Array.from({ length: count }, (_, n) => ({
      field: 'notes',
      op: 'equals',
      value: `${n}`.padEnd(length, 'x'),
    })),
  });

  test.each<[string, (input: object) => object]>([
    ['not', (input) => ({ not: input })],
    ['all and not', (input) => ({ all: [{ not: input }] })],
  ])('%s adds the same to a path each time, whatever is in it', (_name, wrap) => {
    for (const inner of [{ tag: 'vip' }, long(90, 300), { field: 'email', op: 'exists', value: false }]) {
      const lengths = [inner, wrap(inner), wrap(wrap(inner))].map(
        (input) => readFilter(input as Record<string, unknown>, []).bytes,
      );
      expect(lengths[2]! - lengths[1]!).toBe(lengths[1]! - lengths[0]!);
      expect(lengths[1]! - lengths[0]!).toBeLessThan(30);
    }
  });

  test('a list of values looks its field up once', () => {
    const { path } = readFilter({ field: 'status', op: 'in', value: ['a', 'b', 'c', 'd'] }, []);
    expect(path.match(/"status"/g)).toHaveLength(1);
  });

  test('one has 32 KB, those of a workspace 128 KB in all', async () => {
    const tooLong = await make({ filter: long(60, 600) });
    expect(tooLong.status).toBe(400);
    expect(tooLong.json.error.fields).toMatchObject([
      { field: 'filter', message: expect.stringContaining('32768 bytes') },
    ]);
    const many = await Promise.all(Array.from({ length: 4 }, () => hook({ filter: long(30, 1000) })));
    const fifth = await make({ filter: long(30, 1000) });
    expect(fifth.json.error.fields).toMatchObject([
      { field: 'filter', message: expect.stringContaining('131072 bytes') },
    ]);
    await s.ask('DELETE', `${HOOKS}/${many[0].id}`);
    await hook({ filter: long(30, 1000) });
  });

  test('one that an older version took is renamed, made smaller, and not made larger', async () => {
    const { id } = await hook({ filter: { field: 'status', op: 'equals', value: 'customer' } });
    await s.db.pool.query('update endpoint set filter_bytes = 100000 where id = $1', [uuidOf(id)]);
    const path = `${HOOKS}/${id}`;
    expect((await s.ask('PATCH', path, { body: { name: 'renamed' } })).status).toBe(200);
    expect((await s.ask('PATCH', path, { body: { filter: long(60, 600) } })).status).toBe(200);
    expect((await s.ask('PATCH', path, { body: { filter: long(60, 900) } })).status).toBe(400);
  });

  test.each([
    { field: 'notes', op: 'equals' },
    { field: 'notes', op: 'contains' },
    { field: 'tags', op: 'contains' },
  ])('a text is measured as it is sent: $field $op', async (condition) => {
    await hook({ filter: { ...condition, value: 'é'.repeat(1000) } });
    const refused = await make({ filter: { ...condition, value: 'é'.repeat(1001) } });
    expect(refused.json.error.fields).toMatchObject([{ field: 'filter.value' }]);
  });
});

describe('of a list, 200 elements are looked at', () => {
  const looked = async (record: object) => {
    const look = filterLook('r.record', 'octet_length(r.record::text)');
    const { rows } = await s.db.pool.query(
      `select (look).record, (look).cuts from (select ${look} as look from (select $1::json as record) r) v`,
      [JSON.stringify(record)],
    );
    return rows[0] as { record: Record<string, unknown>; cuts: string[] | null };
  };
  const times = (length: number, value: unknown) => Array.from({ length }, () => value);
  const elements = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 0;
    const inside = Object.values(value).reduce((sum: number, item) => sum + elements(item), 0);
    return inside + (Array.isArray(value) ? value.length : 0);
  };

  test.each<[string, unknown[], number]>([
    ['numbers', times(20_000, 1), 200],
    ['numbers, one more than fit', times(201, 1), 200],
    ['empty texts', times(20_000, ''), 200],
    ['texts with commas', times(400, ',,,,'), 200],
    ['lists', times(100, times(100, 1)), 101],
    ['lists of one', times(9_000, [1]), 200],
    ['objects that have lists', times(300, { sku: 'a', sizes: [1, 2, 3] }), 200],
    ['a list in a list', [times(20_000, 1), 1], 201],
  ])('%s', async (_name, l, count) => {
    for (const record of [{ l }, { deep: { l } }]) {
      const { record: seen, cuts } = await looked(record);
      expect(elements(seen)).toBe(count);
      expect(cuts).toContain('deep' in record ? 'deep.l[]' : 'l[]');
    }
  });

  test.each<[string, object]>([
    ['200 numbers', { l: times(200, 1), other: 1 }],
    ['200 objects', { l: times(200, { a: 1, b: 2 }) }],
    ['many fields', Object.fromEntries(times(900, 1).map((item, n) => [`f${n}`, item]))],
    ['a text with many commas', { note: ','.repeat(9_000) }],
    ['several lists', { a: times(150, 1), b: times(150, 1) }],
  ])('all of %s', async (_name, record) => {
    expect(await looked(record)).toEqual({ record, cuts: null });
  });

  test('the path of a filter is in one place of the statement that writes', () => {
    expect(outboxTables({ objectType: 'contact', several: false }).match(/@@/g)).toHaveLength(1);
  });
});

describe('a replay is bounded', () => {
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

  test('a filter looks at so many events in one statement, and the answer says how far it got', async () => {
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
      // No time at all: one batch is looked at, so that each call goes on.
      // oxlint-disable-next-line no-await-in-loop -- each goes on where the one before ended
      const passed = await passing(s.db.kysely, { ...which, after }, { batch: 2, ms: 0 });
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

  test('more than 10,000 events to look at: none queued so far, and it goes on after the last', async () => {
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
    // The time may have been over before the 10,000.
    // oxlint-disable-next-line no-await-in-loop -- each goes on where the one before ended
    while (done.has_more) done = (await ask({ after: done.next_after })).json;
    expect(done).toMatchObject({ queued: 1, has_more: false });
  });

  test('a dry run waits for no one who changes the webhook, and nobody waits for it', async () => {
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

describe('what a filter looks at is bounded, and nothing is lost to the bound', () => {
  const outcome = async (body: object) => {
    const reply = await s.ask('POST', '/api/v1/contacts', { body: { first_name: 'Jane', ...body } });
    expect(reply.status, reply.text).toBe(201);
    const { rows } = await s.db.pool.query('select id, matched, reason from event where object_id = $1', [
      reply.json.id,
    ]);
    return rows[0] as { id: string; matched: number; reason: string | null };
  };
  const log = async (webhook: { id: string }) =>
    (await s.ask('GET', `${HOOKS}/${webhook.id}/deliveries`)).json.data as {
      id: string;
      filter_skipped: string | null;
    }[];
  const filler = 'x'.repeat(10_000);

  test('a text that is found in the first 10,000 characters, or is not there at all, is decided as ever', async () => {
    const webhook = await hook({ filter: { field: 'notes', op: 'contains', value: 'needle' } });
    expect(await outcome({ notes: `${'x'.repeat(9_994)}needle` })).toMatchObject({
      matched: 1,
      reason: null,
    });
    expect(await outcome({ notes: `needle${filler}` })).toMatchObject({ matched: 1, reason: null });
    expect(await outcome({ notes: 'x'.repeat(10_000) })).toMatchObject({
      matched: 0,
      reason: 'no match: notes',
    });
    // Another text is long, and nobody looks for anything in it.
    const custom = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, filler]));
    expect(await outcome({ notes: 'no', custom_fields: custom })).toMatchObject({ matched: 0 });
    expect((await log(webhook)).map((item) => item.filter_skipped)).toEqual([null, null]);
  });

  test('beyond it the event is delivered, and event and log say why', async () => {
    const webhook = await hook({
      filter: {
        all: [
          { field: 'notes', op: 'contains', value: 'needle' },
          { field: 'status', op: 'exists' },
        ],
      },
    });
    const other = await hook({ filter: { field: 'status', op: 'equals', value: 'customer' } });
    for (const notes of [`${filler}needle`, `${filler}y`, `${'👍'.repeat(10_000)}needle`]) {
      const event = await outcome({ notes });
      expect(event).toMatchObject({
        matched: 1,
        reason: 'no match: status; filter skipped, longer than it looks at: notes',
      });
      const shown = (await s.ask('GET', `/api/v1/events/evt_${event.id.replaceAll('-', '')}`)).json;
      expect(shown.reason).toContain('filter skipped');
    }
    const deliveries = await log(webhook);
    expect(deliveries.map((item) => item.filter_skipped)).toEqual(['notes', 'notes', 'notes']);
    const entry = (await s.ask('GET', `/api/v1/deliveries/${deliveries[0]!.id}`)).json;
    expect(entry.filter_skipped).toBe('notes');
    expect(await log(other)).toEqual([]);
  });

  test('`not` lets through what may be further on, and says so', async () => {
    await hook({ filter: { not: { field: 'notes', op: 'contains', value: 'needle' } } });
    expect(await outcome({ notes: `${filler}needle` })).toMatchObject({
      matched: 1,
      reason: 'filter skipped, longer than it looks at: notes',
    });
    const found = await outcome({ notes: `needle${filler}` });
    expect(found).toMatchObject({ matched: 1, reason: expect.stringContaining('filter skipped') });
    expect(await outcome({ notes: 'needle' })).toMatchObject({ matched: 0, reason: 'no match: notes' });
  });

  test('a value that is compared as a whole is compared, however long the text', async () => {
    await hook({ filter: { field: 'notes', op: 'equals', value: 'needle' } });
    expect(await outcome({ notes: `${filler}needle` })).toMatchObject({
      matched: 0,
      reason: 'no match: notes',
    });
  });

  test('lists of events of one’s own, and what lies in them, are looked at as far', async () => {
    const type = {
      name: 'order.listed',
      schema: { type: 'object', properties: { skus: { type: 'array' }, items: { type: 'array' } } },
      sample: {},
    };
    await s.ask('POST', '/api/v1/custom-event-types', { body: type });
    const events = [type.name];
    await hook({ events, filter: { field: 'skus', op: 'contains', value: 'last' } });
    await hook({ events, filter: { field: 'items.sku', op: 'equals', value: 'last' } });
    const publish = async (data: object) => {
      const { json } = await s.ask('POST', '/api/v1/events', { body: { type: type.name, data } });
      return (await s.ask('GET', `/api/v1/events/${json.id}`)).json;
    };
    const many = (length: number) => Array.from({ length }, (_, n) => `sku ${n}`);
    expect(await publish({ skus: ['last', ...many(5_000)] })).toMatchObject({ matched: 1 });
    expect(await publish({ skus: [...many(5_000), 'last'] })).toMatchObject({
      matched: 1,
      reason: 'no match: items.sku; filter skipped, longer than it looks at: skus',
    });
    expect(await publish({ items: [...many(5_000), 'last'].map((sku) => ({ sku })) })).toMatchObject({
      matched: 1,
      reason: 'no match: skus; filter skipped, longer than it looks at: items.sku',
    });
    expect(await publish({ skus: many(200) })).toMatchObject({ matched: 0 });
  });

  test('a replay of what was missed passes by the same rule', async () => {
    const receiver = await startReceiver();
    const filter = { field: 'notes', op: 'contains', value: 'needle' };
    await new Promise((resolve) => setTimeout(resolve, 5));
    const since = new Date().toISOString();
    await outcome({ notes: `${filler}needle` });
    await outcome({ notes: 'needle' });
    await outcome({ notes: 'none' });
    const { id } = await hook({ url: receiver.url, filter });
    const replay = await s.ask('POST', `${HOOKS}/${id}/replay`, { body: { since, only: 'missed' } });
    expect(replay.json, replay.text).toMatchObject({ queued: 2 });
    await receiver.close();
  });
});

test('filters of an older version are counted by the migration as new ones are', async () => {
  const filter = {
    any: [
      { tag: 'a' },
      { not: { field: 'notes', op: 'contains', value: 'b' } },
      {
        all: [
          { field: 'tags', op: 'contains', value: 7 },
          { field: 'status', op: 'in', value: ['x', 'y', 'z'] },
        ],
      },
      { field: 'email', op: 'exists' },
    ],
  };
  const { id } = await hook({ filter, events: ['lead.created'] });
  const counted = () =>
    s.db.pool.query('select filter_texts, filter_values from endpoint where id = $1', [uuidOf(id)]);
  const before = (await counted()).rows;
  expect(before).toEqual([{ filter_texts: ['tags', 'notes'], filter_values: 7 }]);
  const bytes = async () =>
    (await s.db.pool.query('select filter_bytes from endpoint where id = $1', [uuidOf(id)])).rows[0]
      .filter_bytes;
  expect(await bytes()).toBe(readFilter(filter, []).bytes);
  const { readFile } = await import('node:fs/promises');
  const sql = await readFile(
    new globalThis.URL('../../src/db/migrations/0062_filter_budget.sql', import.meta.url),
    'utf8',
  );
  await s.db.pool.query("update endpoint set filter_texts = '{}', filter_values = 0, filter_bytes = 0");
  await s.db.pool.query(sql.slice(sql.indexOf('update endpoint'), sql.indexOf('create index')));
  expect((await counted()).rows).toEqual(before);
  const { rows } = await s.db.pool.query(
    'select octet_length(filter_path::text) as n from endpoint where id = $1',
    [uuidOf(id)],
  );
  expect(await bytes()).toBe(rows[0].n);
});
