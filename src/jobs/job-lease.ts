import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Statement } from '../db/query.ts';
import { NOW } from './job-queue.ts';

/** A job that this process runs, until its lease ends. */
export interface ClaimedJob {
  id: Uuid;
  workspace_id: Uuid | null;
  type: string;
  payload: unknown;
  attempts: number;
  crashes: number;
  lease_token: Uuid;
}

export interface DueJobs {
  jobs: boolean;
  recurring: boolean;
  /** Until the next one of either is due; null where none waits. */
  next_ms: number | null;
}

/** Names of types, and how many jobs of each may run at once in a workspace; null: any number. */
export type Claimable = readonly { name: string; perWorkspace?: number | null }[];

/** A job whose process died goes on after this time and a poll of two seconds. */
export const LEASE_MS = 15_000;

// Any number will do, as long as every process of an installation uses the same.
const LOCK = 0x4641_4957;

const DUE = {
  name: 'job.due',
  text: `
select exists (select from job where failed_at is null and due_at <= now() and type = any($1)) as jobs,
       exists (select from job where failed_at is null and due_at <= now() and type = any($2)) as recurring,
       (select extract(epoch from min(due_at) - now()) * 1000 from job
        where failed_at is null and due_at > now() and (type = any($1) or type = any($2)))::float as next_ms`,
};

/**
 * Skips jobs of a workspace that runs its maximum, so that they do not hold up others. Near the maximum, it claims
 * only up to it (`place`).
 */
const CLAIM = {
  name: 'job.claim',
  text: `
with kind as (
  select * from unnest($1::text[], $2::int[]) as k(type, per_workspace)
),
running as (
  select j.type, j.workspace_id, count(*)::int as jobs
  from job j join kind k on k.type = j.type and k.per_workspace is not null
  where j.lease_token is not null and j.due_at > now() and j.failed_at is null
  group by j.type, j.workspace_id
),
due as (
  select j.id, j.due_at, j.type, j.workspace_id, k.per_workspace, coalesce(r.jobs, 0) as running
  from job j
  join kind k on k.type = j.type
  left join running r on r.type = j.type and r.workspace_id is not distinct from j.workspace_id
  where j.failed_at is null and j.due_at <= now() and j.id <> all($5::uuid[])
    and (k.per_workspace is null or coalesce(r.jobs, 0) < k.per_workspace)
  order by j.due_at, j.id limit $3
),
placed as (
  select id, per_workspace, running,
         row_number() over (partition by type, workspace_id order by due_at, id) as place
  from due
)
update job j
set lease_token = $4, due_at = now() + interval '${LEASE_MS} milliseconds',
    crashes = j.crashes + (j.lease_token is not null)::int
from placed p
where j.id = p.id and (p.per_workspace is null or p.running + p.place <= p.per_workspace)
  and j.failed_at is null and j.due_at <= now()
returning j.id, j.workspace_id, j.type, j.payload, j.attempts, j.crashes, j.lease_token`,
};

/**
 * A run that was cut short is not repeated where the job was enqueued again meanwhile: the row has the new payload
 * already, which must not run before its time.
 */
const SUPERSEDE = {
  name: 'job.supersede',
  text: `
update job set due_at = again_at, again_at = null, lease_token = null, attempts = 0, crashes = 0, last_error = null
where failed_at is null and due_at <= now() and again_at is not null and lease_token is not null
  and type = any($1) and id <> all($2::uuid[])`,
};

/** The session is ended where its process stands still meanwhile, so that others can claim. */
const CLAIM_LOCK = {
  name: 'job.lock',
  text: `
select pg_advisory_xact_lock($1) from (select set_config('idle_in_transaction_session_timeout', '5s', true)) s`,
};

const RENEW = {
  name: 'job.renew',
  text: `
update job j set due_at = now() + interval '${LEASE_MS} milliseconds'
from unnest($1::uuid[], $2::uuid[]) as l(id, token)
where j.id = l.id and j.lease_token = l.token
returning j.id, j.lease_token`,
};

const MINE = 'id = $1 and lease_token = $2';
const IDLE = 'lease_token = null, attempts = 0, crashes = 0, last_error = null';

/** How a run ends, each for the holder of the lease alone. */
const OUTCOMES = {
  succeeded: { name: 'job.succeeded', text: `delete from job where ${MINE} and again_at is null` },
  again: {
    name: 'job.again',
    text: `update job set due_at = again_at, again_at = null, ${IDLE} where ${MINE} and again_at is not null`,
  },
  released: {
    name: 'job.released',
    text: `
update job set due_at = coalesce(again_at, ${NOW}), lease_token = null,
  attempts = case when again_at is null then attempts else 0 end,
  crashes = case when again_at is null then crashes else 0 end, again_at = null
where ${MINE}`,
  },
  retry: {
    name: 'job.retry',
    text: `
update job set due_at = coalesce(again_at, now() + $3 * interval '1 millisecond'), lease_token = null,
  attempts = case when again_at is null then attempts + 1 else 0 end,
  crashes = case when again_at is null then crashes else 0 end, again_at = null, last_error = $4
where ${MINE}`,
  },
  failed: {
    name: 'job.failed',
    text: `
update job set failed_at = now(), lease_token = null, attempts = attempts + $3, last_error = $4
where ${MINE} and again_at is null`,
  },
  next: {
    name: 'job.next',
    text: `
update job set due_at = now() + $3 * interval '1 millisecond', again_at = null, ${IDLE} where ${MINE}`,
  },
} satisfies Record<string, Statement>;

export type SettleAs = keyof typeof OUTCOMES;

/** The statements by which processes share jobs. All times are the database's. */
export interface JobLeases {
  /** What waits for a process; takes no lock. */
  due(jobs: Claimable, recurring: Claimable): Promise<DueJobs>;
  /**
   * Takes up to `limit` jobs that are due, oldest first.
   * @param running jobs that this process runs: it does not take them over from itself when their lease has ended
   */
  claim(types: Claimable, limit: number, running: readonly Uuid[]): Promise<ClaimedJob[]>;
  /** Extends the leases. @returns `leaseKey` of those that are still held */
  renew(jobs: readonly ClaimedJob[]): Promise<Set<string>>;
  /** Writes an outcome. @returns false where the lease was lost, or the outcome does not apply */
  settle(job: ClaimedJob, as: SettleAs, ...more: unknown[]): Promise<boolean>;
}

/** A process that lost a lease may get the same job again, under another token. */
export function leaseKey(job: Pick<ClaimedJob, 'id' | 'lease_token'>): string {
  return `${job.id} ${job.lease_token}`;
}

export function makeJobLeases(db: Database, newId: () => Uuid): JobLeases {
  return {
    async due(jobs, recurring) {
      const values = [jobs, recurring].map((types) => types.map(({ name }) => name));
      return (await db.pool.query<DueJobs>({ ...DUE, values })).rows[0]!;
    },

    claim: (types, limit, running) =>
      db.transaction(async (trx) => {
        // A statement of its own: the next one sees what the last holder of the lock claimed, and counts it.
        await trx.query({ ...CLAIM_LOCK, values: [LOCK] });
        const names = types.map(({ name }) => name);
        await trx.query({ ...SUPERSEDE, values: [names, running] });
        const limits = types.map(({ perWorkspace }) => perWorkspace ?? null);
        const values = [names, limits, limit, newId(), running];
        return (await trx.query<ClaimedJob>({ ...CLAIM, values })).rows;
      }),

    async renew(jobs) {
      const values = [jobs.map(({ id }) => id), jobs.map(({ lease_token: token }) => token)];
      const { rows } = await db.pool.query<ClaimedJob>({ ...RENEW, values });
      return new Set(rows.map(leaseKey));
    },

    async settle(job, as, ...more) {
      const values = [job.id, job.lease_token, ...more];
      return (await db.pool.query({ ...OUTCOMES[as], values })).rowCount === 1;
    },
  };
}
