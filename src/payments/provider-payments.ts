import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord } from '../record/noun.ts';
import type { RecordService } from '../record/record-service.ts';
import { writeChanged } from './applied-facts.ts';
import type { FactContext } from './fact-context.ts';
import { keysOf, spreadFacts } from './fact-spread.ts';
import { makePayerMatch } from './payer-match.ts';
import type { Payment } from './payment-fields.ts';
import type { PaymentInput } from './payment.ts';
import type { AppliedResult, ProviderEvent, ProviderFact, ProviderPayments } from './provider-fact.ts';
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

/** Ids are indexed. */
const MAX_ID = 255;

const IGNORED: AppliedResult = { isChanged: false, outcome: 'ignored', answer: '{"status":"ignored"}' };
const DUPLICATE: AppliedResult = { isChanged: false, outcome: 'duplicate', answer: '{"status":"duplicate"}' };
const ACCEPTED = '{"status":"accepted"}';

export function makeProviderPayments(parts: ProviderPaymentsParts): ProviderPayments {
  const { db, clock, newId, notify } = parts;
  const matchPayer = makePayerMatch(parts);

  return {
    async apply(connection, event, facts) {
      if (facts.length === 0) return IGNORED;
      requireUsableIds(event, facts);
      const currency = await parts.currencyOf(connection.workspaceId);
      const writer = { workspaceId: connection.workspaceId, actor: `door:${connection.kind}` };
      const lanes: LaneKey[] = [];
      const applied = await db.transaction(async (trx) => {
        const now = clock.now();
        const objects = new LockedObjects(trx, connection, now, newId);
        if (!(await objects.begin(event.externalId, keysOf(facts)))) return null;
        await spreadFacts(objects, facts);
        // The transaction may be repeated.
        lanes.length = 0;
        const context: FactContext = {
          ...parts,
          trx,
          connection,
          objects,
          writer,
          firesFrom: event.firesFrom ?? null,
          matchPayer,
          currency,
          at: isoTime(now),
          lanes,
          isChanged: false,
        };
        return writeChanged(context);
      });
      if (applied === null) return DUPLICATE;
      notify(lanes);
      return { outcome: 'accepted', answer: ACCEPTED, ...applied };
    },
  };
}

function requireUsableIds({ externalId }: ProviderEvent, facts: readonly ProviderFact[]): void {
  const ids = [...(externalId === null ? [] : [externalId]), ...keysOf(facts).map((key) => key.externalId)];
  if (ids.every((id) => id !== '' && id.length <= MAX_ID && !id.includes('\0') && id.isWellFormed())) return;
  throw new ApiError('validation_error', `An id is empty, or longer than ${MAX_ID} characters.`);
}
