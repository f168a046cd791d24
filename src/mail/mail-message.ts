import { isEmailAddress } from '../base/values/email-address.ts';

export interface MailAddress {
  address: string;
  name?: string;
}

/** A mail as the program writes it; sender, date and Message-ID are added when it is composed. */
export interface MailMessage {
  to: MailAddress;
  replyTo?: MailAddress;
  subject: string;
  text: string;
  html?: string;
  /** An invitation, or its cancelation, that the recipient's calendar reads (RFC 6047). */
  calendar?: MailCalendar;
  /** Further headers, such as List-Unsubscribe. */
  headers?: Record<string, string>;
  /** Written by a program without a person's request; asks recipients' programs not to reply (RFC 3834). */
  isAutomatic?: boolean;
}

/** An iCalendar object. */
export interface MailCalendar {
  /** The same as METHOD in the text. */
  method: 'REQUEST' | 'CANCEL';
  text: string;
}

/** A message that must not be composed, such as one with a line break in a header. */
export class MailMessageError extends Error {
  override readonly name = 'MailMessageError';
}

const LINE_BREAKING = /[\p{Cc}\u2028\u2029]/u;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]{0,76}$/;
/** Headers that the composer writes itself. */
const OWN_HEADERS =
  /^(?:from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|auto-submitted|return-path|received|content-.*)$/i;

/** Throws `MailMessageError` where an address is invalid or a header contains control characters. */
export function checkMessage({ to, replyTo, subject, headers = {} }: MailMessage): void {
  checkAddress('to', to);
  if (replyTo) checkAddress('replyTo', replyTo);
  checkHeader('subject', subject);
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name))
      throw new MailMessageError(`headers must not contain ${JSON.stringify(name)}`);
    checkHeader(name, value);
  }
}

/** A name of a person, workspace or webhook as it may appear in a header: on one line. */
export function headerText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Whether mail can be addressed to it. One label is enough: `admin@localhost` is an address within a network. */
export function isMailAddress(address: string): boolean {
  return isEmailAddress(address, { minLabels: 1 }) && address.isWellFormed();
}

function checkAddress(field: string, { address, name }: MailAddress): void {
  // The address is not repeated: errors are logged.
  if (!isMailAddress(address)) throw new MailMessageError(`${field} must be an email address`);
  if (name !== undefined) checkHeader(`${field} name`, name);
}

function checkHeader(field: string, value: string): void {
  if (LINE_BREAKING.test(value) || !value.isWellFormed())
    throw new MailMessageError(`${field} must not contain control characters`);
}
