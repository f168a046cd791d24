import type { Caller } from '../../account/caller.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import { isSame } from '../../base/values/same.ts';
import { query, type Transaction } from '../../db/query.ts';
import { headerText } from '../../mail/mail-message.ts';
import type { Change } from '../../record/noun.ts';
import type { BeforeWrite } from '../../record/record-plan.ts';
import type { Draft } from '../../record/record-service.ts';
import { dueAt, LIFETIME_MS, requireSendAt } from './email-due.ts';
import type { Email } from './email-fields.ts';
import { safeContent, snippetOf } from './email-html.ts';
import type { EmailEnvelope } from './email-insert-gate.ts';
import type { EmailContentChange } from './email-rules.ts';
import type { EmailInput } from './email.ts';
import { subjectKey } from './subject.ts';

/** Fields of the record that the content has too. */
const ENVELOPE_FIELDS = ['to', 'to_name', 'cc', 'bcc', 'subject'] as const;

/** What a client wants to change besides the record. */
interface RequestedChange {
  content: { html: string | null; text: string | null } | null;
  envelope: Partial<EmailEnvelope>;
  /** Undefined: as before. */
  sendAt: string | null | undefined;
  caller: Pick<Caller, 'may' | 'makerId'> | undefined;
}

type ChangeDraft = Draft & { resolved: { change?: EmailContentChange & RequestedChange } };

/** Reads a change of what a mail says, whom it goes to, and when. Throws `validation_error`. */
export function readEmailChange({ clock }: { clock: Clock }): (draft: Draft) => Promise<void> {
  return async (draft) => {
    if (draft.kind !== 'change') return;
    const input = draft.input as Change<EmailInput>;
    const { html, text, send_at: sendAt, subject } = input;
    if (subject != null && subject !== headerText(subject))
      throw invalid('subject', 'must not contain control characters');
    if (sendAt != null) requireSendAt(clock.now(), sendAt);
    const envelope = Object.fromEntries(
      ENVELOPE_FIELDS.flatMap((field) =>
        input[field] === undefined ? [] : [[field, sentValue(input, field)] as const],
      ),
    ) as Partial<EmailEnvelope>;
    const hasContent = html !== undefined || text !== undefined;
    if (!hasContent && sendAt === undefined && Object.keys(envelope).length === 0) return;
    (draft as ChangeDraft).resolved.change = {
      content: hasContent ? await safeContent(html ?? null, text ?? null) : null,
      envelope,
      sendAt,
      caller: draft.source.caller,
      hasNewContent: false,
    };
  };
}

function sentValue(input: Change<EmailInput>, field: (typeof ENVELOPE_FIELDS)[number]): unknown {
  return input[field] ?? (field === 'cc' || field === 'bcc' ? [] : null);
}

/** Writes the content and the queue row of a changed mail, in the transaction of the change. */
export function writeEmailChange({ clock }: { clock: Clock }): (draft: Draft) => BeforeWrite | null {
  return (draft) => {
    const { change } = (draft as ChangeDraft).resolved;
    if (!change || draft.id === undefined) return null;
    const { workspaceId } = draft.writer;
    return (trx) => write(trx, clock, { workspaceId, id: draft.id! }, change);
  };
}

const LOCK_SEND = {
  name: 'email_send.lock-for-change',
  text: 'select state from email_send where workspace_id = $1 and email_id = $2 for update',
};
const LOCK_EMAIL = {
  name: 'email.lock-for-content',
  text: `select e.status, e.visibility, e.user_id, e.thread_id, e.send_at, c.html, c.text, c.envelope
         from email e join email_content c on c.workspace_id = e.workspace_id and c.email_id = e.id
         where e.workspace_id = $1 and e.id = $2 and e.deleted_at is null for update of e`,
};
const WRITE_CONTENT = {
  name: 'email_content.change',
  text: 'update email_content set html = $3, text = $4, envelope = $5 where workspace_id = $1 and email_id = $2',
};
const WRITE_SEND = {
  name: 'email_send.change',
  text: `update email_send set to_address = $3, due_at = $4, expires_at = $4::timestamptz + $5 * interval '1 millisecond'
         where workspace_id = $1 and email_id = $2`,
};
const WRITE_SUBJECT = {
  name: 'email_thread.change-subject',
  text: 'update email_thread set subject_key = $3 where workspace_id = $1 and id = $2 and email_count = 1',
};

interface StoredEmail {
  status: Email['status'];
  visibility: Email['visibility'];
  user_id: Uuid | null;
  thread_id: string;
  send_at: string | null;
  html: string | null;
  text: string | null;
  envelope: EmailEnvelope | null;
}

async function write(
  trx: Transaction,
  clock: Clock,
  { workspaceId, id }: { workspaceId: Uuid; id: Uuid },
  change: EmailContentChange & RequestedChange,
): Promise<void> {
  // In the order of a claim, so that the two do not wait for each other.
  const [send] = await query<{ state: string }>(trx, LOCK_SEND, [workspaceId, id]);
  const [stored] = await query<StoredEmail>(trx, LOCK_EMAIL, [workspaceId, id]);
  if (!stored?.envelope) return;
  const { html, text } = change.content ?? stored;
  const envelope: EmailEnvelope = { ...stored.envelope, ...change.envelope };
  const hasNewText = html !== stored.html || text !== stored.text;
  const hasNewEnvelope = !isSame(envelope, stored.envelope);
  const isScheduled = stored.status === 'scheduled' && send?.state === 'queued';
  const sendAt = change.sendAt === undefined ? stored.send_at : change.sendAt;
  const isMoved = isScheduled && !isSameTime(sendAt, stored.send_at);
  if (!hasNewText && !hasNewEnvelope && !isMoved) return;
  requireChangeable(stored, isScheduled, change, hasNewText);
  await query(trx, WRITE_CONTENT, [workspaceId, id, html, text, JSON.stringify(envelope)]);
  if (isScheduled) {
    requireComplete(envelope, { html, text });
    const due = isoTime(dueAt(clock.now(), sendAt));
    await query(trx, WRITE_SEND, [workspaceId, id, envelope.to, due, LIFETIME_MS]);
  }
  const isPrivate = stored.visibility === 'private';
  if (change.envelope.subject !== undefined && !isPrivate)
    await query(trx, WRITE_SUBJECT, [workspaceId, stored.thread_id, subjectKey(envelope.subject ?? '')]);
  change.hasNewContent = hasNewText || (isPrivate && hasNewEnvelope);
  if (hasNewText) change.snippet = text === null ? null : snippetOf(text);
}

/** Throws `conflict` once it is being sent, `forbidden`, and `not_found` for a private mail of another member. */
function requireChangeable(
  { status, visibility, user_id: userId }: StoredEmail,
  isScheduled: boolean,
  { caller }: RequestedChange,
  hasNewText: boolean,
): void {
  if (visibility === 'private' && userId !== caller?.makerId)
    throw new ApiError('not_found', 'There is no email with this id that you may change.');
  if (status !== 'draft' && !isScheduled)
    throw new ApiError(
      'conflict',
      `An email with the status ${status} cannot be changed; it must be draft or scheduled.`,
    );
  // To change a mail that goes out by itself is to send it.
  if ((isScheduled || hasNewText) && !caller?.may('emails:send'))
    throw new ApiError(
      'forbidden',
      'Changing what an email says, or one that is scheduled, needs the scope emails:send.',
    );
}

function requireComplete(
  { to, subject }: EmailEnvelope,
  { html, text }: { html: string | null; text: string | null },
): void {
  if (to === null) throw invalid('to', 'is required for a scheduled email');
  if (subject === null) throw invalid('subject', 'is required for a scheduled email');
  if (html === null && text === null) throw invalid('text', 'is required for a scheduled email');
}

function isSameTime(time: string | null, other: string | null): boolean {
  return time === null || other === null ? time === other : Date.parse(time) === Date.parse(other);
}
