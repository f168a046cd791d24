import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { isUniqueViolation } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { refuse, type Authorities } from './authority.ts';
import type { Actor } from './audit.ts';
import { isAtLeast, type Role } from './role.ts';

/** A member of a workspace; `id` is the user's. */
export interface Member {
  id: Uuid;
  name: string;
  email: string;
  role: Role;
  joined_at: string;
  last_seen_at: string | null;
}

export interface Members {
  /** By user id; `after` is the last id of the previous page. */
  list(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Member[]>;
  get(workspaceId: Uuid, id: Uuid): Promise<Member | undefined>;
  /** Throws `conflict` if the user is already a member. */
  add(trx: Transaction, workspaceId: Uuid, userId: Uuid, role: Role): Promise<void>;
  /**
   * Changes the role of a member of the caller's workspace; effective from the next request, for their sessions
   * and keys. Throws `not_found`, `forbidden` if either role is above the caller's, `conflict` for the last owner.
   * @returns the previous role
   */
  changeRole(trx: Transaction, by: Actor, id: Uuid, role: Role): Promise<Role>;
  /**
   * Removes a member from the caller's workspace and ends their sessions there; throws like `changeRole`. @returns
   * the previous role
   */
  remove(trx: Transaction, by: Actor, id: Uuid): Promise<Role>;
}

const SELECT = `
select u.id, u.name, u.email, m.role, m.joined_at,
       (select max(s.last_seen_at) from session s where s.user_id = m.user_id and s.workspace_id = m.workspace_id) as last_seen_at
from member m join app_user u on u.id = m.user_id
where m.workspace_id = $1`;
const LIST = {
  name: 'member.list',
  text: `${SELECT} and ($2::uuid is null or m.user_id > $2) order by m.user_id limit $3`,
};
const GET = { name: 'member.get', text: `${SELECT} and m.user_id = $2` };

const LOCK_WORKSPACE = {
  name: 'member.lock-workspace',
  text: `select from workspace where id = $1 for no key update`,
};

const ROLE = {
  name: 'member.role',
  text: `select role from member where workspace_id = $1 and user_id = $2`,
};

const FIND_OTHER_OWNER = {
  name: 'member.find-other-owner',
  text: `select from member where workspace_id = $1 and role = 'owner' and user_id <> $2`,
};

const END_SESSIONS = {
  name: 'member.end-sessions',
  text: `delete from session where workspace_id = $1 and user_id = $2`,
};

const INSERT = {
  name: 'member.insert',
  text: `insert into member (workspace_id, user_id, role, joined_at)
         values ($1, $2, $3, $4)`,
};

const SET_ROLE = {
  name: 'member.set-role',
  text: `update member set role = $1 where workspace_id = $2 and user_id = $3`,
};

const DELETE = {
  name: 'member.delete',
  text: `delete from member where workspace_id = $1 and user_id = $2`,
};

export function makeMembers(db: Database, clock: Clock, authorities: Authorities): Members {
  /** The current role of a member; locks the workspace's members against other changes. */
  async function currentRole(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Role> {
    await query(trx, LOCK_WORKSPACE, [workspaceId]);
    const rows = await query<{ role: Role }>(trx, ROLE, [workspaceId, id]);
    if (!rows[0]) throw new ApiError('not_found', 'No member with this id.');
    return rows[0].role;
  }

  async function checkOwnerLeft(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<void> {
    const rows = await query(trx, FIND_OTHER_OWNER, [workspaceId, id]);
    if (rows.length === 0)
      throw new ApiError('conflict', 'A workspace must have an owner; make another member an owner first.');
  }

  /** Sessions in other workspaces stay. */
  async function endSessions(trx: Transaction, workspaceId: Uuid, userId: Uuid): Promise<void> {
    await query(trx, END_SESSIONS, [workspaceId, userId]);
  }

  return {
    list: (workspaceId, limit, after) => db.read<Member>(LIST, [workspaceId, after, limit]),
    get: async (workspaceId, id) => (await db.read<Member>(GET, [workspaceId, id]))[0],

    async add(trx, workspaceId, userId, role) {
      // Sessions of a former membership: left by an older version, or moved here during the removal.
      await endSessions(trx, workspaceId, userId);
      try {
        await query(trx, INSERT, [workspaceId, userId, role, isoTime(clock.now())]);
      } catch (error) {
        if (isUniqueViolation(error))
          throw new ApiError('conflict', 'The user is already a member of this workspace.');
        throw error;
      }
    },

    async changeRole(trx, by, id, role) {
      const { workspaceId } = by;
      const had = await currentRole(trx, workspaceId, id);
      const authority = await authorities.current(trx, by);
      refuse(authorities.lackToManage(authority, had));
      refuse(
        isAtLeast(had, role)
          ? authorities.lackToManage(authority, role)
          : authorities.lackToGrant(authority, role),
      );
      if (had === 'owner' && role !== 'owner') await checkOwnerLeft(trx, workspaceId, id);
      await query(trx, SET_ROLE, [role, workspaceId, id]);
      return had;
    },

    async remove(trx, by, id) {
      const { workspaceId } = by;
      const had = await currentRole(trx, workspaceId, id);
      // Anyone may leave.
      if (by.actor !== `user:${id}`)
        refuse(authorities.lackToManage(await authorities.current(trx, by), had));
      if (had === 'owner') await checkOwnerLeft(trx, workspaceId, id);
      await query(trx, DELETE, [workspaceId, id]);
      await endSessions(trx, workspaceId, id);
      return had;
    },
  };
}
