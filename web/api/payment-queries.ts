import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, type Query } from './client.ts';
import { queriesOf, recordQueries, relatedQuery } from './record-queries.ts';
import type { components, operations } from './schema.d.ts';

export type Payment = components['schemas']['Payment'];
export type Subscription = components['schemas']['Subscription'];
export type Refund = components['schemas']['Refund'];
export type Dispute = components['schemas']['Dispute'];
type PaymentSummary = operations['getPaymentsSummary']['responses'][200]['content']['application/json'];
/** What was received and refunded in one currency, in its units. */
export interface PaymentTotal {
  currency: string;
  received: number;
  refunded: number;
}

export const payments = recordQueries('payments');
export const subscriptions = recordQueries('subscriptions');

/** `provider` of what was recorded by hand. */
export const MANUAL = 'manual';

const MAX_PARTS = 100;

/** Under the list key, so that a refund refetches them. */
const PARTS = [payments.plural, 'list', 'parts'];

/** The refunds of a payment, newest first. */
export const refundsQuery = (id: string) =>
  queryOptions({
    queryKey: [...PARTS, 'refunds', id],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          api.GET('/api/v1/payments/{id}/refunds', {
            params: { path: { id }, query: { limit: MAX_PARTS } },
            signal,
          }),
        )
      ).data,
  });

/** The disputes of a payment, newest first. */
export const disputesQuery = (id: string) =>
  queryOptions({
    queryKey: [...PARTS, 'disputes', id],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          api.GET('/api/v1/payments/{id}/disputes', {
            params: { path: { id }, query: { limit: MAX_PARTS } },
            signal,
          }),
        )
      ).data,
  });

/** Records a refund of a manual payment. @param amount null: everything that is left */
export function useRecordRefund(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ amount, reason }: { amount: number | null; reason: string | null }) =>
      dataOf(
        api.POST('/api/v1/payments/{id}/refunds', {
          params: { path: { id } },
          body: { ...(amount !== null && { amount }), ...(reason !== null && { reason }) },
        }),
      ),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: [payments.plural] }),
        queries.invalidateQueries({ queryKey: ['activities'] }),
      ]),
  });
}

/** What the contact, company or deal has paid, per currency; empty if nothing. */
export const paymentTotalsQuery = ({ plural }: { plural: string }, id: string) =>
  queryOptions({
    queryKey: [payments.plural, 'list', 'totals', plural, id],
    queryFn: async ({ signal }) => {
      const { payment_totals: totals = [] } = (await queriesOf({ plural }).only(
        id,
        ['payment_totals'],
        signal,
      )) as { payment_totals?: PaymentTotal[] };
      return totals;
    },
  });

/** Recurring revenue, what was received in the last 30 days, and what needs a person. */
export const paymentSummaryQuery = queryOptions({
  queryKey: [payments.plural, 'list', 'summary'],
  queryFn: ({ signal }): Promise<PaymentSummary> => dataOf(api.GET('/api/v1/payments/summary', { signal })),
});

/** Payments that failed and were not paid since. @param since ISO 8601 */
export const failedPaymentsQuery = (since: string) =>
  relatedQuery(payments, { status: 'failed', 'updated_at[gte]': since, sort: '-updated_at' });

/** Other payments without a contact that follow when a contact is assigned to this one. */
export const unassignedQuery = ({
  provider,
  customer_external_id: customer,
  customer_email: email,
}: Customer) =>
  relatedQuery(payments, {
    provider,
    matched_by: 'unmatched',
    ...(customer === null ? { customer_email: email ?? undefined } : { customer_external_id: customer }),
  });

type Customer = Pick<Payment, 'provider' | 'customer_external_id' | 'customer_email'>;

/** The subscription of a record that renews next. */
export const nextRenewalQuery = (filter: Query) =>
  relatedQuery(subscriptions, { ...filter, status: 'active', sort: 'current_period_end' });
