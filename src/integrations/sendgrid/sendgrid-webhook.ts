import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { InboundRequest } from '../../connections/connection-kind.ts';
import type { EmailReport } from '../../messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../messaging/suppressions/bounce-class.ts';
import { EMAIL_ID, emailIdOf, timeOfReport } from '../email-api.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';
/** How far the time of a signature may be from now, in seconds. */
const TOLERANCE_S = 600;

/**
 * Verifies the signature of the Signed Event Webhook: ECDSA P-256 with SHA-256 over `timestamp ‖ body`.
 * @param publicKey base64 of the SPKI, as SendGrid shows it
 * @returns why it does not match, null if it does
 */
export function verifySendgrid(
  { headers, rawBody }: Pick<InboundRequest, 'headers' | 'rawBody'>,
  publicKey: string,
  nowMs: number,
): string | null {
  const signature = String(headers[SIGNATURE] ?? '');
  const timestamp = String(headers[TIMESTAMP] ?? '');
  if (signature === '' || !/^\d{1,12}$/.test(timestamp))
    return 'header_malformed: the request has no signature. Enable the Signed Event Webhook.';
  const key = keyOf(publicKey);
  if (!key) return 'no_key: enter the verification key of the Signed Event Webhook.';
  const isSigned = createVerify('SHA256').update(timestamp).update(rawBody).verify(key, signature, 'base64');
  if (!isSigned) return 'no_signature_matches: the verification key is another one.';
  return Math.abs(nowMs / 1000 - Number(timestamp)) <= TOLERANCE_S
    ? null
    : 'timestamp_outside_tolerance: the signature is more than 10 minutes old or ahead.';
}

/** Null for what is no P-256 key. */
function keyOf(text: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}

/** Whether a text is such a key. */
export function isSendgridKey(text: string): boolean {
  return keyOf(text) !== null;
}

const text = z.string().optional().catch(undefined);
const event = z.looseObject({
  event: z.string(),
  email: text,
  timestamp: z.number().optional().catch(undefined),
  sg_event_id: text,
  sg_message_id: text,
  'smtp-id': text,
  type: text,
  reason: text,
  response: text,
  status: text,
  bounce_classification: text,
  [EMAIL_ID]: text,
});
type SendgridEvent = z.output<typeof event>;

function eventsOf(body: unknown): SendgridEvent[] {
  if (!Array.isArray(body)) return [];
  return body.flatMap((item) => event.safeParse(item).data ?? []);
}

export function sendgridSummary(body: unknown): { type: string | null; externalId: string | null } {
  const events = eventsOf(body);
  const types = [...new Set(events.map((item) => item.event))];
  return { type: types.length > 0 ? types.join(', ') : null, externalId: events[0]?.sg_event_id ?? null };
}

/** What a batch of events says, without those that are not used. */
export function sendgridReports(body: unknown, now: number): EmailReport[] {
  return eventsOf(body).flatMap((item) => reportOf(item, now) ?? []);
}

function reportOf(item: SendgridEvent, now: number): EmailReport | null {
  // The id of the response is its first part.
  const providerId = item.sg_message_id?.split('.')[0];
  const messageId = item['smtp-id']?.replace(/^<|>$/g, '');
  const said = item.reason || item.response;
  const common = {
    at: timeOfReport(item.timestamp, now),
    ...emailIdOf(item[EMAIL_ID]),
    ...(providerId && { providerId }),
    ...(messageId && { messageId }),
    ...(item.email !== undefined && { recipient: item.email }),
    ...(said && { text: said }),
  };
  switch (item.event) {
    case 'delivered':
      return { ...common, kind: 'delivered' };
    case 'deferred':
      return { ...common, kind: 'deferred' };
    case 'bounce':
      return { ...common, kind: 'bounced', bounce: bounceOf(item, said) };
    case 'dropped':
      return dropped(common, said);
    case 'spamreport':
      return { ...common, kind: 'complained' };
    case 'unsubscribe':
    case 'group_unsubscribe':
      return { ...common, kind: 'unsubscribed' };
    default:
      return null;
  }
}

/** SendGrid calls a bounce `blocked` when the server may take the next mail. */
function bounceOf({ type, status }: SendgridEvent, said: string | undefined) {
  const evidence = { status, text: said };
  const kind = classifyBounce(evidence);
  return {
    kind: type === 'blocked' && kind === 'hard' ? ('block' as const) : kind,
    status: statusOf(evidence),
  };
}

/** Not sent: the address is on a list of SendGrid, or the mail itself is wrong. */
function dropped(common: Omit<EmailReport, 'kind'>, said = ''): EmailReport {
  if (/bounced address|invalid/i.test(said))
    return { ...common, kind: 'bounced', bounce: { kind: 'hard', status: null } };
  if (/spam reporting/i.test(said)) return { ...common, kind: 'complained' };
  if (/unsubscribed/i.test(said)) return { ...common, kind: 'unsubscribed' };
  return { ...common, kind: 'failed' };
}
