import type { Uuid } from '../base/id.ts';
import type { Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { Writer } from '../record/record-plan.ts';
import type { RecordService } from '../record/record-service.ts';
import type { DerivedPayment } from './derived-payment.ts';
import type { KnownEmails, PayerMatcher } from './payer-match.ts';
import type { Payment } from './payment-fields.ts';
import type { PaymentInput } from './payment.ts';
import type { ProviderConnection } from './provider-fact.ts';
import type { LockedObjects, ProviderObject } from './provider-object.ts';
import type { PlannedWrite } from './record-write.ts';
import type { Subscription } from './subscription-fields.ts';
import type { DerivedSubscription } from './subscription-facts.ts';
import type { SubscriptionInput } from './subscription.ts';

/** What the facts of one event are applied with. */
export interface FactContext {
  trx: Transaction;
  connection: ProviderConnection;
  objects: LockedObjects;
  writer: Writer;
  /** See `ProviderEvent.firesFrom`; null: everything fires. */
  firesFrom: number | null;
  newId: () => Uuid;
  payments: RecordService<Payment, PaymentInput>;
  subscriptions: RecordService<Subscription, SubscriptionInput>;
  payers: PayerMatcher;
  /** What was looked up for all payers of this context. */
  knownEmails: KnownEmails;
  /** Of the workspace. */
  currency: string;
  /** Now, ISO 8601. */
  at: string;
  /** The lanes to notify after the commit. */
  lanes: LaneKey[];
  /** Ids of the records that were written. */
  written: Set<Uuid>;
}

/** A record of a provider's object. */
export interface Located<R> {
  /** Locked; null if there is none, or it was deleted. */
  before: R | null;
  isDeleted: boolean;
}

/** An object with its state by all facts. */
export interface ChangedPayment {
  object: ProviderObject<'payment'>;
  derived: DerivedPayment;
}
export interface ChangedSubscription {
  object: ProviderObject<'subscription'>;
  derived: DerivedSubscription;
}

/** What becomes of a changed object. */
export interface PlannedFact<R extends BaseRecord> {
  /** Null: its record stays as it is. */
  write: PlannedWrite<R> | null;
  /** What a person should know, for the log. */
  reason: string | null;
}
