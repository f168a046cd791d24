import { z } from 'zod';
import type { BounceKind, EmailReport } from '../../messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../messaging/suppressions/bounce-class.ts';
import { EMAIL_ID, emailIdOf, timeOfReport } from '../email-api.ts';

const record = z.looseObject({
  RecordType: z.string(),
  MessageID: z.string().optional(),
  ID: z.union([z.number(), z.string()]).optional(),
  Type: z.string().optional(),
  Email: z.string().optional(),
  Recipient: z.string().optional(),
  Description: z.string().optional(),
  Details: z.string().optional(),
  BouncedAt: z.string().optional(),
  DeliveredAt: z.string().optional(),
  ChangedAt: z.string().optional(),
  SuppressSending: z.boolean().optional(),
  SuppressionReason: z.string().nullish(),
  Metadata: z.record(z.string(), z.unknown()).catch({}).optional(),
});

/** What Postmark calls the reason of a bounce; what is missing is no bounce, or is judged by its text. */
const BOUNCES: Readonly<Record<string, BounceKind>> = {
  HardBounce: 'hard',
  BadEmailAddress: 'hard',
  AddressChange: 'hard',
  ManuallyDeactivated: 'hard',
  SoftBounce: 'soft',
  Transient: 'soft',
  DnsError: 'soft',
  SMTPApiError: 'soft',
  Blocked: 'block',
  SpamNotification: 'block',
  DMARCPolicy: 'block',
  VirusNotification: 'block',
  TemplateRenderingFailed: 'block',
};
/** Answers of people and machines, which Postmark lists among the bounces. */
const NO_BOUNCES = new Set(['AutoResponder', 'ChallengeVerification', 'OpenRelayTest', 'Subscribe']);

export function postmarkSummary(body: unknown): { type: string | null; externalId: string | null } {
  const { data } = record.safeParse(body);
  const { RecordType: type = null, Type: kind, MessageID: id } = data ?? {};
  return { type: kind === undefined ? type : `${type}.${kind}`, externalId: id ?? null };
}

/** What a webhook of Postmark says; empty for those that are not used. */
export function postmarkReports(body: unknown, now: number): EmailReport[] {
  const { data } = record.safeParse(body);
  if (!data) return [];
  const { MessageID: id, Metadata: metadata, Email: email = data.Recipient } = data;
  const common = {
    ...emailIdOf(metadata?.[EMAIL_ID]),
    ...(id !== undefined && { providerId: id }),
    ...(email !== undefined && { recipient: email }),
  };
  const bouncedAt = timeOfReport(data.BouncedAt, now);
  switch (data.RecordType) {
    case 'Delivery':
      return [{ ...common, kind: 'delivered', at: timeOfReport(data.DeliveredAt, now) }];
    case 'SpamComplaint':
      return [{ ...common, kind: 'complained', at: bouncedAt }];
    case 'SubscriptionChange':
      return data.SuppressSending && data.SuppressionReason === 'ManualSuppression'
        ? [{ ...common, kind: 'unsubscribed', at: timeOfReport(data.ChangedAt, now) }]
        : [];
    case 'Bounce':
      return bounce(data, common, bouncedAt);
    default:
      return [];
  }
}

function bounce(
  { Type: type = '', Details: details, Description: description }: z.output<typeof record>,
  common: Partial<EmailReport>,
  at: number,
): EmailReport[] {
  if (type === 'SpamComplaint') return [{ ...common, kind: 'complained', at }];
  if (type === 'Unsubscribe') return [{ ...common, kind: 'unsubscribed', at }];
  if (NO_BOUNCES.has(type)) return [];
  const text = details || description;
  const kind = Object.hasOwn(BOUNCES, type) ? BOUNCES[type]! : classifyBounce({ text });
  const evidence = { kind, status: statusOf({ text }) };
  return [{ ...common, kind: 'bounced', at, bounce: evidence, ...(text && { text }) }];
}
