import type { Uuid } from '../base/id.ts';
import type { RecordReference } from '../connections/connection-kind.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordService } from '../record/record-service.ts';
import { derivePayment } from './derived-payment.ts';
import type { ChangedPayment, ChangedSubscription, FactContext, Located } from './fact-context.ts';
import { lockFollowers, writeFollowers } from './follower-record.ts';
import { valueOf } from './known-value.ts';
import type { LockedObjects, ProviderObject } from './provider-object.ts';
import { writeProviderPayment } from './provider-payment-write.ts';
import { writeProviderSubscription } from './provider-subscription-write.ts';
import { lockRecords } from './record-write.ts';
import { deriveSubscription } from './subscription-facts.ts';

export interface Applied {
  record?: RecordReference;
  /** What a person should know. */
  reason?: string;
  isChanged: boolean;
}

/**
 * Writes the records of objects whose facts have changed. Rows are locked before the first event is fired, which locks the
 * feed's counter, so that two transactions cannot wait for each other.
 */
export async function writeChanged(context: FactContext): Promise<Applied> {
  const { objects } = context;
  const payments = changedPayments(objects);
  const subscriptions = changedSubscriptions(objects);
  await objects.lock(
    payments.flatMap(({ object }) => {
      const externalId = valueOf<string>(object.facts.details, 'subscriptionId');
      return externalId === null ? [] : [{ kind: 'subscription' as const, externalId }];
    }),
  );
  const located = {
    subscriptions: await locate(context, context.subscriptions, subscriptions),
    payments: await locate(context, context.payments, payments),
  };
  const followers = await lockFollowers(context, payments, subscriptions);

  const reasons: (string | null)[] = [];
  for (const item of subscriptions)
    reasons.push(await writeProviderSubscription(context, item, located.subscriptions.get(item.object.id)!));
  for (const item of payments)
    reasons.push(await writeProviderPayment(context, item, located.payments.get(item.object.id)!));
  await writeFollowers(context, followers);
  await objects.save();

  const record = recordOf(payments, subscriptions);
  const reason = record ? reasons.find((item) => item !== null) : WAITS;
  return { isChanged: context.isChanged, ...(record && { record }), ...(reason && { reason }) };
}

const WAITS = 'Kept until the payment or the subscription that it is about is reported.';

function changedPayments(objects: LockedObjects): ChangedPayment[] {
  return objects.list('payment').flatMap((object) => {
    const derived = object.isChanged ? derivePayment(object.facts) : null;
    return derived ? [{ object, derived }] : [];
  });
}

function changedSubscriptions(objects: LockedObjects): ChangedSubscription[] {
  return objects.list('subscription').flatMap((object) => {
    const derived = object.isChanged ? deriveSubscription(object.facts) : null;
    return derived ? [{ object, derived }] : [];
  });
}

async function locate<R extends BaseRecord, Input extends object>(
  { trx, writer }: FactContext,
  { noun, store }: RecordService<R, Input>,
  items: readonly { object: Pick<ProviderObject, 'id' | 'hasRecord'> }[],
): Promise<Map<Uuid, Located<R>>> {
  const ids = items.filter(({ object }) => object.hasRecord).map(({ object }) => object.id);
  const rows = await lockRecords(trx, noun.name, writer.workspaceId, ids);
  const byId = new Map(rows.map((row) => [row['id'], row]));
  return new Map(
    items.map(({ object: { id, hasRecord } }) => {
      const row = byId.get(id);
      const isDeleted = hasRecord && (row === undefined || row['deleted_at'] !== null);
      return [id, { before: row && !isDeleted ? store.toRecord(row) : null, isDeleted }];
    }),
  );
}

function recordOf(
  payments: readonly ChangedPayment[],
  subscriptions: readonly ChangedSubscription[],
): RecordReference | undefined {
  if (payments[0]) return { type: 'payment', id: payments[0].object.id };
  return subscriptions[0] && { type: 'subscription', id: subscriptions[0].object.id };
}
