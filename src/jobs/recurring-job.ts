import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { NOW } from './job-queue.ts';

/** Work that is repeated as long as a worker runs, by one process at a time. They are listed in maintenance.ts. */
export interface RecurringJob {
  /** Stored, and shown in the log and in metrics. */
  name: string;
  /** From the end of a run to the start of the next, in milliseconds. */
  everyMs: number;
  /**
   * Written to be repeated, as any job. What it throws is logged, and it runs again at the next time.
   * @param signal aborts when the process stops: the step under way is finished, nothing more is begun
   * @returns how much was done, for the log; nothing where there is nothing to say
   */
  run(signal: AbortSignal): Promise<unknown>;
}

/** The key of a recurring job's row: there is one for each name. */
const KEY = 'schedule';

/**
 * Makes the rows of recurring jobs that are new, due at once. A row that exists keeps its time, so that a restart repeats
 * nothing, and runs that were missed while no worker ran are caught up once. No row waits longer than its interval, also
 * where that has become shorter, or where the database's clock was ahead. Workers call it once a minute.
 */
export async function scheduleRecurring(
  db: Database,
  newId: () => Uuid,
  recurring: readonly RecurringJob[],
): Promise<void> {
  const inOrder = recurring.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  await db.pool.query({
    name: 'job.schedule',
    text: `
insert into job (id, type, payload, unique_key, recurring, due_at)
select n.id, n.type, '{}', '${KEY}', true, ${NOW}
from unnest($1::uuid[], $2::text[]) as n(id, type)
on conflict (type, workspace_id, unique_key) where unique_key is not null and failed_at is null
do nothing`,
    values: [inOrder.map(() => newId()), inOrder.map(({ name }) => name)],
  });
  await db.pool.query({
    name: 'job.reschedule',
    text: `
update job j set due_at = now() + n.every * interval '1 millisecond'
from unnest($1::text[], $2::float[]) as n(type, every)
where j.type = n.type and j.recurring and j.lease_token is null
  and j.due_at > now() + n.every * interval '1 millisecond'`,
    values: [inOrder.map(({ name }) => name), inOrder.map(({ everyMs }) => everyMs)],
  });
}
