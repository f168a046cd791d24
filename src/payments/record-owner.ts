import { query } from '../db/query.ts';
import { isUuid, type Uuid } from '../base/id.ts';
import type { FactContext } from './fact-context.ts';
import { addressesOf } from './fact-spread.ts';
import { valueOf, type KnownValues } from './known-value.ts';
import type { PayerMatch } from './payer-match.ts';
import type { Payment } from './payment-fields.ts';
import type { Customer, ProviderObject } from './provider-object.ts';

/** The fields that say whose a payment or a subscription is. */
export type Owner = Pick<
  Payment,
  'contact_id' | 'company_id' | 'deal_id' | 'lead_id' | 'matched_by' | 'match_ambiguous'
>;

const DEAL = {
  name: 'payer.deal',
  text: 'select id from deal where workspace_id = $1 and id = $2 and deleted_at is null',
};

/**
 * Finds the owner of a record that has no contact. A customer of the provider gets the contact that is found, for its
 * other payments.
 * @param mayCreate whether a contact may be created: somebody has paid, or agreed to
 */
export async function findOwner<R extends Owner>(
  context: FactContext,
  details: KnownValues,
  current: R,
  mayCreate: boolean,
): Promise<R> {
  const dealId = current.deal_id ?? (await dealOf(context, valueOf(details, 'dealRef')));
  const customerId = valueOf<string>(details, 'customerId');
  const customer = customerId === null ? undefined : await context.objects.customer(customerId);
  const match = await matchDetails(context, details, customer, mayCreate);
  linkCustomer(context, customerId, match);
  return { ...owned(current, match), deal_id: dealId };
}

/** The contact of a customer, which is looked for by the customer's own addresses if it has none. */
export async function findCustomerContact(
  context: FactContext,
  customer: ProviderObject<'customer'>,
): Promise<PayerMatch> {
  const match = await matchDetails(context, {}, customer, context.firesFrom === null);
  linkCustomer(context, customer.externalId, match);
  return match;
}

/** A customer keeps its contact, and how it was found: its other payments are matched in the same way. */
function linkCustomer({ objects }: FactContext, customerId: string | null, match: PayerMatch): void {
  const customer = objects.find('customer', customerId);
  if (!customer || match.contactId === null || customer.contactId === match.contactId) return;
  customer.facts['match'] = { at: 0, value: { by: match.by, isAmbiguous: match.isAmbiguous } };
  Object.assign(customer, { contactId: match.contactId, isChanged: true });
}

/** A record with what a match found. */
export function owned<R extends Owner>(current: R, match: PayerMatch): R {
  return {
    ...current,
    contact_id: match.contactId,
    company_id: current.company_id ?? match.companyId,
    lead_id: match.leadId,
    matched_by: match.by,
    match_ambiguous: match.isAmbiguous,
  };
}

/** Why a person should look at a record; never personal data. */
export function matchReason({ contact_id, lead_id, match_ambiguous }: Owner): string | null {
  if (match_ambiguous) return 'Several contacts have this address; the oldest one was taken.';
  if (contact_id !== null) return null;
  return lead_id === null ? 'No contact was found.' : 'A lead has this address; there is no contact.';
}

async function matchDetails(
  { trx, writer, payers, knownEmails, connection, lanes }: FactContext,
  details: KnownValues,
  customer: Customer | undefined,
  mayCreate: boolean,
): Promise<PayerMatch> {
  const isCreating = mayCreate && connection.settings['create_contact'] !== false;
  const clues = {
    customerContactId: customer?.contactId ?? null,
    reference: valueOf<string>(details, 'contactRef'),
    ...addressesOf(details, customer?.facts),
  };
  const match = await payers.match(trx, writer, clues, {
    createFrom: isCreating ? connection.kind : null,
    known: knownEmails,
  });
  lanes.push(...match.lanes);
  const earlier = valueOf<Pick<PayerMatch, 'by' | 'isAmbiguous'>>(customer?.facts ?? {}, 'match');
  return match.by === 'customer' && earlier ? { ...match, ...earlier } : match;
}

async function dealOf({ trx, writer }: FactContext, reference: string | null): Promise<Uuid | null> {
  if (reference === null || !isUuid(reference)) return null;
  const [found] = await query<{ id: Uuid }>(trx, DEAL, [writer.workspaceId, reference.toLowerCase()]);
  return found?.id ?? null;
}
