import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import { JsonText } from '../base/json-text.ts';
import { SealError, type Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import type { Outcome } from './connection-kind.ts';
import {
  makeConnectionEventRecorder,
  MAX_REASON,
  storable,
  type NewConnectionEvent,
  type Receiver,
} from './connection-event-record.ts';
import { makeStoredPayloads, type StoredPayloads } from './stored-payload.ts';

const HOUR_MS = 3_600_000;

/** A page of the log ends with the entry whose body reaches this total, in bytes. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * The newest unverified requests whose bodies are kept, per connection: anyone who knows the URL can send them.
 * `bytes` is their total.
 */
export const UNVERIFIED_KEPT = { requests: 50, bytes: 1024 * 1024 };

/** One request, or the unverified requests of an hour with the same reason. */
export interface ConnectionEvent {
  id: Uuid;
  outcome: Outcome;
  type: string | null;
  external_id: string | null;
  reason: string | null;
  /** The body; of several unverified requests the newest that is kept. Null if there was none or it is not shown. */
  payload: JsonText | null;
  record_type: string | null;
  record_id: Uuid | null;
  received_at: string;
  count: number;
  last_received_at: string;
}

/** An unverified request whose body is kept. */
export interface UnverifiedBody {
  id: Uuid;
  received_at: string;
  payload: JsonText | null;
}

interface ConnectionKey {
  workspaceId: Uuid;
  id: Uuid;
}

export interface UnverifiedCount {
  reason: string;
  count: number;
  /** The newest of them, oldest first; at most `UNVERIFIED_KEPT`. */
  bodies: readonly { text: string; receivedAt: number }[];
  /** Whether they make the connection `failing`. */
  isFailure: boolean;
}

/**
 * How bodies are shown. `exact`: as sent. `masked`: without the secrets of the connection, and not those of
 * unverified requests, which may contain secrets of others.
 */
export type PayloadView = 'exact' | 'masked' | 'none';

export interface ConnectionEvents {
  /** Records a verified request, and sets the state of its connection. */
  record(connection: Receiver, event: NewConnectionEvent): Promise<void>;
  /** Counts unverified requests in the row of this hour, and keeps the newest bodies. */
  count(connection: Receiver, unverified: UnverifiedCount): Promise<void>;
  /**
   * Newest first; `after` is the last id of the previous page.
   * @returns one row more than `shown` if there is a next page; `shown` is smaller than `limit` for large bodies
   */
  list(
    connection: ConnectionKey,
    page: { outcome: Outcome | undefined; limit: number; after: Uuid | null; view: PayloadView },
  ): Promise<{ rows: ConnectionEvent[]; shown: number }>;
  /** An entry, and the unverified requests in it whose bodies are kept, newest first. Throws `not_found`. */
  get(
    connection: ConnectionKey,
    id: Uuid,
    view: PayloadView,
  ): Promise<ConnectionEvent & { unverified: UnverifiedBody[] }>;
}

const COUNT = {
  name: 'connection_event.count',
  text: `
with entry as (
  insert into connection_event
    (workspace_id, connection_id, id, outcome, reason, received_at, last_received_at, count, hour)
  select workspace_id, id, $3, 'refused', $4, $5, $5, $6, $7 from connection where workspace_id = $1 and id = $2
  on conflict (workspace_id, connection_id, hour, reason) where hour is not null
  do update set count = connection_event.count + excluded.count, last_received_at = excluded.last_received_at
  returning id
), kept as (
  insert into connection_unverified_request
    (workspace_id, connection_id, event_id, id, received_at, payload, sealed_payload, size)
  select $1, $2, entry.id, r.id, r.received_at, r.payload, r.sealed_payload, r.size
  from entry, unnest($9::uuid[], $10::timestamptz[], $11::json[], $12::bytea[], $13::int[])
    r(id, received_at, payload, sealed_payload, size)
)
update connection set failing = true, last_error = $4, last_error_at = $5
where workspace_id = $1 and id = $2 and $8`,
};

const DROP_UNVERIFIED = {
  name: 'connection_event.drop-unverified',
  text: `
delete from connection_unverified_request where workspace_id = $1 and connection_id = $2 and id in (
  select id from (
    select id, row_number() over newest as n, sum(size) over newest as total
    from connection_unverified_request where workspace_id = $1 and connection_id = $2
    window newest as (order by id desc)
  ) r where n > $3 or total > $4)`,
};

const COLUMNS =
  'id, outcome, type, external_id, reason, record_type, record_id, received_at, count, last_received_at, hour';

/**
 * The entries of the connection $1, $2 by `condition`, with their bodies; `before` is the size of those above.
 * @param max a body is left out if those above reach this size
 */
const entries = (condition: string, max: string) => `
select ${COLUMNS}, before,
       case when before < ${max} then payload::text end as payload,
       case when before < ${max} then sealed_payload end as sealed_payload
from (
  select ${COLUMNS.replaceAll(/\w+/g, 'e.$&')},
         coalesce(e.payload, u.payload) as payload, coalesce(e.sealed_payload, u.sealed_payload) as sealed_payload,
         sum(coalesce(e.size, u.size, 0)) over (order by e.id desc) - coalesce(e.size, u.size, 0) as before
  from (
    select ${COLUMNS}, payload, sealed_payload, size from connection_event
    where workspace_id = $1 and connection_id = $2 and ${condition}
  ) e
  left join lateral (
    select payload, sealed_payload, size from connection_unverified_request r
    where r.workspace_id = $1 and r.connection_id = $2 and r.event_id = e.id order by r.id desc limit 1
  ) u on e.hour is not null
) listed order by id desc`;

const LIST = {
  name: 'connection_event.list',
  text: entries('($3::uuid is null or id < $3) order by id desc limit $4', '$5::int'),
};
const LIST_OUTCOME = {
  name: 'connection_event.list-outcome',
  text: entries('outcome = $6 and ($3::uuid is null or id < $3) order by id desc limit $4', '$5::int'),
};
const GET = { name: 'connection_event.get', text: entries('id = $3', '1') };
const LIST_UNVERIFIED = {
  name: 'connection_event.list-unverified',
  text: `select id, received_at, payload::text as payload, sealed_payload from connection_unverified_request
         where workspace_id = $1 and connection_id = $2 and event_id = $3 order by id desc`,
};

interface PayloadRow {
  payload: string | null;
  sealed_payload: Buffer | null;
}

interface Row extends Omit<ConnectionEvent, 'payload'>, PayloadRow {
  /** Set on unverified requests. */
  hour: string | null;
  before: number;
}

interface ConnectionEventParts {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  newId: () => Uuid;
}

export function makeConnectionEvents({ db, sealer, clock, newId }: ConnectionEventParts): ConnectionEvents {
  const payloads = makeStoredPayloads(sealer);
  const { shown, shownPayload } = eventViews(payloads);

  return {
    record: makeConnectionEventRecorder({ db, clock, newId, payloads }),

    async count({ workspaceId, id, secrets }, { reason, count, bodies, isFailure }) {
      const now = clock.now();
      const kept = bodies.flatMap(({ text, receivedAt }) => {
        const stored = payloads.store(workspaceId, text, secrets);
        return stored ? [{ ...stored, id: newId(), at: isoTime(receivedAt) }] : [];
      });
      await query(db.pool, COUNT, [
        workspaceId,
        id,
        newId(),
        storable(reason, MAX_REASON),
        isoTime(now),
        count,
        isoTime(Math.floor(now / HOUR_MS) * HOUR_MS),
        isFailure,
        kept.map((item) => item.id),
        kept.map((item) => item.at),
        kept.map((item) => item.payload),
        kept.map((item) => item.sealed),
        kept.map((item) => item.size),
      ]);
      if (kept.length > 0)
        await query(db.pool, DROP_UNVERIFIED, [
          workspaceId,
          id,
          UNVERIFIED_KEPT.requests,
          UNVERIFIED_KEPT.bytes,
        ]);
    },

    async list({ workspaceId, id }, { outcome, limit, after, view }) {
      const maxBytes = view === 'none' ? 0 : MAX_PAGE_BYTES;
      const values = [workspaceId, id, after, limit + 1, maxBytes];
      const rows =
        outcome === undefined
          ? await db.read<Row>(LIST, values)
          : await db.read<Row>(LIST_OUTCOME, [...values, outcome]);
      const fitting = view === 'none' ? limit : rows.filter(({ before }) => before < maxBytes).length;
      return { rows: rows.map((row) => shown(workspaceId, row, view)), shown: Math.min(fitting, limit) };
    },

    async get({ workspaceId, id }, eventId, view) {
      const values = [workspaceId, id, eventId];
      const [row] = isUuid(eventId) ? await db.read<Row>(GET, values) : [];
      if (!row) throw new ApiError('not_found', 'No event with this id.');
      const isShown = row.hour !== null && view === 'exact';
      const unverified = isShown
        ? await db.read<PayloadRow & Omit<UnverifiedBody, 'payload'>>(LIST_UNVERIFIED, values)
        : [];
      return {
        ...shown(workspaceId, row, view),
        unverified: unverified.map((item) => ({
          id: item.id,
          received_at: item.received_at,
          payload: shownPayload(workspaceId, item, view),
        })),
      };
    },
  };
}

/** Converts rows to what a caller may see. */
function eventViews(payloads: StoredPayloads) {
  function shownPayload(
    workspaceId: Uuid,
    { payload, sealed_payload: sealed }: PayloadRow,
    view: PayloadView,
  ): JsonText | null {
    if (payload === null) return null;
    if (view === 'masked') return new JsonText(payload);
    try {
      return new JsonText(payloads.open(workspaceId, { payload, sealed }));
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      return new JsonText(payload);
    }
  }

  function shown(
    workspaceId: Uuid,
    { before: _before, sealed_payload: sealed, hour, payload, ...row }: Row,
    view: PayloadView,
  ): ConnectionEvent {
    const isHidden = view === 'masked' && hour !== null;
    const stored = { payload: isHidden ? null : payload, sealed_payload: sealed };
    return { ...row, payload: shownPayload(workspaceId, stored, view) };
  }

  return { shown, shownPayload };
}
