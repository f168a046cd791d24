import type { ParsedEmail } from './parsed-email.ts';

/** What kind of sender wrote a mail. */
export type MailOrigin = 'person' | 'auto_reply' | 'newsletter';

/**
 * Whether a person wrote a mail, or a program did: an absence note, or something that was sent to a list.
 * @param envelopeFrom '' for a mail without a return path; null if unknown
 */
export function originOf(mail: ParsedEmail, envelopeFrom: string | null): MailOrigin {
  const { headers } = mail;
  if (headers['list-id'] !== undefined) return 'newsletter';
  const submitted = (headers['auto-submitted'] ?? 'no').toLowerCase();
  if (!submitted.startsWith('no')) return 'auto_reply';
  const precedence = (headers['precedence'] ?? '').trim().toLowerCase();
  if (precedence === 'auto_reply') return 'auto_reply';
  if (headers['x-autoreply'] !== undefined || headers['x-autorespond'] !== undefined) return 'auto_reply';
  // Exchange sets it on absence notes; other programs on mails that should get none.
  if (/\b(?:all|oof|autoreply)\b/i.test(headers['x-auto-response-suppress'] ?? '')) return 'auto_reply';
  if (precedence === 'bulk' || precedence === 'list' || precedence === 'junk')
    return headers['list-unsubscribe'] === undefined ? 'auto_reply' : 'newsletter';
  const hasReturnPath =
    (envelopeFrom ?? headers['return-path'] ?? 'unknown').replaceAll(/[<>\s]/g, '') !== '';
  return hasReturnPath ? 'person' : 'auto_reply';
}
