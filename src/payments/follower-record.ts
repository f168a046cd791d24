import { query } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordService } from '../record/record-service.ts';
import type { ChangedPayment, ChangedSubscription, FactContext } from './fact-context.ts';
import type { PayerMatch } from './payer-match.ts';
import type { Payment } from './payment-fields.ts';
import type { ProviderObject } from './provider-object.ts';
import { findCustomerContact, owned, type Owner } from './record-owner.ts';
import { planWrite, type PlannedWrite } from './record-write.ts';
import type { Subscription } from './subscription-fields.ts';

/** Records of other events that wait for what this one may bring: their customer's contact, or their subscription. */
export interface Followers {
  payments: Payment[];
  subscriptions: Subscription[];
}

/** More than these are moved by later events of the customer. */
const MAX_FOLLOWERS = 200;

/** Locks them. A record that names a customer or a subscription makes its object: none waits for a new one. */
export async function lockFollowers(
  context: FactContext,
  payments: readonly ChangedPayment[],
  subscriptions: readonly ChangedSubscription[],
): Promise<Followers> {
  const { objects } = context;
  const customers = objects
    .list('customer')
    .filter(({ contactId, isNew }) => contactId === null && !isNew)
    .map(({ externalId }) => externalId);
  const started = subscriptions
    .filter(({ object }) => !object.hasRecord && !object.isNew)
    .map(({ object }) => object.externalId);
  return {
    payments: await lockWaiting(context, context.payments, { customers, started, own: payments }),
    subscriptions: await lockWaiting(context, context.subscriptions, {
      customers,
      started: [],
      own: subscriptions,
    }),
  };
}

async function lockWaiting<R extends BaseRecord, Input extends object>(
  { trx, connection: { workspaceId, kind } }: FactContext,
  { noun, store }: RecordService<R, Input>,
  {
    customers,
    started,
    own,
  }: {
    customers: readonly string[];
    started: readonly string[];
    own: readonly { object: Pick<ProviderObject, 'id'> }[];
  },
): Promise<R[]> {
  if (customers.length === 0 && started.length === 0) return [];
  const ofSubscription =
    started.length === 0
      ? sql``
      : sql`or (subscription_external_id = any(${started}::text[]) and subscription_id is null)`;
  const rows = await query<Record<string, unknown>>(
    trx,
    sql`select * from ${sql.ref(noun.name)}
        where workspace_id = ${workspaceId} and provider = ${kind} and deleted_at is null
          and id <> all(${own.map(({ object }) => object.id)}::uuid[])
          and ((customer_external_id = any(${customers}::text[]) and contact_id is null) ${ofSubscription})
        order by id limit ${MAX_FOLLOWERS} for update`,
  );
  return rows.map((row) => store.toRecord(row));
}

/** Gives them their contact and their subscription. */
export async function planFollowers(
  context: FactContext,
  { payments, subscriptions }: Followers,
): Promise<{ payments: PlannedWrite<Payment>[]; subscriptions: PlannedWrite<Subscription>[] }> {
  const contacts = await contactsOf(context, [...payments, ...subscriptions]);
  const withSubscription = (before: Payment): Payment => {
    const subscription = context.objects.find('subscription', before.subscription_external_id);
    return {
      ...withContact(before, contacts),
      subscription_id: subscription?.hasRecord ? subscription.id : before.subscription_id,
    };
  };
  return {
    payments: plansOf(context, context.payments, payments, withSubscription),
    subscriptions: plansOf(context, context.subscriptions, subscriptions, (before) =>
      withContact(before, contacts),
    ),
  };
}

type OfCustomer = Owner & { customer_external_id: string | null };

/** The contacts of the customers of these records; those that are not known yet are looked for. */
async function contactsOf(
  context: FactContext,
  records: readonly OfCustomer[],
): Promise<Map<string, PayerMatch>> {
  const found = new Map<string, PayerMatch>();
  const waiting = new Set(
    records.filter(({ contact_id }) => contact_id === null).map((item) => item.customer_external_id),
  );
  for (const customer of context.objects.list('customer')) {
    if (!waiting.has(customer.externalId)) continue;
    const match = await findCustomerContact(context, customer);
    if (match.contactId === null) continue;
    found.set(customer.externalId, match);
  }
  return found;
}

function withContact<R extends OfCustomer>(record: R, contacts: ReadonlyMap<string, PayerMatch>): R {
  if (record.contact_id !== null || record.customer_external_id === null) return record;
  const match = contacts.get(record.customer_external_id);
  return match ? owned(record, match) : record;
}

function plansOf<R extends BaseRecord, Input extends object>(
  context: FactContext,
  { noun }: RecordService<R, Input>,
  records: readonly R[],
  changeOf: (before: R) => R,
): PlannedWrite<R>[] {
  const isQuiet = context.firesFrom !== null;
  return records.flatMap(
    (before) => planWrite(noun, { before, after: changeOf(before), events: [], isQuiet }, context) ?? [],
  );
}
