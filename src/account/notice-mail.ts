import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { isMailAddress, type MailMessage } from '../mail/mail-message.ts';
import type { MailCondition, MailQueue } from '../mail/mail-queue.ts';
import { webhookDisabledMessage } from './account-mail.ts';

export interface NoticeMailParts {
  mail: MailQueue;
  /** The page of a webhook. */
  webhookUrl(id: Uuid): string;
}

/** What a mail about a notice needs to know. */
interface NoticeMail {
  workspaceId: Uuid;
  workspace: string;
  noticeId: Uuid;
  /** The webhook. */
  objectId: Uuid;
  details: { name: string; reason: string };
  user: { id: Uuid; email: string };
  /** Default: a webhook was disabled. */
  messageFor?: NoticeMessage | undefined;
}

/** Makes the mail about a notice. */
export type NoticeMessage = (to: string, workspace: string) => MailMessage;

const KIND = 'notice';

/** A notice is mailed to those who are owner or admin when it is sent. */
export const NOTICE_READERS_ONLY: MailCondition = {
  name: 'no longer an owner or admin',
  holds: `m.kind <> '${KIND}' or exists (
    select from member r
    where r.workspace_id = m.workspace_id and r.user_id = m.user_id and r.role in ('owner', 'admin'))`,
  otherwise: 'cancel',
};

const LETTERS_AT_ONCE = 100;

const READERS = {
  name: 'notice.readers',
  text: `select u.id, u.email, w.name as workspace
         from member m join app_user u on u.id = m.user_id join workspace w on w.id = m.workspace_id
         where m.workspace_id = $1 and m.role in ('owner', 'admin')`,
};

const DELETE_LETTER = {
  name: 'notice_letter.delete',
  text: 'delete from notice_letter where workspace_id = $1 and notice_id = $2 and user_id = $3',
};

const MARK_LETTER_MAILED = {
  name: 'notice_letter.mark-mailed',
  text: 'update notice_letter set mailed_at = now() where workspace_id = $1 and notice_id = $2 and user_id = $3',
};

const DUE_LETTERS = {
  name: 'notice_letter.due',
  text: `with due as (
           select workspace_id, notice_id, user_id from notice_letter
           where mailed_at is null and due_at <= now() order by due_at limit ${LETTERS_AT_ONCE} for update skip locked
         )
         select d.*, u.email, w.name as workspace, n.object_id, n.details
         from due d
         join notice n on n.workspace_id = d.workspace_id and n.id = d.notice_id
         join workspace w on w.id = d.workspace_id
         left join member m on m.workspace_id = d.workspace_id and m.user_id = d.user_id and m.role in ('owner', 'admin')
         left join app_user u on u.id = m.user_id`,
};

/** Queues a notice to everyone who is owner or admin now. */
export async function enqueueNotice(
  trx: Transaction,
  parts: NoticeMailParts,
  workspaceId: Uuid,
  notice: {
    id: Uuid;
    objectId: Uuid;
    details: Record<string, unknown>;
    messageFor?: NoticeMessage | undefined;
  },
): Promise<void> {
  const rows = await query<{ id: Uuid; email: string; workspace: string }>(trx, READERS, [workspaceId]);
  const { id: noticeId, objectId, messageFor } = notice;
  const details = notice.details as NoticeMail['details'];
  for (const { workspace, ...user } of rows)
    await enqueue(trx, parts, { workspaceId, workspace, noticeId, objectId, details, user, messageFor });
}

/** An address that 0.1.0 accepted and that no mail can have must not keep a webhook from being disabled. */
async function enqueue(
  trx: Transaction,
  { mail, webhookUrl }: NoticeMailParts,
  { workspaceId, workspace, noticeId, objectId, details: { name, reason }, user, messageFor }: NoticeMail,
): Promise<void> {
  if (!isMailAddress(user.email)) return;
  await mail.enqueue(trx, {
    key: `${KIND}:${noticeId}:${user.id}`,
    kind: KIND,
    workspaceId,
    userId: user.id,
    objectId: noticeId,
    message:
      messageFor?.(user.email, workspace) ??
      webhookDisabledMessage(user.email, { workspace, name, reason, url: webhookUrl(objectId) }),
  });
}

interface Letter {
  workspace_id: Uuid;
  notice_id: Uuid;
  user_id: Uuid;
  /** Null where they are no longer owner or admin. */
  email: string | null;
  workspace: string;
  object_id: Uuid;
  details: { name: string; reason: string };
}

/**
 * Queues the notices that 0.1.0 left in `notice_letter`, its own queue. A process of 0.1.0 may still write there during
 * an upgrade, so this runs again and again; what such a process is sending is not due, and stays with it.
 * @returns how many were queued or dropped
 */
export async function moveNoticeLetters(db: Database, parts: NoticeMailParts): Promise<number> {
  for (let moved = 0; ;) {
    const count = await db.transaction((trx) => moveLetters(trx, parts));
    moved += count;
    if (count < LETTERS_AT_ONCE) return moved;
  }
}

async function moveLetters(trx: Transaction, parts: NoticeMailParts): Promise<number> {
  const rows = await query<Letter>(trx, DUE_LETTERS, []);
  for (const { workspace_id: workspaceId, notice_id: noticeId, user_id: userId, email, ...rest } of rows) {
    const key = [workspaceId, noticeId, userId];
    if (email === null) {
      await query(trx, DELETE_LETTER, key);
      continue;
    }
    const { workspace, object_id: objectId, details } = rest;
    const user = { id: userId, email };
    await enqueue(trx, parts, { workspaceId, workspace, noticeId, objectId, details, user });
    await query(trx, MARK_LETTER_MAILED, key);
  }
  return rows.length;
}
