import type { Uuid } from '../../base/id.ts';
import { BLOCKED } from '../queue/record-order.ts';
import { DUE_NOW, MAX_WAIT } from '../../events/outbox.ts';
import { keepEvents } from './workspace-retention.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';

/** An event that is made only to test a receiver: it is not in the feed or the timeline. */
export interface TestEvent {
  workspaceId: Uuid;
  endpointId: Uuid;
  eventId: Uuid;
  deliveryId: Uuid;
  type: string;
  objectType: string;
  objectId: Uuid;
  at: string;
  actor: string;
  data: Record<string, unknown>;
  context: Record<string, unknown> | null;
}

const ENQUEUE_TEST = {
  name: 'queue.enqueue-test',
  text: `with stored as (
           insert into event (workspace_id, id, seq, type, object_type, object_id, occurred_at, actor, data, context, matched, reason)
           values ($1, $2, null, $3, $4, $5,
                   $6, $7, $8::json, $9::json,
                   1, 'sent as a test')
         )
         insert into queue
           (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
         values ($1, $10, $11, $2, $3, 'test',
                 null, 0, $12, ${DUE_NOW}, $6,
                 now() + ${MAX_WAIT})`,
};

const ENQUEUE_RESEND = {
  name: 'queue.enqueue-resend',
  text: `insert into queue
           (workspace_id, endpoint_id, id, event_id, event_type, kind, order_key, seq, bytes, due_at, created_at, expires_at)
         select workspace_id, $1, $2, id, type, 'resend', null, coalesce(seq, 0),
                octet_length(data::text), ${DUE_NOW}, $3, now() + ${MAX_WAIT}
         from event where workspace_id = $4 and id = $5`,
};

/** Stores a test event and queues it for one webhook, even if that is paused. */
export async function enqueueTest(trx: Transaction, test: TestEvent): Promise<void> {
  const data = JSON.stringify(test.data);
  await query(trx, ENQUEUE_TEST, [
    test.workspaceId,
    test.eventId,
    test.type,
    test.objectType,
    test.objectId,
    test.at,
    test.actor,
    data,
    test.context && JSON.stringify(test.context),
    test.endpointId,
    test.deliveryId,
    Buffer.byteLength(data),
  ]);
}

/**
 * Queues an event again for the webhook it went to. The receiver sees the same event id and can recognise a
 * duplicate. A resend is not ordered with other events: the person who requests it wants it now.
 * @returns false if the event is no longer kept
 */
export async function enqueueResend(
  trx: Transaction,
  again: { workspaceId: Uuid; endpointId: Uuid; eventId: Uuid; deliveryId: Uuid; at: string },
): Promise<boolean> {
  await keepEvents(trx, again.workspaceId);
  const { rowCount } = await trx.query({
    ...ENQUEUE_RESEND,
    values: [again.endpointId, again.deliveryId, again.at, again.workspaceId, again.eventId],
  });
  return (rowCount ?? 0) > 0;
}

/**
 * Makes what is queued for active webhooks due now: one delivery, or a whole workspace's. Rows that are blocked by an
 * earlier one of their record stay blocked.
 * @returns the endpoints that have something due, and how much
 */
export async function makeDueNow(
  trx: Transaction,
  workspaceId: Uuid,
  only: { deliveryId?: Uuid } = {},
): Promise<Map<Uuid, number>> {
  const item = only.deliveryId ? sql`and q.id = ${only.deliveryId}` : sql``;
  const rows = await query<{ endpoint_id: Uuid; count: number }>(
    trx,
    sql`
    with hurried as (
      update queue q set due_at = least(q.due_at, ${sql.raw(DUE_NOW)})
      from endpoint p
      where q.workspace_id = ${workspaceId} and p.workspace_id = q.workspace_id and p.id = q.endpoint_id
        and p.state = 'active' and q.due_at < ${sql.raw(BLOCKED)} ${item}
      returning q.endpoint_id
    )
    select endpoint_id, count(*)::int as count from hurried group by endpoint_id order by endpoint_id`,
  );
  return new Map(rows.map((row) => [row.endpoint_id, row.count]));
}
