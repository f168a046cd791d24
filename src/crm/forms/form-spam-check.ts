import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import type { Form } from './form.ts';
import { honeypotName, type FormValue } from './form-values.ts';

/** Why something was taken for spam. */
export const REASONS = [
  'honeypot',
  'too_fast',
  'too_many',
  'no_proof_of_work',
  'wrong_proof_of_work',
  'disposable_email',
] as const;
export type Reason = (typeof REASONS)[number];

/** What is judged: how something came, beside what it says. */
export interface SpamSignals {
  sent: Record<string, unknown>;
  values: Record<string, FormValue>;
  /** Between the page and its sending, in milliseconds. */
  tookMs: number;
  /** How many came from this place within the hour, this one included. */
  fromNetwork: number;
  proof: 'none' | 'right' | 'wrong';
}

/** A person needs longer than this for any form; without proof of work, for being let pass. */
const MIN_TIME_MS = { proven: 1_500, unproven: 3_000 } as const;
/** From one place within the hour. */
const MAX_PER_HOUR = { proven: 20, unproven: 5 } as const;

const disposable = disposableEmailBlocklistSet();

/** Whether something is taken for spam, and by what; no reason: it is not. The visitor is never told. */
export function checkSpam(form: Form, { sent, values, tookMs, fromNetwork, proof }: SpamSignals): Reason[] {
  const kind = proof === 'right' ? 'proven' : 'unproven';
  const honeypot = sent[honeypotName(form)];
  const found: Record<Reason, boolean> = {
    honeypot: honeypot !== undefined && honeypot !== null && honeypot !== '',
    too_fast: tookMs < MIN_TIME_MS[kind],
    too_many: fromNetwork > MAX_PER_HOUR[kind],
    no_proof_of_work: proof === 'none' && form.proof_of_work === 'required',
    wrong_proof_of_work: proof === 'wrong',
    disposable_email: form.fields.some(
      ({ key, type }) => type === 'email' && isDisposable(String(values[key] ?? '')),
    ),
  };
  return REASONS.filter((reason) => found[reason]);
}

/** Whether an address, or a domain above its own, is one of those that are thrown away. */
function isDisposable(email: string): boolean {
  const labels = email
    .slice(email.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  return labels.some((_label, at) => disposable.has(labels.slice(at).join('.')));
}
