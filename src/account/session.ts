import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import type { Caller } from './caller.ts';
import type { Role } from './role.ts';
import type { Scopes } from './scope.ts';

/** How long a session lasts after its last use, in milliseconds. */
export const SESSION_MS = 30 * 24 * 3_600_000;
/** Minimum interval between updates of last_seen_at. */
const SEEN_EVERY_MS = 10 * 60_000;

export interface Sessions {
  /** The caller of a session token, read from the store each time; throws `unauthorized`. */
  authenticate(token: string): Promise<Caller>;
  /** Starts a session; the token is available only here, its hash is stored. */
  open(trx: Transaction, userId: Uuid, workspaceId: Uuid): Promise<string>;
  /** Switches to another workspace; undefined if the user is not a member of it. */
  move(id: Uuid, workspaceId: Uuid): Promise<Caller | undefined>;
  end(id: Uuid): Promise<void>;
  /** Ends all sessions of a user except one. */
  endAll(trx: Transaction, userId: Uuid, except: Uuid | null): Promise<void>;
}

interface Row {
  id: Uuid;
  user_id: Uuid;
  user_name: string;
  user_email: string;
  workspace_id: Uuid;
  workspace_name: string;
  plan: string;
  role: Role;
  last_seen_at: string;
  expires_at: string;
}

const SELECT = `
select s.id, s.user_id, u.name as user_name, u.email as user_email, s.workspace_id, w.name as workspace_name, w.plan,
       m.role, s.last_seen_at, s.expires_at
from session s
join app_user u on u.id = s.user_id
join member m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
join workspace w on w.id = s.workspace_id`;
const BY_HASH = { name: 'session.by-hash', text: `${SELECT} where s.hash = $1 and s.expires_at > $2` };
const BY_ID = { name: 'session.by-id', text: `${SELECT} where s.id = $1 and s.expires_at > $2` };
const SEEN = {
  name: 'session.seen',
  text: 'update session set last_seen_at = $2, expires_at = $3 where id = $1',
};

const INSERT = {
  name: 'session.insert',
  text: `insert into session (id, hash, user_id, workspace_id, created_at, last_seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $6,
                 $7)`,
};

const DELETE_EXPIRED = {
  name: 'session.delete-expired',
  text: `delete from session where expires_at < $1`,
};

const MOVE = {
  name: 'session.move',
  text: `update session s set workspace_id = $1 from member m
         where s.id = $2 and m.workspace_id = $1 and m.user_id = s.user_id`,
};

const DELETE = {
  name: 'session.delete',
  text: `delete from session where id = $1`,
};

const DELETE_OTHERS = {
  name: 'session.delete-others',
  text: `delete from session where user_id = $1 and id is distinct from $2`,
};

export function makeSessions(db: Database, clock: Clock, newId: () => Uuid, scopes: Scopes): Sessions {
  async function seen({ id, last_seen_at: last }: Row): Promise<void> {
    const now = clock.now();
    if (now - Date.parse(last) < SEEN_EVERY_MS) return;
    await db.pool.query({ ...SEEN, values: [id, isoTime(now), isoTime(now + SESSION_MS)] });
  }

  function callerOf(row: Row): Caller {
    const granted = scopes.ofRole(row.role);
    return {
      workspaceId: row.workspace_id,
      workspaceName: row.workspace_name,
      plan: row.plan,
      via: {
        kind: 'session',
        id: row.id,
        user: { id: row.user_id, name: row.user_name, email: row.user_email },
        expiresAt: row.expires_at,
      },
      identity: row.user_id,
      makerId: row.user_id,
      role: row.role,
      scopes: granted,
      may: (scope) => scopes.allows(granted, scope),
      actor: `user:${row.user_id}`,
      quota: { granted: true, windows: [], nowS: Math.floor(clock.now() / 1000) },
    };
  }

  return {
    async authenticate(token) {
      const [row] = await db.read<Row>(BY_HASH, [sha256(token), isoTime(clock.now())]);
      if (!row) throw new ApiError('unauthorized', 'You are signed out. Sign in again.');
      await seen(row);
      return callerOf(row);
    },

    async open(trx, userId, workspaceId) {
      const token = randomBytes(32).toString('base64url');
      const now = clock.now();
      await query(trx, INSERT, [
        newId(),
        sha256(token),
        userId,
        workspaceId,
        isoTime(now),
        isoTime(now),
        isoTime(now + SESSION_MS),
      ]);
      await query(trx, DELETE_EXPIRED, [isoTime(now)]);
      return token;
    },

    async move(id, workspaceId) {
      await query(db.pool, MOVE, [workspaceId, id]);
      const [row] = await db.read<Row>(BY_ID, [id, isoTime(clock.now())]);
      return row?.workspace_id === workspaceId ? callerOf(row) : undefined;
    },

    async end(id) {
      await query(db.pool, DELETE, [id]);
    },

    async endAll(trx, userId, except) {
      await query(trx, DELETE_OTHERS, [userId, except]);
    },
  };
}
