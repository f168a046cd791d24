import { requireChecked } from '../../account/caller-check.ts';
import { ApiError } from '../../base/errors.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql, type Sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import { pageShape } from '../../http/paging.ts';
import type { StoredAnswer } from '../../account/idempotency.ts';
import { route, type Route } from '../../http/route.ts';
import { criteriaOf, type MatchRule } from '../../record/record-match.ts';
import type { RecordAnswer } from '../../record/record-answer.ts';
import type { Plan, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { LeadInput, OnDuplicate } from './lead-input.ts';
import { attachSubmission, type Lead } from './lead.ts';

const MAX_DUPLICATES = 50;

const INSERT_COUNTER = {
  name: 'lead_counter.insert',
  text: `insert into lead_counter (workspace_id) values ($1) on conflict do nothing`,
};

const LOCK_COUNTER = {
  name: 'lead_counter.lock',
  text: `select from lead_counter where workspace_id = $1 for update`,
};

const LOCK_LEAD = {
  name: 'lead.lock',
  text: `select merged_into from lead where workspace_id = $1 and id = $2 for update`,
};

const INSERT_SUBMISSION = {
  name: 'lead_submission.insert',
  text: `insert into lead_submission
           (workspace_id, id, lead_id, channel, received_at, payload, address, referrer, utm, crm_lead_id)
         select $1, s.id, $2, s.channel, $3, s.payload::json, s.address, s.referrer, s.utm,
                s.crm_lead_id
         from json_to_record($4::json->'submission')
           as s(id uuid, channel text, payload text, address text, referrer text, utm json, crm_lead_id text)`,
};

/** By which a lead is recognised: either is enough. */
const RULES: readonly MatchRule[] = [
  { field: 'email', by: 'email' },
  { field: 'phone', by: 'phone' },
];

/**
 * SQL for the newest leads with the same email or telephone number; undefined if nothing could be the same.
 * @param except the id of a lead to leave out
 */
async function duplicatesOf(
  db: Database,
  workspaceId: Uuid,
  { email, phone }: Pick<LeadInput, 'email' | 'phone'>,
  limit: number,
  except: Uuid | null,
): Promise<Sql | undefined> {
  const criteria = await criteriaOf(db, workspaceId, RULES, { email, phone });
  if (criteria.length === 0) return undefined;
  const each = criteria.map(
    ({ has }) => sql`(select * from lead where workspace_id = ${workspaceId} and ${has} and deleted_at is null
      and id is distinct from ${except}::uuid order by id desc limit ${limit})`,
  );
  return sql`select * from (${sql.join(each, sql` union `)}) d order by id desc limit ${limit}`;
}

export interface DuplicateParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
  leads: RecordService<Lead, LeadInput>;
}

/** A planned lead, and what happens if it exists. */
interface TakenLead {
  plan: Plan;
  input: LeadInput;
  mode: Exclude<OnDuplicate, 'create'>;
}

type Outcome = 'created' | 'attached' | 'existing';

/**
 * Creates a lead, unless it exists already. Locks out other writers of the workspace's leads, so that the second of two
 * concurrent submissions finds the first.
 * @returns the receipt: the lead's id, and the outcome as `status`
 */
export async function takeLead(
  { db, clock, notify, leads }: DuplicateParts,
  writer: Writer,
  { plan, input, mode }: TakenLead,
): Promise<StoredAnswer> {
  requireChecked(writer);
  const { store } = leads;
  const duplicates = await duplicatesOf(db, writer.workspaceId, input, 1, null);
  const { answer, lanes } = await db.transaction(async (trx) => {
    const { workspaceId } = writer;
    await query(trx, INSERT_COUNTER, [workspaceId]);
    await query(trx, LOCK_COUNTER, [workspaceId]);
    const found = await lockNewest(trx, workspaceId, duplicates);
    if (!found) {
      const created = receipt(plan.id, 'created');
      return { answer: created, lanes: await store.createWithin(trx, writer, [plan], created) };
    }
    if (mode === 'return') {
      const existing = receipt(found, 'existing');
      return { answer: existing, lanes: await store.createWithin(trx, writer, [], existing) };
    }
    await attach(trx, workspaceId, found, { plan, at: isoTime(clock.now()) });
    const attached = receipt(found, 'attached');
    const change = { writer, id: found, mutation: attachSubmission, expected: null, answer: () => attached };
    return store.changeWithin(trx, change);
  });
  notify(lanes);
  return answer;
}

function receipt(id: Uuid, status: Outcome): StoredAnswer {
  return { status: status === 'created' ? 201 : 200, body: JSON.stringify({ id, status }) };
}

async function lockNewest(trx: Transaction, workspaceId: Uuid, duplicates: Sql | undefined) {
  const [newest] = duplicates ? await query<{ id: Uuid }>(trx, duplicates) : [];
  for (let id = newest?.id; id !== undefined;) {
    const [row] = await query<{ merged_into: Uuid | null }>(trx, LOCK_LEAD, [workspaceId, id]);
    // Merged while it was found.
    if (!row?.merged_into) return id;
    id = row.merged_into;
  }
  return undefined;
}

async function attach(
  trx: Transaction,
  workspaceId: Uuid,
  leadId: Uuid,
  { plan, at }: { plan: Plan; at: string },
): Promise<void> {
  await query(trx, INSERT_SUBMISSION, [workspaceId, leadId, at, plan.related!]);
}

/** Lists possible duplicates of a lead. */
export function leadDuplicateRoutes({
  db,
  leads,
  shown,
}: DuplicateParts & { shown: RecordAnswer<Lead> }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/leads/:id/duplicates',
      scope: 'leads:read',
      tag: 'leads',
      summary: 'List possible duplicates of a lead',
      description: `The newest ${MAX_DUPLICATES} leads with the same email, ignoring case, or the same telephone number, however it is written.`,
      answers: { 200: pageShape(shown.output) },
      async handle({ caller, params }) {
        const { workspaceId } = caller;
        const item = await leads.store.find(workspaceId, params['id']!);
        if (!item) throw new ApiError('not_found', 'There is no lead with this id.');
        const duplicates = await duplicatesOf(db, workspaceId, item, MAX_DUPLICATES, item.id);
        const rows = duplicates ? await query<Record<string, unknown>>(db.pool, duplicates) : [];
        const data = await shown.complete(
          workspaceId,
          rows.map((row) => leads.store.toRecord(row)),
        );
        return { status: 200, body: { data, has_more: false, next_cursor: null, next_url: null } };
      },
    }),
  ];
}
