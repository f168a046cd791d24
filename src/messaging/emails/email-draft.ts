import { domainOf } from '../../mail/mail-composer.ts';
import { headerText } from '../../mail/mail-message.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { Draft } from '../../record/record-service.ts';
import type { Records } from '../../record/records.ts';
import { readMergeData } from '../templates/merge-data.ts';
import { renderTemplate, TemplateError } from '../templates/template-engine.ts';
import type { Template } from '../templates/template.ts';
import { chooseAccount, memberOf, type ChosenAccount } from './account-choice.ts';
import { MAX_TOTAL_BYTES } from './attachment-limit.ts';
import { EMAIL_ATTACHMENT } from './attachment-store.ts';
import { referencesFor } from './email-composer.ts';
import { dueAt, LIFETIME_MS, requireSendAt } from './email-due.ts';
import { MAX_SUBJECT, type Email } from './email-fields.ts';
import { safeContent, snippetOf } from './email-html.ts';
import type { EmailEnvelope, EmailRelated, StoredAttachment } from './email-insert-gate.ts';
import type { EmailResolution } from './email-rules.ts';
import type { EmailInput } from './email.ts';
import { readAnswered, type AnsweredEmail } from './answered-email.ts';
import { subjectKey } from './subject.ts';

export interface EmailDraftParts {
  db: Database;
  clock: Clock;
  files: Pick<FileStore, 'get'>;
  /** The kinds of connections that are accounts. */
  kinds: readonly string[];
  /** The records of all modules, once they are made. */
  records(): Records;
}

type Input = EmailInput;

/**
 * Completes a new mail before it is written: account, recipient, the records that it is about, its text from a template,
 * thread and queue row. Throws `validation_error` that names the field, and `conflict` where there is no account.
 */
export function makeEmailDraft(parts: EmailDraftParts): (draft: Draft) => Promise<void> {
  return async (draft) => {
    if (draft.kind !== 'create') return;
    const input = draft.input as Input;
    const { workspaceId, actor } = draft.writer;
    const isDraft = input.status === 'draft';
    if (input.status != null && !isDraft && input.status !== 'queued')
      throw invalid('status', 'must be draft, or left out');
    const memberId = await memberOf(parts.db, workspaceId, actor);
    const account = await accountOf(parts, workspaceId, memberId, input, isDraft);
    const answered = await answeredBy(parts, workspaceId, memberId, input);
    const about = await recordsOf(parts, workspaceId, input, answered);
    const text = await contentOf(parts, workspaceId, { input, about, answered, memberId });
    requireComplete(isDraft, about.to, text);
    const attachments = await attachmentsOf(parts, workspaceId, input.attachments ?? []);
    const now = parts.clock.now();
    if (input.send_at != null) requireSendAt(now, input.send_at);
    const dueMs = dueAt(now, input.send_at ?? null);
    const visibility = account?.visibility ?? 'team';
    const userId = account?.owner ?? memberId;
    const envelope: EmailEnvelope = {
      from: account?.fromEmail ?? '',
      from_name: account?.fromName ?? null,
      reply_to: account?.replyTo ?? null,
      to: about.to,
      to_name: about.toName,
      cc: input.cc ?? [],
      bcc: input.bcc ?? [],
      subject: text.subject,
      ...(input.unsubscribe === true && { unsubscribe: true }),
    };
    const references = answered?.messageId ? referencesFor(answered.references, answered.messageId) : [];
    const values: Partial<Email> = {
      status: isDraft ? 'draft' : dueMs > parts.clock.now() ? 'scheduled' : 'queued',
      connection_id: account?.connectionId ?? null,
      in_reply_to: answered?.messageId ?? null,
      visibility,
      user_id: userId,
      contact_id: about.contactId,
      company_id: about.companyId,
      lead_id: about.leadId,
      deal_id: about.dealId,
      ...(visibility === 'private' ? HIDDEN : shownValues(envelope, text.text)),
    };
    draft.resolved = {
      values,
      threadId: answered?.threadId ?? null,
      messageDomain: domainOf(envelope.from),
    } satisfies EmailResolution;
    draft.related = {
      content: { html: text.html, text: text.text, envelope, reference_ids: references, attachments },
      send:
        isDraft || !account
          ? null
          : {
              connection_id: account.connectionId,
              to_address: about.to!,
              is_bulk: input.template_id != null || input.unsubscribe === true,
              ignores_suppression: input.ignore_suppression === true,
              due_at: isoTime(dueMs),
              expires_at: isoTime(dueMs + LIFETIME_MS),
            },
      thread: {
        id: answered?.threadId ?? null,
        subject_key: visibility === 'private' ? null : subjectKey(text.subject ?? ''),
        visibility,
        user_id: visibility === 'private' ? userId : null,
      },
    } satisfies EmailRelated;
  };
}

/** What the record of a private mail has in place of addresses and text. */
const HIDDEN: Partial<Email> = {
  from: null,
  from_name: null,
  to: null,
  to_name: null,
  cc: [],
  bcc: [],
  subject: null,
  snippet: null,
};

export function shownValues(envelope: EmailEnvelope, text: string | null): Partial<Email> {
  const { from, from_name, to, to_name, cc, bcc, subject } = envelope;
  return {
    from: from === '' ? null : from,
    from_name,
    to,
    to_name,
    cc: [...cc],
    bcc: [...bcc],
    subject,
    snippet: text === null ? null : snippetOf(text),
  };
}

async function accountOf(
  parts: EmailDraftParts,
  workspaceId: Uuid,
  memberId: Uuid | null,
  input: Input,
  isDraft: boolean,
): Promise<ChosenAccount | null> {
  try {
    return await chooseAccount(parts, workspaceId, memberId, input.connection_id ?? null);
  } catch (error) {
    // A draft may wait for its account.
    if (isDraft && input.connection_id == null && error instanceof ApiError) return null;
    throw error;
  }
}

async function answeredBy(
  { db }: EmailDraftParts,
  workspaceId: Uuid,
  memberId: Uuid | null,
  { reply_to_email_id: id }: Input,
): Promise<AnsweredEmail | null> {
  if (id == null) return null;
  const answered = await readAnswered(db, workspaceId, id, memberId);
  if (!answered) throw invalid('reply_to_email_id', 'must be the id of an email');
  return answered;
}

interface About {
  to: string | null;
  toName: string | null;
  contactId: Uuid | null;
  companyId: Uuid | null;
  dealId: Uuid | null;
  leadId: Uuid | null;
}

/** The recipient, and the records that the mail is about. */
async function recordsOf(
  { db, records }: EmailDraftParts,
  workspaceId: Uuid,
  input: Input,
  answered: AnsweredEmail | null,
): Promise<About> {
  const { named, people } = records();
  const read = async (object: string, id: string | null | undefined): Promise<Person | undefined> =>
    id == null ? undefined : named(object).store.find(workspaceId, id);
  const dealId = input.deal_id ?? answered?.dealId ?? null;
  const [deal, lead] = await Promise.all([
    read('deal', dealId),
    read('lead', input.lead_id ?? answered?.leadId),
  ]);
  let contactId = input.contact_id ?? answered?.contactId ?? deal?.contact_id ?? null;
  const contact = await read('contact', contactId);
  const to = input.to ?? answered?.from ?? contact?.email ?? lead?.email ?? null;
  if (contactId === null && to !== null)
    contactId = (await people.find(db.pool, 'contact', workspaceId, { email: to }))?.id ?? null;
  const person = [contact, lead].find((item) => item?.email?.toLowerCase() === to?.toLowerCase());
  return {
    to,
    toName: input.to_name ?? nameOf(person),
    contactId,
    companyId: input.company_id ?? contact?.company_id ?? deal?.company_id ?? null,
    dealId,
    leadId: lead?.id ?? null,
  };
}

type Person = BaseRecord & {
  email?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  contact_id?: string | null;
  company_id?: string | null;
};

function nameOf(person: Person | undefined): string | null {
  const name = headerText([person?.first_name, person?.last_name].filter(Boolean).join(' '));
  return name === '' ? null : name.slice(0, 200).toWellFormed();
}

interface Content {
  subject: string | null;
  html: string | null;
  text: string | null;
}

/** Subject and text: as sent, else from the template. */
async function contentOf(
  parts: EmailDraftParts,
  workspaceId: Uuid,
  {
    input,
    about,
    answered,
    memberId,
  }: { input: Input; about: About; answered: AnsweredEmail | null; memberId: Uuid | null },
): Promise<Content> {
  if (input.subject != null && input.subject !== headerText(input.subject))
    throw invalid('subject', 'must not contain control characters');
  const rendered =
    input.template_id == null
      ? null
      : await renderedTemplate(parts, workspaceId, input.template_id, {
          ...about,
          userId: memberId,
          variables: input.variables ?? {},
        });
  const hasText = input.html != null || input.text != null;
  const content = hasText ? input : rendered;
  const subject = input.subject ?? rendered?.subject ?? replySubject(answered);
  return { subject, ...(await safeContent(content?.html ?? null, content?.text ?? null)) };
}

function replySubject(answered: AnsweredEmail | null): string | null {
  if (answered?.subject == null) return null;
  return /^re:/i.test(answered.subject)
    ? answered.subject
    : `Re: ${answered.subject}`.slice(0, MAX_SUBJECT).toWellFormed();
}

/** A template with the values of its records. Throws `validation_error` that names what is wrong. */
export async function renderedTemplate(
  { db, records }: Pick<EmailDraftParts, 'db' | 'records'>,
  workspaceId: Uuid,
  templateId: Uuid,
  {
    variables,
    ...merged
  }: Omit<About, 'to' | 'toName'> & { userId: Uuid | null; variables: Record<string, unknown> },
): Promise<Content> {
  const template = (await records().named('template').store.get(workspaceId, templateId)) as unknown as
    | Template
    | undefined;
  if (!template) throw invalid('template_id', 'must be the id of a template');
  const data = { ...variables, ...(await readMergeData({ db, records: records() }, workspaceId, merged)) };
  const render = async (source: string | null, kind: 'html' | 'text') => {
    if (source === null) return null;
    try {
      return await renderTemplate(source, data, kind);
    } catch (error) {
      if (error instanceof TemplateError)
        throw invalid('template_id', `cannot be rendered: ${error.message}`);
      throw error;
    }
  };
  const subject = await render(template.subject, 'text');
  return {
    subject: subject === null ? null : headerText(subject).slice(0, MAX_SUBJECT).toWellFormed() || null,
    html: await render(template.html, 'html'),
    text: await render(template.text, 'text'),
  };
}

function requireComplete(isDraft: boolean, to: string | null, { subject, text, html }: Content): void {
  if (isDraft) return;
  if (to === null) throw invalid('to', 'is required: the contact or the lead has no email address');
  if (subject === null) throw invalid('subject', 'is required');
  if (text === null && html === null) throw invalid('text', 'is required: send html, text or template_id');
}

async function attachmentsOf(
  { files }: EmailDraftParts,
  workspaceId: Uuid,
  ids: readonly string[],
): Promise<StoredAttachment[]> {
  const found = await Promise.all(ids.map((id) => files.get(workspaceId, id)));
  let total = 0;
  return found.map((file, at) => {
    if (file === undefined || file.purpose !== EMAIL_ATTACHMENT)
      throw invalid(`attachments[${at}]`, 'must be the id of a file of POST /email-attachments');
    total += file.size;
    if (total > MAX_TOTAL_BYTES) throw invalid('attachments', 'are too large: at most 18 MB in all');
    const { id, name, content_type: type, size } = file;
    return { file_id: id, name, content_type: type, size, content_id: null };
  });
}
