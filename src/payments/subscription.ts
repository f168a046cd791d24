import { invalid } from '../base/errors.ts';
import { toMinorUnits } from '../base/values/minor-units.ts';
import { defineNoun, type InputOfNoun } from '../record/noun.ts';
import { withMatch } from './payment-by-hand.ts';
import {
  SUBSCRIPTION_CONTEXT,
  subscriberContextSample,
  subscriptionContextOutput,
} from './payment-context.ts';
import { MANUAL } from './payment-fields.ts';
import { SUBSCRIPTION_FIELDS, type Subscription } from './subscription-fields.ts';

/** What the provider of a subscription says; of one recorded by hand, all of it can be changed. */
const OF_PROVIDER = [
  'provider',
  'external_id',
  'status',
  'plan_name',
  'quantity',
  'amount',
  'currency',
  'interval',
  'interval_count',
  'started_at',
  'current_period_end',
  'trial_end',
  'cancel_at',
  'cancel_reason',
] as const;

/** A recurring payment that a contact has agreed to (PM1 to PM4). */
export const subscription = defineNoun({
  name: 'subscription',
  plural: 'subscriptions',
  label: 'Subscription',
  pluralLabel: 'Subscriptions',
  title: ['plan_name', 'customer_email'],
  listed: ['contact_id', 'status', 'amount', 'currency', 'interval', 'current_period_end'],
  subtitle: ['status', 'customer_email', 'provider'],
  isOnTimelines: true,
  minRole: 'manager',
  fields: SUBSCRIPTION_FIELDS,
  eventIds: { connection_id: 'connection' },

  derive: (next, before, { at }) => (before ? updatedByHand(next, before, at) : newByHand(next, at)),
  check({ provider, amount, currency }) {
    if (provider === MANUAL && amount !== null) toMinorUnits(String(amount), currency, 'amount');
  },

  descriptions: {
    updated: 'At least one field of a subscription changed, without canceling it.',
  },
  events: {
    created: {
      description: 'A subscription was created: once a subscription.',
      sample: { version: 1, updated_at: '2026-06-01T12:00:00.000Z' },
      context: subscriberContextSample,
      contextOutput: subscriptionContextOutput,
    },
    canceled: {
      description: 'A subscription ended: canceled, expired, or never paid.',
      sample: {
        status: 'canceled',
        canceled_at: '2026-06-02T09:00:00.000Z',
        ended_at: '2026-06-02T09:00:00.000Z',
        cancel_reason: 'cancellation_requested',
      },
      context: subscriberContextSample,
      contextOutput: subscriptionContextOutput,
    },
  },
  contexts: {
    'subscription.created': SUBSCRIPTION_CONTEXT,
    'subscription.canceled': SUBSCRIPTION_CONTEXT,
  },
  firesOnCreate: ({ status }) => [
    'subscription.created',
    ...(status === 'canceled' ? ['subscription.canceled'] : []),
  ],
  fires: (before, after) =>
    before.status !== 'canceled' && after.status === 'canceled'
      ? ['subscription.canceled']
      : ['subscription.updated'],

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7d21' },
});

export type SubscriptionInput = InputOfNoun<typeof subscription>;

function newByHand(next: Subscription, at: string): Subscription {
  if (next.provider !== MANUAL)
    throw invalid('provider', 'must be manual; subscriptions of providers come from their connections');
  const matchedBy = next.contact_id === null ? null : 'member';
  return ended({ ...next, matched_by: matchedBy, match_ambiguous: false }, null, at);
}

function updatedByHand(next: Subscription, before: Subscription, at: string): Subscription {
  const matched = withMatch(next, before);
  if (before.provider === MANUAL) return ended(matched, before, at);
  const changed = OF_PROVIDER.find((field) => next[field] !== before[field]);
  if (changed !== undefined) throw invalid(changed, `comes from ${before.provider}`);
  return matched;
}

/** The times that follow from the status of a subscription that was recorded by hand. */
function ended(next: Subscription, before: Subscription | null, at: string): Subscription {
  const started = { ...next, started_at: next.started_at ?? at };
  if (next.status !== 'canceled') return { ...started, canceled_at: null, ended_at: null };
  if (before?.status === 'canceled') return started;
  return { ...started, canceled_at: at, ended_at: at };
}
