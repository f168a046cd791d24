import { domainToASCII } from 'node:url';
import type { SendMailOptions } from 'nodemailer';
import { checkMessage, type MailMessage } from './mail-message.ts';

/** A mail as it goes over the wire. */
export interface ComposedMail {
  envelope: { from: string; to: string };
  /** Without angle brackets. The same for each attempt, so that a mail received twice can be recognized. */
  messageId: string;
  /** Headers and body in MIME, with CRLF line ends. */
  raw: Buffer;
}

/**
 * Composes a message in MIME.
 * @param identity.from an address, or a name with an address in <>
 * @param identity.messageId without angle brackets
 * @param identity.date when the mail was written
 * Throws `MailMessageError` for a message that `checkMessage` refuses.
 */
export async function composeMail(
  message: MailMessage,
  { from, messageId, date }: { from: string; messageId: string; date: Date },
): Promise<ComposedMail> {
  checkMessage(message);
  const { to, replyTo, subject, text, html, calendar, headers, isAutomatic } = message;
  const { envelope, raw } = await composeMime({
    from,
    to: addressee(to),
    ...(replyTo && { replyTo: addressee(replyTo) }),
    subject,
    text,
    ...(html !== undefined && { html }),
    // As an alternative to the text, which clients show as an invitation, and as a file.
    ...(calendar && {
      icalEvent: { method: calendar.method, filename: 'invite.ics', content: calendar.text },
    }),
    headers: { ...headers, ...(isAutomatic && AUTOMATIC) },
    messageId: `<${messageId}>`,
    date,
  });
  return { envelope: { from: envelope.from || '', to: envelope.to[0]! }, messageId, raw };
}

/** The one place that writes MIME: with CRLF line ends, and without reading files or URLs. */
export async function composeMime(
  options: SendMailOptions,
): Promise<{ envelope: { from: string | false; to: string[] }; raw: Buffer }> {
  // Loaded with the first mail: many installations send none.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const root = new MailComposer({
    ...options,
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  return { envelope: root.getEnvelope(), raw: await root.build() };
}

/** The domain of a sender, as Message-IDs end with it. */
export function domainOf(from: string): string {
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? '';
  return domainToASCII(domain) || 'localhost';
}

/** The second is for Exchange, which does not heed the first. */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

function addressee({ address, name = '' }: MailMessage['to']) {
  return { address, name };
}
