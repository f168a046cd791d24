import { z } from 'zod';
import { isoTime, type Clock } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import type { LaneKey } from '../events/outbox.ts';
import { jobType, type JobRun, type JobType } from '../jobs/job.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { BaseRecord, Noun } from '../record/noun.ts';
import type { BeforeWrite } from '../record/record-plan.ts';
import type { Draft, RecordService } from '../record/record-service.ts';
import type { Payment } from './payment-fields.ts';
import { owned, type Owner } from './record-owner.ts';
import { planWrite, writePlans } from './record-write.ts';
import type { Subscription } from './subscription-fields.ts';

const payload = z.strictObject({ object: z.enum(['payment', 'subscription']), id: z.uuid() });
type Payload = z.output<typeof payload>;

/** Records that are changed in one transaction. */
const BATCH = 100;

const LINK_CUSTOMER = (table: string) => ({
  name: `${table}.link-customer`,
  text: `
insert into provider_object (workspace_id, provider, kind, external_id, id, contact_id, facts, updated_at)
select r.workspace_id, r.provider, 'customer', r.customer_external_id, $3, $4, '{}', $5
from ${table} r where r.workspace_id = $1 and r.id = $2 and r.customer_external_id is not null
on conflict (workspace_id, provider, kind, external_id) do update
set contact_id = excluded.contact_id, facts = (provider_object.facts::jsonb - 'match')::json`,
});

interface AssignmentParts {
  clock: Clock;
  newId: () => Uuid;
  jobs: JobQueue;
}

/**
 * A person who assigns a contact settles the match for the provider's customer: later payments go to the contact, and
 * earlier ones that have none follow in a job.
 */
export function assignCustomer(
  object: Payload['object'],
  { clock, newId, jobs }: AssignmentParts,
  job: JobType<Payload>,
): (draft: Draft) => BeforeWrite | null {
  return ({ writer: { workspaceId }, input, id }) => {
    const contactId = input['contact_id'];
    if (typeof contactId !== 'string' || id === undefined) return null;
    return async (trx) => {
      const values = [workspaceId, id, newId(), contactId, isoTime(clock.now())];
      await query(trx, LINK_CUSTOMER(object), values);
      await jobs.enqueue(job, { object, id }, { workspaceId, uniqueKey: id, trx });
    };
  };
}

interface JobParts {
  clock: Clock;
  newId: () => Uuid;
  notify(lanes: LaneKey[]): void;
  /** Once the records are made. */
  services(): { payment: RecordService<Payment, object>; subscription: RecordService<Subscription, object> };
}

/** Moves payments and subscriptions without a contact that have the same customer, or address, as an assigned one. */
export function customerAssignmentJob({ clock, newId, notify, services }: JobParts): JobType<Payload> {
  return jobType({
    name: 'payment.assign_customer',
    payload,
    async run({ db, workspaceId, payload: { object, id }, signal }: JobRun<Payload>) {
      const { [object]: own, ...others } = services();
      const assigned = await own.store.find(workspaceId!, id);
      if (!assigned || assigned.contact_id === null) return 0;
      let moved = 0;
      for (const service of [own, ...Object.values(others)]) {
        for (;;) {
          signal.throwIfAborted();
          const lanes: LaneKey[] = [];
          const count = await db.transaction(async (trx) => {
            lanes.length = 0;
            return moveUnmatched(trx, service as RecordService<BaseRecord & Owner, object>, {
              workspaceId: workspaceId!,
              assigned,
              lanes,
              at: isoTime(clock.now()),
              newId,
            });
          });
          notify(lanes);
          moved += count;
          if (count < BATCH) break;
        }
      }
      return moved;
    },
  });
}

async function moveUnmatched<R extends BaseRecord & Owner>(
  trx: Transaction,
  service: RecordService<R, object>,
  {
    workspaceId,
    assigned,
    lanes,
    at,
    newId,
  }: { workspaceId: Uuid; assigned: Payment | Subscription; lanes: LaneKey[]; at: string; newId: () => Uuid },
): Promise<number> {
  const { noun, store } = service;
  const { provider, customer_external_id: customer, customer_email: email } = assigned;
  const rows = await query<Record<string, unknown>>(
    trx,
    sql`select * from ${sql.ref((noun as unknown as Noun).name)}
        where workspace_id = ${workspaceId} and provider = ${provider} and contact_id is null and deleted_at is null
          and (customer_external_id = ${customer}::text or (customer_external_id is null
            and caseless_text(customer_email) = caseless_text(${email}::text)))
        order by id limit ${BATCH} for update`,
  );
  const match = {
    contactId: assigned.contact_id,
    companyId: assigned.company_id,
    leadId: null,
    by: 'customer' as const,
    isAmbiguous: false,
    lanes: [],
  };
  const writer = { workspaceId, actor: 'system' };
  const writes = rows.flatMap((row) => {
    const before = store.toRecord(row);
    const write = { before, after: owned(before, match), events: [], isQuiet: false };
    return planWrite(noun, write, { at, newId }) ?? [];
  });
  lanes.push(...(await writePlans(trx, service, writer, writes)));
  return rows.length;
}
