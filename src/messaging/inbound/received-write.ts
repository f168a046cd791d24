import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { isEmailAddress } from '../../base/values/email-address.ts';
import { query, type Queryable, type Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { PersonDirectory, PreparedPerson } from '../../record/person-directory.ts';
import type { Plan, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import { reindex } from '../../record/search/search-pending.ts';
import type { Email } from '../emails/email-fields.ts';
import type { EmailEnvelope, EmailRelated, StoredAttachment } from '../emails/email-insert-gate.ts';
import { subjectKey } from '../emails/subject.ts';
import type { EmailInput } from '../emails/email.ts';
import { findThread, type Audience, type ThreadPlace } from './email-thread.ts';
import type { InboundSettings } from './inbound-settings.ts';
import type { Participants } from './mail-participants.ts';
import { snippetOf } from './mail-text.ts';
import type { MailAddress, ParsedEmail } from './parsed-email.ts';

export interface ReceivedWriteParts {
  clock: Clock;
  newId: () => Uuid;
  people: PersonDirectory;
  emails: RecordService<Email, EmailInput>;
}

/** A received mail with everything that was found out about it before its transaction. */
export interface NewReceived {
  id: Uuid;
  writer: Writer;
  mail: ParsedEmail;
  arrival: Audience & { connectionId: Uuid | null; answered: Uuid | null };
  participants: Participants;
  attachments: readonly StoredAttachment[];
  settings: InboundSettings;
  /** The contact to be created, if nobody has the sender's address. */
  person: PreparedPerson | null;
  /** By which the same mail is recognised. */
  key: Buffer;
  /** In bytes. */
  size: number | null;
  isAutoReply: boolean;
  isHistory: boolean;
  /** ISO 8601. */
  at: string;
}

const OWN_MAIL = {
  name: 'received_email.own',
  text: `select id from email where workspace_id = $1 and direction = 'out'
           and (message_id = $2 or provider_id = $2 or provider_id = split_part($2, '@', 1)) limit 1`,
};
const KNOWN = {
  name: 'received_email.known',
  text: 'select email_id as id from received_email where workspace_id = $1 and key = $2',
};
const CLAIM = {
  name: 'received_email.claim',
  text: `insert into received_email (workspace_id, key, email_id, created_at) values ($1, $2, $3, $4)
         on conflict do nothing returning email_id as id`,
};
/** Locked: a merge or a deletion waits, and then finds the mail. */
const LOCK_CONTACT = {
  name: 'received_email.lock-contact',
  text: `select company_id from contact where workspace_id = $1 and id = $2 and deleted_at is null for share`,
};
const LOCK_LEAD = {
  name: 'received_email.lock-lead',
  text: 'select null as company_id from lead where workspace_id = $1 and id = $2 and deleted_at is null for share',
};
/** The most copies that are shown at a mail, as in every list of addresses. */
const MAX_COPIES = 20;
const MAX_SUBJECT = 500;
const MAX_SNIPPET = 200;
const FIND_ATTEMPTS = 3;

/** The mail of this workspace with this Message-ID that was sent from here. */
export async function findOwnMail(on: Queryable, workspaceId: Uuid, messageId: string): Promise<Uuid | null> {
  const [row] = await query<{ id: Uuid }>(on, OWN_MAIL, [workspaceId, messageId]);
  return row?.id ?? null;
}

export async function findReceived(on: Queryable, workspaceId: Uuid, key: Buffer): Promise<Uuid | null> {
  const [row] = await query<{ id: Uuid }>(on, KNOWN, [workspaceId, key]);
  return row?.id ?? null;
}

/** Whom a mail is about. */
interface FoundPerson {
  object: 'contact' | 'lead';
  id: Uuid;
}

/** The contact with one of some addresses, else the lead. */
export async function findPerson(
  { people }: Pick<ReceivedWriteParts, 'people'>,
  on: Queryable,
  workspaceId: Uuid,
  addresses: readonly MailAddress[],
): Promise<FoundPerson | null> {
  for (const object of ['contact', 'lead'] as const)
    for (const { address: email } of addresses.slice(0, MAX_COPIES)) {
      const found = await people.find(on, object, workspaceId, { email });
      if (found) return { object, id: found.id };
    }
  return null;
}

/** Writes a mail that arrived, unless it is there already. @returns the lanes to notify after the commit */
export async function writeReceived(
  parts: ReceivedWriteParts,
  trx: Transaction,
  email: NewReceived,
): Promise<{ id: Uuid; isNew: boolean; lanes: LaneKey[] }> {
  const { id, writer, mail, arrival, key, settings } = email;
  const { workspaceId } = writer;
  const [claimed] = await query<{ id: Uuid }>(trx, CLAIM, [workspaceId, key, id, email.at]);
  if (!claimed) return { id: (await findReceived(trx, workspaceId, key)) ?? id, isNew: false, lanes: [] };
  const person = await lockPerson(parts, trx, email);
  const happenedMs = timeOf(email);
  const subject = subjectKey(mail.subject ?? '') || null;
  const thread = await findThread(
    trx,
    workspaceId,
    arrival,
    {
      answered: arrival.answered,
      references: [...(mail.inReplyTo === null ? [] : [mail.inReplyTo]), ...mail.references.toReversed()],
      subjectKey: settings.match_subject ? subject : null,
      contactId: person.contactId,
    },
    happenedMs,
  );
  const threadId = thread?.id ?? id;
  if (person.contactId === null && thread?.contactId != null) {
    const [row] = await query<{ company_id: Uuid | null }>(trx, LOCK_CONTACT, [
      workspaceId,
      thread.contactId,
    ]);
    if (row) Object.assign(person, { contactId: thread.contactId, companyId: row.company_id });
  }
  const plan = planOf(parts, email, person, thread, threadId);
  plan.related = JSON.stringify(relatedOf(email, thread?.id ?? null, subject));
  const lanes = await parts.emails.store.createWithin(trx, writer, [plan]);
  if (plan.events.length === 0) await reindex(trx, workspaceId, 'email', [id]);
  return { id, isNew: true, lanes: [...person.lanes, ...lanes] };
}

interface LockedPerson {
  contactId: Uuid | null;
  leadId: Uuid | null;
  companyId: Uuid | null;
  lanes: LaneKey[];
}

const NOBODY: Readonly<LockedPerson> = { contactId: null, leadId: null, companyId: null, lanes: [] };

/** A contact that is merged or deleted at the same moment is looked for again. */
async function lockPerson(
  parts: ReceivedWriteParts,
  trx: Transaction,
  { writer, participants, person }: NewReceived,
): Promise<LockedPerson> {
  const { workspaceId } = writer;
  for (let attempt = 0; attempt < FIND_ATTEMPTS; attempt += 1) {
    const found = await findPerson(parts, trx, workspaceId, participants.others);
    if (!found) break;
    const statement = found.object === 'contact' ? LOCK_CONTACT : LOCK_LEAD;
    const [row] = await query<{ company_id: Uuid | null }>(trx, statement, [workspaceId, found.id]);
    if (!row) continue;
    const { id } = found;
    return found.object === 'contact'
      ? { ...NOBODY, contactId: id, companyId: row.company_id }
      : { ...NOBODY, leadId: id };
  }
  if (!person) return { ...NOBODY };
  const { id, lanes } = await parts.people.findOrCreate(trx, person);
  return { ...NOBODY, contactId: id, lanes };
}

/** When a mail was written, if its date can be right; else when it was received. Milliseconds since 1970. */
function timeOf({ mail: { date }, at }: NewReceived): number {
  const now = Date.parse(at);
  return date !== null && date <= now ? date : now;
}

function planOf(
  { newId, emails }: ReceivedWriteParts,
  email: NewReceived,
  person: LockedPerson,
  thread: ThreadPlace | null,
  threadId: Uuid,
): Plan<Email> {
  const { id, writer, mail, arrival, participants, at } = email;
  const isOut = participants.direction === 'out';
  const happenedAt = isoTime(timeOf(email));
  const values: Partial<Email> = {
    direction: participants.direction,
    status: isOut ? 'sent' : 'received',
    connection_id: arrival.connectionId,
    thread_id: threadId,
    message_id: mail.messageId,
    in_reply_to: mail.inReplyTo,
    ...(arrival.visibility === 'private' ? {} : contentFields(email)),
    contact_id: person.contactId,
    company_id: person.companyId,
    deal_id: thread?.dealId ?? null,
    lead_id: person.leadId ?? thread?.leadId ?? null,
    user_id: arrival.userId,
    visibility: arrival.visibility,
    sent_at: isOut ? happenedAt : null,
    received_at: isOut ? null : at,
    unread: !isOut && !email.isHistory,
    auto_reply: email.isAutoReply,
    size: email.size,
  };
  const base = { id, version: 1, created_by: writer.actor, created_at: at, updated_at: at };
  const blank = emails.noun.create({}, base, { at, actor: writer.actor, resolved: {} });
  const record: Email = { ...blank, ...values };
  const type = isOut ? 'email.sent' : 'email.received';
  return {
    id,
    record,
    text: JSON.stringify(record),
    at,
    events: email.isHistory ? [] : [{ id: newId(), type }],
  };
}

/** What a private mail has only in its content. */
function contentFields({ mail, participants }: NewReceived): Partial<Email> {
  const { from, to, cc, bcc } = participants;
  return {
    from: validAddress(from.address),
    from_name: from.name || null,
    to: to && validAddress(to.address),
    to_name: to?.name || null,
    cc: cc.filter((address) => isEmailAddress(address)).slice(0, MAX_COPIES),
    bcc: bcc.filter((address) => isEmailAddress(address)).slice(0, MAX_COPIES),
    subject: mail.subject?.slice(0, MAX_SUBJECT).toWellFormed() ?? null,
    snippet: snippetOf(mail.text, mail.html, MAX_SNIPPET),
  };
}

/** The field takes no other; the envelope has what the mail says. */
function validAddress(address: string): string | null {
  return isEmailAddress(address) ? address : null;
}

/** Content and thread, which are written with the mail (email-insert-gate.ts). */
function relatedOf(email: NewReceived, threadId: Uuid | null, subject: string | null): EmailRelated {
  const { mail, arrival, attachments } = email;
  const isPrivate = arrival.visibility === 'private';
  return {
    content: {
      html: mail.html,
      text: mail.text,
      envelope: envelopeOf(email),
      reference_ids: mail.references,
      attachments,
    },
    send: null,
    thread: {
      id: threadId,
      subject_key: isPrivate ? null : subject,
      visibility: arrival.visibility,
      user_id: isPrivate ? arrival.userId : null,
    },
  };
}

function envelopeOf({ mail, participants }: NewReceived): EmailEnvelope {
  const { from, to, cc, bcc } = participants;
  return {
    from: from.address,
    from_name: from.name || null,
    to: to?.address ?? null,
    to_name: to?.name || null,
    cc,
    bcc,
    subject: mail.subject,
    reply_to: mail.replyTo[0]?.address ?? null,
    ...(mail.problem !== null && { problem: mail.problem }),
  };
}
