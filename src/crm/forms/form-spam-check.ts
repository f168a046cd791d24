import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';
import type { Form } from './form.ts';
import { honeypotName, type FormValue } from './form-values.ts';

/** Why a submission was marked as spam. */
export const REASONS = [
  'honeypot',
  'too_fast',
  'too_many',
  'no_proof_of_work',
  'wrong_proof_of_work',
  'disposable_email',
] as const;
export type Reason = (typeof REASONS)[number];

/** What the spam check looks at. */
export interface SpamSignals {
  sent: Record<string, unknown>;
  values: Record<string, FormValue>;
  /** Between opening and sending the page, in milliseconds. */
  tookMs: number;
  /** Submissions from this network within the hour, this one included. */
  fromNetwork: number;
  proof: 'none' | 'right' | 'wrong';
}

/** The shortest plausible time to fill in a form; stricter without proof of work. */
const MIN_TIME_MS = { withProof: 1_500, withoutProof: 3_000 } as const;
/** Submissions from one network within the hour. */
const MAX_PER_HOUR = { withProof: 20, withoutProof: 5 } as const;

const disposable = disposableEmailBlocklistSet();

/** Why a submission counts as spam; empty if it does not. Visitors never see the result. */
export function checkSpam(form: Form, { sent, values, tookMs, fromNetwork, proof }: SpamSignals): Reason[] {
  const kind = proof === 'right' ? 'withProof' : 'withoutProof';
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

/** Whether the domain of an address, or a parent of it, belongs to a disposable-email service. */
function isDisposable(email: string): boolean {
  const labels = email
    .slice(email.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  return labels.some((_label, at) => disposable.has(labels.slice(at).join('.')));
}
