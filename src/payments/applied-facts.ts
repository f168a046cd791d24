import type { Uuid } from '../base/id.ts';
import type { RecordReference } from '../connections/connection-kind.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordService } from '../record/record-service.ts';
import { derivePayment } from './derived-payment.ts';
import type {
  ChangedPayment,
  ChangedSubscription,
  FactContext,
  Located,
  PlannedFact,
} from './fact-context.ts';
import { lockFollowers, planFollowers } from './follower-record.ts';
import { valueOf } from './known-value.ts';
import { savePaymentParts } from './payment-part.ts';
import type { LockedObjects, ObjectKey, ProviderObject } from './provider-object.ts';
import { planProviderPayment } from './provider-payment-write.ts';
import { planProviderSubscription } from './provider-subscription-write.ts';
import { lockRecords, writePlans, type PlannedWrite } from './record-write.ts';
import { deriveSubscription } from './subscription-facts.ts';

/** What became of the changed objects, by `kind externalId`. */
export type AppliedObjects = ReadonlyMap<string, { record: RecordReference; reason: string | null }>;

/** What became of one event. */
export interface Applied {
  record?: RecordReference;
  /** What a person should know. */
  reason?: string;
}

/**
 * Writes the records of objects whose facts have changed. Rows are locked before the first event is fired, which locks the
 * feed's counter, so that two transactions cannot wait for each other.
 */
export async function writeChanged(context: FactContext): Promise<AppliedObjects> {
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

  const applied = new Map<string, { record: RecordReference; reason: string | null }>();
  const noteReason = ({ kind, externalId, id }: ProviderObject, { reason }: PlannedFact<BaseRecord>) =>
    applied.set(`${kind} ${externalId}`, { record: { type: kind, id }, reason });
  const plannedSubscriptions: PlannedFact<BaseRecord>[] = [];
  for (const item of subscriptions) {
    const planned = await planProviderSubscription(context, item, located.subscriptions.get(item.object.id)!);
    noteReason(item.object, planned);
    plannedSubscriptions.push(planned);
  }
  // Payments refer to subscriptions.
  await write(context, context.subscriptions, writesOf(plannedSubscriptions));
  const plannedPayments: PlannedFact<BaseRecord>[] = [];
  for (const item of payments) {
    const planned = await planProviderPayment(context, item, located.payments.get(item.object.id)!);
    noteReason(item.object, planned);
    plannedPayments.push(planned);
  }
  const following = await planFollowers(context, followers);
  await write(context, context.payments, [...writesOf(plannedPayments), ...following.payments]);
  await write(context, context.subscriptions, following.subscriptions);
  await savePaymentParts(context.trx, context, payments);
  await objects.save();
  return applied;
}

const WAITS = 'Kept until the payment or the subscription that it is about is reported.';

/** What became of an event about these objects: its payment comes first. */
export function appliedOf(
  applied: AppliedObjects,
  objects: LockedObjects,
  keys: readonly ObjectKey[],
): Applied {
  const named = keys.flatMap(({ kind, externalId }) => {
    const facts =
      kind === 'link' ? objects.get('link', externalId).facts : { payments: [], subscriptions: [] };
    return [
      `${kind} ${externalId}`,
      ...facts.payments.map((id) => `payment ${id}`),
      ...facts.subscriptions.map((id) => `subscription ${id}`),
    ];
  });
  const found = named.flatMap((name) => applied.get(name) ?? []);
  const first = found.find(({ record }) => record.type === 'payment') ?? found[0];
  if (!first) return { reason: WAITS };
  const reason = found.map((item) => item.reason).find((item) => item !== null);
  return { record: first.record, ...(reason && { reason }) };
}

async function write<R extends BaseRecord, Input extends object>(
  context: FactContext,
  service: RecordService<R, Input>,
  writes: readonly PlannedWrite<BaseRecord>[],
): Promise<void> {
  if (writes.length === 0) return;
  const { trx, writer, lanes, written } = context;
  lanes.push(...(await writePlans(trx, service, writer, writes as readonly PlannedWrite<R>[])));
  for (const { plan } of writes) written.add(plan.id);
}

function writesOf(planned: readonly PlannedFact<BaseRecord>[]): PlannedWrite<BaseRecord>[] {
  return planned.flatMap((item) => item.write ?? []);
}

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
