import type { AttemptFact, LinkFact, ProviderFact } from '../../payments/provider-fact.ts';
import { moneyOf, stripeMoney } from './stripe-money.ts';
import { idOf, integerOf, itemsOf, objectOf, textOf, timeOf, type StripeObject } from './stripe-object.ts';
import { linksOf } from './stripe-payer.ts';
import type { Snapshot } from './stripe-payment.ts';

/** An invoice links its payment to its subscription; one that was paid without Stripe is a payment of its own. */
export function invoiceFacts({ object, at, type }: Snapshot): ProviderFact[] {
  const invoiceId = textOf(object, 'id');
  if (invoiceId === null) return [];
  const link = {
    kind: 'link',
    at,
    linkId: invoiceId,
    isInvoice: true,
    ...named('subscriptionId', subscriptionOf(object)),
    email: textOf(object, 'customer_email'),
    name: textOf(object, 'customer_name'),
    phone: textOf(object, 'customer_phone'),
    ...linksOf(object),
  } as const satisfies LinkFact;
  const paymentIds = paymentsOf(object);
  const links: LinkFact[] =
    paymentIds.length === 0 ? [link] : paymentIds.map((paymentId) => ({ ...link, paymentId }));
  return [...links, ...ownPayment({ object, at, type }, link)];
}

/** The payment of an invoice that has none at Stripe. */
function ownPayment(
  { object, at, type }: Pick<Snapshot, 'object' | 'at' | 'type'>,
  link: LinkFact,
): ProviderFact[] {
  const offStripe = moneyOf(object, 'amount_paid_off_stripe');
  const paid = moneyOf(object, 'amount_paid');
  const currency = textOf(object, 'currency');
  if (currency === null) return [];
  const paymentId = link.linkId;
  const common = { kind: 'attempt', at, paymentId } as const;
  const details: ProviderFact[] = [
    { ...link, paymentId },
    {
      kind: 'payment',
      at,
      occurredAt: timeOf(object, 'created') ?? at,
      paymentId,
      description: textOf(object, 'description') ?? textOf(object, 'number'),
      receiptUrl: textOf(object, 'hosted_invoice_url'),
    },
  ];
  if (type === 'invoice.payment_failed') {
    // Newer API versions do not say whether there is a payment intent, whose own event reports the failure.
    const due = moneyOf(object, 'amount_due');
    if (object['payment_intent'] !== null || due === null || due.minor === 0n) return [];
    const attemptId = `${paymentId}:${integerOf(object, 'attempt_count') ?? 0}`;
    return [{ ...common, attemptId, status: 'failed', amount: due } satisfies AttemptFact, ...details];
  }
  const amount = offStripe && offStripe.minor > 0n ? offStripe : isPaidOutside(object) ? paid : null;
  if (amount === null || amount.minor === 0n) return [];
  return [
    {
      ...common,
      attemptId: paymentId,
      status: 'succeeded',
      amount,
      ...paidTime(object),
    } satisfies AttemptFact,
    ...details,
    { kind: 'payment', at, paymentId, methodType: 'out_of_band' },
  ];
}

function paidTime(object: StripeObject) {
  const paidAt = timeOf(objectOf(object, 'status_transitions'), 'paid_at');
  return paidAt === null ? {} : { occurredAt: paidAt };
}

/** Before API version 2025-03-31 it has `payment_intent` and `charge`; since then `payments`, if that is expanded. */
function isPaidOutside(object: StripeObject): boolean {
  if (object['paid_out_of_band'] === true) return true;
  if (paymentsOf(object).length > 0) return false;
  return object['payment_intent'] === null || Array.isArray(objectOf(object, 'payments')['data']);
}

function paymentsOf(object: StripeObject): string[] {
  const listed = itemsOf(object, 'payments').map((item) => paymentIdOf(objectOf(item, 'payment')));
  const own = idOf(object, 'payment_intent') ?? idOf(object, 'charge');
  return [...new Set([own, ...listed])].filter((id) => id !== null);
}

function paymentIdOf(payment: StripeObject): string | null {
  return idOf(payment, 'payment_intent') ?? idOf(payment, 'charge');
}

function subscriptionOf(object: StripeObject): string | null {
  const details = objectOf(objectOf(object, 'parent'), 'subscription_details');
  return idOf(object, 'subscription') ?? idOf(details, 'subscription');
}

/** `invoice_payment.paid`, since API version 2025-03-31: the payment of an invoice. */
export function invoicePaymentFacts({ object, at }: Snapshot): ProviderFact[] {
  const invoiceId = idOf(object, 'invoice');
  const payment = objectOf(object, 'payment');
  if (invoiceId === null) return [];
  const link: LinkFact = { kind: 'link', at, linkId: invoiceId, isInvoice: true };
  const paymentId = paymentIdOf(payment);
  if (paymentId !== null) return [{ ...link, paymentId }];
  const amount = integerOf(object, 'amount_paid');
  const currency = textOf(object, 'currency');
  if (textOf(payment, 'type') !== 'payment_record' || !amount || currency === null) return [link];
  return [
    { ...link, paymentId: invoiceId },
    {
      kind: 'attempt',
      at,
      paymentId: invoiceId,
      attemptId: invoiceId,
      status: 'succeeded',
      amount: stripeMoney(amount, currency),
    },
    { kind: 'payment', at, paymentId: invoiceId, methodType: 'out_of_band' },
  ];
}

/** A checkout session names who paid, and what. It is no payment: its payment intent is. */
export function checkoutFacts({ object, at }: Snapshot): ProviderFact[] {
  const linkId = textOf(object, 'id');
  if (linkId === null) return [];
  const payer = objectOf(object, 'customer_details');
  const link: LinkFact = {
    kind: 'link',
    at,
    linkId,
    ...named('paymentId', idOf(object, 'payment_intent')),
    ...named('subscriptionId', idOf(object, 'subscription')),
    email: textOf(payer, 'email') ?? textOf(object, 'customer_email'),
    name: textOf(payer, 'name'),
    phone: textOf(payer, 'phone'),
    ...linksOf(object),
  };
  const invoiceId = idOf(object, 'invoice');
  const ofInvoice: LinkFact[] = invoiceId === null ? [] : [{ ...link, linkId: invoiceId, isInvoice: true }];
  return [link, ...ofInvoice];
}

function named<Name extends string>(name: Name, value: string | null): { [Key in Name]?: string } {
  return (value === null ? {} : { [name]: value }) as { [Key in Name]?: string };
}
