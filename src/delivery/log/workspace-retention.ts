import { isoTime } from '../../base/clock.ts';
import { floorId, timeOf, type Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import { MAX_WAIT_DAYS } from '../../events/outbox.ts';

/** The shortest term: what is kept must outlive what may still be due. */
export const MIN_TERM_DAYS = MAX_WAIT_DAYS + 1;

const DAY_MS = 86_400_000;
const BATCH = 1_000;

/** How long a workspace keeps its data, in days; null: as long as the installation. */
export interface Term {
  event_days: number | null;
  attempt_days: number | null;
}

/** What of it is stored. Numbers and bytes are estimates, close enough to choose a term by. */
export interface StoredSize {
  events: number;
  attempts: number;
  bytes: number;
  /** ISO 8601; null if there is none. */
  oldest_event_at: string | null;
  oldest_attempt_at: string | null;
}

const TERM = {
  name: 'retention.term',
  text: 'select event_days, attempt_days from retention where workspace_id = $1',
};

/** An advisory lock of any number, combined with the workspace. */
const LOCK = 0x4641_4956;

const SET_TERM = {
  name: 'retention.set-term',
  text: `insert into retention (workspace_id, event_days, attempt_days)
         values ($1, $2, $3)
         on conflict (workspace_id) do update
         set event_days = excluded.event_days, attempt_days = excluded.attempt_days`,
};

const KEEP_EVENTS = {
  name: 'retention.keep-events',
  text: `select pg_advisory_xact_lock_shared(${LOCK}, hashtext($1))`,
};

const LOCK_EVENTS = {
  name: 'retention.lock-events',
  text: `select pg_advisory_xact_lock(${LOCK}, hashtext($1))`,
};

const TRIM_EVENTS = {
  name: 'retention.trim-events',
  text: `with held as materialized (
           select event_id from queue where workspace_id = $1 and event_id < $2
         ),
         old as materialized (
           select id from event e where workspace_id = $1 and id < $2
             and not exists (select from held h where h.event_id = e.id)
           order by id limit ${BATCH}
         ),
         gone as (
           delete from event e using old o where e.workspace_id = $1 and e.id = o.id and e.id < $2
           returning e.id, e.seq
         ),
         floor as (
           insert into feed_floor (workspace_id, event_id, seq)
           select $1, id, seq from gone where seq is not null order by seq desc limit 1
           on conflict (workspace_id) do update set event_id = excluded.event_id, seq = excluded.seq
           where excluded.seq > feed_floor.seq
         )
         select count(*)::int as gone from gone`,
};

export async function termOf(db: Database, workspaceId: Uuid): Promise<Term> {
  const [row] = await db.read<Term>(TERM, [workspaceId]);
  return row ?? { event_days: null, attempt_days: null };
}

export async function setTerm(trx: Transaction, workspaceId: Uuid, term: Term): Promise<void> {
  await query(trx, SET_TERM, [workspaceId, term.event_days, term.attempt_days]);
}

/**
 * Keeps the workspace's present events until this transaction has ended, for a caller that queues one again. Waits
 * for a batch that is being deleted.
 */
export async function keepEvents(trx: Transaction, workspaceId: Uuid): Promise<void> {
  await query(trx, KEEP_EVENTS, [workspaceId]);
}

/**
 * Deletes what is older than the workspaces' own terms, in batches, oldest first. It never deletes an event that a
 * queued delivery needs; with each batch the feed's floor rises. Safe with several processes at once.
 * @param now wall-clock milliseconds
 * @returns how many events and attempts were deleted
 */
export async function trimToTerms(db: Database, now: number): Promise<{ events: number; attempts: number }> {
  const { rows } = await db.pool.query<Term & { workspace_id: Uuid }>(
    'select workspace_id, event_days, attempt_days from retention order by workspace_id',
  );
  const trimmed = { events: 0, attempts: 0 };
  for (const { workspace_id: workspaceId, event_days: eventDays, attempt_days: attemptDays } of rows) {
    if (eventDays !== null)
      trimmed.events += await inBatches(() => trimEvents(db, workspaceId, floorId(now - eventDays * DAY_MS)));
    if (attemptDays !== null) {
      const before = floorId(now - attemptDays * DAY_MS);
      trimmed.attempts += await inBatches(() => trimAttempts(db, workspaceId, before));
    }
  }
  return trimmed;
}

async function inBatches(batch: () => Promise<number>): Promise<number> {
  for (let all = 0; ;) {
    const done = await batch();
    all += done;
    if (done < BATCH) return all;
  }
}

function trimEvents(db: Database, workspaceId: Uuid, before: Uuid): Promise<number> {
  return db.transaction(async (trx) => {
    // A statement of its own: the queue is read after the transactions that were queueing have committed.
    await query(trx, LOCK_EVENTS, [workspaceId]);
    const rows = await query<{ gone: number }>(trx, TRIM_EVENTS, [workspaceId, before]);
    return rows[0]!.gone;
  });
}

async function trimAttempts(db: Database, workspaceId: Uuid, before: Uuid): Promise<number> {
  const { rowCount } = await db.pool.query({
    name: 'attempt.trim',
    text: `
with old as materialized (
  select id from attempt where workspace_id = $1 and id < $2 order by id limit ${BATCH}
)
delete from attempt a using old o where a.workspace_id = $1 and a.id = o.id and a.id < $2`,
    values: [workspaceId, before],
  });
  return rowCount ?? 0;
}

/** Attempts are counted up to this number; beyond it the planner's statistics are used. */
const COUNTED = 10_000;

/** A row's approximate share of indexes and page, in bytes. */
const ROW_OVERHEAD = 120;

const SIZE = {
  name: 'retention.size',
  text: `
select
  (select c.event_seq from workspace_counter c where c.workspace_id = $1)
    - coalesce((select f.seq from feed_floor f where f.workspace_id = $1), 0) as events,
  (select count(*)::int from (select from attempt where workspace_id = $1 limit ${COUNTED + 1}) a) as attempts,
  (select avg(pg_column_size(e.*))::int from (
     select * from event where workspace_id = $1 order by id desc limit 200) e) as event_bytes,
  (select avg(pg_column_size(a.*))::int from (
     select * from attempt where workspace_id = $1 order by id desc limit 200) a) as attempt_bytes,
  (select id from event where workspace_id = $1 order by id limit 1) as oldest_event,
  (select id from attempt where workspace_id = $1 order by id limit 1) as oldest_attempt`,
};

interface SizeRow {
  events: number;
  attempts: number;
  event_bytes: number | null;
  attempt_bytes: number | null;
  oldest_event: Uuid | null;
  oldest_attempt: Uuid | null;
}

/**
 * What a workspace has stored, at the cost of a few index look-ups. Events are taken from the feed's counter,
 * attempts are counted while they are few, and sizes are those of the last two hundred of each.
 */
export async function storedSize(db: Database, workspaceId: Uuid): Promise<StoredSize> {
  const [row] = await db.read<SizeRow>(SIZE, [workspaceId]);
  const { events, event_bytes: eventBytes, attempt_bytes: attemptBytes } = row!;
  const attempts = row!.attempts > COUNTED ? await plannedAttempts(db, workspaceId) : row!.attempts;
  const bytes = (rows: number, each: number | null) => (each === null ? 0 : rows * (each + ROW_OVERHEAD));
  return {
    events,
    attempts,
    bytes: bytes(events, eventBytes) + bytes(attempts, attemptBytes),
    oldest_event_at: row!.oldest_event && isoTime(timeOf(row!.oldest_event)),
    oldest_attempt_at: row!.oldest_attempt && isoTime(timeOf(row!.oldest_attempt)),
  };
}

async function plannedAttempts(db: Database, workspaceId: Uuid): Promise<number> {
  const rows = await query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    db.pool,
    sql`explain (format json) select from attempt where workspace_id = ${sql.lit(workspaceId)}`,
  );
  return Math.max(COUNTED, Math.round(rows[0]!['QUERY PLAN'][0].Plan['Plan Rows']));
}
