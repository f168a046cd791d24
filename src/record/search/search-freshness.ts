import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** Who searches. */
export interface Searcher {
  workspaceId: Uuid;
  /** As in events. */
  actor: string;
  /** Whether a scope is granted. */
  may(scope: string): boolean;
}

/** What the documents contain. */
export interface Freshness {
  /** Changes that the searcher made, that others have named, or that are older than seconds, are not in the documents. */
  isBehind: boolean;
  /** Objects whose documents are being made for the first time. */
  unfilled: ReadonlySet<string>;
  /** What search_text returns for the texts. */
  folds: readonly string[];
}

/** How long a search waits for the searcher's own changes. */
const MAX_WAIT_MS = 300;
const LOOK_EVERY_MS = 15;
/** With more events than this to follow, waiting is of no use. */
const MAX_EVENTS = 5_000;

const LOOK = {
  name: 'search.freshness',
  text: `
select c.event_seq - coalesce(p.seq, 0) as backlog,
       (select e.occurred_at < now() - interval '2 seconds' from event e
        where e.workspace_id = $1 and e.seq > coalesce(p.seq, 0) order by e.seq limit 1) as is_late,
       (select max(e.seq) from (
          select e.seq, e.actor from event e
          where e.workspace_id = $1 and e.seq > coalesce(p.seq, 0) order by e.seq limit ${MAX_EVENTS}
        ) e where e.actor = $2) as own,
       exists (select from search_pending s
               where s.workspace_id = $1 and (s.record_id is not null or s.ref_id is not null)) as has_pending,
       exists (select from search_pending s
               where s.workspace_id = $1 and s.record_id is null and s.ref_id is null and not s.is_first) as is_rebuilding,
       array(select f.object_type from search_form f) as made,
       array(select distinct s.object_type from search_pending s where s.workspace_id = $1 and s.is_first) as filling,
       array(select search_text(t.text) from unnest($3::text[]) with ordinality as t(text, n) order by t.n) as folds
from (select $1::uuid as id) w
left join workspace_counter c on c.workspace_id = w.id
left join search_position p on p.workspace_id = w.id`,
};

const REACHED = {
  name: 'search.reached',
  text: `
select coalesce((select seq from search_position where workspace_id = $1), 0) >= $2
  and not exists (select from search_pending
                  where workspace_id = $1 and (record_id is not null or ref_id is not null)) as reached`,
};

interface Look {
  backlog: number | null;
  is_late: boolean | null;
  own: number | null;
  has_pending: boolean;
  is_rebuilding: boolean;
  made: string[];
  filling: string[];
  folds: string[];
}

/**
 * Waits until the documents contain what the searcher wrote, whichever process wrote it.
 * @param objects all that search reads
 * @param wake starts a step of this process's follower
 */
export async function awaitFresh(
  db: Database,
  { workspaceId, actor }: Searcher,
  parts: { texts: readonly string[]; objects: readonly string[]; wake(): void },
): Promise<Freshness> {
  const [look] = await db.read<Look>(LOOK, [workspaceId, actor, parts.texts]);
  const { own, has_pending: hasPending, is_rebuilding: isRebuilding, made, filling, folds } = look!;
  const isLong = (look!.backlog ?? 0) > MAX_EVENTS;
  const unfilled = new Set([...parts.objects.filter((object) => !made.includes(object)), ...filling]);
  const isOld = isLong || isRebuilding || look!.is_late === true;
  if (own === null && !hasPending) return { isBehind: isOld, unfilled, folds };
  const reached = isLong ? false : await reaches(own ?? 0);
  return { isBehind: isRebuilding || !reached, unfilled, folds };

  async function reaches(seq: number): Promise<boolean> {
    const deadline = performance.now() + MAX_WAIT_MS;
    parts.wake();
    for (;;) {
      const [row] = await db.read<{ reached: boolean }>(REACHED, [workspaceId, seq]);
      if (row!.reached) return true;
      if (performance.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
