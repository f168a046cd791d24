import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { makeBatchWriter } from '../db/batch-writer.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import type { Outcome, RecordReference } from './connection-kind.ts';
import type { OpenConnection } from './connection.ts';
import type { StoredPayloads } from './stored-payload.ts';

/** Limits of what is stored of one request, in UTF-16 units. */
const MAX_TYPE = 100;
const MAX_EXTERNAL_ID = 200;
export const MAX_REASON = 500;

export interface NewConnectionEvent {
  outcome: Outcome;
  type: string | null;
  externalId: string | null;
  reason: string | null;
  /** The JSON exactly as sent; '' without a body. */
  body: string;
  record: RecordReference | null;
}

/** A connection whose secrets are sealed where a body contains them. */
export type Receiver = Pick<OpenConnection, 'workspaceId' | 'id' | 'secrets'>;

/**
 * A burst of requests updates the connection at most once a second, so that they do not wait for each other. A
 * connection that was deleted meanwhile has no log.
 */
const RECORD = {
  name: 'connection_event.record',
  text: `
with input as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::json[],
                       $9::bytea[], $10::int[], $11::text[], $12::uuid[], $13::timestamptz[]) with ordinality
    i(workspace_id, connection_id, id, outcome, type, external_id, reason, payload, sealed_payload, size, record_type,
      record_id, received_at, n)
), entry as (
  insert into connection_event
    (workspace_id, connection_id, id, outcome, type, external_id, reason, payload, sealed_payload, size, record_type,
     record_id, received_at, last_received_at)
  select i.workspace_id, i.connection_id, i.id, i.outcome, i.type, i.external_id, i.reason, i.payload,
         i.sealed_payload, i.size, i.record_type, i.record_id, i.received_at, i.received_at
  from input i join connection c on c.workspace_id = i.workspace_id and c.id = i.connection_id
  order by i.n
  on conflict do nothing
), last as (
  select distinct on (connection_id) workspace_id, connection_id, outcome = 'refused' as failing, received_at
  from input order by connection_id, n desc
), refused as (
  select distinct on (connection_id) connection_id, reason, received_at
  from input where outcome = 'refused' order by connection_id, n desc
)
update connection c
set last_event_at = l.received_at, failing = l.failing,
    last_error = case when r.connection_id is null then c.last_error else r.reason end,
    last_error_at = coalesce(r.received_at, c.last_error_at)
from last l left join refused r using (connection_id)
where c.workspace_id = l.workspace_id and c.id = l.connection_id
  and (c.failing is distinct from l.failing or c.last_event_at is null
       or c.last_event_at < l.received_at - interval '1 second')`,
};

/** A verified request as it is stored. */
interface Entry extends NewConnectionEvent {
  id: Uuid;
  workspaceId: Uuid;
  connectionId: Uuid;
  stored: ReturnType<StoredPayloads['store']>;
  receivedAt: string;
}

/** The values of `RECORD`. */
function columnsOf(entries: readonly Entry[]): unknown[] {
  return [
    entries.map(({ workspaceId }) => workspaceId),
    entries.map(({ connectionId }) => connectionId),
    entries.map(({ id }) => id),
    entries.map(({ outcome }) => outcome),
    entries.map(({ type }) => storable(type, MAX_TYPE)),
    entries.map(({ externalId }) => storable(externalId, MAX_EXTERNAL_ID)),
    entries.map(({ reason }) => storable(reason, MAX_REASON)),
    entries.map(({ stored }) => stored?.payload ?? null),
    entries.map(({ stored }) => stored?.sealed ?? null),
    entries.map(({ stored }) => stored?.size ?? null),
    entries.map(({ record }) => record?.type ?? null),
    entries.map(({ record }) => record?.id ?? null),
    entries.map(({ receivedAt }) => receivedAt),
  ];
}

/** Records verified requests; concurrent ones in one statement. */
export function makeConnectionEventRecorder({
  db,
  clock,
  newId,
  payloads,
}: {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  payloads: StoredPayloads;
}): (connection: Receiver, event: NewConnectionEvent) => Promise<void> {
  // A batch may be repeated after a failure: the ids make that harmless.
  const recorded = makeBatchWriter<Entry, void>(db, {
    groupOf: ({ connectionId }) => connectionId,
    weigh: ({ stored }) => ({ weight: 1, bytes: stored?.size ?? 0 }),
    run: async (on, entries) => {
      await query(on, RECORD, columnsOf(entries));
      return entries.map(() => undefined);
    },
  });

  return ({ workspaceId, id, secrets }, event) =>
    recorded.add({
      ...event,
      id: newId(),
      workspaceId,
      connectionId: id,
      stored: payloads.store(workspaceId, event.body, secrets),
      receivedAt: isoTime(clock.now()),
    });
}

/** Text that PostgreSQL can store, truncated. */
export function storable(text: string | null, max: number): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, max).toWellFormed();
}
