import { sql, type Transaction } from 'kysely';
import { isoTime, type Clock } from '../base/clock.ts';
import { floorId, type Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import type { Outcome, RecordReference } from './connection-kind.ts';

/** How long the log is kept. */
const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Limits of what is stored of one request, in UTF-16 units. */
const MAX_TYPE = 100;
const MAX_EXTERNAL_ID = 200;
const MAX_REASON = 500;
const MAX_BODY = 8_192;

/** One request, or the unverified requests of an hour with the same reason. */
export interface ConnectionEvent {
  id: Uuid;
  outcome: Outcome;
  type: string | null;
  external_id: string | null;
  reason: string | null;
  /** Truncated; only of verified requests that were refused. */
  body: string | null;
  record_type: string | null;
  record_id: Uuid | null;
  received_at: string;
  count: number;
  last_received_at: string;
}

export interface NewConnectionEvent {
  outcome: Outcome;
  type: string | null;
  externalId: string | null;
  reason: string | null;
  body: string | null;
  record: RecordReference | null;
}

interface ConnectionKey {
  workspaceId: Uuid;
  id: Uuid;
}

export interface ConnectionEvents {
  /** Records a verified request, and sets the state of its connection. */
  record(connection: ConnectionKey, event: NewConnectionEvent): Promise<void>;
  /**
   * Counts unverified requests in the row of this hour.
   * @param isFailure whether they make the connection `failing`
   */
  count(connection: ConnectionKey, reason: string, count: number, isFailure: boolean): Promise<void>;
  /** Newest first; `after` is the last id of the previous page. */
  list(
    connection: ConnectionKey,
    outcome: Outcome | undefined,
    limit: number,
    after: Uuid | null,
  ): Promise<ConnectionEvent[]>;
}

/**
 * A burst of requests updates the connection at most once a second, so that they do not wait for each other. A
 * connection that was deleted meanwhile has no log.
 */
const RECORD = {
  name: 'connection_event.record',
  text: `
with entry as (
  insert into connection_event
    (workspace_id, connection_id, id, outcome, type, external_id, reason, body, record_type, record_id, received_at,
     last_received_at)
  select workspace_id, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11 from connection where workspace_id = $1 and id = $2
  on conflict do nothing
)
update connection
set last_event_at = $11, failing = $4 = 'refused',
    last_error = case when $4 = 'refused' then $7 else last_error end,
    last_error_at = case when $4 = 'refused' then $11 else last_error_at end
where workspace_id = $1 and id = $2
  and (failing is distinct from ($4 = 'refused') or last_event_at is null or last_event_at < $11::timestamptz - interval '1 second')`,
};

const COUNT = {
  name: 'connection_event.count',
  text: `
with entry as (
  insert into connection_event
    (workspace_id, connection_id, id, outcome, reason, received_at, last_received_at, count, hour)
  select workspace_id, id, $3, 'refused', $4, $5, $5, $6, $7 from connection where workspace_id = $1 and id = $2
  on conflict (workspace_id, connection_id, hour, reason) where hour is not null
  do update set count = connection_event.count + excluded.count, last_received_at = excluded.last_received_at
)
update connection set failing = true, last_error = $4, last_error_at = $5
where workspace_id = $1 and id = $2 and $8`,
};

const COLUMNS =
  'id, outcome, type, external_id, reason, body, record_type, record_id, received_at, count, last_received_at';
const LIST = {
  name: 'connection_event.list',
  text: `select ${COLUMNS} from connection_event
         where workspace_id = $1 and connection_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
};
const LIST_OUTCOME = {
  name: 'connection_event.list-outcome',
  text: `select ${COLUMNS} from connection_event
         where workspace_id = $1 and connection_id = $2 and outcome = $5 and ($3::uuid is null or id < $3)
         order by id desc limit $4`,
};

export function makeConnectionEvents({
  db,
  clock,
  newId,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
}): ConnectionEvents {
  return {
    async record({ workspaceId, id }, { outcome, type, externalId, reason, body, record }) {
      // A read is repeated after a failure; the id makes that harmless.
      await db.read(RECORD, [
        workspaceId,
        id,
        newId(),
        outcome,
        stored(type, MAX_TYPE),
        stored(externalId, MAX_EXTERNAL_ID),
        stored(reason, MAX_REASON),
        stored(body, MAX_BODY),
        record?.type ?? null,
        record?.id ?? null,
        isoTime(clock.now()),
      ]);
    },

    async count({ workspaceId, id }, reason, count, isFailure) {
      const now = clock.now();
      const hour = isoTime(Math.floor(now / HOUR_MS) * HOUR_MS);
      await db.pool.query({
        ...COUNT,
        values: [workspaceId, id, newId(), stored(reason, MAX_REASON), isoTime(now), count, hour, isFailure],
      });
    },

    list: ({ workspaceId, id }, outcome, limit, after) =>
      outcome === undefined
        ? db.read<ConnectionEvent>(LIST, [workspaceId, id, after, limit])
        : db.read<ConnectionEvent>(LIST_OUTCOME, [workspaceId, id, after, limit, outcome]),
  };
}

/** Text that PostgreSQL can store, truncated. */
function stored(text: string | null, max: number): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, max).toWellFormed();
}

/**
 * Erases what the log holds of a deleted record: its entries' ids and reasons, and bodies that were refused before it
 * was accepted, or that contain one of its texts.
 * @param texts such as its email
 */
export async function eraseConnectionEvents(
  trx: Transaction<Schema>,
  { workspaceId, id }: ConnectionKey,
  texts: readonly string[],
): Promise<void> {
  // As they are in the text of a JSON body.
  const needles = texts.filter((text) => text !== '').map((text) => JSON.stringify(text).slice(1, -1));
  await sql`
    update connection_event e set body = null, external_id = null
    where workspace_id = ${workspaceId} and body is not null and (
      exists (select from unnest(${needles}::text[]) n(needle) where strpos(lower(e.body), lower(n.needle)) > 0)
      or exists (select from connection_event own
        where own.workspace_id = ${workspaceId} and own.record_id = ${id}
          and own.connection_id = e.connection_id and own.external_id = e.external_id))`.execute(trx);
  await sql`
    update connection_event set external_id = null, reason = null, body = null
    where workspace_id = ${workspaceId} and record_id = ${id}`.execute(trx);
}

/** Deletes what is older than 30 days, in batches. @returns how many rows were deleted */
export async function dropOldConnectionEvents(db: Database, now = Date.now()): Promise<number> {
  const before = floorId(now - KEPT_DAYS * DAY_MS);
  for (let dropped = 0; ;) {
    const { rowCount } = await db.pool.query({
      name: 'connection_event.drop-old',
      text: `delete from connection_event where (workspace_id, connection_id, id) in (
               select workspace_id, connection_id, id from connection_event where id < $1 order by id limit 1000)`,
      values: [before],
    });
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < 1000) return dropped;
  }
}
