import { ApiError } from '../../base/errors.ts';
import type { WriteContext } from '../../record/noun.ts';
import type { Email } from './email-fields.ts';

/** What the enrich step found out about a new mail (email-draft.ts). */
export interface EmailResolution {
  /** Fields that a client cannot send. */
  values: Partial<Email>;
  /** The thread that it joins; null: it begins one, with its own id. */
  threadId: string | null;
  /** What its Message-ID ends with. */
  messageDomain: string;
}

/** Fields of a mail that cannot change once it is no draft. */
const FIXED = [
  'status',
  'connection_id',
  'to',
  'to_name',
  'cc',
  'bcc',
  'subject',
  'template_id',
  'user_id',
  'send_at',
  'track_opens',
  'track_clicks',
] as const;

/** Completes a new mail, and keeps what was sent as it was. */
export function emailAfter(next: Email, before: Email | null, { resolved }: WriteContext): Email {
  if (before === null) return newEmail(next, resolved);
  const changed = FIXED.find((field) => JSON.stringify(before[field]) !== JSON.stringify(next[field]));
  if (changed !== undefined && (before.status !== 'draft' || changed === 'status'))
    throw new ApiError(
      'conflict',
      `The field ${changed} of an email can only be changed while it is a draft.`,
    );
  return next;
}

function newEmail(next: Email, { values, threadId, messageDomain }: Partial<EmailResolution>): Email {
  if (!values) return next;
  return {
    ...next,
    ...values,
    thread_id: threadId ?? next.id,
    message_id: `${next.id}@${messageDomain}`,
  };
}
