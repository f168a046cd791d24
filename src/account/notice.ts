import { sql, type Transaction } from 'kysely';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Schema } from '../db/schema.ts';
import { enqueueNotice, type NoticeMailParts } from './notice-mail.ts';
import type { Role } from './role.ts';

/** A notice to the owners and admins of a workspace. */
export interface Notice {
  id: Uuid;
  type: string;
  object_type: string;
  object_id: Uuid;
  details: Record<string, unknown>;
  created_at: string;
}

/**
 * Notices to all current owners and admins of a workspace. A notice is shown until it is resolved, or until the
 * reader dismisses it for themselves.
 */
export interface Notices {
  /** Call it within the transaction of the cause; the emails are queued in the same transaction. */
  post(
    trx: Transaction<Schema>,
    workspaceId: Uuid,
    notice: Omit<Notice, 'id' | 'created_at'> & { at: string },
  ): Promise<void>;
  /** Resolves the notices about an object. */
  end(trx: Transaction<Schema>, workspaceId: Uuid, objectId: Uuid, at: string): Promise<void>;
  /** The notices that a reader has not dismissed, newest first; `after` is the last id of the previous page. */
  list(reader: Reader, limit: number, after: Uuid | null): Promise<Notice[]>;
  /** Dismisses a notice. @returns false if the reader sees no such notice; true if it was dismissed before */
  dismiss(trx: Transaction<Schema>, reader: Reader, id: Uuid, at: string): Promise<boolean>;
}

/** A member who reads notices. */
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
