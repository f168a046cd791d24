import type { CustomerFact, LinkFact, PaymentFact, ProviderFact } from '../../payments/provider-fact.ts';
import {
  defined,
  idOf,
  listOf,
  objectOf,
  payerOf,
  referencesOf,
  required,
  textOf,
  type PaypalEvent,
} from './paypal-resource.ts';

/** An order says who pays; captures do not. */
export function translateOrder(event: PaypalEvent): ProviderFact[] {
  const { at, resource } = event;
  const linkId = idOf(event);
  const units = listOf(resource['purchase_units']);
  const references = units.map(({ custom_id: customId }) => referencesOf(customId));
  const payer = payerOf(resource['payer']);
  const link: LinkFact = {
    kind: 'link',
    at,
    linkId,
    ...payer,
    ...Object.assign({}, ...references.toReversed()),
  };
  const payments = units.flatMap(({ payments: paid, description }) =>
    listOf(objectOf(paid)['captures']).flatMap(({ id }): PaymentFact[] => {
      const paymentId = textOf(id);
      if (paymentId === undefined) return [];
      return [{ kind: 'payment', at, paymentId, linkId, ...defined({ description: textOf(description) }) }];
    }),
  );
  return [link, ...payments, ...customerOf(at, payer)];
}

/** An invoice says whom it was for, and by which captures it was paid. Those tell the money. */
export function translateInvoice({ at, resource }: PaypalEvent): ProviderFact[] {
  const invoice = objectOf(resource['invoice'] ?? resource);
  const linkId = required(textOf(invoice['id']), 'resource.invoice.id');
  const [recipient] = listOf(invoice['primary_recipients']);
  const payer = payerOf(objectOf(recipient)['billing_info']);
  const link: LinkFact = { kind: 'link', at, linkId, isInvoice: true, ...payer };
  const payments = listOf(objectOf(invoice['payments'])['transactions']).flatMap(
    ({ payment_id: id, type }): PaymentFact[] => {
      const paymentId = textOf(id);
      // What was paid outside of PayPal has no capture.
      if (paymentId === undefined || type === 'EXTERNAL') return [];
      return [{ kind: 'payment', at, paymentId, linkId, invoiceId: linkId }];
    },
  );
  return [link, ...payments];
}

/** The payer, if PayPal gives an id. */
export function customerOf(
  at: number,
  { customerId, email, name }: ReturnType<typeof payerOf>,
): CustomerFact[] {
  if (customerId === undefined || customerId === null) return [];
  return [{ kind: 'customer', at, customerId, ...defined({ email, name }) }];
}
