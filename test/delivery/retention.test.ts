import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idMaker } from '../../src/base/id.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import { enqueueResend } from '../../src/delivery/resend.ts';
import { dropOld } from '../../src/delivery/retention.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('AC4: retention keeps an event that was sent again late in its life until its retries are over', async () => {
  const { pool } = database.db;
  const now = Date.now();
  const then = now - 85 * DAY_MS;
  await ensurePartitions(pool, then);
  const [workspaceId, endpointId] = [randomUUID(), randomUUID()];
  const eventId = idMaker(() => then)();
  await pool.query(
    `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
     values ($1, $2, 1, 'contact.created', 'contact', $3, now(), 'test', '{}', 1)`,
    [workspaceId, eventId, randomUUID()],
  );
  const deliveryId = randomUUID();
  const at = new Date(now).toISOString();
  await database.db.transaction((trx) =>
    enqueueResend(trx, { workspaceId, endpointId, eventId, deliveryId, at }),
  );

  const kept = async () =>
    (await pool.query('select 1 from event where workspace_id = $1 and id = $2', [workspaceId, eventId]))
      .rowCount;
  const keepFrom = now - 77 * DAY_MS;
  const dropped = await dropOld(pool, keepFrom);
  expect(dropped.some((name) => name.startsWith('attempt_'))).toBe(true);
  expect(await kept()).toBe(1);
  // It ended one way or another.
  await pool.query('delete from queue');
  expect((await dropOld(pool, keepFrom)).some((name) => name.startsWith('event_'))).toBe(true);
  expect(await kept()).toBe(0);
});
