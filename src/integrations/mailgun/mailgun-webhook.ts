import { z } from 'zod';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import type { EmailReport } from '../../messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../messaging/suppressions/bounce-class.ts';
import { EMAIL_ID, emailIdOf, timeOfReport } from '../email-api.ts';

/** How far the time of a signature may be from now, in seconds. */
const TOLERANCE_S = 300;

const webhook = z.looseObject({
  signature: z.looseObject({
    timestamp: z.union([z.string(), z.number()]).transform(String),
    token: z.string().max(200),
    signature: z.string().max(200),
  }),
  'event-data': z.unknown(),
});

const text = z.string().optional().catch(undefined);
const event = z.looseObject({
  id: text,
  event: z.string(),
  severity: text,
  reason: text,
  timestamp: z.number().optional().catch(undefined),
  recipient: text,
  message: z
    .looseObject({ headers: z.looseObject({ 'message-id': text }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
  'delivery-status': z
    .looseObject({ code: z.unknown(), 'enhanced-code': text, message: text, description: text })
    .optional()
    .catch(undefined),
  'user-variables': z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** Tokens of webhooks that were handled: each is valid once. */
export interface UsedTokens {
  has(token: string): boolean;
  add(token: string): void;
  delete(token: string): void;
}

const MAX_TOKENS = 100_000;

/** Kept for as long as a token is valid, in this process: what another process takes again changes nothing either. */
export function makeUsedTokens(now: () => number): UsedTokens {
  const used = new Map<string, number>();
  return {
    has: (token) => (used.get(token) ?? 0) > now(),
    add(token) {
      for (const [old, until] of used) {
        if (until > now() && used.size < MAX_TOKENS) break;
        used.delete(old);
      }
      used.set(token, now() + 2 * TOLERANCE_S * 1000);
    },
    delete: (token) => void used.delete(token),
  };
}

/** The token of a webhook; '' without one. */
export function tokenOf(body: unknown): string {
  return webhook.safeParse(body).data?.signature.token ?? '';
}

/**
 * Verifies the signature in the body: a hex HMAC-SHA256 of `timestamp ‖ token`. Mailgun does not sign the rest of the body,
 * which is why a token is valid once, and for five minutes.
 * @returns why it does not match, null if it does
 */
export function verifyMailgun(body: unknown, key: string, used: UsedTokens, nowMs: number): string | null {
  const { data } = webhook.safeParse(body);
  const { timestamp = '', token = '', signature = '' } = data?.signature ?? {};
  const expected = hmacSha256(key, 'hex', `${timestamp}${token}`);
  const isSigned = sameBytes(Buffer.from(signature.toLowerCase()), Buffer.from(expected));
  if (!data || token === '') return 'malformed: the body has no signature of Mailgun.';
  if (key === '' || !isSigned) return 'no_signature_matches: the webhook signing key is another one.';
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_S)
    return 'timestamp_outside_tolerance: the signature is more than 5 minutes old or ahead.';
  return used.has(token) ? 'replayed: the token was used before.' : null;
}

export function mailgunSummary(body: unknown): { type: string | null; externalId: string | null } {
  const { data } = event.safeParse(webhook.safeParse(body).data?.['event-data']);
  return { type: data?.event ?? null, externalId: data?.id ?? null };
}

/** What a webhook of Mailgun says; empty for those that are not used. */
export function mailgunReports(body: unknown, now: number): EmailReport[] {
  const { data } = event.safeParse(webhook.safeParse(body).data?.['event-data']);
  if (!data) return [];
  const messageId = data.message?.headers?.['message-id']?.replace(/^<|>$/g, '');
  const common = {
    at: timeOfReport(data.timestamp, now),
    ...emailIdOf(data['user-variables']?.[EMAIL_ID]),
    ...(messageId !== undefined && { messageId, providerId: messageId }),
    ...(data.recipient !== undefined && { recipient: data.recipient }),
  };
  switch (data.event) {
    case 'delivered':
      return [{ ...common, kind: 'delivered' }];
    case 'complained':
      return [{ ...common, kind: 'complained' }];
    case 'unsubscribed':
      return [{ ...common, kind: 'unsubscribed' }];
    case 'failed':
      return [failure(data, common)];
    case 'rejected':
      return [{ ...common, kind: 'failed', text: data.reason ?? 'Mailgun rejected it.' }];
    default:
      return [];
  }
}

function failure(
  { severity, reason, 'delivery-status': status }: z.output<typeof event>,
  common: Omit<EmailReport, 'kind'>,
): EmailReport {
  const said = status?.message || status?.description || reason;
  const more = said === undefined ? {} : { text: said };
  if (severity !== 'permanent') return { ...common, kind: 'deferred', ...more };
  const evidence = { status: status?.['enhanced-code'], text: said };
  // Mailgun did not try: the address bounced or complained before.
  const isSuppressed = reason?.startsWith('suppress-') === true;
  const kind = isSuppressed ? 'hard' : classifyBounce(evidence);
  return { ...common, kind: 'bounced', bounce: { kind, status: statusOf(evidence) }, ...more };
}
