import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import type { ErasureRules } from '../record/erasure.ts';

/** What a payment's own erasure ends: reasons of refunds and disputes, and what its provider said. */
export const PAYMENT_RELATED: ErasureRules = {
  relatedTables: [
    { table: 'payment_refund', key: 'payment_id', blank: 'reason = null, external_id = null' },
    { table: 'payment_dispute', key: 'payment_id', blank: "reason = null, external_id = ''" },
    { table: 'provider_object', key: 'id', blank: `facts = '{}'` },
  ],
};

/** The name, the address and the words of a payer; amounts and times stay. */
const blankPayer = (table: string) => ({
  name: `${table}.erase-payer`,
  text: `
with blanked as (
  update ${table} set customer_email = null, customer_name = null, version = version + 1, updated_at = now()
  where workspace_id = $1 and contact_id = $2 and (customer_email is not null or customer_name is not null)
  returning id
)
insert into search_pending (workspace_id, object_type, record_id) select $1, '${table}', id from blanked`,
});
const BLANK_PAYMENTS = blankPayer('payment');
const BLANK_SUBSCRIPTIONS = blankPayer('subscription');

/** Who paid is what facts name by these; the rest of them is about the payment. */
const PAYER_FACTS = `array['email', 'name', 'phone', 'linkEmail', 'linkName', 'linkPhone', 'metadata']`;

const BLANK_FACTS = {
  name: 'provider_object.erase-payer',
  text: `
update provider_object o
set contact_id = null, facts = case o.kind
  when 'customer' then '{}'::json
  when 'payment' then
    jsonb_set(o.facts::jsonb, '{details}', coalesce(o.facts::jsonb->'details', '{}') - ${PAYER_FACTS})::json
  else jsonb_set(o.facts::jsonb, '{links}', coalesce(o.facts::jsonb->'links', '{}') - ${PAYER_FACTS})::json end
where o.workspace_id = $1 and (
  (o.kind = 'customer' and o.contact_id = $2)
  or (o.kind = 'payment' and o.id in (select id from payment where workspace_id = $1 and contact_id = $2))
  or (o.kind = 'subscription' and o.id in (select id from subscription where workspace_id = $1 and contact_id = $2)))`,
};

/** Links have no record: those that name a payment or a subscription of the person. */
const BLANK_LINKS = {
  name: 'provider_object.erase-links',
  text: `
update provider_object l set facts = jsonb_set(l.facts::jsonb, '{details}', (l.facts::jsonb->'details') - ${PAYER_FACTS})::json
from provider_object o
where o.workspace_id = $1 and l.workspace_id = $1 and l.provider = o.provider and l.kind = 'link'
  and ((o.kind = 'payment' and o.id in (select id from payment where workspace_id = $1 and contact_id = $2)
        and l.facts::jsonb->'payments' ? o.external_id)
    or (o.kind = 'subscription' and o.id in (select id from subscription where workspace_id = $1 and contact_id = $2)
        and l.facts::jsonb->'subscriptions' ? o.external_id))`,
};

/** The contexts of the events of what a person paid name the person. */
const BLANK_CONTEXTS = {
  name: 'event.erase-payer',
  text: `
update event e set context = (e.context::jsonb - 'contact')::json,
  data = (e.data::jsonb || '{"customer_email": null, "customer_name": null}')::json
from activity a
where a.workspace_id = $1 and e.workspace_id = $1 and e.id = a.id and a.record_id in (
  select id from payment where workspace_id = $1 and contact_id = $2
  union all select id from subscription where workspace_id = $1 and contact_id = $2)`,
};

/** Ends what payments and subscriptions say about an erased contact. What was paid, and when, stays. */
export async function erasePayer(trx: Transaction, row: Readonly<Record<string, unknown>>): Promise<void> {
  const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
  const values = [workspaceId, id];
  await query(trx, BLANK_LINKS, values);
  await query(trx, BLANK_FACTS, values);
  await query(trx, BLANK_CONTEXTS, values);
  await query(trx, BLANK_PAYMENTS, values);
  await query(trx, BLANK_SUBSCRIPTIONS, values);
}
