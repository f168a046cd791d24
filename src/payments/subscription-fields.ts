import { boolean } from '../record/fields/boolean.ts';
import { currencyCode } from '../record/fields/currency-code.ts';
import { currency } from '../record/fields/currency.ts';
import { datetime } from '../record/fields/datetime.ts';
import { email } from '../record/fields/email.ts';
import { number } from '../record/fields/number.ts';
import { record } from '../record/fields/record.ts';
import { select } from '../record/fields/select.ts';
import { text } from '../record/fields/text.ts';
import type { RecordOf } from '../record/noun.ts';
import { MATCHED_BY } from './matched-by.ts';
import { MANUAL } from './payment-fields.ts';

const MAX_COUNT = 1_000;

/** The fields of a subscription. */
export const SUBSCRIPTION_FIELDS = {
  provider: text({
    label: 'Provider',
    description: 'Who reported it, the kind of a connection; `manual` for a subscription recorded by hand',
    max: 50,
    default: MANUAL,
    filter: true,
    summary: 'value',
  }),
  external_id: text({
    label: 'External id',
    description: 'Its id at the provider',
    max: 255,
    filter: true,
    search: true,
  }),
  status: select({
    label: 'Status',
    options: {
      incomplete: 'Incomplete',
      trialing: 'Trialing',
      active: 'Active',
      past_due: 'Past due',
      unpaid: 'Unpaid',
      paused: 'Paused',
      canceled: 'Canceled',
    },
    default: 'active',
    filter: true,
    summary: 'value',
  }),
  plan_name: text({ label: 'Plan', max: 255, sample: 'Yearly maintenance', search: true }),
  price_external_id: text({
    label: 'Price id',
    description: 'Id of the price or the plan at the provider',
    max: 255,
    readOnly: true,
    filter: true,
  }),
  quantity: number({ label: 'Quantity', min: 0, max: 1_000_000, sample: 1 }),
  amount: currency({
    label: 'Amount',
    description: 'For one interval, all units included; in units of `currency`',
    sample: 49.9,
    summary: 'value',
  }),
  currency: currencyCode({ label: 'Currency', sample: 'GBP', filter: true, summary: 'value' }),
  interval: select({
    label: 'Interval',
    options: { day: 'Day', week: 'Week', month: 'Month', year: 'Year' },
    default: 'month',
    filter: true,
    summary: 'value',
  }),
  interval_count: number({
    label: 'Interval count',
    description: 'Intervals between two payments: 3 months',
    min: 1,
    max: MAX_COUNT,
    default: 1,
    summary: 'value',
  }),
  contact_id: record({
    label: 'Contact',
    to: 'contact',
    sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
    filter: true,
    summary: 'presence',
    search: true,
  }),
  company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence' }),
  deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence' }),
  lead_id: record({ label: 'Lead', to: 'lead', filter: true, summary: 'presence' }),
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
  started_at: datetime({ label: 'Started at' }),
  current_period_end: datetime({ label: 'Current period ends', description: 'When it renews' }),
  trial_end: datetime({ label: 'Trial ends' }),
  cancel_at: datetime({
    label: 'Cancels at',
    description: 'When it is going to end, if it was canceled for later',
  }),
  canceled_at: datetime({ label: 'Canceled at', readOnly: true }),
  ended_at: datetime({ label: 'Ended at', readOnly: true }),
  cancel_reason: text({
    label: 'Cancel reason',
    description: 'As in `cancellation_requested`, `payment_failed`, `never_paid`',
    max: 200,
  }),
  customer_email: email({ label: 'Customer email', readOnly: true, filter: true, search: true }),
  customer_name: text({ label: 'Customer name', max: 200, readOnly: true, search: true }),
  customer_external_id: text({ label: 'Customer id', max: 255, readOnly: true, filter: true }),
  connection_id: text({
    label: 'Connection id',
    description: 'The connection that reported it',
    max: 36,
    readOnly: true,
    filter: true,
  }),
};

export type Subscription = RecordOf<typeof SUBSCRIPTION_FIELDS>;
