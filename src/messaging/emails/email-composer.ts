import { composeMime } from '../../mail/mail-composer.ts';
import { checkMessage, isMailAddress, MailMessageError } from '../../mail/mail-message.ts';
import type { EmailParts } from './email-provider.ts';

/** What a mail of a workspace is composed from. */
export interface EmailIdentity {
  /** Without angle brackets. */
  messageId: string;
  date: Date;
}

/**
 * Composes a mail of a workspace in MIME, without Bcc. Throws `MailMessageError` for an address or a header that could
 * inject another one.
 */
export async function composeEmail(parts: EmailParts, { messageId, date }: EmailIdentity): Promise<Buffer> {
  const { from, to, cc, bcc, replyTo, subject, html, text, headers, attachments } = parts;
  const named = ({ address, name }: EmailParts['from']) => ({ address, name: name ?? '' });
  checkMessage({
    to: named(to),
    ...(replyTo !== null && { replyTo: { address: replyTo } }),
    subject,
    text,
    headers: { ...headers },
  });
  checkMessage({ to: named(from), subject: '', text: '' });
  for (const address of [...cc, ...bcc])
    if (!isMailAddress(address)) throw new MailMessageError('cc and bcc must be email addresses');
  const { raw } = await composeMime({
    from: named(from),
    to: named(to),
    cc: [...cc],
    ...(replyTo !== null && { replyTo }),
    subject,
    text,
    ...(html !== null && { html }),
    headers: { ...headers },
    attachments: attachments.map(({ name, contentType, bytes, contentId }) => ({
      filename: name,
      contentType,
      content: bytes,
      ...(contentId !== null && { cid: contentId }),
    })),
    messageId: `<${messageId}>`,
    date,
  });
  return raw;
}

/** The most ids of a References header (RFC 5322 has no limit; mail servers do): the first, and the latest ones. */
const MAX_REFERENCES = 20;

/** The ids of a thread for a reply, oldest first. @param earlier those of the mail that is answered */
export function referencesFor(earlier: readonly string[], messageId: string): string[] {
  const all = [...earlier.filter((id) => id !== messageId), messageId];
  if (all.length <= MAX_REFERENCES) return all;
  return [all[0]!, ...all.slice(all.length - MAX_REFERENCES + 1)];
}

/** The headers of a reply. */
export function replyHeaders(
  inReplyTo: string | null,
  references: readonly string[],
): Record<string, string> {
  if (inReplyTo === null) return {};
  return {
    'In-Reply-To': `<${inReplyTo}>`,
    References: references.map((id) => `<${id}>`).join(' '),
  };
}
