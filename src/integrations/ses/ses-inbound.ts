import { z } from 'zod';
import type { ProviderMail } from '../received-mail.ts';

const shape = z.looseObject({
  notificationType: z.literal('Received'),
  content: z.string().optional().catch(undefined),
  mail: z
    .looseObject({ source: z.string().catch(''), destination: z.array(z.string()).catch([]) })
    .catch({ source: '', destination: [] }),
  receipt: z
    .looseObject({
      recipients: z.array(z.string()).catch([]),
      action: z.looseObject({ encoding: z.string().catch('UTF-8') }).catch({ encoding: 'UTF-8' }),
    })
    .catch({ recipients: [], action: { encoding: 'UTF-8' } }),
});

/** Whether a verified message of SNS is about a mail that SES received. */
export function isSesMail(message: unknown): boolean {
  return (message as { notificationType?: unknown } | null)?.notificationType === 'Received';
}

/**
 * The mail of a message of SNS, from the receipt rule's action SNS, which has mails of up to 150 kB. Null if the message
 * has no mail, as with the action S3.
 */
export function readSesMail(message: unknown): ProviderMail | null {
  const { data } = shape.safeParse(message);
  if (!data?.content) return null;
  const { recipients, action } = data.receipt;
  const raw = Buffer.from(data.content, action.encoding.toUpperCase() === 'BASE64' ? 'base64' : 'utf8');
  const to = recipients.length > 0 ? recipients : data.mail.destination;
  return { content: { raw }, envelope: { from: data.mail.source, to } };
}
