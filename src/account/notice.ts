import { sql, type Transaction } from 'kysely';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import { enqueueNotice, type NoticeMailParts } from './notice-mail.ts';
import type { Role } from './role.ts';

/** What somebody who looks after the workspace should know. */
export interface Notice {
  id: Uuid;
  type: string;
  object_type: string;
  object_id: Uuid;
  details: Record<string, unknown>;
  created_at: string;
}

/**
 * Notices to the owners and admins of a workspace, each for everybody who is that now. One stays until it is over, or
 * until somebody puts it away for themselves.
 */
export interface Notices {
  /** Within the transaction of what it reports; the mails about it are queued with it. */
  post(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    notice: Omit<Notice, 'id' | 'created_at'> & { at: string },
  ): Promise<void>;
  /** What it was about is over. */
  end(trx: Transaction<Schema>, workspaceId: Uuid, objectId: Uuid, at: string): Promise<void>;
  /** What somebody has not put away, newest first, after the id of the last page's last. */
  list(reader: Reader, limit: number, after: Uuid | null): Promise<Notice[]>;
  /** Puts one away. @returns false where they see none such; put away before, it is true */
  dismiss(trx: Transaction<Schema>, reader: Reader, id: Uuid, at: string): Promise<boolean>;
}

/** Somebody in a workspace. */
export interface Reader {
  workspaceId: Uuid;
  userId: Uuid;
  role: Role;
}

const LIST = {
  name: 'notice.list',
  text: `
select n.id, n.type, n.object_type, n.object_id, n.details, n.created_at from notice n
where n.workspace_id = $1 and n.ended_at is null and ($3::uuid is null or n.id < $3)
  and not exists (select from notice_dismissal d
    where d.workspace_id = n.workspace_id and d.notice_id = n.id and d.user_id = $2)
order by n.id desc limit $4`,
};

export function makeNotices(parts: NoticeMailParts & { db: Database; newId: () => Uuid }): Notices {
  const { db, newId } = parts;
  return {
    async post(trx, workspaceId, { type, object_type: objectType, object_id: objectId, details, at }) {
      const id = newId();
      await sql`
        insert into notice (workspace_id, id, type, object_type, object_id, details, created_at)
        values (${workspaceId}, ${id}, ${type}, ${objectType}, ${objectId}, ${JSON.stringify(details)}, ${at})`.execute(
        trx,
      );
      await enqueueNotice(trx, parts, workspaceId, { id, objectId, details });
    },

    async end(trx, workspaceId, objectId, at) {
      await sql`update notice set ended_at = ${at}
                where workspace_id = ${workspaceId} and object_id = ${objectId} and ended_at is null`.execute(
        trx,
      );
    },

    list: ({ workspaceId, userId, role }, limit, after) =>
      reads(role) ? db.read<Notice>(LIST, [workspaceId, userId, after, limit]) : Promise.resolve([]),

    async dismiss(trx, { workspaceId, userId, role }, id, at) {
      if (!reads(role)) return false;
      const { rows } = await sql`
        select from notice where workspace_id = ${workspaceId} and id = ${id} and ended_at is null`.execute(
        trx,
      );
      if (rows.length === 0) return false;
      await sql`insert into notice_dismissal (workspace_id, notice_id, user_id, at)
                values (${workspaceId}, ${id}, ${userId}, ${at}) on conflict do nothing`.execute(trx);
      return true;
    },
  };
}

function reads(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
