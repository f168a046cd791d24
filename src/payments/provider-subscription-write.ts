import type { ChangedSubscription, FactContext, Located, PlannedFact } from './fact-context.ts';
import { blankRecord, subscriptionValues } from './provider-record.ts';
import { findOwner, matchReason } from './record-owner.ts';
import { planWrite } from './record-write.ts';
import { SUBSCRIPTION_FIELDS, type Subscription } from './subscription-fields.ts';

/** Plans the record of a subscription, and the events that were not fired yet. */
export async function planProviderSubscription(
  context: FactContext,
  { object, derived }: ChangedSubscription,
  { before, isDeleted }: Located<Subscription>,
): Promise<PlannedFact<Subscription>> {
  const { facts } = object;
  const { connection, firesFrom } = context;
  const hasHappened = (time: number | undefined) =>
    firesFrom === null || (time !== undefined && time >= firesFrom);
  const isEnding = derived.status === 'canceled' && !facts.announced.canceled;
  const endsNow = isEnding && hasHappened(facts.canceledAt);
  const isQuiet = !hasHappened(facts.createdAt) && !endsNow;
  facts.announced = { created: true, canceled: facts.announced.canceled || isEnding };
  if (isDeleted) return { write: null, reason: 'The subscription was deleted.' };

  const current = before ?? newRecord(context, object.id);
  const mayCreate = derived.status !== 'incomplete' && derived.cancelReason !== 'never_paid' && !isQuiet;
  const next: Subscription = {
    ...(current.contact_id === null ? await findOwner(context, facts.links, current, mayCreate) : current),
    ...subscriptionValues(connection, object.externalId, facts, derived, context.currency),
  };
  object.hasRecord = true;
  const events = endsNow ? [{ type: 'subscription.canceled' }] : [];
  const written = { before, after: next, events, isQuiet };
  return { write: planWrite(context.subscriptions.noun, written, context), reason: matchReason(next) };
}

function newRecord({ at, writer }: FactContext, id: string): Subscription {
  return {
    ...(blankRecord(SUBSCRIPTION_FIELDS) as unknown as Subscription),
    id,
    version: 1,
    custom_fields: {},
    created_by: writer.actor,
    created_at: at,
    updated_at: at,
  };
}
