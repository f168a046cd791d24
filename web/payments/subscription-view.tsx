import { lazy } from 'react';
import { TextInput } from '@mantine/core';
import { MANUAL, type Subscription } from '../api/payment-queries.ts';
import { inputProps } from '../fields/field-kind.ts';
import { viewOf, type FieldView } from '../record/object-view.ts';
import { dateText } from '../ui/format.ts';
import { MatchFilter } from './payment-fields.tsx';
import { SubscriptionStatus } from './payment-status.tsx';
import { PaymentsEmpty } from './payments-empty.tsx';
import { ConnectionLink, ProviderFilter, ProviderName } from './provider-name.tsx';
import { NextRenewal, priceText } from './renewal.tsx';

const SalesList = lazy(async () => ({ default: (await import('./sales-list.tsx')).SalesList }));

/** What its provider says of a subscription is not edited. */
const OF_PROVIDER: FieldView<Subscription> = { isFixed: ({ provider }) => provider !== MANUAL };

/** When it renews, or ends. */
function periodText({
  status,
  current_period_end: end,
  cancel_at: cancelAt,
  ended_at: endedAt,
}: Subscription) {
  if (endedAt !== null) return `Ended ${dateText(Date.parse(endedAt))}`;
  if (cancelAt !== null) return `Ends ${dateText(Date.parse(cancelAt))}`;
  if (end === null || status === 'canceled') return null;
  return dateText(Date.parse(end));
}

export const subscriptionView = viewOf<Subscription>({
  hidesUpdated: true,
  createLabel: 'Record a subscription',
  formOrder: [
    'plan_name',
    'amount',
    'currency',
    'interval',
    'interval_count',
    'contact_id',
    'status',
    'quantity',
    'started_at',
    'current_period_end',
    'company_id',
    'deal_id',
  ],
  fields: {
    provider: {
      Input: null,
      Cell: ({ record: { provider } }) => <ProviderName provider={provider} />,
      Value: ({ record: { provider } }) => <ProviderName provider={provider} />,
      Filter: ProviderFilter,
    },
    external_id: {
      ...OF_PROVIDER,
      Filter: null,
      isRare: true,
      Input: (props) => <TextInput {...inputProps(props)} label="Reference" placeholder="Contract number" />,
    },
    status: {
      ...OF_PROVIDER,
      BulkInput: null,
      Cell: ({ record: { status } }) => <SubscriptionStatus status={status} />,
      Value: ({ record: { status } }) => <SubscriptionStatus status={status} />,
      column: { width: '7.5rem' },
    },
    plan_name: { ...OF_PROVIDER, isShort: false },
    price_external_id: { Filter: null },
    quantity: { ...OF_PROVIDER, isRare: true },
    amount: {
      ...OF_PROVIDER,
      label: 'Price',
      Cell: ({ record }) => priceText(record),
      Value: ({ record }) => priceText(record),
      editedWith: ['interval', 'interval_count'],
      column: { width: '11rem' },
    },
    currency: { ...OF_PROVIDER, Cell: null },
    interval: { ...OF_PROVIDER, Cell: null, Value: null, BulkInput: null },
    interval_count: { ...OF_PROVIDER, label: 'Every … intervals', Value: null },
    contact_id: { column: { width: '11rem' } },
    lead_id: { Input: null },
    matched_by: { Filter: MatchFilter },
    match_ambiguous: { isShown: () => false, Filter: null },
    started_at: { ...OF_PROVIDER, label: 'Started' },
    current_period_end: {
      ...OF_PROVIDER,
      label: 'Renews',
      Cell: ({ record }) => periodText(record),
      Value: ({ record }) => periodText(record),
      column: { width: '9.5rem' },
    },
    trial_end: { ...OF_PROVIDER, isRare: true },
    cancel_at: { ...OF_PROVIDER, isRare: true },
    canceled_at: { label: 'Canceled' },
    ended_at: { label: 'Ended' },
    cancel_reason: { ...OF_PROVIDER, isRare: true },
    customer_external_id: { Filter: null },
    connection_id: {
      label: 'Connection',
      Filter: null,
      Value: ({ value }) => <ConnectionLink id={String(value)} />,
    },
  },
  emptyText: <PaymentsEmpty what="subscriptions" />,
  Badge: ({ record: { status } }) => <SubscriptionStatus status={status} />,
  RelatedSummary: NextRenewal,
  isNameEnough: false,
  List: SalesList,
});
