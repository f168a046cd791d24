import { query } from '../../db/query.ts';
import type { Database } from '../../db/pool.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { ComposeStep, ComposedEmail } from './compose-step.ts';
import { composeEmail, replyHeaders } from './email-composer.ts';
import type { Email } from './email-fields.ts';
import type { EmailEnvelope, StoredAttachment } from './email-insert-gate.ts';
import type { EmailAccount, OutgoingEmail } from './email-provider.ts';
import type { ClaimedEmail } from './email-queue.ts';
import type { EmailInput } from './email.ts';

export interface OutgoingEmailParts {
  db: Database;
  files: Pick<FileStore, 'get' | 'read'>;
  connections: Pick<Connections, 'open'>;
  emails: RecordService<Email, EmailInput>;
  composeSteps: readonly ComposeStep[];
}

/** A claimed mail that is ready to be handed over. */
export interface LoadedEmail {
  kind: string;
  account: EmailAccount;
  outgoing: OutgoingEmail;
}

interface Content {
  html: string | null;
  text: string | null;
  envelope: EmailEnvelope | null;
  reference_ids: string[];
  attachments: StoredAttachment[];
  dropped_recipients: string[];
  is_bulk: boolean;
  queued_at: string;
}

const READ_CONTENT = {
  name: 'email_content.outgoing',
  text: `select c.html, c.text, c.envelope, c.reference_ids, c.attachments, c.dropped_recipients, s.is_bulk,
           s.created_at as queued_at
         from email_content c join email_send s on s.workspace_id = c.workspace_id and s.email_id = c.email_id
         where c.workspace_id = $1 and c.email_id = $2`,
};

/** A mail whose content is gone: it was erased. */
export class ErasedEmailError extends Error {
  override readonly name = 'ErasedEmailError';
}

/** The account of a claimed mail. */
export async function openAccount(
  { connections }: Pick<OutgoingEmailParts, 'connections'>,
  { workspaceId, connectionId }: Pick<ClaimedEmail, 'workspaceId' | 'connectionId'>,
): Promise<{ kind: string; account: EmailAccount }> {
  const { kind, settings, secrets } = await connections.open(workspaceId, connectionId);
  return { kind, account: { workspaceId, connectionId, settings, secrets: secrets[0] ?? {} } };
}

/** Reads and composes a claimed mail. Throws `MailMessageError`, `ErasedEmailError`, or what the stores throw. */
export async function loadEmail(parts: OutgoingEmailParts, claimed: ClaimedEmail): Promise<LoadedEmail> {
  const { workspaceId, id } = claimed;
  const [{ kind, account }, email, [content]] = await Promise.all([
    openAccount(parts, claimed),
    parts.emails.store.get(workspaceId, id),
    query<Content>(parts.db.pool, READ_CONTENT, [workspaceId, id]),
  ]);
  if (!email || !content?.envelope?.to) throw new ErasedEmailError('The email was erased.');
  const { envelope } = content;
  const dropped = new Set(content.dropped_recipients);
  const isKept = (address: string) => !dropped.has(address);
  const composed: ComposedEmail = {
    workspaceId,
    email,
    account,
    isBulk: content.is_bulk,
    envelopeFrom: envelope.from,
    parts: {
      from: { address: envelope.from, name: envelope.from_name },
      to: { address: envelope.to!, name: envelope.to_name },
      cc: envelope.cc.filter(isKept),
      bcc: envelope.bcc.filter(isKept),
      replyTo: envelope.reply_to,
      subject: envelope.subject ?? '',
      html: content.html,
      text: content.text ?? '',
      headers: replyHeaders(email.in_reply_to, content.reference_ids),
      attachments: await readAttachments(parts, workspaceId, content.attachments),
    },
  };
  for (const step of parts.composeSteps) await step(composed);
  const messageId = email.message_id!;
  const raw = await composeEmail(composed.parts, { messageId, date: dateOf(email, content) });
  const { to, cc, bcc } = composed.parts;
  return {
    kind,
    account,
    outgoing: {
      id,
      workspaceId,
      envelope: { from: composed.envelopeFrom, to: [...new Set([to.address, ...cc, ...bcc])] },
      messageId,
      raw,
      parts: composed.parts,
    },
  };
}

/** When it was to be sent, the same for each attempt: a mail that is dated weeks back counts as spam, or is not noticed. */
function dateOf({ created_at: createdAt, send_at: sendAt }: Email, { queued_at: queuedAt }: Content): Date {
  return new Date(Math.max(...[createdAt, queuedAt, sendAt ?? createdAt].map((time) => Date.parse(time))));
}

async function readAttachments(
  { files }: OutgoingEmailParts,
  workspaceId: string,
  attachments: readonly StoredAttachment[],
) {
  const read = [];
  for (const { file_id: fileId, name, content_type: contentType, content_id: contentId } of attachments) {
    const file = fileId === null ? undefined : await files.get(workspaceId, fileId);
    if (!file) throw new ErasedEmailError('An attachment was deleted.');
    read.push({ name, contentType, contentId, bytes: await files.read(file) });
  }
  return read;
}
