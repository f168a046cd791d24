import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { startReceiver, type Receiver } from '../kit/receiver.ts';
import { sampleBody } from '../kit/record-sample.ts';
import { secondServer, startScenario, ask, type Ask, type Scenario } from '../kit/scenario.ts';

let s: Scenario;
let receiver: Receiver;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
  receiver = await startReceiver();
});
afterAll(async () => {
  await s.stop();
  await receiver.close();
});
beforeEach(() => s.newEvents());

interface Result {
  status: number;
  record?: Record<string, unknown> & { id: string };
  error?: { code: string; message: string; fields?: { field: string }[] };
}

const send = async (method: string, path: string, body: object, more: Ask = {}) => {
  const reply = await s.ask(method, `/api/v1/${path}`, { body, ...more });
  return { ...reply, results: (reply.json?.results ?? []) as Result[] };
};
const change = (plural: string, records: unknown[], more: Ask = {}) =>
  send('PATCH', `${plural}/batch`, { records }, more);
const remove = (plural: string, ids: unknown[], more: Ask = {}) =>
  send('POST', `${plural}/batch-delete`, { ids }, more);
const statuses = (results: Result[]) => results.map(({ status }) => status);
const get = async (path: string) => (await s.ask('GET', `/api/v1/${path}`)).json;

async function create(plural: string, records: object[]): Promise<string[]> {
  const headers = { prefer: 'return=representation' };
  const { results } = await send('POST', `${plural}/batch`, { records }, { headers });
  expect(statuses(results)).toEqual(records.map(() => 201));
  await s.newEvents();
  return results.map(({ record }) => record!.id);
}

const copies = (count: number, body: object) => Array.from({ length: count }, () => body);

describe('PATCH batch', () => {
  test('each record is changed as by its own request, and fires its own event', async () => {
    const [a, b] = (await create('contacts', [{ first_name: 'A' }, { first_name: 'B' }])) as [string, string];
    const { status, results } = await change('contacts', [
      { id: b, last_name: 'Two' },
      { id: a.toUpperCase(), last_name: 'One', status: 'customer' },
    ]);
    expect(status).toBe(200);
    expect(statuses(results)).toEqual([200, 200]);
    expect(results.map(({ record }) => record)).toEqual([
      await get(`contacts/${b}`),
      await get(`contacts/${a}`),
    ]);
    expect(results[1]!.record).toMatchObject({ id: a, version: 2, last_name: 'One', status: 'customer' });
    expect(await s.newEvents()).toEqual(['contact.updated', 'contact.updated']);
    const timeline = (await get(`activities/${a}`)).data;
    expect(timeline[0]).toMatchObject({
      type: 'contact.updated',
      changed: { last_name: null, status: 'lead' },
    });
  });

  test('each item has its own result; an invalid one does not affect the others', async () => {
    const ids = await create('contacts', copies(4, { first_name: 'X' }));
    const [deleted, ...live] = ids as [string, string, string, string];
    await s.ask('DELETE', `/api/v1/contacts/${deleted}`);
    await s.newEvents();
    const items: [unknown, number, string | null][] = [
      [{ id: live[0], email: 'x@example.com' }, 200, null],
      [{ id: live[1], email: 'no address' }, 400, 'email'],
      [{ id: live[2], nothing: 1 }, 400, 'nothing'],
      [{ id: deleted, email: 'y@example.com' }, 404, null],
      [{ id: randomUUID(), email: 'y@example.com' }, 404, null],
      [{ id: 'x', email: 'y@example.com' }, 400, 'id'],
      [{ email: 'y@example.com' }, 400, 'id'],
      [{ id: live[0], email: 'z@example.com' }, 400, 'id'],
      [null, 400, 'body'],
      [[], 400, 'body'],
    ];
    const { results } = await change(
      'contacts',
      items.map(([item]) => item),
    );
    expect(results.map(({ status, error }) => [status, error?.fields?.[0]?.field ?? null])).toEqual(
      items.map(([, status, field]) => [status, field]),
    );
    expect((await get(`contacts/${live[0]}`)).email).toBe('x@example.com');
    expect(await s.newEvents()).toEqual(['contact.updated']);
  });

  test('rules over several fields, and references, are those of one record', async () => {
    const [id, other] = (await create('contacts', [{ first_name: 'X' }, { first_name: 'Y' }])) as [
      string,
      string,
    ];
    const { results } = await change('contacts', [
      { id, first_name: null },
      { id: other, company_id: randomUUID() },
    ]);
    expect(statuses(results)).toEqual([400, 400]);
    expect(results[0]!.error!.fields!.map(({ field }) => field)).toEqual([
      'first_name',
      'last_name',
      'email',
    ]);
    expect(results[1]!.error!.fields!.map(({ field }) => field)).toEqual(['company_id']);
    expect(await s.newEvents()).toEqual([]);
  });

  test('what changes nothing fires nothing; what was read can be sent back', async () => {
    const [id] = (await create('leads', [{ name: 'Jane Doe', email: 'jane@example.com' }])) as [string];
    const read = await get(`leads/${id}?expand=owner_id`);
    const { results } = await change('leads', [read]);
    const { expanded: _expanded, ...plain } = read;
    expect(results).toEqual([{ status: 200, record: plain }]);
    expect(await s.newEvents()).toEqual([]);
  });

  test('tags are replaced, or added and removed; each fires its own event', async () => {
    const [a, b, c] = (await create('contacts', [
      { first_name: 'A', tags: ['old', 'kept'] },
      { first_name: 'B', tags: ['old'] },
      { first_name: 'C', tags: Array.from({ length: 50 }, (_, at) => `t${at}`) },
    ])) as [string, string, string];
    const tags = { add: ['New tag'], remove: ['OLD'] };
    const { results } = await change('contacts', [
      { id: a, tags, status: 'customer' },
      { id: b, tags: ['x'] },
      { id: c, tags },
      { id: randomUUID(), tags: { add: ['never made'] } },
    ]);
    expect(statuses(results)).toEqual([200, 200, 400, 404]);
    expect(results[0]!.record!['tags']).toEqual(['kept', 'New tag']);
    expect(results[1]!.record!['tags']).toEqual(['x']);
    expect(await s.newEvents()).toEqual([
      'contact.updated',
      'contact.tag_removed',
      'contact.tag_added',
      'contact.tag_removed',
      'contact.tag_added',
    ]);
    const { data } = await get('tags?usage=false&limit=200');
    const known = data.map(({ name }: { name: string }) => name);
    expect(known).toContain('New tag');
    expect(known).not.toContain('never made');
    const odd = await change('contacts', [
      { id: a, tags: { add: ['x'], remove: ['X'] } },
      { id: b, tags: { add: 5 } },
      { id: c, tags: { plus: [] } },
    ]);
    expect(statuses(odd.results)).toEqual([400, 400, 400]);
  });

  test('deals: a moved one, a won one and another change fire as alone; a stage of another pipeline is refused', async () => {
    const { json: pipeline } = await send('POST', 'pipelines', {
      name: 'P',
      stages: [{ name: 'In' }, { name: 'Out' }],
    });
    const [, out] = pipeline.stages as [{ id: string }, { id: string }];
    const ids = await create('deals', copies(4, { name: 'D', pipeline_id: pipeline.id }));
    const [moved, won, renamed, misplaced] = ids as [string, string, string, string];
    const first = (await get('pipelines')).data.find(({ id }: { id: string }) => id !== pipeline.id);
    const { results } = await change('deals', [
      { id: moved, stage_id: out.id },
      { id: won, status: 'won' },
      { id: renamed, name: 'E' },
      { id: misplaced, stage_id: first.stages[0].id, pipeline_id: pipeline.id },
    ]);
    expect(statuses(results)).toEqual([200, 200, 200, 400]);
    expect(await s.newEvents()).toEqual(['deal.stage_changed', 'deal.won', 'deal.updated']);
  });

  test('leads: a status of the workspace, a new source once, and the first contact', async () => {
    const { json: status } = await send('POST', 'lead-statuses', { name: 'Waiting' });
    const bodies = copies(3, { name: 'Jane Doe', email: 'j@example.com' });
    const ids = await create('leads', bodies);
    const { results } = await change(
      'leads',
      ids.map((id) => ({ id, status: status.key, source: 'Brand new' })),
    );
    expect(statuses(results)).toEqual([200, 200, 200]);
    for (const { record } of results) {
      expect(record).toMatchObject({ status: status.key, source: 'Brand new' });
      expect(record!['first_contacted_at']).not.toBeNull();
      expect(record!['lead_url']).toContain(record!.id);
    }
    const sources = (await get('lead-sources')).data.map(({ name }: { name: string }) => name);
    expect(sources.filter((name: string) => name === 'Brand new')).toHaveLength(1);
    const missing = await change('leads', [
      { id: ids[0], status: 'nothing' },
      { id: randomUUID(), source: 'Never made' },
    ]);
    expect(statuses(missing.results)).toEqual([400, 404]);
    const after = (await get('lead-sources')).data.map(({ name }: { name: string }) => name);
    expect(after).not.toContain('Never made');
  });
});

describe('POST batch-delete', () => {
  test('each record is deleted, fires its own event, and can be restored', async () => {
    const ids = await create('companies', [{ name: 'A' }, { name: 'B' }]);
    const { status, results } = await remove('companies', [...ids, randomUUID(), 'x', ids[0], null]);
    expect(status).toBe(200);
    expect(statuses(results)).toEqual([204, 204, 404, 400, 400, 400]);
    expect(results[0]).toEqual({ status: 204 });
    expect(await s.newEvents()).toEqual(['company.deleted', 'company.deleted']);
    for (const id of ids) {
      expect((await s.ask('GET', `/api/v1/companies/${id}`)).status).toBe(404);
      expect((await s.ask('POST', `/api/v1/companies/${id}/restore`)).status).toBe(200);
    }
    const again = await remove('companies', ids);
    expect(statuses(again.results)).toEqual([204, 204]);
  });
});

describe('the old id of a merged record', () => {
  async function merged(): Promise<{ survivor: string; old: string; older: string }> {
    const [survivor, old, older] = (await create('contacts', copies(3, { first_name: 'Jane' }))) as [
      string,
      string,
      string,
    ];
    await send('POST', `contacts/${old}/merge`, { with: [older] });
    await send('POST', `contacts/${survivor}/merge`, { with: [old] });
    await s.newEvents();
    return { survivor, old, older };
  }

  test('changes and deletes its survivor, after any number of merges', async () => {
    const { survivor, old, older } = await merged();
    for (const id of [old, older.toUpperCase()]) {
      const { results } = await change('contacts', [{ id, last_name: id }]);
      expect(results).toMatchObject([{ status: 200, record: { id: survivor, last_name: id } }]);
    }
    expect(
      (await change('contacts', [{ id: old, last_name: 'X' }], { as: s.charlie })).results,
    ).toMatchObject([{ status: 404 }]);
    expect(statuses((await remove('contacts', [old])).results)).toEqual([204]);
    expect((await s.ask('GET', `/api/v1/contacts/${survivor}`)).status).toBe(404);
    expect(await s.newEvents()).toEqual(['contact.updated', 'contact.updated', 'contact.deleted']);
  });

  test('is refused next to another id of the same record, with the index of that item', async () => {
    const { survivor, old, older } = await merged();
    const [other] = (await create('contacts', [{ first_name: 'X' }])) as [string];
    const { results } = await change('contacts', [
      { id: other, last_name: 'A' },
      { id: old, last_name: 'B' },
      { id: survivor, last_name: 'C' },
      { id: older, last_name: 'D' },
    ]);
    expect(statuses(results)).toEqual([200, 200, 400, 400]);
    for (const { error } of results.slice(2)) {
      expect(error!.fields![0]!.field).toBe('id');
      expect(error!.message).toContain('item 1');
    }
    expect((await get(`contacts/${survivor}`)).last_name).toBe('B');
    const removed = (await remove('contacts', [older, survivor])).results;
    expect(statuses(removed)).toEqual([204, 400]);
    expect(removed[1]!.error!.message).toContain('item 0');
    expect(removed[1]!.error!.fields![0]!.field).toBe('ids.1');
  });
});

describe.each(NOUNS.map(({ name, plural }) => ({ name, plural })))('$plural', ({ name, plural }) => {
  test('every object is changed and deleted in batches, within its scope and workspace', async () => {
    const body = await sampleBody(s, name);
    const ids = await create(plural, [body, body]);
    const records = ids.map((id) => ({ id, custom_fields: { a: 1 } }));
    for (const as of [null, await s.person([`${plural}:read`]), await s.person(['pipelines:write'])]) {
      const expected = as === null ? 401 : 403;
      expect((await change(plural, records, { as })).status).toBe(expected);
      expect((await remove(plural, ids, { as })).status).toBe(expected);
    }
    expect(statuses((await change(plural, records, { as: s.charlie })).results)).toEqual([404, 404]);
    expect(statuses((await remove(plural, ids, { as: s.charlie })).results)).toEqual([404, 404]);
    expect(await s.newEvents()).toEqual([]);

    const { results } = await change(plural, records);
    expect(statuses(results)).toEqual([200, 200]);
    expect(results.map(({ record }) => record)).toEqual(
      await Promise.all(ids.map((id) => get(`${plural}/${id}`))),
    );
    expect(statuses((await remove(plural, ids)).results)).toEqual([204, 204]);
    expect(await s.newEvents()).toEqual([
      `${name}.updated`,
      `${name}.updated`,
      `${name}.deleted`,
      `${name}.deleted`,
    ]);
  });
});

test('500 records are changed by one request, 501 by none', async () => {
  const { rows } = await s.db.pool.query<{ id: string }>(
    `insert into company (workspace_id, id, version, name, custom_fields, created_by, created_at, updated_at)
     select $1, gen_random_uuid(), 1, 'C' || n, '{}', 'test', now(), now() from generate_series(1, 501) n
     returning id`,
    [s.alice.workspaceId],
  );
  const records = rows.map(({ id }) => ({ id, industry: 'Ships' }));
  const tooMany = await change('companies', records);
  expect(tooMany.status).toBe(400);
  expect(tooMany.json.error.message).toContain('at most 500 records');
  expect(
    (
      await remove(
        'companies',
        rows.map(({ id }) => id),
      )
    ).status,
  ).toBe(400);
  expect((await change('companies', [])).status).toBe(400);
  expect(await s.newEvents()).toEqual([]);
  const { results } = await change('companies', records.slice(0, 500));
  expect(new Set(statuses(results))).toEqual(new Set([200]));
  expect(await s.newEvents()).toHaveLength(500);
  const deleted = await remove(
    'companies',
    rows.slice(0, 500).map(({ id }) => id),
  );
  expect(new Set(statuses(deleted.results))).toEqual(new Set([204]));
});

test('a value that only the database refuses: nothing of the batch is written', async () => {
  const [a, b] = (await create('companies', [{ name: 'A' }, { name: 'B' }])) as [string, string];
  await s.db.pool.query(`alter table company add constraint no_bad check (name <> 'bad')`);
  try {
    const headers = { 'idempotency-key': randomUUID() };
    const records = [
      { id: a, name: 'good', tags: ['of a refused batch'] },
      { id: b, name: 'bad' },
    ];
    const refused = await change('companies', records, { headers });
    expect(refused.status).toBe(400);
    expect((await get(`companies/${a}`)).version).toBe(1);
    expect(await s.newEvents()).toEqual([]);
    expect((await get('tags?q=refused')).data).toEqual([]);
    const mended = await change('companies', [records[0], { id: b, name: 'C' }], { headers });
    expect(statuses(mended.results)).toEqual([200, 200]);
  } finally {
    await s.db.pool.query('alter table company drop constraint no_bad');
  }
});

test('an Idempotency-Key replays the answer, and nothing is written twice', async () => {
  const [id, other] = (await create('contacts', [{ first_name: 'A' }, { first_name: 'B' }])) as [
    string,
    string,
  ];
  const headers = () => ({ 'idempotency-key': randomUUID() });
  const key = headers();
  const first = await change('contacts', [{ id, last_name: 'Z' }, { id: 'x' }], { headers: key });
  const again = await change('contacts', [{ id, last_name: 'Z' }, { id: 'x' }], { headers: key });
  expect(again.text).toBe(first.text);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect((await change('contacts', [{ id, last_name: 'Y' }], { headers: key })).status).toBe(422);
  const refused = headers();
  const none = await change('contacts', [{ id: 'x' }], { headers: refused });
  expect((await change('contacts', [{ id: 'x' }], { headers: refused })).text).toBe(none.text);
  const deletion = headers();
  await remove('contacts', [other], { headers: deletion });
  expect(statuses((await remove('contacts', [other], { headers: deletion })).results)).toEqual([204]);
  expect(await s.newEvents()).toEqual(['contact.updated', 'contact.deleted']);
});

test('two batches of the same records in opposite order, from two processes, are both written', async () => {
  const ids = await create(
    'contacts',
    Array.from({ length: 50 }, (_, at) => ({ first_name: `N${at}` })),
  );
  const second = await secondServer(s);
  try {
    const records = (field: string) => ids.map((id) => ({ id, [field]: 'x' }));
    const bodies = ['last_name', 'job_title', 'source'].map((field, at) =>
      at % 2 ? records(field).toReversed() : records(field),
    );
    const replies = await Promise.all([
      ...bodies.map((body, at) =>
        ask(at % 2 ? second.url : s.url, 'PATCH', '/api/v1/contacts/batch', {
          as: s.alice,
          body: { records: body },
        }),
      ),
      ...ids.slice(0, 5).map((id) => s.ask('PATCH', `/api/v1/contacts/${id}`, { body: { notes: 'x' } })),
    ]);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    const { data } = await get(`contacts?limit=200&fields=version,last_name,job_title,source,notes`);
    const changed = data.filter(({ id }: { id: string }) => ids.includes(id));
    expect(changed).toHaveLength(50);
    for (const { id, version, ...rest } of changed) {
      const hasNotes = ids.indexOf(id) < 5;
      expect(version).toBe(hasNotes ? 5 : 4);
      expect(rest).toEqual({ last_name: 'x', job_title: 'x', source: 'x', notes: hasNotes ? 'x' : null });
    }
  } finally {
    await second.stop();
  }
});

test('webhooks are matched by each record, and get its own state', async () => {
  const [a, b, c] = (await create('deals', copies(3, { name: 'D' }))) as [string, string, string];
  const { json: webhook } = await send('POST', 'webhooks', {
    name: 'Won deals',
    url: receiver.url,
    events: ['deal.updated', 'deal.deleted'],
    payload: 'full',
    filter: { field: 'name', op: 'equals', value: 'Big' },
  });
  expect(webhook.id).toBeDefined();
  await change('deals', [
    { id: a, name: 'Big' },
    { id: b, name: 'Small' },
    { id: c, name: 'Big', notes: 'x' },
  ]);
  await remove('deals', [a, b]);
  const bodies = (await receiver.waitFor(3)).map(({ rawBody }) => JSON.parse(rawBody.toString()));
  const seen = bodies
    .map(({ type, data }) => [type, (data.record ?? data.deal ?? data).id].join(' '))
    .toSorted();
  expect(seen).toEqual([`deal.deleted ${a}`, `deal.updated ${a}`, `deal.updated ${c}`].toSorted());
});
