import type { Payment } from '../api/payment-queries.ts';
import { fieldLabel } from '../ui/field-label.ts';
import { useProviderName } from './provider-name.tsx';

/** Names that are not the words of their code. */
const NAMES: Readonly<Record<string, string>> = {
  ideal: 'iDEAL',
  sepa_debit: 'SEPA debit',
  us_bank_account: 'US bank account',
};

type Method = Pick<Payment, 'method_type' | 'method_last4' | 'provider'>;

/**
 * As in `Card •••• 4242`; null if nothing is known.
 * @param nameOf the label of a provider, which may be the method itself
 */
export function methodText(
  { method_type: type, method_last4: last4, provider }: Method,
  nameOf: (provider: string) => string,
): string | null {
  const name = type && (type === provider ? nameOf(provider) : (NAMES[type] ?? fieldLabel(type)));
  return [name, last4 && `•••• ${last4}`].filter(Boolean).join(' ') || null;
}

export function MethodName({ record }: { record: Method }) {
  return methodText(record, useProviderName());
}
