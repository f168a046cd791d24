import type { Payment, Subscription } from '../api/payment-queries.ts';
import type { ObjectField } from '../api/object-queries.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';

const PAYMENT_TONES: Record<Payment['status'], Tone> = {
  pending: 'warning',
  requires_action: 'warning',
  failed: 'bad',
  received: 'good',
  partially_refunded: 'accent',
  refunded: 'calm',
  canceled: 'calm',
};

const SUBSCRIPTION_TONES: Record<Subscription['status'], Tone> = {
  incomplete: 'warning',
  trialing: 'accent',
  active: 'good',
  past_due: 'bad',
  unpaid: 'bad',
  paused: 'warning',
  canceled: 'calm',
};

/** @param isDisputed in a list, this is what matters */
export function PaymentStatus({
  status,
  isDisputed = false,
}: Pick<Payment, 'status'> & { isDisputed?: boolean }) {
  if (isDisputed) return <StateBadge tone="bad">Disputed</StateBadge>;
  return <StateBadge tone={PAYMENT_TONES[status]}>{fieldLabel(status)}</StateBadge>;
}

export function SubscriptionStatus({ status }: Pick<Subscription, 'status'>) {
  return <StateBadge tone={SUBSCRIPTION_TONES[status]}>{fieldLabel(status)}</StateBadge>;
}

/** Whether a person has to say who paid. */
export function PaymentFlags({
  payment: { matched_by: by, match_ambiguous: isAmbiguous },
}: {
  payment: Pick<Payment, 'matched_by' | 'match_ambiguous'>;
}) {
  return (
    <>
      {by === 'unmatched' && <StateBadge tone="warning">Unmatched</StateBadge>}
      {isAmbiguous && <StateBadge tone="warning">Ambiguous</StateBadge>}
    </>
  );
}

/** The label of the option of a field, as in `Email`. */
export function optionLabel({ options = [] }: ObjectField, value: string): string {
  return options.find((option) => option.value === value)?.label ?? fieldLabel(value);
}
