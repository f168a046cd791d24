import { z } from 'zod';
import type { EmailReport } from '../../messaging/emails/email-report.ts';
import { classifyBounce, statusOf } from '../../messaging/suppressions/bounce-class.ts';
import { EMAIL_ID, emailIdOf, timeOfReport } from '../email-api.ts';

const recipient = z.looseObject({
  emailAddress: z.string(),
  status: z.string().optional().catch(undefined),
  diagnosticCode: z.string().optional().catch(undefined),
});
const recipients = z.array(recipient).catch([]);

const event = z.looseObject({
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.looseObject({
    messageId: z.string().optional(),
    tags: z.record(z.string(), z.array(z.string())).catch({}).optional(),
    commonHeaders: z.looseObject({ messageId: z.string().optional() }).optional().catch(undefined),
  }),
  bounce: z
    .looseObject({
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: recipients,
      timestamp: z.string().optional(),
    })
    .optional(),
  complaint: z.looseObject({ complainedRecipients: recipients, timestamp: z.string().optional() }).optional(),
  delivery: z
    .looseObject({ recipients: z.array(z.string()).catch([]), timestamp: z.string().optional() })
    .optional(),
  deliveryDelay: z
    .looseObject({ delayedRecipients: recipients, timestamp: z.string().optional() })
    .optional(),
  reject: z.looseObject({ reason: z.string().optional() }).optional(),
  failure: z.looseObject({ errorMessage: z.string().optional() }).optional(),
});
type SesEvent = z.output<typeof event>;

/** The type of an event of SES: `eventType` of event publishing, `notificationType` of notifications. */
export function sesType(body: unknown): string | null {
  const { data } = event.safeParse(body);
  return data?.eventType ?? data?.notificationType ?? null;
}

/** What an event of SES says; empty for those that are not used. Opens and clicks are counted by the program itself. */
export function sesReports(body: unknown, now: number): EmailReport[] {
  const { data } = event.safeParse(body);
  if (!data) return [];
  const ids = idsOf(data);
  const at = (value: { timestamp?: string | undefined } | undefined) => timeOfReport(value?.timestamp, now);
  switch (data.eventType ?? data.notificationType) {
    case 'Delivery':
      return (data.delivery?.recipients ?? []).map((address) => ({
        ...ids,
        kind: 'delivered',
        at: at(data.delivery),
        recipient: address,
      }));
    case 'DeliveryDelay':
      return (data.deliveryDelay?.delayedRecipients ?? []).map((item) => ({
        ...ids,
        kind: 'deferred',
        at: at(data.deliveryDelay),
        recipient: item.emailAddress,
        ...(item.diagnosticCode !== undefined && { text: item.diagnosticCode }),
      }));
    case 'Bounce':
      return bounces(data, at(data.bounce));
    case 'Complaint':
      return (data.complaint?.complainedRecipients ?? []).map(({ emailAddress }) => ({
        ...ids,
        kind: 'complained',
        at: at(data.complaint),
        recipient: emailAddress,
      }));
    case 'Reject':
      return [{ ...ids, kind: 'failed', at: now, text: data.reject?.reason ?? 'SES rejected it.' }];
    case 'Rendering Failure':
      return [{ ...ids, kind: 'failed', at: now, text: data.failure?.errorMessage ?? 'Not rendered.' }];
    default:
      return [];
  }
}

function idsOf({ mail }: SesEvent): Partial<EmailReport> {
  return {
    ...emailIdOf(mail.tags?.[EMAIL_ID]?.[0]),
    ...(mail.messageId !== undefined && { providerId: mail.messageId }),
  };
}

function bounces(data: SesEvent, at: number): EmailReport[] {
  const { bounceType, bounceSubType, bouncedRecipients = [] } = data.bounce ?? {};
  return bouncedRecipients.map(({ emailAddress, status, diagnosticCode: text }) => {
    const evidence = { status, text };
    const isHard = bounceType === 'Permanent' && (bounceSubType !== 'General' || text === undefined);
    const kind = isHard && classifyBounce(evidence) !== 'block' ? 'hard' : classifyBounce(evidence);
    return {
      ...idsOf(data),
      kind: 'bounced',
      at,
      recipient: emailAddress,
      bounce: { kind: bounceSubType === 'ContentRejected' ? 'block' : kind, status: statusOf(evidence) },
      ...(text !== undefined && { text }),
    };
  });
}
