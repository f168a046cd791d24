import { z } from 'zod';
import { requiredText } from '../../base/values/text.ts';
import { validationError } from '../../http/error-response.ts';
import type { ProviderEvent, ProviderFact } from '../../payments/provider-fact.ts';
import { translateDispute } from './paypal-dispute.ts';
import { translateInvoice, translateOrder } from './paypal-order.ts';
import { translatePayment, translateRefund } from './paypal-payment.ts';
import type { PaypalEvent } from './paypal-resource.ts';
import { translateFailedPayment, translateSubscription } from './paypal-subscription.ts';

type Translate = (event: PaypalEvent) => ProviderFact[];

/** By the type of the event: what it says. Events of other types say nothing about payments. */
const TRANSLATORS: Readonly<Record<string, Translate>> = {
  'PAYMENT.CAPTURE.COMPLETED': (event) => translatePayment(event, 'succeeded'),
  'PAYMENT.CAPTURE.PENDING': (event) => translatePayment(event, 'pending'),
  'PAYMENT.CAPTURE.DENIED': (event) => translatePayment(event, 'failed'),
  'PAYMENT.CAPTURE.DECLINED': (event) => translatePayment(event, 'failed'),
  'PAYMENT.CAPTURE.REFUNDED': (event) => translateRefund(event, false),
  'PAYMENT.CAPTURE.REVERSED': (event) => translateRefund(event, true),
  'PAYMENT.SALE.COMPLETED': (event) => translatePayment(event, 'succeeded'),
  'PAYMENT.SALE.PENDING': (event) => translatePayment(event, 'pending'),
  'PAYMENT.SALE.DENIED': (event) => translatePayment(event, 'failed'),
  'PAYMENT.SALE.REFUNDED': (event) => translateRefund(event, false),
  'PAYMENT.SALE.REVERSED': (event) => translateRefund(event, true),
  'PAYMENT.REFUND.PENDING': (event) => translateRefund(event, false),
  'PAYMENT.REFUND.COMPLETED': (event) => translateRefund(event, false),
  'PAYMENT.REFUND.FAILED': (event) => translateRefund(event, false),
  'CHECKOUT.ORDER.APPROVED': translateOrder,
  'CHECKOUT.ORDER.COMPLETED': translateOrder,
  'BILLING.SUBSCRIPTION.CREATED': (event) => translateSubscription(event),
  'BILLING.SUBSCRIPTION.ACTIVATED': (event) => translateSubscription(event, 'ACTIVE'),
  'BILLING.SUBSCRIPTION.RE-ACTIVATED': (event) => translateSubscription(event, 'ACTIVE'),
  'BILLING.SUBSCRIPTION.UPDATED': (event) => translateSubscription(event),
  'BILLING.SUBSCRIPTION.SUSPENDED': (event) => translateSubscription(event, 'SUSPENDED'),
  'BILLING.SUBSCRIPTION.CANCELLED': (event) => translateSubscription(event, 'CANCELLED'),
  'BILLING.SUBSCRIPTION.EXPIRED': (event) => translateSubscription(event, 'EXPIRED'),
  'BILLING.SUBSCRIPTION.PAYMENT.FAILED': translateFailedPayment,
  'CUSTOMER.DISPUTE.CREATED': translateDispute,
  'CUSTOMER.DISPUTE.UPDATED': translateDispute,
  'CUSTOMER.DISPUTE.RESOLVED': translateDispute,
  'INVOICING.INVOICE.PAID': translateInvoice,
  'INVOICING.INVOICE.REFUNDED': translateInvoice,
};

/** The types of events to tick at PayPal, in the order of its page. */
export const PAYPAL_EVENT_TYPES = Object.keys(TRANSLATORS);

const envelope = z.looseObject({
  id: requiredText(200),
  event_type: requiredText(100),
  create_time: z.iso.datetime({ offset: true }),
  resource: z.record(z.string(), z.unknown()).default({}),
});

/**
 * What an event of PayPal says.
 * @param body the parsed body of the webhook
 * Throws `validation_error` for a body that is no event, and for an event of a known type without its amount or ids.
 */
export function translatePaypal(body: unknown): { event: ProviderEvent; facts: ProviderFact[] } {
  const read = envelope.safeParse(body ?? {}, { reportInput: true });
  if (!read.success) throw validationError(read.error, 'body');
  const { id, event_type: type, create_time: createTime, resource } = read.data;
  const at = Date.parse(createTime);
  const translate = Object.hasOwn(TRANSLATORS, type) ? TRANSLATORS[type] : undefined;
  return {
    event: { externalId: id, type, createdAt: at },
    facts: translate?.({ id, type, at, resource }) ?? [],
  };
}
