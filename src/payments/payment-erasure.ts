import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import type { ErasureRules } from '../record/erasure.ts';
import { PAYER_FACTS } from './fact-spread.ts';

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

const KEYS = `array[${PAYER_FACTS.map((name) => `'${name}'`).join(', ')}]`;

/** SQL: facts without what they say about the payer, and without what is going to be reported. */
const blankFacts = (place: string) => `jsonb_set(
      jsonb_set(o.facts::jsonb, '{${place}}', coalesce(o.facts::jsonb->'${place}', '{}') - ${KEYS}),
      '{isPayerErased}', 'true')::json`;

const BLANK_FACTS = {
  name: 'provider_object.erase-payer',
  text: `
update provider_object o
set contact_id = null, facts = case o.kind
  when 'customer' then '{"isErased": {"at": 0, "value": true}}'::json
  when 'payment' then ${blankFacts('details')}
  else ${blankFacts('links')} end
where o.workspace_id = $1 and (
  (o.kind = 'customer' and o.contact_id = $2)
  or (o.kind = 'payment' and o.id in (select id from payment where workspace_id = $1 and contact_id = $2))
  or (o.kind = 'subscription' and o.id in (select id from subscription where workspace_id = $1 and contact_id = $2)))`,
};

/** Links have no record: those that name a payment or a subscription of the person. */
const BLANK_LINKS = {
  name: 'provider_object.erase-links',
  text: `
update provider_object l set facts = jsonb_set(l.facts::jsonb, '{details}', (l.facts::jsonb->'details') - ${KEYS})::json
from provider_object o
where o.workspace_id = $1 and l.workspace_id = $1 and l.provider = o.provider and l.kind = 'link'
  and ((o.kind = 'payment' and o.id in (select id from payment where workspace_id = $1 and contact_id = $2)
        and l.facts::jsonb->'payments' ? o.external_id)
    or (o.kind = 'subscription' and o.id in (select id from subscription where workspace_id = $1 and contact_id = $2)
        and l.facts::jsonb->'subscriptions' ? o.external_id))`,
};

/** SQL: the payments and subscriptions of the contact. */
const PAID = `select id from payment where workspace_id = $1 and contact_id = $2
  union all select id from subscription where workspace_id = $1 and contact_id = $2`;

/** Events of what a person paid name the person; so do their timelines and what was sent. */
const BLANK_EVENTS = {
  name: 'event.erase-payer',
  text: `
update event e set context = (e.context::jsonb || '{"contact": null}')::json,
  data = (e.data::jsonb || '{"customer_email": null, "customer_name": null}')::json
from activity a
where a.workspace_id = $1 and e.workspace_id = $1 and e.id = a.id and a.record_id in (${PAID})`,
};
const BLANK_TIMELINE = {
  name: 'activity.erase-payer',
  text: `
update activity set changed = (changed::jsonb - array['customer_email', 'customer_name'])::json,
  changed_to = (changed_to::jsonb - array['customer_email', 'customer_name'])::json
where workspace_id = $1 and record_id in (${PAID}) and changed is not null`,
};
const BLANK_ATTEMPTS = {
  name: 'attempt.erase-payer',
  text: `
update attempt t set request = null, response = null, detail = null from activity a
where a.workspace_id = $1 and t.workspace_id = $1 and t.event_id = a.id and a.record_id in (${PAID})`,
};

const BLANK_LOG = {
  name: 'connection_event.erase-payer',
  text: `update connection_event set payload = null, sealed_payload = null, size = null
         where workspace_id = $1 and record_id in (${PAID})`,
};

/** Ends what payments and subscriptions say about an erased contact. What was paid, and when, stays. */
export async function erasePayer(trx: Transaction, row: Readonly<Record<string, unknown>>): Promise<void> {
  const { workspace_id: workspaceId, id } = row as { workspace_id: Uuid; id: Uuid };
  const values = [workspaceId, id];
  await query(trx, BLANK_LINKS, values);
  await query(trx, BLANK_FACTS, values);
  await query(trx, BLANK_EVENTS, values);
  await query(trx, BLANK_TIMELINE, values);
  await query(trx, BLANK_ATTEMPTS, values);
  await query(trx, BLANK_LOG, values);
  await query(trx, BLANK_PAYMENTS, values);
  await query(trx, BLANK_SUBSCRIPTIONS, values);
}
