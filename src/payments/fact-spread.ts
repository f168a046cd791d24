import { later, learnFilled, valueOf, type KnownValues } from './known-value.ts';
import { addPaymentFact } from './payment-facts.ts';
import type { Links, ProviderFact } from './provider-fact.ts';
import type { LinkFacts, LockedObjects, ObjectKey, ProviderObject } from './provider-object.ts';
import { addSubscriptionFact } from './subscription-facts.ts';

/** The objects that facts are about or name. */
export function keysOf(facts: readonly ProviderFact[]): ObjectKey[] {
  const keys = new Map<string, ObjectKey>();
  const add = (kind: ObjectKey['kind'], externalId: string | null | undefined) => {
    if (externalId) keys.set(`${kind} ${externalId}`, { kind, externalId });
  };
  for (const fact of facts) {
    if ('paymentId' in fact) add('payment', fact.paymentId);
    if ('subscriptionId' in fact) add('subscription', fact.subscriptionId);
    if ('linkId' in fact) add('link', fact.linkId);
    if ('customerId' in fact) add('customer', fact.customerId);
  }
  return [...keys.values()];
}

/** Adds facts to the objects that they are about, and what links say to the objects that these name, which it locks. */
export async function spreadFacts(objects: LockedObjects, facts: readonly ProviderFact[]): Promise<void> {
  for (const fact of facts) addFact(objects, fact);
  const links = objects.list('link');
  await objects.lock(
    links.flatMap(({ facts: { payments, subscriptions } }) => [
      ...payments.map((externalId) => ({ kind: 'payment' as const, externalId })),
      ...subscriptions.map((externalId) => ({ kind: 'subscription' as const, externalId })),
    ]),
  );
  for (const { facts: link } of links) passOn(objects, link);
  for (const { facts: payment } of objects.list('payment'))
    if (payment.isPayerErased) forgetPayer(payment.details);
  for (const { facts: subscription } of objects.list('subscription'))
    if (subscription.isPayerErased) forgetPayer(subscription.links);
}

/** Names of what facts say about a payer as a person. */
export const PAYER_FACTS = ['email', 'name', 'phone', 'linkEmail', 'linkName', 'linkPhone', 'metadata'];

function forgetPayer(details: KnownValues): void {
  for (const item of PAYER_FACTS) delete details[item];
}

function addFact(objects: LockedObjects, fact: ProviderFact): void {
  switch (fact.kind) {
    case 'customer': {
      const { customerId, at, email, name, phone } = fact;
      const customer = objects.get('customer', customerId);
      if (!customer.facts['isErased']) learnFilled(changed(customer).facts, at, { email, name, phone });
      return;
    }
    case 'link': {
      const { linkId, at, isInvoice, subscriptionId, paymentId } = fact;
      const link = changed(objects.get('link', linkId)).facts;
      const invoiceId = isInvoice ? linkId : undefined;
      learnFilled(link.details, at, { ...payerOf(fact), invoiceId, subscriptionId });
      addName(link.payments, paymentId);
      addName(link.subscriptions, subscriptionId);
      return;
    }
    case 'subscription':
      addSubscriptionFact(changed(objects.get('subscription', fact.subscriptionId)).facts, fact);
      if (fact.linkId)
        addName(changed(objects.get('link', fact.linkId)).facts.subscriptions, fact.subscriptionId);
      return;
    default:
      addPaymentFact(changed(objects.get('payment', fact.paymentId)).facts, fact);
      if ('linkId' in fact && fact.linkId)
        addName(changed(objects.get('link', fact.linkId)).facts.payments, fact.paymentId);
  }
}

function payerOf({ customerId, email, name: payer, phone, contactRef, dealRef }: Links) {
  return { customerId, email, name: payer, phone, contactRef, dealRef };
}

function changed<Object extends ProviderObject>(object: Object): Object {
  object.isChanged = true;
  return object;
}

function addName(list: string[], id: string | null | undefined): void {
  if (id && !list.includes(id)) list.push(id);
}

/** The addresses that a payer gave at a checkout come before those of the payment itself, and have names of their own. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  email: 'linkEmail',
  name: 'linkName',
  phone: 'linkPhone',
};

function passOn(objects: LockedObjects, { details, payments, subscriptions }: LinkFacts): void {
  for (const externalId of payments)
    pass(details, objects.get('payment', externalId), (payment) => payment.facts.details);
  for (const externalId of subscriptions)
    pass(details, objects.get('subscription', externalId), (subscription) => subscription.facts.links);
}

function pass<Object extends ProviderObject>(
  from: KnownValues,
  object: Object,
  detailsOf: (object: Object) => KnownValues,
): void {
  const details = detailsOf(object);
  for (const [item, known] of Object.entries(from)) {
    const own = OWN_NAMES[item] ?? item;
    const kept = later(details[own], known);
    if (kept === details[own]) continue;
    details[own] = kept;
    object.isChanged = true;
  }
}

/** The payer's addresses: those of the checkout first, those of the provider's customer last. */
export function addressesOf(
  details: KnownValues,
  customer: KnownValues = {},
): { emails: string[]; phones: string[]; name: string | null } {
  const all = (item: string) => {
    const found = [
      valueOf<string>(details, OWN_NAMES[item]!),
      valueOf<string>(details, item),
      valueOf<string>(customer, item),
    ];
    return [...new Set(found.filter((value) => value !== null))];
  };
  return { emails: all('email'), phones: all('phone'), name: all('name')[0] ?? null };
}

/** The email addresses of all payers of these objects. */
export function emailsOf(objects: LockedObjects): string[] {
  const emails = [
    ...objects.list('payment').flatMap(({ facts }) => addressesOf(facts.details).emails),
    ...objects.list('subscription').flatMap(({ facts }) => addressesOf(facts.links).emails),
    ...objects.list('customer').flatMap(({ facts }) => addressesOf({}, facts).emails),
  ];
  return [...new Set(emails)];
}
