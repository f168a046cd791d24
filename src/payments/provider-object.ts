import { isoTime } from '../base/clock.ts';
import type { Uuid } from '../base/id.ts';
import { query, type Transaction } from '../db/query.ts';
import type { KnownValues } from './known-value.ts';
import { noPaymentFacts, type PaymentFacts } from './payment-facts.ts';
import type { ProviderConnection } from './provider-fact.ts';
import { noSubscriptionFacts, type SubscriptionFacts } from './subscription-facts.ts';

/** In the order in which rows are locked, so that two transactions cannot wait for each other. */
export const OBJECT_KINDS = ['customer', 'link', 'payment', 'subscription'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export interface ObjectKey {
  kind: ObjectKind;
  externalId: string;
}

/** An invoice, an order or a checkout session: what it names. */
export interface LinkFacts {
  details: KnownValues;
  payments: string[];
  subscriptions: string[];
}

interface FactsByKind {
  customer: KnownValues;
  link: LinkFacts;
  payment: PaymentFacts;
  subscription: SubscriptionFacts;
}

/** An object of a provider whose row is locked. */
export interface ProviderObject<Kind extends ObjectKind = ObjectKind> {
  kind: Kind;
  externalId: string;
  /** The id of its record. */
  id: Uuid;
  hasRecord: boolean;
  /** Of a customer. */
  contactId: Uuid | null;
  facts: FactsByKind[Kind];
  /** Nothing was known of it before. */
  isNew: boolean;
  isChanged: boolean;
}

export type Customer = Pick<ProviderObject<'customer'>, 'contactId' | 'facts'>;

interface Row {
  kind: ObjectKind;
  external_id: string;
  id: Uuid;
  has_record: boolean;
  contact_id: Uuid | null;
  facts: object;
  is_new: boolean;
}

/** Locks the rows of `$4`, `$5`, in their order, and makes those that are new. */
const LOCK = {
  name: 'provider_object.lock',
  text: `
insert into provider_object (workspace_id, provider, kind, external_id, id, facts, updated_at)
select $1, $2, k.kind, k.external_id, k.id, '{}', $3
from unnest($4::text[], $5::text[], $6::uuid[]) with ordinality as k(kind, external_id, id, n)
order by k.n
on conflict (workspace_id, provider, kind, external_id) do update set updated_at = excluded.updated_at
returning kind, external_id, id, has_record, contact_id, facts, xmax = 0 as is_new`,
};

/** Another transaction that applies one of the events is waited for. */
const BEGIN = {
  name: 'provider_event.begin',
  text: `
insert into provider_event (workspace_id, connection_id, external_id, received_at)
select $1, $2, e.id, $3 from unnest($4::text[]) as e(id) order by e.id
on conflict do nothing returning external_id`,
};

const SAVE = {
  name: 'provider_object.save',
  text: `
update provider_object o set facts = r.facts, has_record = r.has_record, contact_id = r.contact_id
from json_to_recordset($3::json)
  as r(kind text, external_id text, facts json, has_record boolean, contact_id uuid)
where o.workspace_id = $1 and o.provider = $2 and o.kind = r.kind and o.external_id = r.external_id`,
};

const CUSTOMER = {
  name: 'provider_object.customer',
  text: `select contact_id, facts from provider_object
         where workspace_id = $1 and provider = $2 and kind = 'customer' and external_id = $3`,
};

/** The objects of one provider that a transaction has locked. */
export class LockedObjects {
  readonly #trx: Transaction;
  readonly #connection: ProviderConnection;
  readonly #now: string;
  readonly #newId: () => Uuid;
  readonly #objects = new Map<string, ProviderObject>();

  constructor(trx: Transaction, connection: ProviderConnection, now: number, newId: () => Uuid) {
    this.#trx = trx;
    this.#connection = connection;
    this.#now = isoTime(now);
    this.#newId = newId;
  }

  /** Records events. @returns those that were not applied before */
  async begin(eventIds: readonly string[]): Promise<Set<string>> {
    if (eventIds.length === 0) return new Set();
    const { workspaceId, id } = this.#connection;
    const values = [workspaceId, id, this.#now, eventIds];
    const rows = await query<{ external_id: string }>(this.#trx, BEGIN, values);
    return new Set(rows.map((row) => row.external_id));
  }

  /** Locks further objects, after those that were locked before. */
  async lock(keys: readonly ObjectKey[]): Promise<void> {
    const further = keys.filter(({ kind, externalId }) => !this.#objects.has(`${kind} ${externalId}`));
    if (further.length > 0) this.#add(await query<Row>(this.#trx, LOCK, this.#lockValues(further)));
  }

  get<Kind extends ObjectKind>(kind: Kind, externalId: string): ProviderObject<Kind> {
    return this.#objects.get(`${kind} ${externalId}`) as unknown as ProviderObject<Kind>;
  }

  find<Kind extends ObjectKind>(kind: Kind, externalId: string | null): ProviderObject<Kind> | undefined {
    return externalId === null ? undefined : this.get(kind, externalId);
  }

  list<Kind extends ObjectKind>(kind: Kind): ProviderObject<Kind>[] {
    return [...this.#objects.values()].filter(
      (object) => object.kind === kind,
    ) as unknown as ProviderObject<Kind>[];
  }

  /** A customer whose row need not be locked; undefined if nothing is known of it. */
  async customer(externalId: string): Promise<Customer | undefined> {
    const locked = this.get('customer', externalId);
    if (locked) return locked;
    const { workspaceId, kind } = this.#connection;
    const [row] = await query<Pick<Row, 'contact_id' | 'facts'>>(this.#trx, CUSTOMER, [
      workspaceId,
      kind,
      externalId,
    ]);
    return row && { contactId: row.contact_id, facts: row.facts as KnownValues };
  }

  /** Stores what has changed. */
  async save(): Promise<void> {
    const changed = [...this.#objects.values()].filter(({ isChanged }) => isChanged);
    if (changed.length === 0) return;
    const rows = changed.map(({ kind, externalId, facts, hasRecord, contactId }) => ({
      kind,
      external_id: externalId,
      facts,
      has_record: hasRecord,
      contact_id: contactId,
    }));
    await query(this.#trx, SAVE, [this.#connection.workspaceId, this.#connection.kind, JSON.stringify(rows)]);
  }

  #lockValues(keys: readonly ObjectKey[]): unknown[] {
    const inOrder = keys.toSorted((a, b) =>
      `${a.kind} ${a.externalId}` < `${b.kind} ${b.externalId}` ? -1 : 1,
    );
    return [
      this.#connection.workspaceId,
      this.#connection.kind,
      this.#now,
      inOrder.map(({ kind }) => kind),
      inOrder.map(({ externalId }) => externalId),
      inOrder.map(() => this.#newId()),
    ];
  }

  #add(rows: readonly Row[]): void {
    for (const { kind, external_id: externalId, id, has_record, contact_id, facts, is_new } of rows)
      this.#objects.set(`${kind} ${externalId}`, {
        kind,
        externalId,
        id,
        hasRecord: has_record,
        contactId: contact_id,
        facts: { ...NO_FACTS[kind](), ...facts },
        isNew: is_new,
        isChanged: false,
      });
  }
}

const NO_FACTS: { [Kind in ObjectKind]: () => FactsByKind[Kind] } = {
  customer: () => ({}),
  link: () => ({ details: {}, payments: [], subscriptions: [] }),
  payment: noPaymentFacts,
  subscription: noSubscriptionFacts,
};
