import {
  messageIdsOf,
  storableText,
  type MailAddress,
  type ParsedAttachment,
  type ParsedEmail,
} from './parsed-email.ts';

/** A mail that a parser or a provider has taken apart. Everything in it was written by a stranger. */
export interface UncheckedMail {
  headers: readonly { name: string; value: string }[];
  from: MailAddress | null;
  replyTo?: readonly MailAddress[];
  to: readonly MailAddress[];
  cc?: readonly MailAddress[];
  bcc?: readonly MailAddress[];
  subject: string | null;
  /** ISO 8601 or as in a mail. */
  date: string | null;
  text: string | null;
  html: string | null;
  attachments: readonly ParsedAttachment[];
  /** Taken as the Message-ID if the mail has none. */
  fallbackId: string;
}

const MAX_TEXT = 1_000_000;
const MAX_HTML = 2_000_000;
const MAX_LINE = 998;
const MAX_ADDRESSES = 200;

/** The mail as it can be stored and shown: texts without NUL and lone surrogates, cut to what fields take. */
export function normalizedMail(mail: UncheckedMail): ParsedEmail {
  const headers: Record<string, string> = {};
  for (const { name, value } of mail.headers.slice(0, 1_000)) {
    const key = storableText(name.slice(0, 200)).toLowerCase();
    if (!Object.hasOwn(headers, key)) headers[key] = line(value, 2_000);
  }
  // Only dates that a calendar of a CRM can have.
  const time = Date.parse(mail.date ?? headers['date'] ?? '');
  const isTooLarge = (mail.html?.length ?? 0) > MAX_HTML || (mail.text?.length ?? 0) > MAX_TEXT;
  return {
    messageId: messageIdsOf(headers['message-id'])[0] ?? line(mail.fallbackId, MAX_LINE),
    inReplyTo: messageIdsOf(headers['in-reply-to'])[0] ?? null,
    references: messageIdsOf(headers['references']).slice(-50),
    from: addresses(mail.from ? [mail.from] : [])[0] ?? null,
    replyTo: addresses(mail.replyTo),
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    bcc: addresses(mail.bcc),
    subject: line(mail.subject ?? '', MAX_LINE) || null,
    date: time >= 0 && time < Date.UTC(2100, 0) ? time : null,
    text: storableText((mail.text ?? '').slice(0, MAX_TEXT)) || null,
    // Half of a page may show something else than the whole.
    html: (mail.html?.length ?? 0) > MAX_HTML ? null : storableText(mail.html ?? '') || null,
    attachments: mail.attachments.map((item, at) => ({
      ...item,
      name: line(item.name, 200).replaceAll(/[\p{Cc}/\\]/gu, '_') || `attachment-${at + 1}`,
      contentType: /^[\w.+-]+\/[\w.+-]+$/.test(item.contentType)
        ? item.contentType.toLowerCase()
        : 'application/octet-stream',
      contentId: item.contentId === null ? null : line(item.contentId, 200).replaceAll(/[<>\s]/g, '') || null,
    })),
    headers,
    problem: isTooLarge ? 'content_too_large' : null,
  };
}

function line(value: string, max: number): string {
  return storableText(value.slice(0, max))
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

function addresses(list: readonly MailAddress[] = []): MailAddress[] {
  return list
    .slice(0, MAX_ADDRESSES)
    .map(({ name, address }) => ({
      name: line(name, 200),
      address: line(address, 320).replaceAll(/\s/g, ''),
    }))
    .filter(({ address }) => address.includes('@'));
}
