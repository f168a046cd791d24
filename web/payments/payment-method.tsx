import type { Payment } from '../api/payment-queries.ts';
import { fieldLabel } from '../ui/field-label.ts';

/** Names that are not the words of their code. */
const NAMES: Readonly<Record<string, string>> = {
  paypal: 'PayPal',
  ideal: 'iDEAL',
  sepa_debit: 'SEPA debit',
  us_bank_account: 'US bank account',
};

/** As in `Card •••• 4242`; null if nothing is known. */
export function methodText({
  method_type: type,
  method_last4: last4,
}: Pick<Payment, 'method_type' | 'method_last4'>): string | null {
  const text = [type && (NAMES[type] ?? fieldLabel(type)), last4 && `•••• ${last4}`]
    .filter(Boolean)
    .join(' ');
  return text || null;
}
