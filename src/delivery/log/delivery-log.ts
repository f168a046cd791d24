import { isoTime } from '../../base/clock.ts';
import { floorId, prefixed, timeOf, type Uuid } from '../../base/id.ts';
import { retried, type Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import { BLOCKED } from '../queue/record-order.ts';
import { requestOf, type AttemptRequest } from './attempt-request.ts';

/** One delivery as the log shows it (states: states.md). */
export interface DeliveryView {
  id: Uuid;
  webhook_id: string;
  event_id: string;
  event_type: string;
  kind: 'event' | 'resend' | 'test';
  state: 'pending' | 'retrying' | 'delivered' | 'failed' | 'expired' | 'dropped' | 'crashed';
  /** Attempts made so far. */
  attempts: number;
  created_at: string;
  /** Null once it is settled, and while it is blocked by an earlier event of its record. */
  next_attempt_at: string | null;
  /** Of the last attempt; null if there was none, or no answer to it. */
  last_status: number | null;
  last_failure: string | null;
  /**
   * The fields that the webhook's filter could not check completely, so that the event was delivered; null for most.
   */
  filter_skipped: string | null;
}

export interface AttemptView {
  id: Uuid;
  number: number;
  at: string;
  duration_ms: number;
  status: number | null;
  failure: string | null;
  detail: string | null;
  response: string | null;
  /** What was sent; null if nothing was. */
  request: AttemptRequest | null;
  next_at: string | null;
}

interface DeliveryRow extends Omit<DeliveryView, 'webhook_id' | 'event_id' | 'created_at'> {
  endpoint_id: Uuid;
  event_id: Uuid;
}

// A waiting delivery is a queue row; a settled one is its last attempt.
const QUEUED = `
  select workspace_id, id, endpoint_id, event_id, event_type, kind,
         case when attempt = 0 then 'pending' else 'retrying' end as state,
         attempt as attempts, case when due_at < ${BLOCKED} then due_at end as next_attempt_at,
         case when attempt > 0 then (
           select a.status from attempt a
           where a.workspace_id = queue.workspace_id and a.delivery_id = queue.id and a.number = queue.attempt limit 1
         ) end as last_status, last_failure
  from queue`;
const SETTLED = `
  select workspace_id, delivery_id as id, endpoint_id, event_id, event_type, kind, state, number as attempts,
         null::timestamptz as next_attempt_at, status as last_status, failure as last_failure
  from attempt`;

/** Of a delivery `d`; the event has it by webhook. */
const FILTER_SKIPPED = `case when d.kind = 'event' then (
  select e.filter_skipped ->> d.endpoint_id::text from event e
  where e.workspace_id = d.workspace_id and e.id = d.event_id
) end as filter_skipped`;

const GET = {
  name: 'delivery.get',
  text: `
select d.*, ${FILTER_SKIPPED} from (
${QUEUED} where workspace_id = $1 and id = $2
union all
${SETTLED} where workspace_id = $1 and delivery_id = $2 and state is not null) d`,
};

const ATTEMPTS = {
  name: 'delivery.attempts',
  text: `select a.id, a.number, a.at, a.duration_ms, a.status, a.failure, a.detail, a.response, a.request, a.next_at,
                t.template
         from attempt a
         left join request_template t on t.workspace_id = a.workspace_id and t.endpoint_id = a.endpoint_id
           and json_typeof(a.request) = 'array' and t.id = a.request ->> 0
         where a.workspace_id = $1 and a.delivery_id = $2 order by a.id`,
};

type AttemptRow = Omit<AttemptView, 'request'> & {
  request: Parameters<typeof requestOf>[0];
  template: Parameters<typeof requestOf>[1];
};

/** Which deliveries a page of the log shows; null means all. Ids begin with the time at which a delivery was made. */
export interface LogFilter {
  limit: number;
  /** After the last id of the previous page. */
  after: Uuid | null;
  endpointId: Uuid | null;
  state: DeliveryView['state'] | null;
  /** The catalogue's name. */
  eventType: string | null;
  eventId: Uuid | null;
  /** From this id on, and before `until`. */
  from: Uuid | null;
  until: Uuid | null;
}

const WAITING: ReadonlySet<string> = new Set(['pending', 'retrying']);

/** The log of a workspace, or of one webhook, newest delivery first. */
export async function listDeliveries(
  db: Database,
  workspaceId: Uuid,
  filter: LogFilter,
): Promise<DeliveryView[]> {
  const { state, limit } = filter;
  const halves = [
    ...(state === null || WAITING.has(state) ? [waiting(filter)] : []),
    ...(state === null || !WAITING.has(state) ? [settled(filter)] : []),
  ];
  const parts = halves.flatMap((half) => partsOf(half, workspaceId, filter));
  const page = sql`
    select d.*, ${sql.raw(FILTER_SKIPPED)} from (
      select * from (${sql.join(parts, sql` union all `)}) d order by id desc limit ${limit}
    ) d order by id desc`;
  const rows = await retried(() => query<DeliveryRow>(db.pool, page));
  return rows.map(view);
}

/** The log has two halves: waiting and settled deliveries. */
interface Half {
  select: string;
  /** The column of the delivery's id. */
  id: 'id' | 'delivery_id';
  ofState: Sql;
}

function waiting({ state }: LogFilter): Half {
  const attempts = state === 'pending' ? sql`and attempt = 0` : sql`and attempt > 0`;
  return { select: QUEUED, id: 'id', ofState: state === null ? sql`` : attempts };
}

/** The state is a literal in the text, one of seven: otherwise the partial index of undelivered ones is not used. */
function settled({ state }: LogFilter): Half {
  const ended = state === null ? sql`and state is not null` : sql`and state = ${sql.lit(state)}`;
  return { select: SETTLED, id: 'delivery_id', ofState: ended };
}

/**
 * A test is queued at most this long after its event was made, in milliseconds; other deliveries have the event's
 * time (outbox.ts).
 */
const MAX_TEST_DELAY_MS = 10_000;

/**
 * The newest of a half. There is no index of an event's deliveries: its own are near its time, and resends have an
 * index.
 */
function partsOf({ select, id, ofState }: Half, workspaceId: Uuid, filter: LogFilter): Sql[] {
  const { eventId, limit } = filter;
  const rowsWith = (only: Sql) => sql`(${sql.raw(select)} where workspace_id = ${workspaceId} ${ofState}
    ${matching(filter, id)} ${only} order by ${sql.ref(id)} desc limit ${limit})`;
  if (eventId === null) return [rowsWith(sql``)];
  const at = timeOf(eventId);
  const until = floorId(at + MAX_TEST_DELAY_MS);
  return [
    rowsWith(sql`and kind <> 'resend' and ${sql.ref(id)} >= ${floorId(at)} and ${sql.ref(id)} < ${until}`),
    rowsWith(sql`and kind = 'resend'`),
  ];
}

function matching(filter: LogFilter, column: 'id' | 'delivery_id'): Sql {
  const { endpointId, eventType, eventId, after, from, until } = filter;
  const id = sql.ref(column);
  return sql.join(
    [
      endpointId === null ? sql`` : sql`and endpoint_id = ${endpointId}`,
      eventType === null ? sql`` : sql`and event_type = ${eventType}`,
      eventId === null ? sql`` : sql`and event_id = ${eventId}`,
      after === null ? sql`` : sql`and ${id} < ${after}`,
      from === null ? sql`` : sql`and ${id} >= ${from}`,
      until === null ? sql`` : sql`and ${id} < ${until}`,
    ],
    sql` `,
  );
}

export async function getDelivery(
  db: Database,
  workspaceId: Uuid,
  id: Uuid,
): Promise<(DeliveryView & { attempt_log: AttemptView[] }) | undefined> {
  const [row] = await db.read<DeliveryRow>(GET, [workspaceId, id]);
  if (!row) return undefined;
  const attempts = await db.read<AttemptRow>(ATTEMPTS, [workspaceId, id]);
  const log = attempts.map(({ template, request, ...attempt }) => ({
    ...attempt,
    request: requestOf(request, template),
  }));
  return { ...view(row), attempt_log: log };
}

function view(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    webhook_id: prefixed('wh', row.endpoint_id),
    event_id: prefixed('evt', row.event_id),
    event_type: row.event_type,
    kind: row.kind,
    state: row.state,
    attempts: row.attempts,
    created_at: isoTime(timeOf(row.id)),
    next_attempt_at: row.next_attempt_at,
    last_status: row.last_status,
    last_failure: row.last_failure,
    filter_skipped: row.filter_skipped,
  };
}
