import { lazy, Suspense } from 'react';
import { MANUAL, type Payment } from '../api/payment-queries.ts';
import { StateBadge } from '../ui/state-badge.tsx';
import { viewOf, type FieldView } from '../record/object-view.ts';
import { MatchFilter, PayerCell, ReceiptLink, ReferenceInput, StatusInput } from './payment-fields.tsx';
import { MethodName } from './payment-method.tsx';
import { PaymentFlags, PaymentStatus } from './payment-status.tsx';
import { ConnectionLink, ProviderFilter, ProviderName } from './provider-name.tsx';
import classes from './payments.module.css';
import { PaymentsEmpty } from './payments-empty.tsx';

/** Loaded on demand: most pages that show a payment do not need them. */
const PaymentHistory = lazy(async () => ({
  default: (await import('./payment-history.tsx')).PaymentHistory,
}));
const MethodInput = lazy(async () => ({ default: (await import('./method-input.tsx')).MethodInput }));
const PaymentTotals = lazy(async () => ({ default: (await import('./payment-totals.tsx')).PaymentTotals }));
const PayerChoice = lazy(async () => ({ default: (await import('./payer-choice.tsx')).PayerChoice }));
const RefundButton = lazy(async () => ({ default: (await import('./refund-button.tsx')).RefundButton }));
const SalesList = lazy(async () => ({ default: (await import('./sales-list.tsx')).SalesList }));

const UNPAID = new Set<Payment['status']>(['pending', 'requires_action', 'failed', 'canceled']);

const isProviders = ({ provider }: Payment) => provider !== MANUAL;

/** Neither in lists nor in forms. */
const HIDDEN: FieldView<Payment> = { Input: null, Cell: null, Value: null, Filter: null };

/** A payment is refunded by a button on its page. What a provider says of a payment is not edited. */
export const paymentView = viewOf<Payment>({
  hidesUpdated: true,
  createLabel: 'Record a payment',
  formOrder: [
    'amount',
    'currency',
    'contact_id',
    'status',
    'paid_at',
    'method_type',
    'external_id',
    'description',
    'company_id',
    'deal_id',
  ],
  fields: {
    provider: {
      Input: null,
      Cell: ({ record: { provider } }) => <ProviderName provider={provider} />,
      Value: ({ record: { provider } }) => <ProviderName provider={provider} />,
      Filter: ProviderFilter,
      column: { width: '6rem', desktopOnly: true },
    },
    external_id: {
      label: 'Reference',
      Input: ReferenceInput,
      Filter: null,
      isRare: true,
      isFixed: isProviders,
    },
    status: {
      Input: StatusInput,
      BulkInput: null,
      isFixed: ({ provider, status }) => provider !== MANUAL || !UNPAID.has(status),
      Cell: ({ record: { status, disputed } }) => <PaymentStatus status={status} isDisputed={disputed} />,
      Value: ({ record: { status } }) => <PaymentStatus status={status} />,
      column: { width: '10rem' },
    },
    amount: { isFixed: () => true, column: { width: '7.5rem' } },
    currency: { isFixed: () => true, Cell: null },
    amount_received: {
      isShown: ({ amount, amount_received: received }) => received > 0 && received !== amount,
    },
    amount_refunded: { label: 'Refunded', isShown: ({ amount_refunded: refunded }) => refunded > 0 },
    last_refund_amount: HIDDEN,
    contact_id: {
      Cell: (props) => <PayerCell {...props} />,
      EmptyCell: ({ record }) => <PaymentFlags payment={record} />,
      column: { width: '10rem' },
    },
    lead_id: { Input: null },
    matched_by: { Filter: MatchFilter, label: 'Matched by' },
    match_ambiguous: { isShown: () => false, Filter: null },
    disputed: { isShown: () => false },
    method_type: {
      Input: MethodInput,
      isFixed: isProviders,
      isRare: true,
      Value: MethodName,
    },
    method_last4: HIDDEN,
    failure_code: { isShown: ({ failure_message: message }) => message === null },
    failure_message: { label: 'Failure' },
    dispute_status: HIDDEN,
    receipt_url: { Value: ReceiptLink, Filter: null },
    customer_external_id: { Filter: null },
    invoice_external_id: { Filter: null },
    subscription_external_id: HIDDEN,
    connection_id: {
      label: 'Connection',
      Filter: null,
      Value: ({ value }) => <ConnectionLink id={String(value)} />,
    },
    paid_at: { isFixed: isProviders, label: 'Paid', column: { width: '7.25rem' } },
    failed_at: HIDDEN,
    refunded_at: HIDDEN,
    provider_created_at: HIDDEN,
  },
  emptyText: <PaymentsEmpty what="payments" />,
  Badge: ({ record }) => (
    <span className={classes.badges}>
      <PaymentStatus status={record.status} />
      {record.disputed && <StateBadge tone="bad">Disputed</StateBadge>}
      <PaymentFlags payment={record} />
    </span>
  ),
  Actions: ({ record }) => (
    <Suspense>
      <RefundButton payment={record} />
    </Suspense>
  ),
  Progress: ({ record }) => (
    <Suspense>
      <PayerChoice payment={record} />
    </Suspense>
  ),
  panels: {
    refunds: ({ record }) => (
      <Suspense>
        <PaymentHistory payment={record} />
      </Suspense>
    ),
    // The history of the payment shows them.
    disputes: () => null,
  },
  check: ({ amount }) => (amount === 0 ? { amount: 'Enter an amount above 0.' } : {}),
  initialFor: ({ object, record }) => initialFor(object.key, record),
  RelatedSummary: PaymentTotals,
  isNameEnough: false,
  List: SalesList,
});

/** A payment for a deal is about what the deal is worth. */
function initialFor(key: string, record: Readonly<Record<string, unknown>>) {
  const { name, value, currency } = record;
  return key === 'deal' && typeof value === 'number' && typeof currency === 'string'
    ? { amount: value, currency, description: typeof name === 'string' ? name : '' }
    : {};
}
