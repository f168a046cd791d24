import type { Links } from '../../payments/provider-fact.ts';
import { idOf, objectOf, textOf, type StripeObject } from './stripe-object.ts';

/** What an object says about its customer and, in its metadata, about records of this CRM. */
export function linksOf(object: StripeObject): Links {
  const metadata = objectOf(object, 'metadata');
  return {
    customerId: idOf(object, 'customer') ?? textOf(object, 'customer_account'),
    contactRef:
      textOf(metadata, 'fairlead_contact_id') ??
      textOf(metadata, 'contact_id') ??
      textOf(object, 'client_reference_id'),
    dealRef: textOf(metadata, 'fairlead_deal_id') ?? textOf(metadata, 'deal_id'),
  };
}
