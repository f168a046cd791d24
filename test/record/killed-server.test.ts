import type { PoolClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, urlOf, type TestDatabase } from '../kit/database.ts';
import { makeInstallation, until, type Installation, type Server } from '../kit/process.ts';

let database: TestDatabase;
let installation: Installation;
let server: Server;
let key: string;
beforeAll(async () => {
  database = await freshDatabase();
  installation = await makeInstallation({
    DATABASE_URL: urlOf(database.connection),
    FAIRLEAD_SECRET_KEY: '5'.repeat(64),
    FAIRLEAD_LEADS_PER_HOUR: '0',
  });
  server = await installation.start();
  ({ key } = server);
});
afterAll(async () => {
  await installation?.remove();
  await database?.drop();
});

const ask = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  server.ask(method, `/api/v1${path}`, { as: key, headers, ...(body && { body }) });
const read = async (id: string) => (await ask('GET', `/contacts/${id}`)).json;
const rows = async (text: string, values: unknown[] = []) =>
  (await database.db.pool.query(text, values)).rows;
/** The types of the events of a record since its creation, in their order. */
const eventsOf = async (id: string) =>
  (await rows(`select type from event where object_id = $1 order by id`, [id])).map(
    ({ type }) => type as string,
  );

async function contacts(count: number, body: object = {}): Promise<string[]> {
  const records = Array.from({ length: count }, (_, at) => ({ first_name: `Person ${at}`, ...body }));
  const ids: string[] = [];
  for (let at = 0; at < count; at += 100) {
    const { json } = await ask('POST', '/contacts/batch', { records: records.slice(at, at + 100) });
    ids.push(...json.results.map(({ record }: { record: { id: string } }) => record.id));
  }
  return ids;
}

const isWaiting = async () =>
  (await rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    .length > 0;

/**
 * Kills the server while the row of a contact is locked, then starts the next one.
 * @param act sends a request; its answer may never arrive
 * @param isHalfDone when it is killed; by default, once the request waits for the row
 */
async function killWhileLocked(
  id: string,
  act: () => Promise<unknown>,
  isHalfDone: () => Promise<boolean> = isWaiting,
): Promise<void> {
  const lock: PoolClient = await database.db.side.connect();
  await lock.query('begin');
  await lock.query('select from contact where id = $1 for update', [id]);
  const acting = act().catch(() => undefined);
  await until(isHalfDone);
  server.program.kill('SIGKILL');
  await server.program.exited;
  await acting;
  await lock.query('rollback');
  lock.release();
  // PostgreSQL notices that a client is gone once its statement has ended.
  await until(async () => {
    const [{ others }] = await rows(
      `select count(*)::int as others from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    );
    return others === 0;
  });
  server = await installation.start();
}

test('a batch of changes whose server is killed changes nothing, and is made by its repetition', async () => {
  const ids = await contacts(5);
  const body = { records: ids.map((id) => ({ id, job_title: 'Buyer', tags: ['batched'] })) };
  const headers = { 'idempotency-key': 'batch-of-a-killed-server' };
  await killWhileLocked(ids[2]!, () => ask('PATCH', '/contacts/batch', body, headers));
  for (const id of ids) {
    expect(await read(id)).toMatchObject({ job_title: null, tags: [], version: 1 });
    expect(await eventsOf(id)).toEqual(['contact.created']);
  }
  expect((await ask('GET', '/tags')).json.data).toEqual([]);
  const { json } = await ask('PATCH', '/contacts/batch', body, headers);
  expect(json.results.map(({ status }: { status: number }) => status)).toEqual(Array(5).fill(200));
  for (const id of ids) {
    expect(await read(id)).toMatchObject({ job_title: 'Buyer', tags: ['batched'], version: 2 });
    expect(await eventsOf(id)).toEqual(['contact.created', 'contact.updated', 'contact.tag_added']);
  }
});

test('records whose server is killed are in the trash with their event, or not at all; so are restored ones', async () => {
  const ids = await contacts(3);
  const deletion = () => ask('POST', '/contacts/batch-delete', { ids });
  await killWhileLocked(ids[1]!, deletion);
  for (const id of ids) {
    expect((await read(id)).id).toBe(id);
    expect(await eventsOf(id)).toEqual(['contact.created']);
  }
  expect((await deletion()).json.results).toEqual(ids.map(() => ({ status: 204 })));

  const [id] = ids as [string];
  const restoring = () => ask('POST', `/contacts/${id}/restore`);
  await killWhileLocked(id, restoring);
  const isRestored = (await ask('GET', `/contacts/${id}`)).status === 200;
  const deleted = ['contact.created', 'contact.deleted'];
  expect(await eventsOf(id)).toEqual(isRestored ? [...deleted, 'contact.restored'] : deleted);
  expect((await restoring()).status).toBe(200);
  expect(await eventsOf(id)).toEqual([...deleted, 'contact.restored']);
});

test('a rename of a tag whose server is killed between two records is finished by the next one', async () => {
  const ids = await contacts(600, { tags: ['before'] });
  const tagNamed = async (name: string) =>
    (await ask('GET', '/tags')).json.data.find((tag: { name: string }) => tag.name === name);
  const count = async (name: string) =>
    (await rows('select count(*)::int as n from contact where tags = $1', [[name]]))[0].n as number;
  const { id } = await tagNamed('before');
  await killWhileLocked(
    ids[0]!,
    () => ask('PATCH', `/tags/${id}`, { name: 'after' }),
    // A locked record is left for the next step.
    async () => (await count('after')) === 599,
  );
  await until(async () => (await rows('select from tag_change')).length === 0, 60_000);
  expect([await count('before'), await count('after')]).toEqual([0, 600]);
  expect(await tagNamed('before')).toBeUndefined();
  expect(await tagNamed('after')).toMatchObject({ id, is_changing: false, usage: { contact: 600 } });
  expect(await rows(`select distinct version from contact where tags = '{after}'`)).toEqual([{ version: 2 }]);
}, 120_000);
