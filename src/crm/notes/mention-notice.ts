import type { Notices } from '../../account/notice.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import { headerText, isMailAddress, type MailMessage } from '../../mail/mail-message.ts';
import type { MailCondition, MailQueue } from '../../mail/mail-queue.ts';
import type { BaseRecord } from '../../record/noun.ts';
import type { BeforeWrite, Writer } from '../../record/record-plan.ts';
import type { Draft, ServiceOptions } from '../../record/record-service.ts';
import { mentionsIn } from './mention.ts';
import type { Note } from './note.ts';

export interface MentionParts {
  notices: Notices;
  mail: MailQueue;
  clock: Clock;
  /** The public URL of this installation. */
  baseUrl(): string;
}

/** The references of a note, most specific first, with the paths of their pages. */
const LINKS = {
  deal_id: { type: 'deal', path: 'deals' },
  lead_id: { type: 'lead', path: 'leads' },
  task_id: { type: 'task', path: 'tasks' },
  contact_id: { type: 'contact', path: 'contacts' },
  company_id: { type: 'company', path: 'companies' },
} as const;

type Links = Pick<Note, keyof typeof LINKS>;

const KIND = 'mention';

/** A mention is mailed to those who are still members, and while the note exists. */
export const MENTIONED_MEMBERS_ONLY: MailCondition = {
  name: 'no longer a member, or the note was deleted',
  holds: `m.kind <> '${KIND}' or (
    exists (select from member r where r.workspace_id = m.workspace_id and r.user_id = m.user_id)
    and exists (select from note n
      where n.workspace_id = m.workspace_id and n.id = m.object_id and n.deleted_at is null))`,
  otherwise: 'cancel',
};

/** Every role may read all records, so that each member may read the note. */
const MEMBERS = {
  name: 'mention.members',
  text: `select u.id, u.email from member m join app_user u on u.id = m.user_id
         where m.workspace_id = $1 and m.user_id = any($2::uuid[]) order by u.id`,
};

const AUTHOR = {
  name: 'mention.author',
  text: `select w.name as workspace, (select name from app_user where id = $2) as author
         from workspace w where w.id = $1`,
};

const CURRENT = {
  name: 'mention.current',
  text: `select mentions, contact_id, company_id, deal_id, task_id, lead_id from note
         where workspace_id = $1 and id = $2 and deleted_at is null for update`,
};

/** Notifies the members that a note mentions, in the transaction of the note: each once, and nobody of themselves. */
export function mentionNotices(
  parts: MentionParts,
): Required<Pick<ServiceOptions, 'beforeCreate' | 'beforeChange'>> {
  return {
    beforeCreate(writer: Writer, record: BaseRecord) {
      const note = record as Note;
      if (note.mentions.length === 0) return null;
      return (trx) => notify(trx, parts, writer, { id: note.id, links: note, userIds: note.mentions });
    },
    beforeChange: [(draft) => changeNotices(parts, draft)],
  };
}

/** Those that the text did not mention before. */
function changeNotices(parts: MentionParts, { kind, id, writer, input }: Draft): BeforeWrite | null {
  const { body } = input;
  if (kind !== 'change' || id === undefined || typeof body !== 'string') return null;
  const mentioned = mentionsIn(body);
  if (mentioned.length === 0) return null;
  return async (trx) => {
    const [current] = await query<Links & Pick<Note, 'mentions'>>(trx, CURRENT, [writer.workspaceId, id]);
    if (!current) return;
    const userIds = mentioned.filter((userId) => !current.mentions.includes(userId));
    if (userIds.length > 0)
      await notify(trx, parts, writer, { id, links: { ...current, ...input }, userIds });
  };
}

async function notify(
  trx: Transaction,
  { notices, mail, clock, baseUrl }: MentionParts,
  { workspaceId, actor }: Writer,
  { id, links, userIds }: { id: Uuid; links: Links; userIds: readonly Uuid[] },
): Promise<void> {
  const [, authorId = null] = /^user:(.+)$/.exec(actor) ?? [];
  const members = await query<{ id: Uuid; email: string }>(trx, MEMBERS, [workspaceId, userIds]);
  const readers = members.filter((member) => member.id !== authorId);
  if (readers.length === 0) return;
  const [from] = await query<{ workspace: string; author: string | null }>(trx, AUTHOR, [
    workspaceId,
    authorId,
  ]);
  const linked = linkedRecord(links);
  const url = `${baseUrl()}/${linked ? `${linked.path}/${linked.id}` : `notes/${id}`}`;
  for (const { id: userId, email } of readers) {
    await notices.postTo(
      trx,
      { workspaceId, userId },
      {
        type: 'note.mentioned',
        object_type: 'note',
        object_id: id,
        details: { actor, ...(linked && { record_type: linked.type, record_id: linked.id }) },
        at: isoTime(clock.now()),
      },
    );
    // An address that 0.1.0 accepted and that no mail can have must not refuse the note.
    if (!isMailAddress(email)) continue;
    await mail.enqueue(trx, {
      key: `${KIND}:${id}:${userId}`,
      kind: KIND,
      workspaceId,
      userId,
      objectId: id,
      message: mentionMessage(email, { ...from!, about: linked?.type, url }),
    });
  }
}

function linkedRecord(links: Links) {
  for (const [field, { type, path }] of Object.entries(LINKS)) {
    const id = links[field as keyof Links];
    if (id != null) return { type, path, id };
  }
  return null;
}

/** Without the text of the note: a mail cannot be erased. */
function mentionMessage(
  to: string,
  {
    author,
    workspace,
    about,
    url,
  }: { author: string | null; workspace: string; about: string | undefined; url: string },
): MailMessage {
  const who = author === null ? 'An app' : headerText(author);
  const where = about === undefined ? 'a note' : `a note on a ${about}`;
  return {
    to: { address: to },
    subject: `${who} mentioned you in ${where}`,
    text: `${who} mentioned you in ${where} in the workspace ${headerText(workspace)}:

${url}
`,
    isAutomatic: true,
  };
}
