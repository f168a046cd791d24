import type { BounceKind } from '../emails/email-report.ts';

/** What a server or a provider says about a bounce. */
export interface BounceEvidence {
  /** The enhanced status code (RFC 3463), as in `5.1.1`. Default: found in the text. */
  status?: string | null | undefined;
  /** The answer of the server alone, without the returned mail: quoted mails contain every word. */
  text?: string | null | undefined;
}

/** Only these say that the address itself is wrong. */
const HARD = new Set(['5.1.0', '5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1', '5.4.4', '5.4.310']);
/** The mailbox exists, and is full, or takes no mail of this size. */
const SOFT = new Set(['5.2.2', '5.2.3', '5.3.4', '5.3.1', '5.4.5', '5.4.6', '5.4.7']);

const BLOCK_TEXT =
  /\b(?:spam|spamhaus|spamcop|barracudacentral|blocked|block ?list(?:ed)?|black ?list(?:ed)?|deny ?list(?:ed)?|policy|reputation|dmarc|dkim|spf|rbl|dnsbl|unsolicited|content rejected|not authenticated)\b/i;
const HARD_TEXT =
  /user unknown|unknown user|no such (?:user|mailbox|recipient|address|person)|(?:user|mailbox|recipient|address|account) (?:\S+ )?(?:does not|doesn't) exist|(?:user|mailbox|recipient|address|account)(?: \S+)? (?:was )?not found|invalid (?:recipient|mailbox|address)|unknown (?:recipient|address|mailbox)|no mailbox here|recipient address rejected: (?:user|undeliverable)|account (?:has been |is )?(?:disabled|deactivated)|(?:host or )?domain (?:name )?not found|nxdomain|unrouteable address/i;
const SOFT_TEXT =
  /mailbox (?:is )?full|over ?quota|quota exceeded|insufficient (?:system )?storage|too large|try again|temporar|greylist|timed? ?out/i;

/** A hostile server may answer with far more, which would take long to search. */
const MAX_TEXT = 2_000;
const ENHANCED = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])/;
/** The reply code of SMTP, at the beginning of an answer. */
const REPLY = /^(?:smtp;\s*)?([45])\d\d\b/i;

/**
 * The class of a bounce, by its enhanced code, else by the words of the server. A refusal for reasons of policy is a block,
 * even with a code that is often used for wrong addresses. What is not clear is soft: nobody is suppressed for it at once.
 */
export function classifyBounce({ status, text }: BounceEvidence): BounceKind {
  const answer = (text ?? '').slice(0, MAX_TEXT);
  const code = statusOf({ status, text });
  const [group, subject] = (code ?? '').split('.');
  if (subject === '7' || BLOCK_TEXT.test(withoutAddresses(answer))) return 'block';
  if (group === '4') return 'soft';
  if (code !== null && HARD.has(code)) return isFull(answer) ? 'soft' : 'hard';
  if (code !== null && SOFT.has(code)) return 'soft';
  if (group === undefined || group === '') {
    if (REPLY.exec(answer)?.[1] === '4') return 'soft';
  }
  return HARD_TEXT.test(answer) && !SOFT_TEXT.test(answer) ? 'hard' : 'soft';
}

/** The enhanced code: the given one, else the first in the text; null without one. */
export function statusOf({ status, text }: BounceEvidence): string | null {
  return (
    ENHANCED.exec(status?.slice(0, MAX_TEXT) ?? '')?.[0] ??
    ENHANCED.exec(text?.slice(0, MAX_TEXT) ?? '')?.[0] ??
    null
  );
}

function isFull(text: string): boolean {
  return /mailbox (?:is )?full|over ?quota|quota exceeded/i.test(text);
}

/** An address such as policy@spam.example says nothing about the reason. */
function withoutAddresses(text: string): string {
  return text.replace(/<?[^\s<>@]+@[^\s<>@]+>?/g, '').replace(/https?:\/\/\S+/gi, '');
}
