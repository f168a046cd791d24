import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { enqueueNotice, type NoticeMailParts, type NoticeMessage } from './notice-mail.ts';
import type { Role } from './role.ts';

/** A notice to the owners and admins of a workspace, or to one member. */
export interface Notice {
  id: Uuid;
  type: string;
  object_type: string;
  object_id: Uuid;
  details: Record<string, unknown>;
  created_at: string;
}

/**
 * Notices to all current owners and admins of a workspace, or to one member. A notice is shown until it is resolved, or
 * until the reader dismisses it for themselves.
 */
export interface Notices {
  /** Call it within the transaction of the cause; the emails are queued in the same transaction. */
  post(
    trx: Transaction,
    workspaceId: Uuid,
    notice: Omit<Notice, 'id' | 'created_at'> & { at: string; messageFor?: NoticeMessage },
  ): Promise<void>;
  /** The same to one member; the caller queues the email, if there is to be one. */
  postTo(
    trx: Transaction,
    member: { workspaceId: Uuid; userId: Uuid },
    notice: Omit<Notice, 'id' | 'created_at'> & { at: string },
  ): Promise<void>;
  /** Resolves the notices about an object. */
  end(trx: Transaction, workspaceId: Uuid, objectId: Uuid, at: string): Promise<void>;
  /** The notices that a reader has not dismissed, newest first; `after` is the last id of the previous page. */
  list(reader: Reader, limit: number, after: Uuid | null): Promise<Notice[]>;
  /** Dismisses a notice. @returns false if the reader sees no such notice; true if it was dismissed before */
  dismiss(trx: Transaction, reader: Reader, id: Uuid, at: string): Promise<boolean>;
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
  and (n.user_id = $2 or (n.user_id is null and $5))
  and not exists (select from notice_dismissal d
    where d.workspace_id = n.workspace_id and d.notice_id = n.id and d.user_id = $2)
order by n.id desc limit $4`,
};

const INSERT = {
  name: 'notice.insert',
  text: `insert into notice (workspace_id, id, type, object_type, object_id, details, created_at, user_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

const END = {
  name: 'notice.end',
  text: `update notice set ended_at = $1
         where workspace_id = $2 and object_id = $3 and ended_at is null`,
};

const FIND = {
  name: 'notice.find',
  text: `select from notice where workspace_id = $1 and id = $2 and ended_at is null
           and (user_id = $3 or (user_id is null and $4))`,
};

const DISMISS = {
  name: 'notice.dismiss',
  text: `insert into notice_dismissal (workspace_id, notice_id, user_id, at)
         values ($1, $2, $3, $4) on conflict do nothing`,
};

export function makeNotices(parts: NoticeMailParts & { db: Database; newId: () => Uuid }): Notices {
  const { db, newId } = parts;

  async function insert(
    trx: Transaction,
    { workspaceId, userId }: { workspaceId: Uuid; userId: Uuid | null },
    { type, object_type: objectType, object_id: objectId, details, at }: Parameters<Notices['post']>[2],
  ): Promise<Uuid> {
    const id = newId();
    const values = [workspaceId, id, type, objectType, objectId, JSON.stringify(details), at, userId];
    await query(trx, INSERT, values);
    return id;
  }

  return {
    async post(trx, workspaceId, notice) {
      const id = await insert(trx, { workspaceId, userId: null }, notice);
      await enqueueNotice(trx, parts, workspaceId, {
        id,
        objectId: notice.object_id,
        details: notice.details,
        messageFor: notice.messageFor,
      });
    },

    async postTo(trx, member, notice) {
      await insert(trx, member, notice);
    },

    async end(trx, workspaceId, objectId, at) {
      await query(trx, END, [at, workspaceId, objectId]);
    },

    list: ({ workspaceId, userId, role }, limit, after) =>
      db.read<Notice>(LIST, [workspaceId, userId, after, limit, isOwnerOrAdmin(role)]),

    async dismiss(trx, { workspaceId, userId, role }, id, at) {
      const rows = await query(trx, FIND, [workspaceId, id, userId, isOwnerOrAdmin(role)]);
      if (rows.length === 0) return false;
      await query(trx, DISMISS, [workspaceId, id, userId, at]);
      return true;
    },
  };
}

function isOwnerOrAdmin(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
