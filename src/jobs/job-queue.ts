import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable, Transaction } from '../db/query.ts';
import type { JobType } from './job.ts';

export interface EnqueueOptions {
  /** Left out: a job of the whole installation. */
  workspaceId?: Uuid;
  /** ISO 8601, as the database's clock tells it; default now. */
  runAt?: string;
  /**
   * At most one unfinished job of this type has this key in its workspace. Where one waits, it takes the new payload and
   * the new time. Where one runs, it runs once more after that.
   */
  uniqueKey?: string;
  /** Runs if the transaction commits, and never if it is rolled back. */
  trx?: Transaction;
}

export interface JobQueue {
  /**
   * Queues a job. Outside a transaction, a worker of this process starts it at once; all others look every two seconds.
   * It is a statement of its own, without NOTIFY, and does not belong into a hot statement (decisions/0023).
   * @throws ZodError where the payload is not of the type
   * @returns the job's id; of the unfinished one where `uniqueKey` names one
   */
  enqueue<Payload>(type: JobType<Payload>, payload: Payload, options?: EnqueueOptions): Promise<Uuid>;
  /**
   * Deletes the job with this key that waits. One that runs goes on, and is not run again after that.
   * @returns whether one waited
   */
  cancel(
    type: Pick<JobType, 'name'>,
    uniqueKey: string,
    options?: Pick<EnqueueOptions, 'workspaceId' | 'trx'>,
  ): Promise<boolean>;
  /** Called after a job was queued outside a transaction. */
  onEnqueue(listener: () => void): void;
}

/** SQL. Times are stored to the millisecond and would be rounded: half of what is due now would be due a little later. */
export const NOW = "date_trunc('milliseconds', now())";

const ENQUEUE = {
  name: 'job.enqueue',
  text: `
insert into job (id, workspace_id, type, payload, unique_key, due_at)
values ($1, $2, $3, $4, $5, coalesce($6::timestamptz, ${NOW}))
on conflict (type, workspace_id, unique_key) where unique_key is not null and failed_at is null
do update set
  payload = excluded.payload,
  attempts = case when job.lease_token is null then 0 else job.attempts end,
  crashes = case when job.lease_token is null then 0 else job.crashes end,
  due_at = case when job.lease_token is null then excluded.due_at else job.due_at end,
  again_at = case when job.lease_token is null then null else excluded.due_at end
returning id`,
};

const CANCEL = {
  name: 'job.cancel',
  text: `
with found as (
  select id, lease_token is null as waits from job
  where type = $1 and workspace_id is not distinct from $2 and unique_key = $3 and failed_at is null
  for update
),
kept as (update job j set again_at = null from found f where j.id = f.id and not f.waits)
delete from job j using found f where j.id = f.id and f.waits`,
};

export function makeJobQueue({ db, newId }: { db: Database; newId: () => Uuid }): JobQueue {
  const listeners: (() => void)[] = [];
  const on = (trx: Transaction | undefined): Queryable => trx ?? db.pool;

  return {
    async enqueue(type, payload, options = {}) {
      const { workspaceId, runAt, uniqueKey, trx } = options;
      const checked = JSON.stringify(type.payload.parse(payload));
      const values = [newId(), workspaceId ?? null, type.name, checked, uniqueKey ?? null, runAt ?? null];
      const { rows } = await on(trx).query<{ id: Uuid }>({ ...ENQUEUE, values });
      if (!trx) for (const listener of listeners) listener();
      return rows[0]!.id;
    },

    async cancel(type, uniqueKey, { workspaceId, trx } = {}) {
      const values = [type.name, workspaceId ?? null, uniqueKey];
      const { rowCount } = await on(trx).query({ ...CANCEL, values });
      return rowCount === 1;
    },

    onEnqueue: (listener) => void listeners.push(listener),
  };
}
