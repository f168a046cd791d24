import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MERGED_TABLES, MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { dropOldMerges } from '../../src/record/merge/merges.ts';
import { moveLateRows } from '../../src/record/merge/late-rows.ts';
import { movedColumns } from '../../src/record/merge/moved-columns.ts';
import { until } from '../kit/process.ts';
import { runCase, startScenario, type Ask, type Scenario } from '../kit/scenario.ts';

const CONTACTS = '/api/v1/contacts';
const NOWHERE = '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21';

let s: Scenario;
beforeAll(async () => {
  s = await startScenario({ FAIRLEAD_LEADS_PER_HOUR: '0' });
});
afterAll(() => s.stop());

/** Creates a record. */
async function make(plural: string, body: object) {
  const headers = { prefer: 'return=representation' };
  const { status, json, text } = await s.ask('POST', `/api/v1/${plural}`, { body, headers });
  expect(status, text).toBe(201);
  return json;
}
const contact = (body: object = { first_name: 'Jane' }) => make('contacts', body);
const read = async (plural: string, id: string) => (await s.ask('GET', `/api/v1/${plural}/${id}`)).json;
const merge = (plural: string, id: string, others: string[], more: object = {}, ask: Ask = {}) =>
  s.ask('POST', `/api/v1/${plural}/${id}/merge`, { body: { with: others, ...more }, ...ask });
const unmerge = (plural: string, id: string, merged: string) =>
  s.ask('POST', `/api/v1/${plural}/${id}/unmerge`, { body: { id: merged } });
/** Merges, and expects that it worked. */
async function mergeInto(plural: string, id: string, others: string[], more: object = {}) {
  const { status, json, text } = await merge(plural, id, others, more);
  expect(status, text).toBe(200);
  return json;
}
const latest = async (type: string) =>
  (await s.db.pool.query('select data, context from event where type = $1 order by seq desc limit 1', [type]))
    .rows[0];

describe('RC5: a merge', () => {
  test('keeps the values of the survivor, fills empty ones in order, unites tags and addresses; old ids lead to it', async () => {
    const a = await contact({
      first_name: 'Jane',
      email: 'jane@a.example',
      phone: '+15550001',
      tags: ['VIP'],
      custom_fields: { industry: 'Ships' },
    });
    const b = await contact({
      first_name: 'Janet',
      last_name: 'Doe',
      email: 'JANE@A.example',
      other_emails: ['jane@b.example'],
      phone: '+1 (555) 0001',
      tags: ['vip', 'Old'],
      custom_fields: { industry: 'Trains', seats: 4 },
    });
    const c = await contact({
      first_name: 'J',
      last_name: 'Roe',
      email: 'jane@c.example',
      job_title: 'Buyer',
    });
    await s.newEvents();
    const { status, json, headers } = await merge('contacts', a.id, [b.id, c.id]);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: a.id,
      version: 2,
      first_name: 'Jane',
      last_name: 'Doe',
      job_title: 'Buyer',
      email: 'jane@a.example',
      other_emails: ['jane@b.example', 'jane@c.example'],
      phone: '+15550001',
      other_phones: [],
      tags: ['VIP', 'Old'],
      custom_fields: { industry: 'Ships', seats: 4 },
      merged_ids: [b.id, c.id],
    });
    expect(headers.get('etag')).toBe('"2"');
    expect(await s.newEvents()).toEqual(['contact.merged']);
    for (const id of [a.id, b.id, c.id]) expect(await read('contacts', id)).toEqual(json);
    const { data } = (await s.ask('GET', `${CONTACTS}?limit=200`)).json;
    expect(data.filter(({ id }: Made) => [a.id, b.id, c.id].includes(id))).toEqual([json]);
    const all = (await s.ask('GET', `${CONTACTS}?limit=200&include_deleted=true`)).json.data;
    expect(all.find(({ id }: Made) => id === b.id)).toEqual({ id: b.id, merged_into: a.id });
    const trash = (await s.ask('GET', `${CONTACTS}?limit=200&deleted=only`)).json.data;
    expect(trash.find(({ id }: Made) => id === b.id)).toBeUndefined();

    // Writes by an old id are keyed by the survivor's.
    const patched = await s.ask('PATCH', `${CONTACTS}/${b.id}`, {
      body: { notes: 'By the old id', merged_ids: [] },
    });
    expect(patched.json).toMatchObject({
      id: a.id,
      version: 3,
      notes: 'By the old id',
      merged_ids: [b.id, c.id],
    });
    const tagged = await s.ask('POST', `${CONTACTS}/${c.id}/tags`, { body: { add: ['New'] } });
    expect(tagged.json).toMatchObject({ id: a.id, tags: ['VIP', 'Old', 'New'] });
    expect((await s.ask('POST', `${CONTACTS}/${b.id}/restore`)).json.id).toBe(a.id);
    expect((await s.ask('DELETE', `${CONTACTS}/${b.id}`)).status).toBe(204);
    expect((await s.ask('GET', `${CONTACTS}/${c.id}`)).status).toBe(404);
    expect((await s.ask('POST', `${CONTACTS}/${c.id}/restore`)).json.id).toBe(a.id);
    expect((await s.ask('GET', `${CONTACTS}/${c.id}`)).json.id).toBe(a.id);
  });

  test('takes the chosen values; a displaced address stays an other one; the name of a company goes with its id', async () => {
    const acme = await make('companies', { name: 'Acme' });
    const a = await contact({ first_name: 'A', email: 'a@x.example', company: 'Old name' });
    const b = await contact({
      first_name: 'B',
      email: 'b@x.example',
      company_id: acme.id,
      custom_fields: { n: 1 },
    });
    const values = { first_name: b.id, email: b.id, company: b.id, 'custom_fields.n': a.id };
    const record = await mergeInto('contacts', a.id, [b.id], { values });
    expect(record).toMatchObject({
      first_name: 'B',
      email: 'b@x.example',
      other_emails: ['a@x.example'],
      company: 'Acme',
      company_id: acme.id,
      custom_fields: {},
    });
  });

  test('takes ids in either case, as all references do', async () => {
    const [a, b] = [await contact({ first_name: 'A' }), await contact({ first_name: 'B', last_name: 'Doe' })];
    const [survivor, other] = [a.id.toUpperCase(), b.id.toUpperCase()];
    const preview = await s.ask('GET', `${CONTACTS}/${survivor}/merge-preview?with=${other}`);
    expect(preview.json.record).toMatchObject({ id: a.id, last_name: 'Doe' });
    const record = await mergeInto('contacts', survivor, [other], { values: { first_name: other } });
    expect(record).toMatchObject({ id: a.id, first_name: 'B', merged_ids: [b.id] });
    expect((await merge('contacts', a.id, [survivor])).status).toBe(400);
    expect((await unmerge('contacts', survivor, other)).json).toMatchObject({ id: a.id, first_name: 'A' });
  });

  test('by an old id takes the survivor of that record, also for its values', async () => {
    const [a, b, c] = [
      await contact({ first_name: 'A' }),
      await contact({ first_name: 'B' }),
      await contact({ first_name: 'C' }),
    ];
    await mergeInto('contacts', b.id, [c.id]);
    const record = await mergeInto('contacts', a.id, [c.id], { values: { first_name: c.id } });
    expect(record).toMatchObject({ id: a.id, first_name: 'B', merged_ids: [b.id, c.id] });
  });

  test('moves what references the others: it rises in version and fires nothing; the event has its ids', async () => {
    const [a, b] = [await contact(), await contact()];
    const deal = await make('deals', { name: 'Deal', contact_id: b.id });
    const gone = await make('deals', { name: 'Deleted', contact_id: b.id });
    const task = await make('tasks', { title: 'Call', contact_id: b.id });
    const lead = await make('leads', { name: 'Jane Roe', email: 'moved@x.example' });
    const conversion = await s.ask('POST', `/api/v1/leads/${lead.id}/convert`, {});
    await s.ask('DELETE', `/api/v1/deals/${gone.id}`);
    const other = conversion.json.lead.contact_id;
    const preview = await s.ask('GET', `${CONTACTS}/${a.id}/merge-preview?with=${b.id},${other}`);
    expect(preview.json.moves).toEqual([
      { label: 'deals', count: 1 },
      { label: 'tasks', count: 1 },
      { label: 'leads', count: 1 },
    ]);
    const reader = await s.person(['contacts:read', 'tasks:read']);
    const url = `${CONTACTS}/${a.id}/merge-preview?with=${b.id}`;
    const itself = await s.ask('GET', `${CONTACTS}/${a.id}/merge-preview?with=${b.id},${a.id}`);
    expect([itself.status, itself.json.error.fields[0].field]).toEqual([400, 'with']);
    expect((await s.ask('GET', url, { as: reader })).json.moves).toEqual([{ label: 'tasks', count: 1 }]);
    await s.newEvents();
    await mergeInto('contacts', a.id, [b.id, other]);
    expect(await s.newEvents()).toEqual(['contact.merged']);
    expect(await read('deals', deal.id)).toMatchObject({ contact_id: a.id, version: 2 });
    expect(await read('tasks', task.id)).toMatchObject({ contact_id: a.id, version: 2 });
    expect(await read('leads', lead.id)).toMatchObject({ contact_id: a.id, version: 3 });
    expect((await s.ask('POST', `/api/v1/deals/${gone.id}/restore`)).json.contact_id).toBe(a.id);
    const { data, context } = await latest('contact.merged');
    expect(data).not.toHaveProperty('merged_ids');
    expect(context.merged_ids).toEqual([b.id, other]);
    expect(context.moved).toMatchObject([
      { object: 'deal', count: 2, ids: expect.arrayContaining([deal.id, gone.id]) },
      { object: 'task', count: 1, ids: [task.id] },
      { object: 'lead', count: 1, ids: [lead.id] },
    ]);
    // The old id as a reference, and as a filter.
    const more = await make('tasks', { title: 'By the old id', contact_id: b.id });
    expect(more.contact_id).toBe(a.id);
    const changed = await s.ask('PATCH', `/api/v1/tasks/${more.id}`, { body: { contact_id: other } });
    expect(changed.json.contact_id).toBe(a.id);
    const list = await s.ask('GET', `/api/v1/tasks?contact_id=${b.id}`);
    expect(list.json.data.map(({ id }: Made) => id)).toEqual([more.id, task.id]);
    // The timeline of all of them, by any of the ids.
    const types = async (id: string) =>
      (await s.ask('GET', `/api/v1/activities/${id}?limit=200`)).json.data.map(
        ({ type }: { type: string }) => type,
      );
    const timeline = await types(a.id);
    expect(timeline.filter((type: string) => type === 'contact.created')).toHaveLength(3);
    expect(timeline).toContain('contact.merged');
    expect(timeline).toContain('deal.created');
    expect(await types(b.id)).toEqual(timeline);
  });

  const cases = [
    { name: 'a key that may only read', scopes: ['contacts:read'], status: 403 },
    { name: 'the record itself', with: ['self'], status: 400, fields: ['with'] },
    { name: 'a record that does not exist', with: [NOWHERE], status: 400, fields: ['with'] },
    { name: 'no other record', with: [], status: 400, fields: ['with'] },
    { name: 'a deleted record', with: ['deleted'], status: 400, fields: ['with'] },
    { name: 'a record of another workspace', with: ['foreign'], status: 400, fields: ['with'] },
    { name: 'a field that is united', values: { tags: 'other' }, status: 400, fields: ['values.tags'] },
    {
      name: 'a field that does not exist',
      values: { bogus: 'other' },
      status: 400,
      fields: ['values.bogus'],
    },
    { name: 'a value of a third record', values: { notes: NOWHERE }, status: 400, fields: ['values.notes'] },
    { name: 'an old version', headers: { 'if-match': '"7"' }, status: 412 },
    { name: 'from another workspace', isForeign: true, status: 404 },
  ];
  test.each(cases)('refuses $name, and changes nothing', async (item) => {
    const [a, b] = [await contact(), await contact()];
    const deleted = await contact();
    await s.ask('DELETE', `${CONTACTS}/${deleted.id}`);
    const foreign = (await s.ask('POST', CONTACTS, { as: s.charlie, body: { first_name: 'C' } })).json;
    const ids: Record<string, string> = { self: a.id, other: b.id, deleted: deleted.id, foreign: foreign.id };
    const named = (id: string) => ids[id] ?? id;
    const values = Object.entries(item.values ?? {}).map(([field, id]) => [field, named(id)]);
    await runCase(s, {
      name: '',
      method: 'POST',
      path: `${CONTACTS}/${a.id}/merge`,
      body: { with: (item.with ?? ['other']).map(named), values: Object.fromEntries(values) },
      ...(item.scopes && { as: await s.person(item.scopes) }),
      ...(item.isForeign && { as: s.charlie }),
      ...(item.headers && { headers: item.headers }),
      status: item.status,
      ...(item.fields && { fields: item.fields }),
    });
    expect([await read('contacts', a.id), await read('contacts', b.id)]).toEqual([a, b]);
  });

  test('again, or the other way round, changes nothing; a key is answered as before', async () => {
    const [a, b] = [await contact(), await contact()];
    const headers = { 'idempotency-key': `merge-${a.id}` };
    const first = await merge('contacts', a.id, [b.id], {}, { headers });
    await s.newEvents();
    const repeated = await merge('contacts', a.id, [b.id], {}, { headers });
    expect([repeated.json, repeated.headers.get('idempotent-replayed')]).toEqual([first.json, 'true']);
    expect((await merge('contacts', a.id, [b.id])).json).toEqual(first.json);
    expect((await merge('contacts', b.id, [a.id])).json).toEqual(first.json);
    expect(await s.newEvents()).toEqual([]);
  });

  test('of a pair in both directions at once leaves one record of two', async () => {
    const [a, b] = [
      await contact({ first_name: 'A', email: 'a1@x.example' }),
      await contact({ first_name: 'B' }),
    ];
    await s.newEvents();
    const replies = await Promise.all([
      merge('contacts', a.id, [b.id]),
      merge('contacts', b.id, [a.id]),
      merge('contacts', a.id, [b.id]),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await s.newEvents()).toEqual(['contact.merged']);
    expect(new Set(replies.map(({ json }) => json.id)).size).toBe(1);
    expect(await read('contacts', a.id)).toEqual(await read('contacts', b.id));
  });

  test('of a record that is being deleted happens before or after the deletion', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await contact(), await contact()];
      const [merging, deleting] = await Promise.all([
        merge('contacts', a.id, [b.id]),
        s.ask('DELETE', `${CONTACTS}/${b.id}`),
      ]);
      expect(deleting.status).toBe(204);
      const left = await s.ask('GET', `${CONTACTS}/${a.id}`);
      // After the merge, the old id deletes the survivor.
      expect([merging.status, left.status]).toEqual(merging.status === 200 ? [200, 404] : [400, 200]);
    }
  });

  test('in a chain of five leads every id to the last record, and moves with it', async () => {
    const chain = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => contact({ first_name: `N${n}`, email: `n${n}@x.example` })),
    );
    const deal = await make('deals', { name: 'Chained', contact_id: chain[0].id });
    for (let n = 1; n < 5; n += 1) await mergeInto('contacts', chain[n].id, [chain[n - 1].id]);
    const last = await read('contacts', chain[4].id);
    expect(last).toMatchObject({
      first_name: 'N5',
      other_emails: ['n4@x.example', 'n3@x.example', 'n2@x.example', 'n1@x.example'],
    });
    expect(last.merged_ids.toSorted()).toEqual(
      chain
        .slice(0, 4)
        .map(({ id }: Made) => id)
        .toSorted(),
    );
    for (const { id } of chain) expect((await read('contacts', id)).id).toBe(chain[4].id);
    expect((await read('deals', deal.id)).contact_id).toBe(chain[4].id);

    // The first comes back alone; then the third with the second.
    expect((await unmerge('contacts', chain[4].id, chain[0].id)).json.other_emails).toEqual([
      'n4@x.example',
      'n3@x.example',
      'n2@x.example',
    ]);
    expect(await read('contacts', chain[0].id)).toMatchObject({ id: chain[0].id, first_name: 'N1' });
    expect((await read('deals', deal.id)).contact_id).toBe(chain[0].id);
    const third = await unmerge('contacts', chain[3].id, chain[2].id);
    expect(third.json).toMatchObject({
      id: chain[4].id,
      merged_ids: [chain[3].id],
      other_emails: ['n4@x.example'],
    });
    expect(await read('contacts', chain[1].id)).toMatchObject({
      id: chain[2].id,
      other_emails: ['n2@x.example'],
      merged_ids: [chain[1].id],
    });
  });

  test('keeps all of 200 concurrent changes, half of them by the old id', async () => {
    const [a, b] = [await contact(), await contact()];
    const patch = (id: string, n: number) =>
      s.ask('PATCH', `${CONTACTS}/${id}`, { body: { custom_fields: { [`k${n}`]: n } } });
    const before = Array.from({ length: 20 }, (_, n) => patch(n % 2 ? a.id : b.id, n));
    const merging = merge('contacts', a.id, [b.id]);
    const after = Array.from({ length: 180 }, (_, n) => patch(n % 2 ? a.id : b.id, n + 20));
    const replies = await Promise.all([...before, merging, ...after]);
    expect(replies.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    const { custom_fields: kept } = await read('contacts', a.id);
    expect(Object.keys(kept)).toHaveLength(200);
  });

  test('that dies in the middle changes nothing: it is one transaction', async () => {
    const [a, b] = [await contact(), await contact()];
    const deal = await make('deals', { name: 'Held', contact_id: b.id });
    await s.newEvents();
    const client = await s.db.pool.connect();
    await client.query('begin');
    await client.query('select from deal where id = $1 for update', [deal.id]);
    const merging = merge('contacts', a.id, [b.id]);
    await until(async () => {
      const killed = await s.db.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%update "deal"%'`,
      );
      return killed.rowCount! > 0;
    });
    expect((await merging).status).toBe(503);
    await client.query('rollback');
    client.release();
    expect([await read('contacts', a.id), await read('contacts', b.id)]).toEqual([a, b]);
    expect((await read('deals', deal.id)).contact_id).toBe(b.id);
    expect(await s.newEvents()).toEqual([]);
  });

  test('moves a reference that was written while it ran, once it has ended', async () => {
    const [a, b] = [await contact(), await contact()];
    const task = await make('tasks', { title: 'Late' });
    await mergeInto('contacts', a.id, [b.id]);
    const { workspaceId } = s.alice;
    await s.db.pool.query('update task set contact_id = $1 where id = $2', [b.id, task.id]);
    await moveLateRows(s.db, movedColumns(NOUNS, MERGED_TABLES), workspaceId, new AbortController().signal);
    expect((await read('tasks', task.id)).contact_id).toBe(a.id);
    await unmerge('contacts', a.id, b.id);
    expect((await read('tasks', task.id)).contact_id).toBe(b.id);
    const { rows } = await s.db.pool.query(
      `select due_at > now() as waits from job where type = 'record.move_late_references' and workspace_id = $1`,
      [workspaceId],
    );
    expect(rows).toEqual([{ waits: true }]);
  });
});

describe('RC5: the undo of a merge', () => {
  test('brings the record back with what it had; the survivor is as before', async () => {
    const a = await contact({ first_name: 'A', tags: ['x'] });
    const body = {
      first_name: 'B',
      last_name: 'Roe',
      email: 'b@u.example',
      phone: '+1555',
      tags: ['X', 'y'],
    };
    const b = await contact({ ...body, custom_fields: { n: 1 } });
    const deal = await make('deals', { name: 'Back', contact_id: b.id });
    const own = await make('deals', { name: 'Own', contact_id: a.id });
    await mergeInto('contacts', a.id, [b.id], { values: { first_name: b.id } });
    const { data } = (await s.ask('GET', `${CONTACTS}/${b.id}/merges`)).json;
    expect(data).toMatchObject([
      { id: b.id, merged_into: a.id, merged_by: `api_key:${s.alice.keyId}`, record: { last_name: 'Roe' } },
    ]);
    expect(Date.parse(data[0].unmergeable_until) - Date.parse(data[0].merged_at)).toBe(30 * 86_400_000);
    await s.newEvents();
    const { status, json, headers } = await unmerge('contacts', a.id, b.id);
    expect(status).toBe(200);
    const { version, updated_at, ...before } = a;
    expect(json).toEqual({
      ...before,
      version: version + 2,
      updated_at: expect.not.stringMatching(updated_at),
    });
    expect(headers.get('etag')).toBe('"3"');
    expect(await s.newEvents()).toEqual(['contact.restored', 'contact.updated']);
    expect(await read('contacts', b.id)).toMatchObject({ ...b, version: 3, updated_at: expect.any(String) });
    expect((await read('deals', deal.id)).contact_id).toBe(b.id);
    expect((await read('deals', own.id)).contact_id).toBe(a.id);
    expect((await unmerge('contacts', a.id, b.id)).status).toBe(404);
    // And can be repeated.
    expect((await mergeInto('contacts', a.id, [b.id])).last_name).toBe('Roe');
  });

  test('leaves what has changed since: values of the survivor, and a deal that has moved on', async () => {
    const [a, other] = [await contact({ first_name: 'A' }), await contact()];
    const b = await contact({ first_name: 'B', last_name: 'Roe', job_title: 'Buyer', email: 'b@e.example' });
    const [kept, moved] = [
      await make('deals', { name: 'Kept', contact_id: b.id }),
      await make('deals', { name: 'Moved', contact_id: b.id }),
    ];
    await mergeInto('contacts', a.id, [b.id]);
    await s.ask('PATCH', `${CONTACTS}/${a.id}`, {
      body: { last_name: 'Edited', tags: ['edited'], phone: '+1556' },
    });
    await s.ask('PATCH', `/api/v1/deals/${moved.id}`, { body: { contact_id: other.id } });
    const { json } = await unmerge('contacts', a.id, b.id);
    expect(json).toMatchObject({
      last_name: 'Edited',
      job_title: null,
      email: null,
      tags: ['edited'],
      phone: '+1556',
    });
    expect((await read('deals', kept.id)).contact_id).toBe(b.id);
    expect((await read('deals', moved.id)).contact_id).toBe(other.id);
  });

  test('keeps a value that the survivor cannot be without', async () => {
    const a = await contact({ email: 'only@k.example' });
    const b = await contact({ first_name: 'B' });
    await mergeInto('contacts', a.id, [b.id]);
    await s.ask('PATCH', `${CONTACTS}/${a.id}`, { body: { email: null } });
    expect((await unmerge('contacts', a.id, b.id)).json).toMatchObject({ first_name: 'B', email: null });
  });

  test('of a record that was merged elsewhere, is in another workspace or may only be read is refused', async () => {
    const [a, b, c] = [await contact(), await contact(), await contact()];
    await mergeInto('contacts', a.id, [b.id]);
    const body = { id: b.id };
    const path = (id: string) => `${CONTACTS}/${id}/unmerge`;
    await runCase(s, { name: '', method: 'POST', path: path(c.id), body, status: 404 });
    await runCase(s, { name: '', method: 'POST', path: path(b.id), body: { id: a.id }, status: 404 });
    await runCase(s, { name: '', method: 'POST', path: path(a.id), body, status: 404, as: s.charlie });
    await runCase(s, { name: '', method: 'POST', path: path(a.id), body, status: 403, as: s.bob });
    await runCase(s, { name: '', method: 'POST', path: path(a.id), body: {}, status: 400, fields: ['id'] });
    for (const route of ['merges', 'duplicates', `merge-preview?with=${c.id}`]) {
      expect((await s.ask('GET', `${CONTACTS}/${a.id}/${route}`, { as: s.charlie })).status).toBe(404);
      const nobody = await s.person(['deals:read']);
      expect((await s.ask('GET', `${CONTACTS}/${a.id}/${route}`, { as: nobody })).status).toBe(403);
    }
    // By the old id of the survivor, twice at once.
    const both = await Promise.all([unmerge('contacts', b.id, b.id), unmerge('contacts', a.id, b.id)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 404]));
  });

  test('ends after 30 days', async () => {
    const [a, b] = [await contact(), await contact({ first_name: 'B', last_name: 'Roe' })];
    await mergeInto('contacts', a.id, [b.id]);
    await s.db.pool.query(
      `update record_merge set merged_at = merged_at - interval '31 days' where merged_id = $1`,
      [b.id],
    );
    expect((await unmerge('contacts', a.id, b.id)).status).toBe(410);
    expect(await dropOldMerges(s.db)).toBe(1);
    expect((await unmerge('contacts', a.id, b.id)).status).toBe(410);
    const { data } = (await s.ask('GET', `${CONTACTS}/${a.id}/merges`)).json;
    expect(data).toMatchObject([{ id: b.id, unmergeable_until: null }]);
    expect((await read('contacts', b.id)).id).toBe(a.id);
  });
});

interface Made {
  id: string;
}
