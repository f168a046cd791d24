import type { ProviderFact } from '../../payments/provider-fact.ts';
import { checkoutFacts, invoiceFacts, invoicePaymentFacts } from './stripe-invoice.ts';
import { isObject, objectOf, textOf, timeOf, type StripeObject } from './stripe-object.ts';
import {
  chargeFacts,
  disputeFacts,
  intentFacts,
  refundFacts,
  refundStepFacts,
  type Snapshot,
} from './stripe-payment.ts';
import { subscriptionFacts } from './stripe-subscription.ts';

/** An event of Stripe's: with its object (`snapshot`), or with the address of one (`thin`). */
export interface StripeEvent {
  id: string;
  type: string;
  /** Milliseconds. */
  createdAt: number;
  /** Null if it does not say. */
  isLive: boolean | null;
  /** The object; null for a thin event. */
  object: StripeObject | null;
  previous: StripeObject;
  /** Of a thin event. */
  related: { type: string; url: string } | null;
}

/** The events to select for the endpoint at Stripe. */
export const STRIPE_EVENTS = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'charge.succeeded',
  'charge.updated',
  'charge.failed',
  'charge.refunded',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'customer.created',
  'customer.updated',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice_payment.paid',
] as const;

/** The event of a body; null if it is none. */
export function readEvent(body: unknown): StripeEvent | null {
  if (!isObject(body)) return null;
  const id = textOf(body, 'id');
  const type = textOf(body, 'type');
  if (id === null || type === null) return null;
  const livemode = body['livemode'];
  const common = { id, type, isLive: typeof livemode === 'boolean' ? livemode : null };
  if (textOf(body, 'object') === 'v2.core.event') {
    const related = objectOf(body, 'related_object');
    const url = textOf(related, 'url');
    const createdAt = Date.parse(textOf(body, 'created') ?? '');
    return {
      ...common,
      createdAt: Number.isNaN(createdAt) ? Date.now() : createdAt,
      object: null,
      previous: {},
      related: url === null ? null : { type: textOf(related, 'type') ?? '', url },
    };
  }
  const data = objectOf(body, 'data');
  const object = data['object'];
  return {
    ...common,
    createdAt: timeOf(body, 'created') ?? Date.now(),
    object: isObject(object) ? object : {},
    previous: objectOf(data, 'previous_attributes'),
    related: null,
  };
}

/** What an event with its object says; empty for one that says nothing about payments. */
export function factsOf({ id, type, createdAt, object, previous }: StripeEvent): ProviderFact[] {
  if (object === null) return [];
  const snapshot: Snapshot = { object, at: createdAt, eventId: id, type };
  if (type === 'charge.refunded') return [...chargeFacts(snapshot), ...refundStepFacts(snapshot, previous)];
  if (type === 'payment_intent.created') return [];
  return factsOfObject(kindOf(type), snapshot);
}

/** What an object says. @param kind its `object` */
export function factsOfObject(kind: string, snapshot: Snapshot): ProviderFact[] {
  switch (kind) {
    case 'payment_intent':
      return intentFacts(snapshot);
    case 'charge':
      return chargeFacts(snapshot);
    case 'refund':
      return refundFacts(snapshot);
    case 'dispute':
      return disputeFacts(snapshot);
    case 'invoice':
      return invoiceFacts(snapshot);
    case 'invoice_payment':
      return invoicePaymentFacts(snapshot);
    case 'checkout.session':
      return checkoutFacts(snapshot);
    case 'subscription':
      return subscriptionFacts(snapshot);
    case 'customer':
      return customerFacts(snapshot);
    default:
      return [];
  }
}

/** Invoices that are not settled say nothing yet. */
const INVOICES = new Set(['invoice.paid', 'invoice.payment_succeeded', 'invoice.payment_failed']);

/** The kind of object that an event is about: some events are named after another one. */
function kindOf(type: string): string {
  if (type.startsWith('charge.dispute.')) return 'dispute';
  if (type.startsWith('charge.refund.')) return 'refund';
  if (type.startsWith('customer.subscription.')) return 'subscription';
  if (type.startsWith('checkout.session.')) return 'checkout.session';
  if (type === 'customer.created' || type === 'customer.updated') return 'customer';
  if (INVOICES.has(type)) return 'invoice';
  const [object = ''] = type.split('.');
  return ['payment_intent', 'charge', 'refund', 'invoice_payment'].includes(object) ? object : '';
}

function customerFacts({ object, at }: Snapshot): ProviderFact[] {
  const customerId = textOf(object, 'id');
  if (customerId === null || object['deleted'] === true) return [];
  return [
    {
      kind: 'customer',
      at,
      customerId,
      email: textOf(object, 'email'),
      name: textOf(object, 'name'),
      phone: textOf(object, 'phone'),
    },
  ];
}
