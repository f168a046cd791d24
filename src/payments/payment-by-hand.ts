import { ApiError, invalid } from '../base/errors.ts';
import { toMinorUnits } from '../base/values/minor-units.ts';
import type { PaymentStatus } from './derived-payment.ts';
import { MANUAL, type Payment } from './payment-fields.ts';

/** The statuses that a payment can be given by hand; the others follow from its refunds. */
const MANUAL_STATUSES: readonly PaymentStatus[] = ['pending', 'failed', 'received', 'canceled'];
const UNPAID: ReadonlySet<PaymentStatus> = new Set(['pending', 'requires_action', 'failed', 'canceled']);

/** What does not change once a payment exists, and what comes from its provider. */
const FIXED = ['provider', 'amount', 'currency'] as const;
const OF_PROVIDER = ['external_id', 'status', 'paid_at', 'method_type'] as const;

/** A payment that is recorded by hand. */
export function newByHand(next: Payment, at: string): Payment {
  if (next.provider !== MANUAL)
    throw invalid('provider', 'must be manual; payments of providers come from their connections');
  if (!MANUAL_STATUSES.includes(next.status))
    throw invalid('status', `must be one of ${MANUAL_STATUSES.join(', ')}`);
  return { ...settled(next, at), matched_by: next.contact_id === null ? null : 'member' };
}

/** A payment after a change by hand. Throws `validation_error` for a change of what cannot be changed. */
export function updatedByHand(next: Payment, before: Payment, at: string): Payment {
  const isManual = before.provider === MANUAL;
  requireSame(next, before, isManual ? FIXED : [...FIXED, ...OF_PROVIDER]);
  const matched = withMatch(next, before);
  if (!isManual) return matched;
  if (UNPAID.has(before.status)) {
    if (!MANUAL_STATUSES.includes(next.status))
      throw invalid('status', `must be one of ${MANUAL_STATUSES.join(', ')}`);
    return settled(matched, at);
  }
  if (next.status !== before.status)
    throw invalid('status', 'cannot be changed once the payment was received; refund it instead');
  return { ...matched, paid_at: next.paid_at ?? before.paid_at };
}

/** Throws `validation_error` for an amount that nobody can pay, such as 19.999 EUR. */
export function checkManual({ provider, amount, currency }: Payment): void {
  if (provider !== MANUAL) return;
  if (toMinorUnits(String(amount), currency, 'amount') === 0n) throw invalid('amount', 'must be more than 0');
}

/** A person who assigns a contact settles the match. */
export function withMatch<
  R extends Pick<Payment, 'contact_id' | 'lead_id' | 'matched_by' | 'match_ambiguous'>,
>(next: R, before: R): R {
  if (next.contact_id === before.contact_id) return next;
  const isMatched = next.contact_id !== null;
  return {
    ...next,
    matched_by: isMatched ? 'member' : 'unmatched',
    match_ambiguous: false,
    lead_id: isMatched ? null : next.lead_id,
  };
}

/** The amounts and times that follow from the status of a manual payment. */
function settled(next: Payment, at: string): Payment {
  const isReceived = next.status === 'received';
  return {
    ...next,
    amount_received: isReceived ? next.amount : 0,
    paid_at: isReceived ? (next.paid_at ?? at) : null,
    failed_at: next.status === 'failed' ? (next.failed_at ?? at) : next.failed_at,
  };
}

function requireSame(next: Payment, before: Payment, fields: readonly (keyof Payment)[]): void {
  const changed = fields.filter((field) => next[field] !== before[field]);
  if (changed.length === 0) return;
  const message = before.provider === MANUAL ? 'cannot be changed' : `comes from ${before.provider}`;
  throw new ApiError('validation_error', changed.map((field) => `${field}: ${message}`).join('; '), {
    fields: changed.map((field) => ({ field, message })),
  });
}
