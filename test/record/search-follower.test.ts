import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eraserOfAll, MODULE_NOUNS as NOUNS } from '../../src/modules.ts';
import { makeSearchDocuments } from '../../src/record/search/search-document.ts';
import { makeSearchFollower } from '../../src/record/search/search-follower.ts';
import { searchStep } from '../../src/record/search/search-step.ts';
import { silent } from '../kit/database.ts';
import { startProgram, until } from '../kit/process.ts';
import { startScenario, type Scenario } from '../kit/scenario.ts';

const documents = makeSearchDocuments(NOUNS);
let s: Scenario;
// Without the service `worker`, nothing makes documents but the test.
beforeEach(async () => {
  s = await startScenario({ FAIRLEAD_SERVICES: 'api,web' });
});
afterEach(() => s.stop());

const rows = async (text: string, values: unknown[] = []) =>
  (await s.db.pool.query<Record<string, unknown>>(text, values)).rows;

async function catchUp(): Promise<void> {
  while ((await searchStep(s.db, documents)).kind === 'done');
}

async function make(plural: string, body: object): Promise<string> {
  const reply = await s.ask('POST', `/api/v1/${plural}`, {
    body,
    headers: { prefer: 'return=representation' },
  });
  expect(reply.status, reply.text).toBe(201);
  return reply.json.id;
}

async function search(q: string) {
  const { status, json, text } = await s.ask('GET', `/api/v1/search?q=${encodeURIComponent(q)}`);
  expect(status, text).toBe(200);
  return { ids: json.data.map(({ id }: { id: string }) => id), behind: json.search_behind };
}

async function listed(plural: string, q: string) {
  const { status, json, text } = await s.ask('GET', `/api/v1/${plural}?q=${encodeURIComponent(q)}`);
  expect(status, text).toBe(200);
  return { ids: json.data.map(({ id }: { id: string }) => id), behind: json.search_behind };
}

const LEAD = {
  name: 'Lea Upgraded',
  email: 'lea@example.com',
  phone: '+49 30 1234567',
  event_date: '2026-08-15',
};

test('after an upgrade, search reads the records until their documents are made', async () => {
  const company = await make('companies', { name: 'Upgraded Ltd' });
  const contact = await make('contacts', { last_name: 'Person', company_id: company });
  const lead = await make('leads', LEAD);
  const before = await search('upgraded');
  expect(before.ids.toSorted()).toEqual([company, contact, lead].toSorted());
  expect(before.behind).toBe(true);
  expect((await listed('contacts', 'upgraded')).ids).toEqual([contact]);
  expect((await listed('leads', 'upgraded')).ids).toEqual([lead]);
  await catchUp();
  expect(await rows('select * from search_document')).toHaveLength(3);
  expect(await search('upgraded')).toEqual({
    ids: expect.arrayContaining([company, contact, lead]),
    behind: undefined,
  });
  expect(await listed('contacts', 'upgraded')).toEqual({ ids: [contact], behind: undefined });
  expect(await listed('leads', '1234567')).toEqual({ ids: [lead], behind: undefined });
});

test('the first documents are made in steps, and each step ends with its position', async () => {
  for (let batch = 0; batch < 5; batch++) {
    const records = Array.from({ length: 500 }, (_, at) => ({ last_name: `Filled ${batch * 500 + at}` }));
    expect((await s.ask('POST', '/api/v1/contacts/batch', { body: { records } })).status).toBe(200);
  }
  await searchStep(s.db, documents);
  expect(await rows('select * from search_document')).toHaveLength(1000);
  // Not all are filled: search reads the records, so nothing is missing.
  expect((await listed('contacts', 'filled 2499')).ids).toHaveLength(1);
  await catchUp();
  expect(await rows('select * from search_document')).toHaveLength(2500);
  expect(await rows('select * from search_pending')).toEqual([]);
});

test('while the follower is stopped, answers say search_behind', async () => {
  const known = await make('contacts', { last_name: 'Knownbefore' });
  await catchUp();
  expect(await search('knownbefore')).toEqual({ ids: [known], behind: undefined });
  const id = await make('contacts', { last_name: 'Meanwhile' });
  expect(await search('meanwhile')).toEqual({ ids: [], behind: true });
  expect(await listed('contacts', 'meanwhile')).toEqual({ ids: [], behind: true });
  expect(await search('knownbefore')).toEqual({ ids: [known], behind: true });
  await catchUp();
  expect(await search('meanwhile')).toEqual({ ids: [id], behind: undefined });
});

test('documents of another form are made again', async () => {
  const id = await make('contacts', { last_name: 'Reformed' });
  await catchUp();
  await rows(`update search_document set text = 'old'`);
  await rows(`update search_form set form = 'old' where object_type = 'contact'`);
  expect((await search('reformed')).ids).toEqual([]);
  await catchUp();
  expect(await search('reformed')).toEqual({ ids: [id], behind: undefined });
});

test('where retention has dropped events that were not followed, records are read instead', async () => {
  await catchUp();
  const id = await make('contacts', { last_name: 'Overlooked' });
  await rows(`insert into feed_floor (workspace_id, event_id, seq)
              select workspace_id, id, seq from event where seq is not null and object_type = 'contact'`);
  await rows('delete from event');
  await catchUp();
  expect(await search('overlooked')).toEqual({ ids: [id], behind: undefined });
});

test('kill -9 between documents and position: both are written, or neither', async () => {
  await make('contacts', { last_name: 'First' });
  await catchUp();
  const id = await make('contacts', { last_name: 'Survivor' });
  const [before] = await rows('select seq from search_position where workspace_id = $1', [
    s.alice.workspaceId,
  ]);
  const lock = await s.db.side.connect();
  await lock.query('begin');
  await lock.query('select from search_position for update');
  const program = startProgram(
    process.execPath,
    [path.join(import.meta.dirname, '../kit/search-process.mjs')],
    {
      env: { CONNECTION: JSON.stringify(s.connection) },
    },
  );
  await until(async () => {
    const waiting = await rows(
      `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into search_position%'
       and datname = current_database()`,
    );
    return waiting.length > 0;
  });
  program.kill('SIGKILL');
  await program.exited;
  await lock.query('rollback');
  lock.release();
  // The server ends the transaction of a connection that is gone.
  await until(async () => (await searchStep(s.db, documents)).kind !== 'busy');
  await catchUp();
  const [after] = await rows('select seq from search_position where workspace_id = $1', [
    s.alice.workspaceId,
  ]);
  expect(Number(after!['seq'])).toBeGreaterThan(Number(before!['seq']));
  expect(await search('survivor')).toEqual({ ids: [id], behind: undefined });
});

test('several processes share the work, and none of it is lost', async () => {
  const followers = [1, 2, 3].map(() => makeSearchFollower(s.db, documents, silent));
  for (const follower of followers) follower.start();
  const ids = await Promise.all(
    Array.from({ length: 150 }, (_, at) => make('contacts', { last_name: `Shared${at} Name` })),
  );
  await Promise.all(
    ids.map(async (id, at) => {
      const { status } = await s.ask('PATCH', `/api/v1/contacts/${id}`, {
        body: { last_name: `Changed${at} Name` },
      });
      expect(status).toBe(200);
    }),
  );
  await until(async () => (await search('changed149')).behind === undefined);
  await Promise.all(followers.map((follower) => follower.stop()));
  const texts = await rows('select text from search_document where text like $1', ['%changed%']);
  expect(texts).toHaveLength(150);
});

test('an erased record has no document, whichever comes first', async () => {
  const id = await make('contacts', { last_name: 'Erasable' });
  const deal = await make('deals', { name: 'Order', contact_id: id });
  await catchUp();
  await s.ask('POST', `/api/v1/contacts/${id}/erase`);
  expect(await eraserOfAll({ db: s.db, log: silent }).pass(new AbortController().signal)).toBe(1);
  expect(await rows('select from search_document where record_id = $1', [id])).toEqual([]);
  await catchUp();
  expect((await rows('select record_id from search_document')).map((row) => row['record_id'])).toEqual([
    deal,
  ]);
  expect(await rows(`select from search_document where text like '%erasable%'`)).toEqual([]);
});

test('without pg_trgm, search finds the same', async () => {
  await rows('drop extension pg_trgm cascade');
  const contact = await make('contacts', { last_name: 'Unindexed', email: 'u@middle.example' });
  await catchUp();
  for (const q of ['unindexed', 'nindex', 'middle', 'un'])
    expect((await search(q)).ids, q).toEqual([contact]);
  expect((await listed('contacts', 'nindex')).ids).toEqual([contact]);
});

test('the documents of one workspace are found by a token that others seldom have', async () => {
  const mine = await make('contacts', { last_name: 'Tokened' });
  await rows(
    `insert into search_document (workspace_id, object_type, record_id, text, updated_at, title_hash)
     select gen_random_uuid(), 'contact', gen_random_uuid(), text, updated_at, 0 from search_document`,
  );
  await catchUp();
  await rows(
    `insert into search_document (workspace_id, object_type, record_id, text, updated_at, title_hash)
     select gen_random_uuid(), object_type, gen_random_uuid(), text, updated_at, 0 from search_document`,
  );
  // The same token in another workspace changes nothing.
  expect((await search('tokened')).ids).toEqual([mine]);
  expect((await listed('contacts', 'tokened')).ids).toEqual([mine]);
  expect(
    (await search((await rows('select left(text, 3) as token from search_document'))[0]!['token'] as string))
      .ids,
  ).toEqual([]);
});
