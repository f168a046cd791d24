import { randomUUID } from 'node:crypto';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { MailCondition } from '../../mail/mail-queue.ts';

/** A mail that one sender has claimed; `claim` is its fence token. */
export interface ClaimedEmail {
  workspaceId: Uuid;
  id: Uuid;
  connectionId: Uuid;
  claim: string;
  /** This attempt included. */
  attempts: number;
  /**
   * ISO 8601: when it was first handed over without an answer, to a provider that ignores a second request with the same id.
   * Null if that never happened.
   */
  unknownSince: string | null;
}

/** A mail whose sender ended after the content had been handed over. */
export interface AbandonedEmail extends ClaimedEmail {
  /** ISO 8601. */
  submittedAt: string;
}

export type EmailEnd = 'sent' | 'failed' | 'unknown';

/**
 * The queue of mails of workspaces, over any number of processes. A sender settles only what it has claimed, and marks a
 * mail before its content leaves: no crash sends a mail twice.
 */
export interface EmailQueue {
  /** Tells the senders of this process that something was queued; other processes look every few seconds. */
  notify(): void;
  onNotify(listener: () => void): void;
  /**
   * Claims mails of one account that are due, as many as its limits allow, at most `limit`; cancels those for which a
   * condition does not hold. Null if no account has any; an empty list if all of them were cancelled. Cc and Bcc recipients
   * that get no mail are written down in the same statement, as `dropped_recipients` of the content.
   * @param busy accounts that this process must leave alone: their servers are slow
   */
  claim(limit: number, busy: readonly Uuid[]): Promise<ClaimedEmail[] | null>;
  /** Called right before the content is sent. @returns false where the claim was lost: it must not be sent */
  markSubmitted(email: ClaimedEmail): Promise<boolean>;
  /** Ends an attempt, in the transaction that changes the mail. @returns false where the claim was lost */
  settle(trx: Transaction, email: ClaimedEmail, end: EmailEnd, error: string | null): Promise<boolean>;
  /**
   * Tries again after `pauseMs`, or gives up where the mail expires before. @returns null where the claim was lost
   * @param mayBeAccepted whether the attempt may have been accepted, by a provider that ignores a second request
   */
  retry(
    trx: Transaction,
    email: ClaimedEmail,
    pauseMs: number,
    error: string,
    mayBeAccepted?: boolean,
  ): Promise<'queued' | 'failed' | null>;
  /** Puts a mail back that was not tried: its account is paused, or this process stops. */
  release(email: ClaimedEmail): Promise<void>;
  /** Queues again what senders left that died before the content was sent, and claims what they left after it. */
  recover(): Promise<AbandonedEmail[]>;
  /** Mails that have expired in the queue, or whose account is gone; each is to be settled as failed. */
  expired(limit: number): Promise<ClaimedEmail[]>;
  /** Deletes rows 30 days after they were settled. */
  prune(): Promise<number>;
}

/** A claim lasts longer than an attempt may take until its content is sent (email-sender.ts). */
const LEASE = "interval '3 minutes'";
/** From then on longer than a mail server may take to answer: ten minutes (RFC 5321, section 4.5.3.2.6). */
const SUBMITTED_LEASE = "interval '11 minutes'";
const KEPT = "interval '30 days'";

/** Always checked. `m` is the row of email_send; see MailCondition. */
export const EMAIL_CONDITIONS: readonly MailCondition[] = [
  {
    name: 'The email was deleted.',
    holds: `exists (select from email e where e.workspace_id = m.workspace_id and e.id = m.email_id and e.deleted_at is null)`,
    otherwise: 'cancel',
  },
  {
    name: 'The contact was deleted.',
    holds: `not exists (select from email e join contact c on c.workspace_id = e.workspace_id and c.id = e.contact_id
      where e.workspace_id = m.workspace_id and e.id = m.email_id and c.deleted_at is not null and c.merged_into is null)`,
    otherwise: 'cancel',
  },
];

/**
 * Whether a window still runs. One that begins in the future was counted before the clock was set back: it would hold the
 * account up until then. Claims at the same time may differ by their beginnings.
 */
export const isCurrent = (window: 'day' | 'minute') =>
  `a.${window}_start > now() - interval '1 ${window}' and a.${window}_start < now() + interval '1 minute'`;

/** How many mails of an account may still be sent in a window. */
const roomIn = (window: 'day' | 'minute', setting: string) => `
  case when c.settings->>'${setting}' is null then 1000000 else (c.settings->>'${setting}')::int
    - case when ${isCurrent(window)} then a.${window}_count else 0 end end`;

/** What was queued a moment ago is due: times are stored to the millisecond, and may be rounded up. */
const DUE = "m.state = 'queued' and m.due_at <= now() + interval '1 millisecond' and m.expires_at > now()";

function claimStatement(conditions: readonly MailCondition[], isDropped: string): string {
  const cancelling = conditions.filter(({ otherwise }) => otherwise === 'cancel');
  const waiting = conditions
    .filter(({ otherwise }) => otherwise === 'wait')
    .map(({ holds }) => `and coalesce((${holds}), true)`)
    .join(' ');
  const reason = cancelling
    .map(({ name, holds }) => `when not (${holds}) then '${name.replaceAll("'", "''")}'`)
    .join(' ');
  return `
with account as materialized (
  select a.workspace_id, a.connection_id, least(${roomIn('day', 'daily_limit')}, ${roomIn('minute', 'per_minute')}, $2::int) as room
  from email_account a join connection c on c.workspace_id = a.workspace_id and c.id = a.connection_id
  where a.paused_at is null and c.active and c.kind = any($3) and a.connection_id <> all ($4::uuid[])
    and ${roomIn('day', 'daily_limit')} > 0 and ${roomIn('minute', 'per_minute')} > 0
    and exists (select from email_send m
      where m.workspace_id = a.workspace_id and m.connection_id = a.connection_id and ${DUE} ${waiting})
  order by a.claimed_at limit 1 for no key update of a skip locked
),
due as materialized (
  select m.workspace_id, m.email_id, case ${reason === '' ? 'when false then null::text' : reason} end as cancelled
  from email_send m
  where (m.workspace_id, m.connection_id) in (select workspace_id, connection_id from account) and ${DUE} ${waiting}
  order by m.due_at, m.email_id limit (select room from account) for update of m skip locked
),
copies as materialized (
  select m.workspace_id, m.email_id,
    coalesce(array_agg(copy.address order by copy.address) filter (where ${isDropped}), '{}') as dropped
  from due d
  join email_send m on m.workspace_id = d.workspace_id and m.email_id = d.email_id
  join email_content c on c.workspace_id = d.workspace_id and c.email_id = d.email_id
  cross join lateral (
    select json_array_elements_text(c.envelope->'cc') union select json_array_elements_text(c.envelope->'bcc')
  ) as copy(address)
  where d.cancelled is null
  group by m.workspace_id, m.email_id
),
left_out as (
  update email_content c set dropped_recipients = x.dropped from copies x
  where c.workspace_id = x.workspace_id and c.email_id = x.email_id and c.dropped_recipients <> x.dropped
),
claimed as (
  update email_send m set
    state = case when d.cancelled is null then 'sending' else 'cancelled' end,
    claim = case when d.cancelled is null then $1::uuid end,
    submitted_at = null,
    attempts = m.attempts + case when d.cancelled is null then 1 else 0 end,
    lease_until = case when d.cancelled is null then now() + ${LEASE} end,
    settled_at = case when d.cancelled is not null then now() end,
    to_address = case when d.cancelled is null then m.to_address end,
    last_error = coalesce(d.cancelled, m.last_error)
  from due d where m.workspace_id = d.workspace_id and m.email_id = d.email_id
  returning m.workspace_id, m.email_id, m.connection_id, m.claim, m.attempts, m.unknown_since, d.cancelled
),
shown as (
  update email e set
    status = case when c.cancelled is null then 'sending' else 'cancelled' end,
    status_reason = c.cancelled, version = e.version + 1, updated_at = now(),
    dropped_recipients = case when x.dropped is not null and e.visibility = 'team' then x.dropped else e.dropped_recipients end
  from claimed c left join copies x on x.workspace_id = c.workspace_id and x.email_id = c.email_id
  where e.workspace_id = c.workspace_id and e.id = c.email_id
),
counted as (
  update email_account a set
    claimed_at = clock_timestamp(),
    day_start = case when ${isCurrent('day')} then a.day_start else now() end,
    day_count = case when ${isCurrent('day')} then a.day_count else 0 end + n.sent,
    minute_start = case when ${isCurrent('minute')} then a.minute_start else now() end,
    minute_count = case when ${isCurrent('minute')} then a.minute_count else 0 end + n.sent
  from account o cross join (select count(*) filter (where cancelled is null)::int as sent from claimed) n
  where a.workspace_id = o.workspace_id and a.connection_id = o.connection_id
)
select workspace_id as "workspaceId", email_id as id, connection_id as "connectionId", claim, attempts,
  unknown_since as "unknownSince", cancelled
from claimed`;
}

const COLUMNS =
  'workspace_id as "workspaceId", email_id as id, connection_id as "connectionId", claim, attempts, unknown_since as "unknownSince"';
const OWN = 'workspace_id = $1 and email_id = $2 and claim = $3';

const MARK_SUBMITTED = {
  name: 'email_send.mark-submitted',
  text: `update email_send set submitted_at = now(), lease_until = now() + ${SUBMITTED_LEASE}
         where ${OWN} and state = 'sending' returning email_id`,
};

/** Also after another sender made it unknown: nobody else claims such a mail, and its sender knows better. */
const SETTLE = {
  name: 'email_send.settle',
  text: `update email_send set state = $4, last_error = $5, settled_at = now(), to_address = null, lease_until = null
         where ${OWN} and state in ('sending', 'unknown') returning email_id`,
};

const RETRY = {
  name: 'email_send.retry',
  text: `
update email_send m set state = r.state, last_error = $5, claim = null, lease_until = null, submitted_at = null,
  unknown_since = case when $6 then coalesce(m.unknown_since, m.submitted_at, now()) else m.unknown_since end,
  due_at = r.due_at, settled_at = case r.state when 'failed' then now() end,
  to_address = case r.state when 'queued' then m.to_address end
from (
  select due_at, case when due_at < expires_at then 'queued' else 'failed' end as state
  from (select expires_at, now() + $4 * interval '1 millisecond' as due_at from email_send
        where workspace_id = $1 and email_id = $2) t
) r
where m.${OWN.replaceAll(' and ', ' and m.')} and m.state = 'sending' returning m.state`,
};

const RELEASE = {
  name: 'email_send.release',
  text: `
with freed as (
  update email_send set state = 'queued', claim = null, lease_until = null, attempts = attempts - 1,
    unknown_since = coalesce(unknown_since, submitted_at), submitted_at = null
  where ${OWN} and state = 'sending' returning workspace_id, email_id
)
update email e set status = 'queued', version = e.version + 1, updated_at = now()
from freed f where e.workspace_id = f.workspace_id and e.id = f.email_id returning e.id`,
};

const REQUEUE_ABANDONED = `
with freed as (
  update email_send set state = 'queued', claim = null, lease_until = null
  where state = 'sending' and lease_until <= now() and submitted_at is null returning workspace_id, email_id
)
update email e set status = 'queued', version = e.version + 1, updated_at = now()
from freed f where e.workspace_id = f.workspace_id and e.id = f.email_id`;

const CLAIM_ABANDONED = `
update email_send set claim = $1, lease_until = now() + ${LEASE}
where (workspace_id, email_id) in (
  select workspace_id, email_id from email_send
  where state = 'sending' and lease_until <= now() and submitted_at is not null
  limit 100 for update skip locked)
returning ${COLUMNS}, coalesce(unknown_since, submitted_at) as "submittedAt"`;

const CLAIM_EXPIRED = `
update email_send set state = 'sending', claim = $1, submitted_at = null, lease_until = now() + ${LEASE}
where (workspace_id, email_id) in (
  select m.workspace_id, m.email_id from email_send m
  where m.state = 'queued' and (m.expires_at <= now()
    or not exists (select from connection c where c.workspace_id = m.workspace_id and c.id = m.connection_id))
  limit $2 for update of m skip locked)
returning ${COLUMNS}`;

const PRUNE = {
  name: 'email_send.prune',
  text: `delete from email_send where settled_at < now() - ${KEPT} and state <> 'unknown' returning email_id`,
};

/** Deletes rows of mails that were settled long ago. @returns how many */
export async function dropOldSends(db: Database): Promise<number> {
  return (await db.pool.query({ ...PRUNE, values: [] })).rowCount ?? 0;
}

/**
 * @param parts.conditions rules that mails must meet to be sent, such as a list of suppressed addresses
 * @param parts.isDropped SQL: whether a mail `m` is not sent to its Cc or Bcc recipient `copy.address`; default: never
 * @param parts.kinds the kinds of connections that this version can send by
 */
export function makeEmailQueue({
  db,
  conditions,
  isDropped = 'false',
  kinds,
}: {
  db: Database;
  conditions: readonly MailCondition[];
  isDropped?: string;
  kinds: readonly string[];
}): EmailQueue {
  const claimText = claimStatement(conditions, isDropped);
  const listeners: (() => void)[] = [];

  return {
    notify() {
      for (const listener of listeners) listener();
    },

    onNotify: (listener) => void listeners.push(listener),

    async claim(limit, busy) {
      const { rows } = await db.pool.query<ClaimedEmail & { cancelled: string | null }>({
        name: 'email_send.claim',
        text: claimText,
        values: [randomUUID(), limit, kinds, busy],
      });
      if (rows.length === 0) return null;
      return rows.filter(({ cancelled }) => cancelled === null);
    },

    markSubmitted: async ({ workspaceId, id, claim }) =>
      (await query(db.pool, MARK_SUBMITTED, [workspaceId, id, claim])).length > 0,

    settle: async (trx, { workspaceId, id, claim }, end, error) =>
      (await query(trx, SETTLE, [workspaceId, id, claim, end, error])).length > 0,

    async retry(trx, { workspaceId, id, claim }, pauseMs, error, mayBeAccepted = false) {
      const rows = await query<{ state: 'queued' | 'failed' }>(trx, RETRY, [
        workspaceId,
        id,
        claim,
        pauseMs,
        error,
        mayBeAccepted,
      ]);
      return rows[0]?.state ?? null;
    },

    async release({ workspaceId, id, claim }) {
      await query(db.pool, RELEASE, [workspaceId, id, claim]);
    },

    async recover() {
      await db.pool.query(REQUEUE_ABANDONED);
      return (await db.pool.query<AbandonedEmail>(CLAIM_ABANDONED, [randomUUID()])).rows;
    },

    expired: async (limit) => (await db.pool.query<ClaimedEmail>(CLAIM_EXPIRED, [randomUUID(), limit])).rows,

    prune: () => dropOldSends(db),
  };
}
