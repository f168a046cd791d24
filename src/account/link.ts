import { randomBytes } from 'node:crypto';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError } from '../base/errors.ts';
import { sha256 } from '../base/hmac.ts';
import type { Uuid } from '../base/id.ts';
import { retried, type Database } from '../db/pool.ts';
import { query, type Queryable, type Transaction } from '../db/query.ts';
import type { Authorities } from './authority.ts';
import type { Role } from './role.ts';

export type LinkKind = 'setup' | 'invitation' | 'password_reset';

const HOUR_MS = 3_600_000;
// An arbitrary number, which must be the same in every process of an installation.
const LOCK = 0x4641_4958;
/** How long a link is valid, in milliseconds. */
export const LINK_LIFETIME_MS: Record<LinkKind, number> = {
  setup: 7 * 24 * HOUR_MS,
  invitation: 7 * 24 * HOUR_MS,
  password_reset: 2 * HOUR_MS,
};

/** The page of each kind; the token is in the fragment, which never reaches servers and logs. */
const PAGES: Record<LinkKind, string> = {
  setup: '/setup',
  invitation: '/invitation',
  password_reset: '/reset-password',
};

/** A single-use link. */
export interface Link {
  id: Uuid;
  kind: LinkKind;
  /** For setup and invitation. */
  workspace_id: Uuid | null;
  /** For a password reset. */
  user_id: Uuid | null;
  /** For an invitation: the invited address and its role. */
  email: string | null;
  role: Role | null;
  created_by: string;
  created_at: string;
  expires_at: string;
}

export type NewLink = Pick<Link, 'kind' | 'created_by'> &
  Partial<Pick<Link, 'workspace_id' | 'user_id' | 'email' | 'role'>>;

/** What a link reveals to its holder. */
export interface OpenedLink extends Link {
  workspace_name: string | null;
  /** The address of its account. */
  user_email: string | null;
  /** Null for an invitation: its creator can open it too, and must not learn who has an account. */
  has_account: boolean | null;
}

export interface Invitation extends Link {
  /** Whether its creator may still create it. */
  valid: boolean;
}

/** Makes the link with which a user sets a new password, for example after it was forgotten. */
export async function makeResetLink(
  { links, baseUrl }: { links: Links; baseUrl(): string },
  trx: Transaction,
  userId: Uuid,
  createdBy: string,
): Promise<string> {
  const { link, token } = await links.make(trx, {
    kind: 'password_reset',
    user_id: userId,
    created_by: createdBy,
  });
  return linkUrl(baseUrl(), link.kind, token);
}

export interface Links {
  /**
   * Creates a link and replaces earlier ones for the same purpose. The token is available only here; the hash is
   * stored.
   */
  make(trx: Transaction, link: NewLink): Promise<{ link: Link; token: string }>;
  /**
   * Throws `not_found` if the link is unknown, used, expired, of another kind, or an invitation whose creator may
   * no longer give the role.
   */
  open(token: string, kind?: LinkKind): Promise<OpenedLink>;
  /** Uses the link up; throws `not_found` like `open`. Of two concurrent calls, one succeeds. */
  use(trx: Transaction, token: string, kind: LinkKind): Promise<Link>;
  /** Pending invitations, including invalid ones; newest first. */
  invitations(workspaceId: Uuid, limit: number, after: Uuid | null): Promise<Invitation[]>;
  /** Withdraws an invitation; undefined if there is none. */
  withdraw(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Link | undefined>;
}

const SHOWN =
  'l.id, l.kind, l.workspace_id, l.user_id, l.email, l.role, l.created_by, l.created_at, l.expires_at';

const OPEN = {
  name: 'link.open',
  text: `
select ${SHOWN}, w.name as workspace_name, u.email as user_email, 
       case l.kind when 'password_reset' then u.password is not null when 'setup' then false end as has_account
from link l
left join workspace w on w.id = l.workspace_id
left join app_user u on u.id = l.user_id
where l.hash = $1 and l.used_at is null and l.expires_at > $2`,
};

const INVITATIONS = {
  name: 'link.invitations',
  text: `select ${SHOWN} from link l
         where l.workspace_id = $1 and l.kind = 'invitation' and l.used_at is null and ($2::uuid is null or l.id < $2)
         order by l.id desc limit $3`,
};

const LOCK_PURPOSE = {
  name: 'link.lock',
  text: 'select pg_advisory_xact_lock($1::int, hashtext(lower($2)))',
};

const DELETE_EARLIER = {
  name: 'link.delete-earlier',
  text: `delete from link where kind = $1 and used_at is null and workspace_id is not distinct from $2
         and user_id is not distinct from $3 and lower(email) is not distinct from lower($4)`,
};

const INSERT = {
  name: 'link.insert',
  text: `insert into link (id, kind, hash, workspace_id, user_id, email, role, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7,
                 $8, $9, $10)`,
};

const USE = {
  name: 'link.use',
  text: `update link l set used_at = $1
         where hash = $2 and kind = $3 and used_at is null and expires_at > $1
         returning ${SHOWN}`,
};

const WITHDRAW = {
  name: 'link.withdraw',
  text: `delete from link l
         where workspace_id = $1 and id = $2 and kind = 'invitation' and used_at is null
         returning ${SHOWN}`,
};

/** The URL of a link: `<base>/setup#token=…`. */
export function linkUrl(base: string, kind: LinkKind, token: string): string {
  return `${base}${PAGES[kind]}#token=${token}`;
}

export function makeLinks(db: Database, clock: Clock, newId: () => Uuid, authorities: Authorities): Links {
  /** Which of these invitations of one workspace are valid, that is, their creators may still give the role. */
  async function valid(
    on: Queryable,
    workspaceId: Uuid,
    invitations: readonly Link[],
    lock = false,
  ): Promise<boolean[]> {
    const makers = invitations.map(({ created_by: maker }) => maker);
    const found = await authorities.list(on, workspaceId, makers, lock);
    return invitations.map(({ created_by: maker, role }) => {
      const authority = found.get(maker);
      return authority !== undefined && authorities.lackToGrant(authority, role!) === null;
    });
  }

  /** Throws `not_found` for an invitation that is no longer valid. */
  async function checkMaker(on: Queryable, link: Link, lock: boolean): Promise<void> {
    if (link.kind !== 'invitation') return;
    const [isValid] = await valid(on, link.workspace_id!, [link], lock);
    if (!isValid) throw gone();
  }

  return {
    async make(trx, { kind, workspace_id: workspaceId, user_id: userId, email, role, created_by: by }) {
      const token = randomBytes(32).toString('base64url');
      const now = clock.now();
      const link: Link = {
        id: newId(),
        kind,
        workspace_id: workspaceId ?? null,
        user_id: userId ?? null,
        email: email ?? null,
        role: role ?? null,
        created_by: by,
        created_at: isoTime(now),
        expires_at: isoTime(now + LINK_LIFETIME_MS[kind]),
      };
      // Two at once would not see each other's link, and both would stay valid.
      const purpose = [kind, link.workspace_id, link.user_id, link.email].join(' ');
      await query(trx, LOCK_PURPOSE, [LOCK, purpose]);
      await query(trx, DELETE_EARLIER, [kind, link.workspace_id, link.user_id, link.email]);
      await query(trx, INSERT, [
        link.id,
        kind,
        sha256(token),
        link.workspace_id,
        link.user_id,
        link.email,
        link.role,
        by,
        link.created_at,
        link.expires_at,
      ]);
      return { link, token };
    },

    async open(token, kind) {
      const [link] = await db.read<OpenedLink>(OPEN, [sha256(token), isoTime(clock.now())]);
      if (!link || (kind !== undefined && link.kind !== kind)) throw gone();
      await checkMaker(db.pool, link, false);
      return link;
    },

    async use(trx, token, kind) {
      const now = isoTime(clock.now());
      const rows = await query<Link>(trx, USE, [now, sha256(token), kind]);
      if (!rows[0]) throw gone();
      await checkMaker(trx, rows[0], true);
      return rows[0];
    },

    async invitations(workspaceId, limit, after) {
      const links = await db.read<Link>(INVITATIONS, [workspaceId, after, limit]);
      const stillValid = await retried(() => valid(db.pool, workspaceId, links));
      return links.map((link, at) => ({ ...link, valid: stillValid[at]! }));
    },

    async withdraw(trx, workspaceId, id) {
      const rows = await query<Link>(trx, WITHDRAW, [workspaceId, id]);
      return rows[0];
    },
  };
}

function gone(): ApiError {
  return new ApiError(
    'not_found',
    'This link is unknown, used or expired, or the invitation is no longer valid. Ask for a new one.',
  );
}
