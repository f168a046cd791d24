import { coalesce } from '../base/coalesce.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { ApiError, unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { TIMEOUT_MS, type Database } from '../db/pool.ts';
import { checkKey, type Caller, type KeyState } from './caller.ts';
import type { Role } from './role.ts';
import type { Scopes } from './scope.ts';

/** Rechecks the keys and sessions of long requests. */
export interface SessionRevalidation {
  /**
   * Returns the caller with the currently stored plan, role and scopes; the query starts after the call. Throws
   * the error of a new request: `unauthorized`, `api_key_expired` or `forbidden`; `unavailable` if the database
   * does not answer.
   */
  revalidate(caller: Caller): Promise<Caller>;
}

interface Row extends KeyState {
  id: Uuid;
  plan: string;
  /** Null for a session. */
  scopes: string[] | null;
}

/**
 * $1–$3: workspaces, ids, whether each is a session; $4: now. Sessions that ended or moved to another workspace
 * are missing.
 */
const FIND = {
  name: 'session.revalidate',
  text: `
select k.id, w.plan, k.scopes, k.expires_at, k.revoked_at, k.maker_id, m.role
from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as a(workspace_id, id, is_session)
join api_key k on k.workspace_id = a.workspace_id and k.id = a.id
join workspace w on w.id = k.workspace_id
left join member m on m.workspace_id = k.workspace_id and m.user_id = k.maker_id
where not a.is_session
union all
select s.id, w.plan, null, s.expires_at, null, s.user_id, m.role
from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as a(workspace_id, id, is_session)
join session s on s.id = a.id and s.workspace_id = a.workspace_id
join member m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
join workspace w on w.id = s.workspace_id
where a.is_session and s.expires_at > $4::timestamptz`,
};

/** Concurrent callers are looked up together. */
export function makeSessionRevalidation(db: Database, clock: Clock, scopes: Scopes): SessionRevalidation {
  const lookUps = coalesce<Caller, Row | undefined>({
    slots: 1,
    groupOf: () => '',
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(callers) {
      const rows = await db.read<Row>(FIND, [
        callers.map(({ workspaceId }) => workspaceId),
        callers.map(({ via }) => via.id),
        callers.map(({ via }) => via.kind === 'session'),
        isoTime(clock.now()),
      ]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return callers.map(({ via }) => byId.get(via.id));
    },
  });

  function rightsOf(granted: readonly string[]): Pick<Caller, 'scopes' | 'may'> {
    return { scopes: granted, may: (scope) => scopes.allows(granted, scope) };
  }

  return {
    async revalidate(caller) {
      const row = await lookUps.add(caller);
      if (!row)
        throw new ApiError('unauthorized', 'The API key was revoked or the session ended in the meantime.');
      const { plan } = row;
      if (row.scopes === null) {
        const role = row.role as Role;
        return { ...caller, plan, role, ...rightsOf(scopes.ofRole(role)) };
      }
      checkKey(row, clock.now());
      return {
        ...caller,
        plan,
        role: row.role ?? 'owner',
        ...rightsOf(scopes.ofKey(row.scopes, row.role)),
      };
    },
  };
}
