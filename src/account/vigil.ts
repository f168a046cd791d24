import { coalesce } from '../base/coalesce.ts';
import { isoTime, type Clock } from '../base/clock.ts';
import { unavailable } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { PATIENCE_MS, type Database } from '../db/pool.ts';
import type { Caller } from './caller.ts';

/** Keeps an eye on those whose requests take long: they were let in a while ago. */
export interface Vigil {
  /** Whether the key is not revoked or expired since, its maker still a member, the session not ended. */
  holds(caller: Caller): Promise<boolean>;
}

/** $1–$3: workspaces, ids, whether each is a session; $4: now. Answers the ids that are good. */
const STILL_GOOD = {
  name: 'vigil.hold',
  text: `
select k.id from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as a(workspace_id, id, is_session)
join api_key k on k.workspace_id = a.workspace_id and k.id = a.id
where not a.is_session and k.revoked_at is null and (k.expires_at is null or k.expires_at > $4::timestamptz)
  and (k.maker_id is null
       or exists (select from member m where m.workspace_id = k.workspace_id and m.user_id = k.maker_id))
union all
select s.id from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as a(workspace_id, id, is_session)
join session s on s.id = a.id and s.workspace_id = a.workspace_id
join member m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
where a.is_session and s.expires_at > $4::timestamptz`,
};

/** Those who wait together are looked up together. */
export function makeVigil(db: Database, clock: Clock): Vigil {
  const lookUps = coalesce<Caller, boolean>({
    slots: 1,
    groupOf: () => '',
    maxWeight: 1000,
    patience: { ms: PATIENCE_MS, error: () => unavailable('The database does not answer.', 2) },
    async fly(callers) {
      const good = await db.read<{ id: Uuid }>(STILL_GOOD, [
        callers.map(({ workspaceId }) => workspaceId),
        callers.map(({ via }) => via.id),
        callers.map(({ via }) => via.kind === 'session'),
        isoTime(clock.now()),
      ]);
      const ids = new Set(good.map(({ id }) => id));
      return callers.map(({ via }) => ids.has(via.id));
    },
  });
  return { holds: (caller) => lookUps.add(caller) };
}
