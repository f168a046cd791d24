import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { isUniqueViolation } from '../db/failure.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import type { Role } from './role.ts';

/** A person with an account, in any number of workspaces. */
export interface User {
  id: Uuid;
  email: string;
  name: string;
}

export interface UserWithPassword extends User {
  /** As account/password.ts stores it; null if none has been set yet. */
  password: string | null;
}

/** A workspace of a user. */
export interface Membership {
  id: Uuid;
  name: string;
  role: Role;
}

export interface Users {
  /** Ignoring case. */
  byEmail(email: string): Promise<UserWithPassword | undefined>;
  get(id: Uuid): Promise<UserWithPassword | undefined>;
  /** Throws `conflict` if the address has an account. @param password hashed, or null */
  create(trx: Transaction, person: { email: string; name: string; password: string | null }): Promise<User>;
  setPassword(trx: Transaction, id: Uuid, password: string): Promise<void>;
  /** The workspaces of a user, in the order in which they joined. */
  memberships(id: Uuid): Promise<Membership[]>;
}

const FIND = 'select u.id, u.email, u.name, u.password from app_user u';
const BY_EMAIL = { name: 'user.by-email', text: `${FIND} where lower(u.email) = lower($1)` };
const BY_ID = { name: 'user.by-id', text: `${FIND} where u.id = $1` };
const MEMBERSHIPS = {
  name: 'user.belongings',
  text: `select w.id, w.name, m.role from member m join workspace w on w.id = m.workspace_id
         where m.user_id = $1 order by m.joined_at, w.id`,
};

const INSERT = {
  name: 'user.insert',
  text: `insert into app_user (id, email, name, password, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)`,
};

const SET_PASSWORD = {
  name: 'user.set-password',
  text: `update app_user set password = $1, updated_at = $2
         where id = $3`,
};

export function makeUsers(db: Database, clock: Clock, newId: () => Uuid): Users {
  return {
    byEmail: async (email) => (await db.read<UserWithPassword>(BY_EMAIL, [email]))[0],
    get: async (id) => (await db.read<UserWithPassword>(BY_ID, [id]))[0],

    async create(trx, { email, name, password }) {
      const user = { id: newId(), email, name };
      const at = isoTime(clock.now());
      try {
        await query(trx, INSERT, [user.id, email, name, password, at]);
      } catch (error) {
        if (isUniqueViolation(error)) throw new ApiError('conflict', 'This address already has an account.');
        throw error;
      }
      return user;
    },

    async setPassword(trx, id, password) {
      await query(trx, SET_PASSWORD, [password, isoTime(clock.now()), id]);
    },

    memberships: (id) => db.read<Membership>(MEMBERSHIPS, [id]),
  };
}
