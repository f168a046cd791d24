import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { idMaker } from '../../src/base/id.ts';
import { makeLog } from '../../src/base/log.ts';
import { ensurePartitions } from '../../src/db/partition.ts';
import { enqueueResend } from '../../src/delivery/log/resend.ts';
import { startEngineTimers } from '../../src/delivery/engine-timers.ts';
import { dropOld } from '../../src/delivery/log/retention.ts';
import { makeWaker } from '../../src/delivery/queue/wake.ts';
import { freshDatabase, type TestDatabase } from '../kit/database.ts';
import { until } from '../kit/process.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('AC4: retention keeps an event that was resent late until its retries are over', async () => {
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
  // It has ended, whatever its result.
  await pool.query('delete from queue');
  expect((await dropOld(pool, keepFrom)).some((name) => name.startsWith('event_'))).toBe(true);
  expect(await kept()).toBe(0);
});

test('a clock that jumps by years, forwards or back, has partitions for its weeks within seconds', async () => {
  const { db } = database;
  let offMs = 0;
  const clock = { ...systemClock, now: () => Date.now() + offMs };
  const log = makeLog('silent');
  const timers = startEngineTimers({
    db,
    clock,
    log,
    waker: makeWaker(db, log, randomUUID(), () => undefined),
  });
  const written = async () => {
    const values = [randomUUID(), idMaker(clock.now)(), randomUUID()];
    const event = `insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, matched)
      values ($1, $2, 1, 'contact.created', 'contact', $3, now(), 'test', '{}', 1)`;
    return db.pool.query(event, values).then(
      () => true,
      () => false,
    );
  };
  expect(await written()).toBe(true);
  for (const days of [800, -800]) {
    offMs = days * DAY_MS;
    expect(await written()).toBe(false);
    await until(written);
  }
  await timers.stop();
});
