import { z } from 'zod';
import type { Uuid } from '../../base/id.ts';
import type { MailCondition } from '../../mail/mail-queue.ts';

/** Why an address gets no mail. Stored, so the names never change. */
export const SUPPRESSION_REASONS = ['hard_bounce', 'complaint', 'unsubscribe', 'manual'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** An address that gets no mail. */
export const suppressionShape = z
  .object({
    id: z.uuid(),
    email: z.string().nullable().meta({ description: 'Null once the person was erased.' }),
    reason: z.enum(SUPPRESSION_REASONS).meta({
      description:
        '`hard_bounce`: the address does not work. `complaint`: the mail was reported as spam. `unsubscribe`: by the recipient. `manual`: by a member.',
    }),
    topic_id: z.uuid().nullable().meta({ description: 'Null: mails of all topics and of none.' }),
    email_id: z.uuid().nullable().meta({ description: 'The email that it comes from.' }),
    note: z.string().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Suppression' });
export type Suppression = z.output<typeof suppressionShape>;

export interface NewSuppression {
  address: string;
  reason: SuppressionReason;
  topicId: Uuid | null;
  emailId: Uuid | null;
  note: string | null;
}

/**
 * SQL: what addresses are compared by. A hash, so that the list still holds for an erased person. Addresses are in lower
 * case here: no mail system in use tells them apart.
 */
export function addressHash(address: string): string {
  return `sha256(convert_to(lower(${address}), 'UTF8'))`;
}

/** SQL: whether an address gets no mail like `m`, the row of email_send. */
const isSuppressed = (address: string) => `exists (
    select from suppression p
    where p.workspace_id = m.workspace_id and p.address_hash = ${addressHash(address)}
      and (p.topic_id is null or p.topic_id = (
        select e.topic_id from email e where e.workspace_id = m.workspace_id and e.id = m.email_id)))`;

/** Checked in the statement that claims a mail (`m`), so that nothing is sent that was suppressed a moment before. */
export const SUPPRESSION_CONDITION: MailCondition = {
  name: 'The recipient is on the suppression list.',
  holds: `m.ignores_suppression or not ${isSuppressed('m.to_address')}`,
  otherwise: 'cancel',
};

/** Whether a Cc or Bcc recipient is left out of a mail, by the statement that claims it; see `EmailQueue`. */
export const SUPPRESSED_COPY = `not m.ignores_suppression and ${isSuppressed('copy.address')}`;
