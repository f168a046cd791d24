import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';

interface StoredEvent {
  id: Uuid;
  type: string;
  data: Record<string, unknown>;
  context: Record<string, unknown> | null;
}

/** SQL: `id` is in the range of ids that deliveries of the event `a.id` have: they begin with its time (outbox.ts). */
export function ownDelivery(id: string): string {
  return `${id} between (left(a.id::text, 13) || '-0000-0000-000000000000')::uuid
                    and (left(a.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid`;
}

const LIST_EVENTS = {
  name: 'erasure.list-events',
  text: `select e.id, e.type, e.data, e.context
         from activity a join event e on e.workspace_id = a.workspace_id and e.id = a.id
         where a.workspace_id = $1 and a.record_id = $2 and ($3::uuid is null or a.id between $3 and $4)`,
};

const REDACT_EVENT = {
  name: 'erasure.redact-event',
  text: `update event set data = $1::json,
                          context = $2::json
         where workspace_id = $3 and id = $4`,
};

const REDACT_TIMELINE = {
  name: 'erasure.redact-timeline',
  text: `update activity set changed_to = null, changed = (
           select json_object_agg(c.key, case when c.key = 'merged_ids' then c.value end) from json_each(changed) c)
         where workspace_id = $1 and record_id = $2 and changed is not null and ($3::uuid[] is null or id = any($3))`,
};

const REDACT = `
  update attempt t set request = null, response = null, detail = null from activity a
  where a.workspace_id = $1 and a.record_id = $2 and t.workspace_id = $1 and t.event_id = a.id
    and ($3::uuid is null or a.id between $3 and $4)`;
const REDACT_ATTEMPTS = {
  name: 'erasure.redact-attempts',
  text: `${REDACT} and ${ownDelivery('t.delivery_id')}`,
};
const REDACT_RESENDS = { name: 'erasure.redact-resends', text: `${REDACT} and t.kind = 'resend'` };

/** The part of the history of a record that is redacted. */
export interface History {
  recordId: Uuid;
  /** Ids in the timeline; null: all. */
  entries: readonly Uuid[] | null;
  /** Ids of the first and the last event; null: all. Each event has all values of its record. */
  from: Uuid | null;
  to: Uuid | null;
}

/** How the events of a record are redacted, by their types. */
export interface HistoryRules {
  dataOf(type: string, data: StoredEvent['data']): object;
  contextOf(type: string, context: NonNullable<StoredEvent['context']>): object | null;
}

/**
 * Redacts what happened to a record: data and context of its events; values in its timeline, whose field names stay; requests
 * and responses of attempts, whose time, status and failure stay.
 */
export async function redactHistory(
  trx: Transaction,
  workspaceId: Uuid,
  { recordId, entries, from, to }: History,
  rules: HistoryRules,
): Promise<void> {
  const span = [workspaceId, recordId, from, to];
  const rows = await query<StoredEvent>(trx, LIST_EVENTS, span);
  for (const { id, type, data, context } of rows) {
    const redactedContext = context && rules.contextOf(type, context);
    await query(trx, REDACT_EVENT, [
      JSON.stringify(rules.dataOf(type, data)),
      redactedContext && JSON.stringify(redactedContext),
      workspaceId,
      id,
    ]);
  }
  await query(trx, REDACT_TIMELINE, [workspaceId, recordId, entries]);
  await query(trx, REDACT_ATTEMPTS, span);
  await query(trx, REDACT_RESENDS, span);
}
