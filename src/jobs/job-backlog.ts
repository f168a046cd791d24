import type { Pool } from 'pg';

/** Jobs in the database, over all workspaces, without recurring ones. */
export interface JobBacklog {
  /** For their time. */
  waiting: number;
  /** For a worker. */
  due: number;
  running: number;
  failed: number;
  oldest_due_s: number;
}

/** The most jobs of a state that are counted. */
const MAX_COUNTED = 10_000;

const counted = (condition: string) =>
  `(select count(*)::int from (select from job where not recurring and ${condition} limit ${MAX_COUNTED}) c)`;

export async function measureJobs(pool: Pool): Promise<JobBacklog> {
  const { rows } = await pool.query<JobBacklog>({
    name: 'job.backlog',
    text: `
select ${counted('failed_at is null and lease_token is null and due_at > now()')} as waiting,
       ${counted('failed_at is null and due_at <= now()')} as due,
       ${counted('failed_at is null and lease_token is not null and due_at > now()')} as running,
       ${counted('failed_at is not null')} as failed,
       (select coalesce(greatest(extract(epoch from now() - min(due_at)), 0), 0)::float from job
        where failed_at is null and not recurring) as oldest_due_s`,
  });
  return rows[0]!;
}

/** A type with jobs that failed for good in the last seven days. */
export interface FailedJobs {
  type: string;
  jobs: number;
  last_error: string;
}

export async function recentlyFailedJobs(pool: Pool): Promise<FailedJobs[]> {
  const { rows } = await pool.query<FailedJobs>(`
select type, count(*)::int as jobs, (array_agg(last_error order by failed_at desc))[1] as last_error
from job where failed_at > now() - interval '7 days' group by type order by jobs desc, type limit 5`);
  return rows;
}

/** Jobs that have been due for more than five minutes. */
export async function countOverdueJobs(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ overdue: number }>(
    `select ${counted("failed_at is null and due_at < now() - interval '5 minutes'")} as overdue`,
  );
  return rows[0]!.overdue;
}

/**
 * Whether every recurring job has been due for more than five minutes: no worker runs. One alone may be overdue, as a
 * version that is gone may have made it.
 */
export async function isMaintenanceOverdue(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ overdue: boolean | null }>(
    "select max(due_at) < now() - interval '5 minutes' as overdue from job where recurring",
  );
  return rows[0]!.overdue === true;
}

/** Failed jobs are kept for 30 days, and so are recurring ones that no process knows any more. @returns how many were deleted */
export async function dropOldJobs(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(`
delete from job
where failed_at < now() - interval '30 days' or recurring and due_at < now() - interval '30 days'`);
  return rowCount ?? 0;
}
