import { ApiError } from '../../base/errors.ts';
import type { WriteContext } from '../../record/noun.ts';
import type { Email } from './email-fields.ts';

/** What the enrich steps found out about a new mail; see email-draft.ts. */
export interface EmailResolution {
  /** Fields that a client cannot send. */
  values?: Partial<Email>;
}

/** Fields of a mail that cannot change once it is no draft. */
const FIXED = [
  'connection_id',
  'to',
  'to_name',
  'cc',
  'bcc',
  'subject',
  'template_id',
  'send_at',
  'status',
  'user_id',
  'track_opens',
  'track_clicks',
] as const;

/** Completes a new mail, and keeps what was sent as it was. */
export function emailAfter(next: Email, before: Email | null, { resolved }: WriteContext): Email {
  const { values } = resolved as EmailResolution;
  const after = { ...next, ...values };
  if (before === null || before.status === 'draft') return after;
  const changed = FIXED.find((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  if (changed !== undefined && values === undefined)
    throw new ApiError('conflict', `The ${changed} of an email can only be changed while it is a draft.`);
  return after;
}
