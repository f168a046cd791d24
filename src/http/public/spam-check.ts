import { disposableEmailBlocklistSet } from 'disposable-email-domains-js';

/** Why a submission was marked as spam. Stored with it. */
export const SPAM_REASONS = [
  'honeypot',
  'too_fast',
  'too_many',
  'no_proof_of_work',
  'wrong_proof_of_work',
  'disposable_email',
] as const;
export type SpamReason = (typeof SPAM_REASONS)[number];

/** What the spam check looks at. */
export interface SpamSignals {
  /** The value of the honeypot field as sent. */
  honeypot: unknown;
  /** The email addresses that were entered. */
  emails: readonly string[];
  /** Between opening and sending the page, in milliseconds. */
  tookMs: number;
  /** Submissions from this network within the hour, this one included. */
  fromNetwork: number;
  proof: 'none' | 'right' | 'wrong';
  requiresProof: boolean;
}

/** The shortest plausible time to fill in a page; stricter without proof of work. */
const MIN_TIME_MS = { withProof: 1_500, withoutProof: 3_000 } as const;
/** Submissions from one network within the hour. */
const MAX_PER_HOUR = { withProof: 20, withoutProof: 5 } as const;

const disposable = disposableEmailBlocklistSet();

/** Why a submission counts as spam; empty if it does not. Visitors never see the result. */
export function checkSpam(signals: SpamSignals): SpamReason[] {
  const { honeypot, emails, tookMs, fromNetwork, proof, requiresProof } = signals;
  const kind = proof === 'right' ? 'withProof' : 'withoutProof';
  const found: Record<SpamReason, boolean> = {
    honeypot: honeypot !== undefined && honeypot !== null && honeypot !== '',
    too_fast: tookMs < MIN_TIME_MS[kind],
    too_many: fromNetwork > MAX_PER_HOUR[kind],
    no_proof_of_work: proof === 'none' && requiresProof,
    wrong_proof_of_work: proof === 'wrong',
    disposable_email: emails.some(isDisposable),
  };
  return SPAM_REASONS.filter((reason) => found[reason]);
}

/** Whether the domain of an address, or a parent of it, belongs to a disposable-email service. */
function isDisposable(email: string): boolean {
  const labels = email
    .slice(email.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  return labels.some((_label, at) => disposable.has(labels.slice(at).join('.')));
}
