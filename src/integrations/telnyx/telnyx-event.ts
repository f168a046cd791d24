import type { MessageReport, MessageStatus } from '../../messaging/telephony/message-status.ts';
import type { ReceivedMessage } from '../../messaging/telephony/received-message.ts';
import { MAX_MEDIA } from '../../messaging/telephony/message-fields.ts';

type Json = Readonly<Record<string, unknown>>;

/** What an event of Telnyx says. */
export type TelnyxEvent =
  | { kind: 'received'; message: ReceivedMessage }
  | { kind: 'report'; report: MessageReport & { isOptOut: boolean } }
  | { kind: 'other'; type: string };

const STATUSES: Readonly<Record<string, MessageStatus>> = {
  queued: 'sent',
  sending: 'sent',
  sent: 'sent',
  delivered: 'delivered',
  delivery_unconfirmed: 'sent',
  delivery_failed: 'undelivered',
  sending_failed: 'failed',
};

/** Telnyx's code for a recipient that has opted out. */
const OPTED_OUT = '40300';

/** @param body of `https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks`; null if it is no event */
export function readTelnyxEvent(body: unknown): TelnyxEvent | null {
  const data = objectIn(objectIn(body)?.['data']);
  const type = textOf(data?.['event_type']);
  const payload = objectIn(data?.['payload']);
  if (type === null || !payload) return null;
  const externalId = textOf(payload['id']);
  if (externalId === null) return { kind: 'other', type };
  if (type === 'message.received') {
    const message = receivedIn(payload, externalId);
    return message ? { kind: 'received', message } : null;
  }
  if (type === 'message.sent' || type === 'message.finalized') {
    const report = reportOf(payload);
    return report ? { kind: 'report', report } : { kind: 'other', type };
  }
  return { kind: 'other', type };
}

/** What the log shows of an event. */
export function telnyxSummary(body: unknown) {
  const data = objectIn(objectIn(body)?.['data']);
  return { type: textOf(data?.['event_type']), externalId: textOf(data?.['id']) };
}

/** The status of a message, in an event or in an answer of the API. */
export function reportOf(payload: Json): (MessageReport & { isOptOut: boolean }) | null {
  const externalId = textOf(payload['id']);
  const [to] = objectsIn(payload['to']);
  const sent = textOf(to?.['status']) ?? '';
  if (externalId === null || !Object.hasOwn(STATUSES, sent)) return null;
  const [error] = objectsIn(payload['errors']);
  const code = codeOf(error?.['code']);
  return {
    externalId,
    status: STATUSES[sent]!,
    errorCode: code,
    errorText: textOf(error?.['detail']) ?? textOf(error?.['title']),
    isOptOut: code === OPTED_OUT,
  };
}

/** As a text, of a text or a number. */
export function codeOf(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : textOf(value);
}

function receivedIn(payload: Json, externalId: string): ReceivedMessage | null {
  const from = textOf(objectIn(payload['from'])?.['phone_number']);
  const to = textOf(objectsIn(payload['to'])[0]?.['phone_number']);
  if (from === null || to === null) return null;
  const media = objectsIn(payload['media'])
    .slice(0, MAX_MEDIA)
    .map((item) => ({
      url: textOf(item['url']) ?? '',
      contentType: textOf(item['content_type']) ?? 'application/octet-stream',
    }))
    .filter(({ url }) => URL.canParse(url));
  return {
    externalId,
    from,
    to,
    channel: media.length > 0 ? 'mms' : 'sms',
    body: textOf(payload['text']) ?? '',
    media,
    optOutType: null,
    senderName: null,
  };
}

function objectIn(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectIn).filter((item) => item !== undefined) : [];
}

/** A text as it can be stored: without NUL and halves of emojis. */
function textOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : '';
  return text === '' ? null : text;
}
