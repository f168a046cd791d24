import { messageIdsOf, storableText, type ParsedAttachment, type ParsedEmail } from './parsed-email.ts';

export type DeliveryAction = 'failed' | 'delayed' | 'delivered';

/** What a report says about one recipient. */
export interface ReportedRecipient {
  /** The address that the mail was sent to; null if the report does not say it. */
  address: string | null;
  action: DeliveryAction;
  /** An enhanced status code, as `5.1.1` (RFC 3463). */
  status: string | null;
  /** What the receiving server said. */
  text: string | null;
}

interface ReturnedMail {
  /** Of the mail that the report is about, without angle brackets. */
  messageId: string | null;
  /** The addresses by which the mail can prove itself: its return path, in every form that the report has. */
  returnPaths: readonly string[];
}

/** A mail of a mail server about a mail that was sent. Nothing in it can be trusted without a token. */
export type DeliveryReport = ReturnedMail &
  (
    | { kind: 'delivery'; recipients: readonly ReportedRecipient[] }
    /** A recipient called the mail spam, or asked to be left alone (RFC 5965). */
    | { kind: 'complaint' | 'opt_out'; address: string | null }
  );

const STATUS_TYPES = new Set(['message/delivery-status', 'message/global-delivery-status']);
const RETURNED_TYPES = new Set([
  'message/rfc822',
  'message/global',
  'text/rfc822-headers',
  'message/global-headers',
  'message/rfc822-headers',
]);
const MAX_REPORT_BYTES = 256 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_TEXT = 500;
/** Of a field, and of a line of a report for people: longer ones are none of a mail server, and are made to use up time. */
const MAX_FIELD = 2_000;
/** What a server says in words before it quotes the mail. */
const MAX_SAID = 20_000;

/** Reads a delivery status notification or a complaint, in the forms of the common mail servers; null for other mails. */
export function parseDeliveryReport(mail: ParsedEmail): DeliveryReport | null {
  const feedback = mail.attachments.find(({ contentType }) => contentType === 'message/feedback-report');
  if (feedback) return complaintOf(mail, textOf(feedback));
  const status = mail.attachments.find(({ contentType }) => STATUS_TYPES.has(contentType));
  if (status) {
    const recipients = recipientsOf(textOf(status));
    return recipients.length > 0 ? { kind: 'delivery', recipients, ...returnedMail(mail) } : null;
  }
  return plainReport(mail);
}

function textOf({ bytes }: ParsedAttachment): string {
  return storableText(new TextDecoder().decode(bytes.subarray(0, MAX_REPORT_BYTES)));
}

/** Groups of fields between empty lines (RFC 3464, section 2.1), names in lower case. */
function groupsOf(text: string): Map<string, string>[] {
  return text
    .replaceAll('\r\n', '\n')
    .split(/\n[ \t]*\n+/)
    .map(fieldsOf)
    .filter(({ size }) => size > 0);
}

function fieldsOf(group: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of group.split('\n')) {
    const [, started, value] = /^([\w-]{1,100}):(.*)$/.exec(line) ?? [];
    if (started !== undefined) {
      name = started.toLowerCase();
      if (!fields.has(name)) fields.set(name, value!.trim());
    } else if (/^[ \t]/.test(line) && (fields.get(name)?.length ?? MAX_FIELD) < MAX_FIELD)
      fields.set(name, `${fields.get(name)} ${line.trim()}`.trim());
  }
  return fields;
}

function recipientsOf(text: string): ReportedRecipient[] {
  return groupsOf(text)
    .slice(0, MAX_RECIPIENTS + 1)
    .flatMap((fields) => {
      const final = fields.get('final-recipient');
      const original = fields.get('original-recipient');
      const action = actionOf(fields.get('action') ?? '', fields.get('status') ?? '');
      if ((final ?? original) === undefined || action === null) return [];
      const diagnostic = typed(fields.get('diagnostic-code') ?? '').replace(/^X-\S+;\s*/i, '');
      return {
        address: addressOf(original ?? '') ?? addressOf(final ?? ''),
        action,
        status: statusOf(fields.get('status') ?? '', diagnostic),
        text: shortText(diagnostic),
      };
    });
}

/** `relayed` and `expanded` mean that no more reports follow. */
function actionOf(action: string, status: string): DeliveryAction | null {
  const word = action.toLowerCase().split(/[\s(;]/)[0];
  if (word === 'failed') return 'failed';
  if (word === 'delayed') return 'delayed';
  if (word === 'delivered' || word === 'relayed' || word === 'expanded') return 'delivered';
  // Some servers leave it out.
  return status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : null;
}

/** The value after its type, as in `rfc822; anna@example.com`. */
function typed(value: string): string {
  return value.replace(/^\s*(?:[\w-]+)\s*;\s*/, '').trim();
}

/** With the escapes of RFC 6533 (`\x{E9}`) undone. */
function addressOf(value: string): string | null {
  const address = typed(value)
    .replaceAll(
      /\\x\{([0-9a-f]{2,6})\}/gi,
      (whole, hex: string) => codePoint(Number.parseInt(hex, 16)) ?? whole,
    )
    .replaceAll(/^<|>$/g, '')
    .trim();
  return isAddress(address) ? address : null;
}

function codePoint(code: number): string | null {
  return code <= 0x10ffff ? storableText(String.fromCodePoint(code)) : null;
}

function isAddress(text: string): boolean {
  return text.length <= 320 && /^[^\s<>@]+@[^\s<>@]+$/.test(text);
}

const ENHANCED = /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/;

/** Some servers say `5.0.0` where the receiving server was more precise. */
function statusOf(status: string, text: string): string | null {
  const own = ENHANCED.exec(status)?.[1] ?? null;
  const said = ENHANCED.exec(text)?.[1] ?? null;
  if (own === null) return said ?? replyStatus(text);
  return own.endsWith('.0.0') && said?.[0] === own[0] ? said : own;
}

/** The class of a reply without an enhanced code, such as `550 no such user`. */
function replyStatus(text: string): string | null {
  const reply = /(?<![\d.])([45])\d\d[\s:-]/.exec(text)?.[1];
  return reply === undefined ? null : `${reply}.0.0`;
}

function shortText(text: string): string | null {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_TEXT).toWellFormed() || null;
}

/** What the returned mail, or its header, says about itself. */
function returnedMail(mail: ParsedEmail, copy = ''): ReturnedMail {
  const part = mail.attachments.find(({ contentType }) => RETURNED_TYPES.has(contentType));
  const header = part ? textOf(part) : copy;
  const fields = fieldsOf(header.replaceAll('\r\n', '\n').split(/\n[ \t]*\n/)[0] ?? '');
  return {
    messageId: messageIdsOf(fields.get('message-id'))[0] ?? null,
    returnPaths: [fields.get('return-path') ?? ''].flatMap((value) => addressOf(value) ?? []),
  };
}

function complaintOf(mail: ParsedEmail, text: string): DeliveryReport | null {
  const fields = new Map(groupsOf(text).flatMap((group) => [...group]));
  const type = (fields.get('feedback-type') ?? '').toLowerCase();
  if (type !== 'abuse' && type !== 'fraud' && type !== 'opt-out') return null;
  const { messageId, returnPaths } = returnedMail(mail);
  const sender = addressOf(fields.get('original-mail-from') ?? '');
  return {
    kind: type === 'opt-out' ? 'opt_out' : 'complaint',
    address:
      addressOf(fields.get('original-rcpt-to') ?? '') ?? addressOf(fields.get('removal-recipient') ?? ''),
    messageId,
    returnPaths: sender === null ? returnPaths : [sender, ...returnPaths],
  };
}

/** Where the copy of the mail begins in reports that are plain text. */
const COPY =
  /^-{2,} ?(?:Below this line is (?:a copy of )?the (?:message|original)|This is a copy of (?:the|your) message|The body of the message).*$/im;

const PLAIN_REPORT =
  /^Hi\. This is the \S+|wasn't able to deliver your message|were unable to deliver your message|could not be delivered to|delivery to the following recipients? failed|undeliverable/im;

const PERMANENT = /permanent (?:error|failure)|given up|could not be delivered|unable to deliver/i;
const DELAYED =
  /has not yet been delivered|will be retried|not been able to deliver.{0,200}yet|delivery .{0,20}delayed/i;

/** Of qmail (QSBMF), Yahoo, and Exim: for people, without a part for programs. */
function plainReport(mail: ParsedEmail): DeliveryReport | null {
  const text = (mail.text ?? '').slice(0, MAX_REPORT_BYTES).replaceAll('\r\n', '\n');
  const failed = (mail.headers['x-failed-recipients'] ?? '')
    .split(',')
    .flatMap((item) => addressOf(item) ?? []);
  const sentByServer = /^(?:mailer-daemon|postmaster)@/i.test(mail.from?.address ?? '');
  if (failed.length === 0 && !(sentByServer && PLAIN_REPORT.test(text.slice(0, 2_000)))) return null;
  const at = COPY.exec(text);
  const said = (at ? text.slice(0, at.index) : text).slice(0, MAX_SAID);
  const copy = at ? text.slice(at.index + at[0].length).trimStart() : '';
  const isDelayed = DELAYED.test(said) && !PERMANENT.test(said);
  const recipients = paragraphsOf(said, failed).map(({ address, reason }): ReportedRecipient => {
    const status = statusOf('', reason);
    const action = isDelayed ? 'delayed' : 'failed';
    return { address, action, status: status ?? (isDelayed ? '4.0.0' : '5.0.0'), text: shortText(reason) };
  });
  return recipients.length > 0 ? { kind: 'delivery', recipients, ...returnedMail(mail, copy) } : null;
}

/** `<anna@example.com>:` and the reason below it; an address on a line of its own, indented, is the form of Exim. */
function paragraphsOf(said: string, failed: readonly string[]): { address: string; reason: string }[] {
  const found: { address: string; reason: string[] }[] = [];
  let current: { address: string; reason: string[] } | undefined;
  for (const line of said.split('\n')) {
    const [, bracketed, indented] =
      (line.length <= MAX_FIELD &&
        /^(?:<([^<>\s@]+@[^<>\s@]+)>:|\s+([^<>\s@]+@[^<>\s:@]+))\s*$/.exec(line)) ||
      [];
    const address = bracketed ?? indented;
    if (address !== undefined && isAddress(address)) {
      current = { address, reason: [] };
      if (found.length < MAX_RECIPIENTS) found.push(current);
    } else if (line.trim() === '' && (current?.reason.length ?? 0) > 0) current = undefined;
    else if (line.trim() !== '') current?.reason.push(line.trim());
  }
  const listed = found.map(({ address, reason }) => ({ address, reason: reason.join(' ') }));
  return listed.length > 0 ? listed : failed.map((address) => ({ address, reason: '' }));
}
