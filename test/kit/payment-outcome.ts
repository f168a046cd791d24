import { fromMinorUnits, toMinorUnits } from '../../src/base/values/minor-units.ts';

/** Everything that the events of one run have left: see `readOutcomes`. */
export interface PaymentOutcome {
  /** As `type amount currency`, in alphabetical order. */
  fired: string[];
  /** As `payment refunded`, in alphabetical order. */
  ends: string[];
  /** A payment that was refunded before it was received, if there is one. */
  disorder: string[];
  /** Payments with refunds and disputes, subscriptions and contacts; ids and times of this system are left out. */
  records: unknown[];
}

interface Reader {
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** Of this system, not of the provider. */
const OWN = new Set([
  'id',
  'workspace_id',
  'version',
  'number',
  'created_at',
  'updated_at',
  'connection_id',
  'payment_id',
]);

const PAYMENTS = `
select to_json(p) as record, coalesce(p.external_id, '') as external_id,
  (select email from contact c where c.workspace_id = p.workspace_id and c.id = p.contact_id) as contact,
  (select external_id from subscription s where s.workspace_id = p.workspace_id and s.id = p.subscription_id) as subscription,
  (select json_agg(to_json(r) order by r.amount_minor, r.nth) from payment_refund r
   where r.workspace_id = p.workspace_id and r.payment_id = p.id) as refunds,
  (select json_agg(to_json(d) order by d.external_id) from payment_dispute d
   where d.workspace_id = p.workspace_id and d.payment_id = p.id) as disputes
from payment p order by external_id`;

const SUBSCRIPTIONS = `
select to_json(s) as record, s.external_id,
  (select email from contact c where c.workspace_id = s.workspace_id and c.id = s.contact_id) as contact
from subscription s order by external_id`;

const CONTACTS = `select json_build_object('email', email, 'first_name', first_name, 'last_name', last_name,
  'source', source) as record, email from contact order by email`;

const EVENTS = `
select e.type, e.data, e.context, coalesce(p.external_id, s.external_id) as external_id
from event e
left join payment p on p.workspace_id = e.workspace_id and p.id = e.object_id
left join subscription s on s.workspace_id = e.workspace_id and s.id = e.object_id
where e.type in ('payment.received', 'payment.failed', 'payment.refunded', 'subscription.created', 'subscription.canceled')
order by e.workspace_id, e.seq`;

/** What each run has left in the database, by its token: see `eventsOf`. */
export async function readOutcomes(database: Reader, token: RegExp): Promise<Map<string, PaymentOutcome>> {
  const outcomes = new Map<string, PaymentOutcome>();
  const outcomeOf = (text: unknown) => {
    const key = token.exec(String(text))?.[0];
    if (key === undefined) throw new Error(`a record belongs to no run: ${String(text)}`);
    const outcome = outcomes.get(key) ?? { fired: [], ends: [], disorder: [], records: [] };
    outcomes.set(key, outcome);
    return { key, outcome };
  };
  for (const [kind, sql] of [
    ['payment', PAYMENTS],
    ['subscription', SUBSCRIPTIONS],
  ] as const)
    for (const { record, external_id: externalId, ...related } of (await database.query(sql)).rows) {
      const { key, outcome } = outcomeOf(externalId);
      outcome.ends.push(`${kind} ${(record as { status: string }).status}`);
      outcome.records.push(
        withoutOwn({ kind, ...(record as object), ...related, contact_id: null, subscription_id: null }, key),
      );
    }
  for (const { record, email } of (await database.query(CONTACTS)).rows) {
    const { key, outcome } = outcomeOf(email);
    outcome.records.push(withoutOwn({ kind: 'contact', ...(record as object) }, key));
  }
  const received = new Set<unknown>();
  for (const { type, data, context, external_id: externalId } of (await database.query(EVENTS)).rows) {
    const { outcome } = outcomeOf(externalId);
    outcome.fired.push(describe(String(type), data as Money, context as Context));
    if (type === 'payment.received') received.add(externalId);
    if (type === 'payment.refunded' && !received.has(externalId)) outcome.disorder.push(String(externalId));
  }
  for (const outcome of outcomes.values()) {
    outcome.fired.sort();
    outcome.ends.sort();
  }
  return outcomes;
}

interface Money {
  amount: number;
  currency: string;
}

interface Context {
  refund?: { amount: number };
}

/** Refunds with their own amount. */
function describe(type: string, { amount, currency }: Money, { refund }: Context): string {
  if (type.startsWith('subscription.')) return type;
  const number = type === 'payment.refunded' ? refund!.amount : amount;
  return `${type} ${fromMinorUnits(toMinorUnits(String(number), currency, 'amount'), currency)} ${currency}`;
}

/**
 * Of a payment and its subscription, the one that is reported first creates the contact; the other one finds it by the
 * same address.
 */
function matchOf(matchedBy: unknown): unknown {
  return matchedBy === 'created' ? 'email' : matchedBy;
}

function withoutOwn(value: unknown, token: string): unknown {
  const text = JSON.stringify(value, (name, inner: unknown) => {
    if (OWN.has(name)) return undefined;
    return name === 'matched_by' ? matchOf(inner) : inner;
  });
  return JSON.parse(text.replaceAll(token, '~'));
}
