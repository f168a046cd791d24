import { z } from 'zod';
import { hmacSha256, sameBytes } from '../../base/hmac.ts';
import type { InboundRequest } from '../../connections/connection-kind.ts';
import type { EmailReport } from '../../messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../messaging/suppressions/bounce-class.ts';
import { EMAIL_ID, emailIdOf, timeOfReport } from '../email-api.ts';

/** How far the time of a signature may be from now, in seconds. */
const TOLERANCE_S = 300;

/**
 * Verifies the signature of Svix: an HMAC-SHA256 of `id.timestamp.body`, in base64. Any `v1` is enough: after a rotation
 * there are several.
 * @param secret `whsec_` and the base64 of the key
 * @returns why it does not match, null if it does
 */
export function verifyResend(
  { headers, rawBody }: Pick<InboundRequest, 'headers' | 'rawBody'>,
  secret: string,
  nowMs: number,
): string | null {
  const id = String(headers['svix-id'] ?? '');
  const time = String(headers['svix-timestamp'] ?? '');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = Buffer.from(hmacSha256(key, 'base64', `${id}.${time}.`, rawBody));
  const signatures = String(headers['svix-signature'] ?? '')
    .split(' ')
    .flatMap((item) => (item.startsWith('v1,') ? [Buffer.from(item.slice(3))] : []));
  const isSigned = signatures.some((signature) => sameBytes(signature, expected));
  if (id === '' || !/^\d{1,12}$/.test(time) || signatures.length === 0)
    return 'header_malformed: svix-id, svix-timestamp or svix-signature is missing.';
  if (key.length === 0 || !isSigned) return 'no_signature_matches: the signing secret is another one.';
  return Math.abs(nowMs / 1000 - Number(time)) <= TOLERANCE_S
    ? null
    : 'timestamp_outside_tolerance: the signature is more than 5 minutes old or ahead.';
}

const text = z.string().optional().catch(undefined);
const webhook = z.looseObject({
  type: z.string(),
  created_at: text,
  data: z.looseObject({
    email_id: text,
    to: z.array(z.string()).catch([]).optional(),
    tags: z
      .union([
        z.record(z.string(), z.unknown()),
        z
          .array(z.looseObject({ name: z.string(), value: z.unknown() }))
          .transform((tags) => Object.fromEntries(tags.map(({ name, value }) => [name, value]))),
      ])
      .optional()
      .catch(undefined),
    bounce: z.looseObject({ type: text, subType: text, message: text }).optional().catch(undefined),
    failed: z.looseObject({ reason: text }).optional().catch(undefined),
  }),
});
type ResendWebhook = z.output<typeof webhook>;

export function resendType(body: unknown): string | null {
  return webhook.safeParse(body).data?.type ?? null;
}

/** What a webhook of Resend says; empty for those that are not used. */
export function resendReports(body: unknown, now: number): EmailReport[] {
  const { data: event } = webhook.safeParse(body);
  if (!event) return [];
  const { data, type, created_at: at } = event;
  // It does not say which of several recipients it is about.
  const [recipient, ...others] = data.to ?? [];
  const common = {
    at: timeOfReport(at, now),
    ...emailIdOf(data.tags?.[EMAIL_ID]),
    ...(data.email_id !== undefined && { providerId: data.email_id }),
    ...(recipient !== undefined && others.length === 0 && { recipient: addressOf(recipient) }),
  };
  switch (type) {
    case 'email.delivered':
      return [{ ...common, kind: 'delivered' }];
    case 'email.delivery_delayed':
      return [{ ...common, kind: 'deferred' }];
    case 'email.complained':
      return [{ ...common, kind: 'complained' }];
    case 'email.bounced':
      return [bounced(data, common)];
    case 'email.failed':
      return [{ ...common, kind: 'failed', text: data.failed?.reason ?? 'Resend could not send it.' }];
    default:
      return [];
  }
}

function bounced({ bounce }: ResendWebhook['data'], common: Omit<EmailReport, 'kind'>): EmailReport {
  const { type, subType, message } = bounce ?? {};
  const evidence = { text: message };
  const found = classifyBounce(evidence);
  const isRefused = found === 'block' || subType === 'ContentRejected' || subType === 'AttachmentRejected';
  const kind = isRefused ? 'block' : type === 'Permanent' ? 'hard' : type === 'Transient' ? 'soft' : found;
  return {
    ...common,
    kind: 'bounced',
    bounce: { kind, status: statusOf(evidence) },
    ...(message !== undefined && { text: message }),
  };
}

function addressOf(mailbox: string): string {
  return /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox;
}
