import type { Pool } from 'pg';

/** Mails in the database, over all workspaces. */
export interface MailBacklog {
  /** Due, or waiting for another attempt. */
  queued: number;
  sending: number;
  sent: number;
  /** Refused, or not sent in time. */
  failed: number;
  /** Handed over without an answer. */
  unknown: number;
  cancelled: number;
  oldest_due_s: number;
}

/** The most mails that are counted: of each state that waits, and of those that were settled last. */
const MAX_COUNTED = 10_000;

const counted = (state: string) =>
  `(select count(*)::int from (select from mail where state = '${state}' limit ${MAX_COUNTED}) c)`;

export async function measureMails(pool: Pool): Promise<MailBacklog> {
  const { rows } = await pool.query<MailBacklog>({
    name: 'mail.backlog',
    text: `
with settled as (
  select state from mail where settled_at is not null order by settled_at desc limit ${MAX_COUNTED}
)
select ${counted('queued')} as queued,
       ${counted('sending')} as sending,
       count(*) filter (where state = 'sent')::int as sent,
       count(*) filter (where state = 'failed')::int as failed,
       count(*) filter (where state = 'unknown')::int as unknown,
       count(*) filter (where state = 'cancelled')::int as cancelled,
       (select coalesce(greatest(extract(epoch from now() - min(due_at)), 0), 0)::float from mail
        where state = 'queued') as oldest_due_s
from settled`,
  });
  return rows[0]!;
}
