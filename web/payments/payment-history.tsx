import { Skeleton, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { timelineQuery, type Activity } from '../api/activity-queries.ts';
import {
  disputesQuery,
  MANUAL,
  refundsQuery,
  type Dispute,
  type Payment,
  type Refund,
} from '../api/payment-queries.ts';
import { useObject, fieldOf } from '../api/object-queries.ts';
import { useHasScope } from '../api/session-queries.ts';
import { Actor } from '../record/actor.tsx';
import timeline from '../record/timeline.module.css';
import { ErrorPanel } from '../ui/error-panel.tsx';
import { fieldLabel } from '../ui/field-label.ts';
import { amountText, dateText, timeText } from '../ui/format.ts';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';
import { methodText } from './payment-method.tsx';
import { optionLabel } from './payment-status.tsx';
import classes from './payments.module.css';
import { useProviderName } from './provider-name.tsx';

interface Step {
  key: string;
  at: string;
  what: string;
  isFailure?: boolean;
  amount?: string | undefined;
  badge?: { tone: Tone; text: string } | undefined;
  about?: ReactNode;
}

/** What happened to a payment, in order: attempts, refunds and disputes with their amounts. */
export function PaymentHistory({ payment }: { payment: Payment }) {
  const refunds = useQuery(refundsQuery(payment.id));
  const disputes = useQuery(disputesQuery(payment.id));
  const mayReadTimeline = useHasScope('activities:read');
  const activities = useInfiniteQuery({ ...timelineQuery(payment.id), enabled: mayReadTimeline });
  const nameOf = useProviderName();
  const error = refunds.error ?? disputes.error;
  const retry = () => void Promise.all([refunds.refetch(), disputes.refetch()]);
  const isLoaded = refunds.data !== undefined && disputes.data !== undefined;
  const steps = [
    ...ownSteps(payment, nameOf),
    ...failedAttempts(payment, activities.data ?? []),
    ...(refunds.data ?? []).map((refund) => refundStep(refund)),
    ...(disputes.data ?? []).map((dispute) => disputeStep(dispute)),
  ].toSorted((item, other) => Date.parse(item.at) - Date.parse(other.at));
  return (
    <section aria-labelledby="history-title" className={classes.history}>
      <Title order={2} id="history-title" mb="sm">
        History of this payment
      </Title>
      <MatchText payment={payment} />
      {error && !isLoaded && <ErrorPanel error={error} retry={retry} />}
      {!isLoaded && !error && <Skeleton height={44} />}
      {isLoaded && (
        <ol className={timeline.list} aria-labelledby="history-title">
          {steps.map(({ key, at, what, isFailure, amount, badge, about }) => (
            <li key={key} className={timeline.entry}>
              <div className={classes.entry}>
                <span className={isFailure ? `${timeline.what} ${classes.failed}` : timeline.what}>
                  {what}
                </span>
                {badge && <StateBadge tone={badge.tone}>{badge.text}</StateBadge>}
                {amount && <span className={classes.amount}>{amount}</span>}
              </div>
              {about && <div>{about}</div>}
              <div className={timeline.aside}>
                <time dateTime={at}>
                  {dateText(Date.parse(at))}, {timeText(Date.parse(at))}
                </time>
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function ownSteps(payment: Payment, nameOf: (provider: string) => string): Step[] {
  const { currency, fee, net, paid_at: paidAt } = payment;
  const money = (amount: number) => amountText(amount, currency);
  const isManual = payment.provider === MANUAL;
  // Some providers do not say when a payment began: what happened then comes first.
  const isBegun = isManual || payment.provider_created_at !== null || (paidAt ?? payment.failed_at) === null;
  return [
    isBegun && {
      key: 'created',
      at: payment.provider_created_at ?? payment.created_at,
      what: isManual ? 'Recorded' : `Started at ${nameOf(payment.provider)}`,
      amount: paidAt === null ? money(payment.amount) : undefined,
      about: isManual && (
        <Text span size="sm" c="dimmed">
          by <Actor actor={payment.created_by} />
        </Text>
      ),
    },
    paidAt !== null && {
      key: 'paid',
      at: paidAt,
      what: 'Received',
      amount: money(payment.amount_received),
      about: [
        methodText(payment, nameOf),
        fee !== null && `fee ${money(fee)}`,
        net !== null && `net ${money(net)}`,
      ]
        .filter(Boolean)
        .join(' · '),
    },
  ].filter((step) => step !== false);
}

/** The attempts that failed: the payment has only the last one, its changes have the earlier ones. */
function failedAttempts(payment: Payment, activities: readonly Activity[]): Step[] {
  const reasons = new Map<string, unknown>();
  const own = activities.filter(({ record_id: id }) => id === payment.id);
  for (const values of [...own.flatMap(({ changed, changed_to: to }) => [changed, to]), payment]) {
    const { failed_at: at, failure_message: reason } = (values ?? {}) as Partial<Payment>;
    if (at) reasons.set(at, reason ?? reasons.get(at));
  }
  return [...reasons].map(([at, reason]) => ({
    key: at,
    at,
    what: 'Attempt failed',
    isFailure: true,
    amount: amountText(payment.amount, payment.currency),
    about: typeof reason === 'string' ? reason : undefined,
  }));
}

const REFUND_STATES: Record<Refund['status'], { tone: Tone; text: string } | undefined> = {
  succeeded: undefined,
  pending: { tone: 'warning', text: 'Pending' },
  requires_action: { tone: 'warning', text: 'Requires action' },
  failed: { tone: 'bad', text: 'Failed' },
  canceled: { tone: 'calm', text: 'Canceled' },
};

function refundStep(refund: Refund): Step {
  const { id, status, amount, currency, reason, created_at: at, reversal: isReversal } = refund;
  const isUndone = status === 'failed' || status === 'canceled';
  return {
    key: id,
    at,
    what: isReversal ? 'Taken back by the payer' : 'Refund',
    amount: `${isUndone ? '' : '−'}${amountText(amount, currency)}`,
    badge: REFUND_STATES[status],
    about: reason && (/^[a-z_]+$/.test(reason) ? fieldLabel(reason) : reason),
  };
}

const DISPUTE_STATES: Record<Dispute['status'], { tone: Tone; text: string }> = {
  needs_response: { tone: 'bad', text: 'Needs a response' },
  under_review: { tone: 'warning', text: 'Under review' },
  won: { tone: 'good', text: 'Won' },
  lost: { tone: 'bad', text: 'Lost' },
  closed: { tone: 'calm', text: 'Closed' },
};

function disputeStep(dispute: Dispute): Step {
  const { id, status, amount, currency, reason, inquiry: isInquiry, evidence_due_at: due } = dispute;
  return {
    key: id,
    at: dispute.created_at,
    what: isInquiry ? 'Inquiry of the bank' : 'Disputed',
    amount: amountText(amount, currency),
    badge: DISPUTE_STATES[status],
    about: [
      reason && fieldLabel(reason),
      due !== null && status === 'needs_response' && `evidence due ${dateText(Date.parse(due))}`,
    ]
      .filter(Boolean)
      .join(' · '),
  };
}

/** How the contact was found. */
function MatchText({ payment }: { payment: Payment }) {
  const field = useFieldOf('matched_by');
  const { matched_by: by, customer_email: email, contact_id: contact } = payment;
  if (!by || !field || by === 'unmatched' || payment.match_ambiguous || (by === 'member' && contact === null))
    return null;
  const text =
    by === 'email' && email !== null
      ? `Matched to the contact by the email ${email}.`
      : by === 'member'
        ? 'The contact was assigned by hand.'
        : by === 'created'
          ? 'The contact was created from this payment.'
          : `Matched by: ${optionLabel(field, by).toLowerCase()}.`;
  return (
    <Text size="sm" className={classes.match ?? ''}>
      {text}
    </Text>
  );
}

function useFieldOf(key: string) {
  const object = useObject('payment');
  return object && fieldOf(object, key);
}
