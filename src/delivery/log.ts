import { isoTime } from '../base/clock.ts';
import { prefixed, timeOf, type Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';

/** One delivery as its log shows it (words: states.md). */
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
  /** Null once it is settled. */
  next_attempt_at: string | null;
  last_status: number | null;
  last_failure: string | null;
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
  next_at: string | null;
}

interface DeliveryRow extends Omit<DeliveryView, 'webhook_id' | 'event_id' | 'created_at'> {
  endpoint_id: Uuid;
  event_id: Uuid;
}

// A delivery that waits is a queue row; one that is settled is its last attempt.
const QUEUED = `
  select id, endpoint_id, event_id, event_type, kind, case when attempt = 0 then 'pending' else 'retrying' end as state,
         attempt as attempts, due_at as next_attempt_at, null::int as last_status, last_failure
  from queue`;
const SETTLED = `
  select delivery_id as id, endpoint_id, event_id, event_type, kind, state, number as attempts,
         null::timestamptz as next_attempt_at, status as last_status, failure as last_failure
  from attempt`;

const LIST = {
  name: 'delivery.list',
  text: `
select * from (
  (${QUEUED} where workspace_id = $1 and endpoint_id = $2 and ($3::uuid is null or id < $3)
    and ($5::text is null or $5 = case when attempt = 0 then 'pending' else 'retrying' end)
    order by id desc limit $4)
  union all
  (${SETTLED} where workspace_id = $1 and endpoint_id = $2 and state is not null and ($3::uuid is null or delivery_id < $3)
    and ($5::text is null or $5 = state)
    order by delivery_id desc limit $4)
) d order by id desc limit $4`,
};

const GET = {
  name: 'delivery.get',
  text: `
${QUEUED} where workspace_id = $1 and id = $2
union all
${SETTLED} where workspace_id = $1 and delivery_id = $2 and state is not null`,
};

const ATTEMPTS = {
  name: 'delivery.attempts',
  text: `select id, number, at, duration_ms, status, failure, detail, response, next_at from attempt
         where workspace_id = $1 and delivery_id = $2 order by id`,
};

/** What a webhook's log shows, newest delivery first, after the id of the last page's last. */
export async function listDeliveries(
  db: Database,
  workspaceId: Uuid,
  endpointId: Uuid,
  page: { limit: number; after: Uuid | null; state: string | null },
): Promise<DeliveryView[]> {
  const rows = await db.read<DeliveryRow>(LIST, [
    workspaceId,
    endpointId,
    page.after,
    page.limit,
    page.state,
  ]);
  return rows.map(view);
}

export async function getDelivery(
  db: Database,
  workspaceId: Uuid,
  id: Uuid,
): Promise<(DeliveryView & { attempt_log: AttemptView[] }) | undefined> {
  const [row] = await db.read<DeliveryRow>(GET, [workspaceId, id]);
  if (!row) return undefined;
  return { ...view(row), attempt_log: await db.read<AttemptView>(ATTEMPTS, [workspaceId, id]) };
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
  };
}
