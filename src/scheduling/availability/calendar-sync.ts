import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { failureText } from './calendar-failure.ts';
import { STALE_MINUTES } from './stale-calendar.ts';
import { MINUTE_MS } from './zone-rules.ts';

/** A calendar of a member that is read for busy times. */
export interface MemberCalendar {
  connection_id: Uuid;
  kind: string;
  name: string;
  active: boolean;
  synced_at: string | null;
  /** A code, such as `timeout`; null if the last read succeeded. */
  problem: string | null;
  /** The same for people. */
  problem_text: string | null;
  stale: boolean;
}

const LIST = {
  name: 'calendar_sync.list',
  text: `select c.connection_id, k.kind, k.name, k.active, c.synced_at, c.last_failure as problem, k.created_at
         from calendar_sync c
         join connection k on k.workspace_id = c.workspace_id and k.id = c.connection_id
         where c.workspace_id = $1 and c.user_id = $2
         order by c.connection_id`,
};

/** @param now milliseconds since 1970 */
export async function readCalendars(
  db: Database,
  workspaceId: Uuid,
  userId: Uuid,
  now: number,
): Promise<MemberCalendar[]> {
  type Row = Omit<MemberCalendar, 'stale' | 'problem_text'> & { created_at: string };
  const rows = await db.read<Row>(LIST, [workspaceId, userId]);
  return rows.map(({ created_at, ...calendar }) => ({
    ...calendar,
    problem_text: calendar.problem && failureText(calendar.problem),
    stale: calendar.active && Date.parse(calendar.synced_at ?? created_at) < now - STALE_MINUTES * MINUTE_MS,
  }));
}
