import type { Uuid } from '../base/id.ts';
import type { InboundResult } from '../connections/connection-kind.ts';

/**
 * What a payment provider says, without its vocabulary. An integration translates each event into facts and hands them to
 * `ProviderPayments.apply`. The records are derived from all facts together, so the order and the number of the events
 * make no difference: a fact may come twice, late, or before the payment that it is about.
 *
 * Rules for translators:
 * - A fact says only what the event says. Properties that it does not mention are left out; null means "none".
 * - Ids are the provider's, unchanged. They are unique per provider, over all of its accounts.
 * - Times are milliseconds since 1970, by the provider's clock.
 */
export type ProviderFact =
  | AttemptFact
  | PaymentFact
  | RefundFact
  | RefundStepFact
  | DisputeFact
  | SubscriptionFact
  | LinkFact
  | CustomerFact;

/** What the events of a provider write: who connects, reads or repeats them needs these scopes. */
export const PROVIDER_SCOPES: readonly string[] = ['payments:write', 'subscriptions:write', 'contacts:write'];

/** An amount in minor units of ISO 4217 (base/values/minor-units.ts): `{minor: 1999n, currency: 'EUR'}` is 19.99 €. */
export interface Money {
  minor: bigint;
  /** In upper case. */
  currency: string;
}

/** What each fact has. */
interface Timed {
  /** The time of the event, or of the reading for what was fetched: of two versions of a value, the later one counts. */
  at: number;
  /** When it happened, if that is not `at`: of objects that were fetched. */
  occurredAt?: number;
}

/** Where several statuses have the same time, the later one in this list counts. `succeeded` and `canceled` are final. */
export const ATTEMPT_STATUSES = ['pending', 'requires_action', 'failed', 'canceled', 'succeeded'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/**
 * One attempt to collect a payment, such as a charge. Each failed attempt fires `payment.failed` once; the first that
 * succeeded fires `payment.received`, once a payment. It makes the payment's record if there is none.
 */
export interface AttemptFact extends Timed {
  kind: 'attempt';
  /** The payment: a payment intent, a capture. */
  paymentId: string;
  /** Every event about the same attempt has the same id here. Equal to `paymentId` for the status of the payment itself. */
  attemptId: string;
  status: AttemptStatus;
  /** Of the payment; of a succeeded attempt: what was received. */
  amount: Money;
  failureCode?: string | null;
  /** For people; no card numbers. */
  failureMessage?: string | null;
}

/** Details of a payment. Makes no record: they wait for an attempt, a refund or a dispute with the payment's amount. */
export interface PaymentFact extends Timed, Links {
  kind: 'payment';
  paymentId: string;
  /** Of the whole payment: makes the record of a payment whose attempt nobody reported. */
  amount?: Money;
  description?: string | null;
  /** As in `card`, `sepa_debit`. */
  methodType?: string | null;
  methodLast4?: string | null;
  receiptUrl?: string | null;
  fee?: Money;
  invoiceId?: string | null;
  subscriptionId?: string | null;
  metadata?: Readonly<Record<string, string>>;
}

/** Where several statuses have the same time, the later one in this list counts. */
export const REFUND_STATUSES = ['requires_action', 'pending', 'succeeded', 'failed', 'canceled'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/**
 * A refund. Fires `payment.refunded` once, when it is first known to be pending or succeeded; if it fails later, the
 * amount refunded is lowered again.
 */
export interface RefundFact extends Timed {
  kind: 'refund';
  paymentId: string;
  refundId: string;
  status: RefundStatus;
  amount: Money;
  reason?: string | null;
  /** The payer took the money back: a reversal or a chargeback. */
  isReversal?: boolean;
}

/**
 * A rise of the total that was refunded, by a refund whose id is not known. It counts as a `RefundFact` with the same
 * amount, whichever comes first: a payment has as many refunds of an amount as there are of the more numerous kind.
 */
export interface RefundStepFact extends Timed {
  kind: 'refund_step';
  paymentId: string;
  /** The total refunded before and after, of one currency. */
  before: Money;
  after: Money;
}

/** Where several statuses have the same time, the later one in this list counts. The last three are final. */
export const DISPUTE_STATUSES = ['needs_response', 'under_review', 'closed', 'won', 'lost'] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** A dispute of a payment. A lost one is no refund. */
export interface DisputeFact extends Timed {
  kind: 'dispute';
  paymentId: string;
  disputeId: string;
  status: DisputeStatus;
  amount: Money;
  reason?: string | null;
  /** An inquiry by the bank: no money has moved. */
  isInquiry?: boolean;
  evidenceDueAt?: number | null;
}

/** Where several statuses have the same time, the later one in this list counts. `canceled` is final. */
export const SUBSCRIPTION_STATUSES = [
  'incomplete',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

export const BILLING_INTERVALS = ['day', 'week', 'month', 'year'] as const;
export type BillingInterval = (typeof BILLING_INTERVALS)[number];

/**
 * The state of a subscription. The first one makes the record and fires `subscription.created`; `canceled` fires
 * `subscription.canceled`, once. Until the payer has approved it, hand over no fact with a status.
 */
export interface SubscriptionFact extends Timed, Links {
  kind: 'subscription';
  subscriptionId: string;
  /** Left out: details that wait for the first status. */
  status?: SubscriptionStatus;
  planName?: string | null;
  priceId?: string | null;
  quantity?: number | null;
  /** For one interval, of all units. */
  amount?: Money | null;
  interval?: BillingInterval | null;
  intervalCount?: number | null;
  startedAt?: number | null;
  currentPeriodEnd?: number | null;
  trialEnd?: number | null;
  /** When it is going to end. */
  cancelAt?: number | null;
  canceledAt?: number | null;
  endedAt?: number | null;
  /** As in `never_paid`, `expired`, or the provider's own. */
  cancelReason?: string | null;
  metadata?: Readonly<Record<string, string>>;
}

/**
 * An invoice, an order or a checkout session: it names a payment or a subscription, and who paid. Facts about the same
 * `linkId` are put together, so that one event may name the payment and another one the subscription.
 */
export interface LinkFact extends Timed, Links {
  kind: 'link';
  linkId: string;
  /** An invoice is shown at the payment, as `invoice_external_id`. */
  isInvoice?: boolean;
  paymentId?: string;
  subscriptionId?: string;
}

/** A customer of the provider's account. */
export interface CustomerFact extends Timed {
  kind: 'customer';
  customerId: string;
  email?: string | null;
  name?: string | null;
  phone?: string | null;
}

/** What a record is matched to a contact and a deal by. */
export interface Links {
  customerId?: string | null;
  /** Of the payer, the best known first. */
  email?: string | null;
  name?: string | null;
  phone?: string | null;
  /** The id or, for a lead, the number that the seller passed on, as in the metadata `fairlead_contact_id`. */
  contactRef?: string | null;
  dealRef?: string | null;
  /** A `linkId` that the payment or the subscription names, such as its order. */
  linkId?: string;
}

/** The connection that an event came by. */
export interface ProviderConnection {
  workspaceId: Uuid;
  id: Uuid;
  /** The name of its kind, which is `provider` of the records. */
  kind: string;
  settings: Readonly<Record<string, unknown>>;
}

/** The event that facts come from. */
export interface ProviderEvent {
  /** Its id at the provider, the same for every retry; applied once per connection. Null for an object that was read. */
  externalId: string | null;
  /** The provider's name of its type, for the log. */
  type: string;
  /** Milliseconds. */
  createdAt: number;
  /**
   * What happened before this time, in milliseconds, is recorded and fires nothing: for what a connection reads of the
   * past. Default: everything fires.
   */
  firesFrom?: number;
}

export interface ProviderPayments {
  /**
   * Records what an event says, in one transaction: the event's id, the facts, the records and their events. Events that
   * arrive at the same time share a transaction. Facts that are known already change nothing. Throws `unavailable` and the like if it could not be stored: the provider then sends the
   * event again.
   * @returns `ignored` without facts, `duplicate` for an event that was applied before, else `accepted` with the record and,
   * where no contact was found, the reason
   */
  apply(
    connection: ProviderConnection,
    event: ProviderEvent,
    facts: readonly ProviderFact[],
  ): Promise<InboundResult>;
  /** The same in a transaction of its own. `event.firesFrom` is only for this one. */
  applyAlone(
    connection: ProviderConnection,
    event: ProviderEvent,
    facts: readonly ProviderFact[],
  ): Promise<AppliedResult>;
}

export interface AppliedResult extends InboundResult {
  /** Whether a record was created or changed. */
  isChanged: boolean;
}
