import { isoTime, type Clock } from '../base/clock.ts';
import { coalesce } from '../base/coalesce.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordService } from '../record/record-service.ts';
import { appliedOf, writeChanged } from './applied-facts.ts';
import type { FactContext } from './fact-context.ts';
import { emailsOf, keysOf, spreadFacts } from './fact-spread.ts';
import { makePayerMatcher } from './payer-match.ts';
import type { Payment } from './payment-fields.ts';
import type { PaymentInput } from './payment.ts';
import type {
  AppliedResult,
  ProviderConnection,
  ProviderEvent,
  ProviderFact,
  ProviderPayments,
} from './provider-fact.ts';
import { LockedObjects } from './provider-object.ts';
import type { Subscription } from './subscription-fields.ts';
import type { SubscriptionInput } from './subscription.ts';

export interface ProviderPaymentsParts {
  db: Database;
  clock: Clock;
  newId: () => Uuid;
  notify(lanes: LaneKey[]): void;
  payments: RecordService<Payment, PaymentInput>;
  subscriptions: RecordService<Subscription, SubscriptionInput>;
  contacts: RecordService<BaseRecord, object>;
  leads: RecordService<BaseRecord, object>;
  currencyOf(workspaceId: Uuid): Promise<string>;
}

/** Connections whose events are applied at once. */
const SLOTS = 2;
/** Events of a transaction. */
const MAX_BATCH = 64;
/** Ids are indexed. */
const MAX_ID = 255;

const IGNORED: AppliedResult = { isChanged: false, outcome: 'ignored', answer: '{"status":"ignored"}' };
const DUPLICATE: AppliedResult = { isChanged: false, outcome: 'duplicate', answer: '{"status":"duplicate"}' };
const ACCEPTED = '{"status":"accepted"}';

/** One event with what it says. */
interface Reported {
  connection: ProviderConnection;
  event: ProviderEvent;
  facts: readonly ProviderFact[];
}

/**
 * Concurrent events of a connection are applied in one transaction: each holds the feed's counter of its workspace until
 * its commit, so that one after the other they would take a few milliseconds each.
 */
export function makeProviderPayments(parts: ProviderPaymentsParts): ProviderPayments {
  const { db, clock, newId, notify } = parts;
  const payers = makePayerMatcher(parts);
  const batches = coalesce<Reported, AppliedResult>({
    slots: SLOTS,
    groupOf: ({ connection }) => connection.id,
    // Events about the same objects are applied one after the other.
    keysOf: ({ event, facts }) => [
      ...keysOf(facts).map(({ kind, externalId }) => `${kind} ${externalId}`),
      ...(event.externalId === null ? [] : [`event ${event.externalId}`]),
    ],
    maxWeight: MAX_BATCH,
    run: applyBatch,
  });

  /** Of one connection or several. */
  async function applyBatch(items: Reported[]): Promise<(AppliedResult | Error)[]> {
    const results = new Map<Reported, AppliedResult | Error>();
    for (const id of new Set(items.map(({ connection }) => connection.id))) {
      const group = items.filter(({ connection }) => connection.id === id);
      for (const [item, result] of await applyGroup(group)) results.set(item, result);
    }
    return items.map((item) => results.get(item)!);
  }

  /** Where one event cannot be applied, the others are: each in its own transaction. */
  async function applyGroup(items: Reported[]): Promise<[Reported, AppliedResult | Error][]> {
    try {
      const applied = await applyTogether(items);
      return items.map((item, at) => [item, applied[at]!]);
    } catch (error) {
      if (items.length === 1) return [[items[0]!, error as Error]];
      const alone: [Reported, AppliedResult | Error][] = [];
      for (const item of items) alone.push(...(await applyGroup([item])));
      return alone;
    }
  }

  async function applyTogether(items: readonly Reported[]): Promise<AppliedResult[]> {
    const { connection, event } = items[0]!;
    const currency = await parts.currencyOf(connection.workspaceId);
    const writer = { workspaceId: connection.workspaceId, actor: `door:${connection.kind}` };
    const { lanes, results } = await db.transaction(async (trx) => {
      const now = clock.now();
      const objects = new LockedObjects(trx, connection, now, newId);
      const isNew = await newEvents(objects, items);
      const facts = items.flatMap((item) => (isNew(item) ? item.facts : []));
      await objects.lock(keysOf(facts));
      await spreadFacts(objects, facts);
      const context: FactContext = {
        ...parts,
        trx,
        connection,
        objects,
        writer,
        firesFrom: event.firesFrom ?? null,
        payers,
        knownEmails: await payers.lookUp(trx, connection.workspaceId, emailsOf(objects)),
        currency,
        at: isoTime(now),
        lanes: [],
        written: new Set(),
      };
      const applied = await writeChanged(context);
      return {
        lanes: context.lanes,
        results: items.map((item): AppliedResult => {
          if (!isNew(item)) return DUPLICATE;
          const made = appliedOf(applied, objects, keysOf(item.facts));
          return { outcome: 'accepted', answer: ACCEPTED, isChanged: context.written.size > 0, ...made };
        }),
      };
    });
    notify(lanes);
    return results;
  }

  return {
    async apply(connection, event, facts) {
      if (facts.length === 0) return IGNORED;
      requireUsableIds(event, facts);
      return batches.add({ connection, event, facts });
    },

    async applyAlone(connection, event, facts) {
      if (facts.length === 0) return IGNORED;
      requireUsableIds(event, facts);
      return (await applyTogether([{ connection, event, facts }]))[0]!;
    },
  };
}

/** Records the events. @returns which were not applied before; those without an id never were */
async function newEvents(
  objects: LockedObjects,
  items: readonly Reported[],
): Promise<(item: Reported) => boolean> {
  const begun = await objects.begin(items.flatMap(({ event }) => event.externalId ?? []));
  return ({ event: { externalId } }) => externalId === null || begun.has(externalId);
}

function requireUsableIds({ externalId }: ProviderEvent, facts: readonly ProviderFact[]): void {
  const ids = [...(externalId === null ? [] : [externalId]), ...keysOf(facts).map((key) => key.externalId)];
  if (ids.every((id) => id !== '' && id.length <= MAX_ID && !id.includes('\0') && id.isWellFormed())) return;
  throw new ApiError('validation_error', `An id is empty, or longer than ${MAX_ID} characters.`);
}
