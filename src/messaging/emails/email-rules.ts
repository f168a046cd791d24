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

/** What a change does to the content (email-change.ts). */
export interface EmailContentChange {
  /** Set when it is written. */
  hasNewContent: boolean;
  /** Undefined: as before. */
  snippet?: string | null;
}

/** Fields of a mail that cannot change once it is no draft. */
const FIXED = ['status', 'connection_id', 'template_id', 'user_id'] as const;
/** Fields that also change as long as it is scheduled. */
const FIXED_ONCE_DUE = [
  'to',
  'to_name',
  'cc',
  'bcc',
  'subject',
  'send_at',
  'track_opens',
  'track_clicks',
] as const;

/** Completes a new mail, and keeps what was sent as it was. */
export function emailAfter(next: Email, before: Email | null, { at, resolved }: WriteContext): Email {
  if (before === null) return newEmail(next, resolved);
  const isChanged = (field: keyof Email) => JSON.stringify(before[field]) !== JSON.stringify(next[field]);
  const fixed = FIXED.find(isChanged);
  if (fixed !== undefined && (before.status !== 'draft' || fixed === 'status'))
    throw conflict(fixed, 'while it is a draft');
  const due = FIXED_ONCE_DUE.find(isChanged);
  if (due !== undefined && before.status !== 'draft' && before.status !== 'scheduled')
    throw conflict(due, 'while it is a draft or scheduled');
  const { change } = resolved as { change?: EmailContentChange };
  return {
    ...next,
    ...(before.status === 'scheduled' && isChanged('send_at') && { status: statusAt(next.send_at, at) }),
    ...(change?.hasNewContent && { content_version: before.content_version + 1 }),
    ...(before.visibility === 'private'
      ? hiddenIn(before)
      : change?.snippet !== undefined && { snippet: change.snippet }),
  };
}

function conflict(field: string, when: string): ApiError {
  return new ApiError('conflict', `The field ${field} of an email can only be changed ${when}.`);
}

function statusAt(sendAt: string | null, at: string): Email['status'] {
  return sendAt !== null && Date.parse(sendAt) > Date.parse(at) ? 'scheduled' : 'queued';
}

/** What a private mail has in its content alone. */
function hiddenIn({ to, to_name, cc, bcc, subject }: Email): Partial<Email> {
  return { to, to_name, cc, bcc, subject };
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
