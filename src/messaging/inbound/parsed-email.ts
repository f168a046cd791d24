/** An address of a header; `name` is '' if there is none. */
export interface MailAddress {
  name: string;
  /** As written, without white space. */
  address: string;
}

export interface ParsedAttachment {
  /** Never empty. */
  name: string;
  contentType: string;
  /** Without angle brackets; null if no picture of the HTML can mean it. */
  contentId: string | null;
  isInline: boolean;
  bytes: Uint8Array;
}

/** Why the content of a mail was not read; its header was. */
export const MAIL_PROBLEMS = [
  'header_too_large',
  'too_many_parts',
  'too_deep',
  'content_too_large',
  'unreadable',
] as const;
export type MailProblem = (typeof MAIL_PROBLEMS)[number];

/** A mail as it is stored: every text is well-formed Unicode without NUL. */
export interface ParsedEmail {
  /** Without angle brackets. If the mail has none, one that is the same for the same bytes. */
  messageId: string;
  inReplyTo: string | null;
  /** Without angle brackets, the oldest first. */
  references: readonly string[];
  from: MailAddress | null;
  replyTo: readonly MailAddress[];
  to: readonly MailAddress[];
  cc: readonly MailAddress[];
  bcc: readonly MailAddress[];
  subject: string | null;
  /** Milliseconds since 1970; null if the mail has no date that can be read. */
  date: number | null;
  text: string | null;
  html: string | null;
  attachments: readonly ParsedAttachment[];
  /** The top level: names in lower case, the first value of each. */
  headers: Readonly<Record<string, string>>;
  /** Null if everything was read. */
  problem: MailProblem | null;
}

/** A text as PostgreSQL and JSON can store it. */
export function storableText(value: string): string {
  return value.replaceAll('\0', '\u{FFFD}').toWellFormed();
}

/** The ids of a header such as `References`, without angle brackets. */
export function messageIdsOf(value: string | null | undefined): string[] {
  return [...(value ?? '').matchAll(/<([^<>\s]{1,500})>/g)].map(([, id]) => id!);
}

/** Addresses are compared in this form. */
export function addressKey(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}
