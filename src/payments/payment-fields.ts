import { boolean } from '../record/fields/boolean.ts';
import { currencyCode } from '../record/fields/currency-code.ts';
import { currency } from '../record/fields/currency.ts';
import { datetime } from '../record/fields/datetime.ts';
import { email } from '../record/fields/email.ts';
import { record } from '../record/fields/record.ts';
import { select } from '../record/fields/select.ts';
import { text } from '../record/fields/text.ts';
import { url } from '../record/fields/url.ts';
import type { RecordOf } from '../record/noun.ts';
import { MATCHED_BY } from './matched-by.ts';
import type { DisputeStatus } from './provider-fact.ts';

/** `provider` of what was recorded by hand. */
export const MANUAL = 'manual';

const DISPUTE_LABELS = {
  needs_response: 'Needs a response',
  under_review: 'Under review',
  closed: 'Closed',
  won: 'Won',
  lost: 'Lost',
} as const satisfies Record<DisputeStatus, string>;

const PAID_AT = '2026-06-02T09:00:00.000Z';

/** The fields of a payment. No card data is stored. */
export const PAYMENT_FIELDS = {
  provider: text({
    label: 'Provider',
    description: 'Who reported it, the kind of a connection; `manual` for a payment recorded by hand',
    max: 50,
    default: MANUAL,
    filter: true,
    summary: 'value',
  }),
  external_id: text({
    label: 'External id',
    description:
      'Its id at the provider; of a manual payment a reference of your own, such as of the transfer',
    max: 255,
    sample: 'TRANSFER-2026-0042',
    filter: true,
    search: true,
  }),
  status: select({
    label: 'Status',
    description:
      'Derived from attempts and refunds. A manual payment can be set to `pending`, `failed`, `received` or `canceled` until it is received',
    options: {
      pending: 'Pending',
      requires_action: 'Requires action',
      failed: 'Failed',
      received: 'Received',
      partially_refunded: 'Partially refunded',
      refunded: 'Refunded',
      canceled: 'Canceled',
    },
    default: 'received',
    filter: true,
    summary: 'value',
  }),
  amount: currency({
    label: 'Amount',
    description: 'In units of `currency`, with no more decimals than the currency has',
    required: true,
    sample: 49.9,
    summary: 'value',
  }),
  amount_received: currency({
    label: 'Amount received',
    description: 'In units of `currency`',
    readOnly: true,
    default: 0,
    sample: 49.9,
  }),
  amount_refunded: currency({
    label: 'Amount refunded',
    description: 'In units of `currency`; refunds that failed are not included',
    readOnly: true,
    default: 0,
    summary: 'value',
  }),
  last_refund_amount: currency({
    label: 'Last refund',
    description: 'Amount of the latest refund, in units of `currency`',
    readOnly: true,
  }),
  fee: currency({
    label: 'Fee',
    description: 'Fee of the provider, in units of `currency`, if it is known',
    readOnly: true,
  }),
  net: currency({
    label: 'Net',
    description: 'Amount received less the fee, if it is known',
    readOnly: true,
  }),
  currency: currencyCode({ label: 'Currency', sample: 'GBP', filter: true, summary: 'value' }),
  description: text({ label: 'Description', max: 1000, sample: 'Workshop', search: true }),
  contact_id: record({
    label: 'Contact',
    description: 'Who paid',
    to: 'contact',
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
    filter: true,
    summary: 'presence',
    search: true,
  }),
  company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence' }),
  deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
  lead_id: record({
    label: 'Lead',
    description: 'The lead with the address of the payer, if there is no contact',
    to: 'lead',
    filter: true,
    summary: 'presence',
  }),
  matched_by: select({
    label: 'Matched by',
    description: 'How the contact was found',
    options: MATCHED_BY,
    readOnly: true,
    filter: true,
  }),
  match_ambiguous: boolean({
    label: 'Ambiguous match',
    description:
      'Whether several contacts could be meant; the oldest one was taken. Set to false, it confirms the contact',
    default: false,
    filter: true,
  }),
  subscription_id: record({
    label: 'Subscription',
    to: 'subscription',
    readOnly: true,
    filter: true,
  }),
  method_type: text({
    label: 'Method',
    description: 'As in `card`, `bank_transfer`, `cash`',
    max: 64,
    sample: 'bank_transfer',
  }),
  method_last4: text({
    label: 'Last digits',
    description: 'The last four digits of the card or the account',
    max: 4,
    readOnly: true,
  }),
  failure_code: text({ label: 'Failure code', max: 200, readOnly: true }),
  failure_message: text({ label: 'Failure message', max: 1000, readOnly: true }),
  disputed: boolean({
    label: 'Disputed',
    description: 'Whether a dispute is open or was lost',
    readOnly: true,
    default: false,
    filter: true,
  }),
  dispute_status: select({
    label: 'Dispute status',
    description: 'Status of the latest dispute',
    options: DISPUTE_LABELS,
    readOnly: true,
  }),
  receipt_url: url({ label: 'Receipt', readOnly: true }),
  customer_email: email({
    label: 'Customer email',
    description: 'The address that the payer gave to the provider',
    readOnly: true,
    filter: true,
    search: true,
  }),
  customer_name: text({ label: 'Customer name', max: 200, readOnly: true, search: true }),
  customer_external_id: text({
    label: 'Customer id',
    description: 'Id of the customer at the provider',
    max: 255,
    readOnly: true,
    filter: true,
  }),
  invoice_external_id: text({
    label: 'Invoice id',
    description: 'Id of the invoice at the provider',
    max: 255,
    readOnly: true,
    filter: true,
  }),
  subscription_external_id: text({
    label: 'Subscription id at the provider',
    max: 255,
    readOnly: true,
  }),
  connection_id: text({
    label: 'Connection id',
    description: 'The connection that reported it',
    max: 36,
    readOnly: true,
    filter: true,
  }),
  paid_at: datetime({ label: 'Paid at', sample: PAID_AT, filter: false }),
  failed_at: datetime({
    label: 'Failed at',
    description: 'Of the latest attempt that failed',
    readOnly: true,
  }),
  refunded_at: datetime({ label: 'Refunded at', description: 'Of the latest refund', readOnly: true }),
  provider_created_at: datetime({
    label: 'Created at the provider',
    readOnly: true,
  }),
};

export type Payment = RecordOf<typeof PAYMENT_FIELDS>;
