import { invalid } from '../base/errors.ts';
import { storable } from '../connections/connection-event-record.ts';
import { currencyUnit } from '../base/values/minor-units.ts';
import type { Money, ProviderEvent, ProviderFact } from './provider-fact.ts';

/** Ids are indexed. */
const MAX_ID = 255;
const IDS = [
  'paymentId',
  'attemptId',
  'refundId',
  'disputeId',
  'subscriptionId',
  'linkId',
  'customerId',
  'invoiceId',
] as const;

const AMOUNTS = ['amount', 'fee', 'before', 'after'] as const;
/** Of a currency: columns have 12 digits before the point. */
const MAX_UNITS = 10n ** 12n;

/** Longer than every field of a record that shows a fact. */
const MAX_TEXT = 4_000;

/**
 * The facts of an event as they can be stored: texts without what PostgreSQL does not take. Throws `validation_error` for
 * an id or an amount that cannot be stored; its message contains no values.
 */
export function storableFacts(event: ProviderEvent, facts: readonly ProviderFact[]): ProviderFact[] {
  if (event.externalId !== null) checkId('id', event.externalId);
  return facts.map(storableFact);
}

function storableFact<Fact extends ProviderFact>(fact: Fact): Fact {
  const values: Readonly<Record<string, unknown>> = { ...fact };
  for (const name of IDS) {
    const id = values[name];
    if (typeof id === 'string') checkId(name, id);
  }
  for (const name of AMOUNTS) {
    const money = values[name] as Money | null | undefined;
    if (money) checkAmount(name, money);
  }
  return storableValues(values) as unknown as Fact;
}

function checkId(field: string, id: string): void {
  const isUsable = id !== '' && id.length <= MAX_ID && !id.includes('\0') && id.isWellFormed();
  if (!isUsable) throw invalid(field, `must have 1 to ${MAX_ID} characters, without NUL`);
}

function checkAmount(field: string, { minor, currency }: Money): void {
  if (!/^[A-Z]{3}$/.test(currency)) throw invalid(field, 'must have a currency of three letters');
  const max = MAX_UNITS * 10n ** BigInt(currencyUnit(currency).exponent);
  if (minor >= max || minor <= -max) throw invalid(field, 'must have at most 12 digits before the point');
}

/** Texts of a fact and of its metadata. */
function storableValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value === 'string') return [name, storable(value, MAX_TEXT)];
      return [name, name === 'metadata' && value ? storableValues(value as Record<string, unknown>) : value];
    }),
  );
}
