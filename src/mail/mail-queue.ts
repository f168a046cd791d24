import { randomUUID } from 'node:crypto';
import type { Uuid } from '../base/id.ts';
import type { Sealer } from '../base/seal.ts';
import type { Database } from '../db/pool.ts';
import { query, type Transaction } from '../db/query.ts';
import { checkMessage, type MailMessage } from './mail-message.ts';

export interface NewMail {
  /** Unique in the installation; a second mail with the same key is not queued. */
  key: string;
  /** What it is, such as `invitation`; conditions and later reports refer to it. */
  kind: string;
  /** Null for mail of the installation. */
  workspaceId: Uuid | null;
  /** The account that receives it, where it is sent to one. */
  userId?: Uuid;
  /** What it is about. */
  objectId?: Uuid;
  message: MailMessage;
  /** How long sending is tried, in milliseconds; default: two days. */
  lifetimeMs?: number;
}

/** A further rule about which mails may be sent, checked in the statement that claims them. */
export interface MailCondition {
  /** Stored as the reason of a mail that is cancelled. */
  name: string;
  /** SQL over the row `m` of the table `mail`; true or null: it may be sent. */
  holds: string;
  /** A mail that it does not hold for is cancelled (a suppressed address), or stays queued (a limit). */
  otherwise: 'cancel' | 'wait';
}

/** A mail that one sender has claimed; `claim` is its fence token. */
export interface ClaimedMail {
  id: Uuid;
  claim: string;
  kind: string;
  /** This attempt included. */
  attempts: number;
  message: MailMessage;
  /** Without angle brackets. */
  messageId: string;
  created_at: string;
}

/** How a mail ended: `unknown` is a mail whose content was handed over without an answer. */
export type MailEnd = 'sent' | 'failed' | 'unknown';

export interface MailQueue {
  /**
   * Queues a mail in the transaction of what it is about; call `notify` after the commit to have it sent at once.
   * Throws `MailMessageError` for a message that cannot be composed.
   */
  enqueue(trx: Transaction, mail: NewMail): Promise<void>;
  /** Tells the senders of this process that something was queued; other processes look every few seconds. */
  notify(): void;
  onNotify(listener: () => void): void;
  /**
   * Claims the mail that is due first, if its conditions hold; cancels those for which they do not.
   * @param domain what the Message-ID ends with, where the mail has none yet
   */
  claim(domain: string): Promise<ClaimedMail | null>;
  /** Called right before the content is sent. @returns false where the claim was lost: it must not be sent */
  markSubmitted(mail: ClaimedMail): Promise<boolean>;
  /** @returns false where the claim was lost */
  settle(mail: ClaimedMail, end: MailEnd, error: string | null): Promise<boolean>;
  /** Tries again after `pauseMs`, or gives up where the mail expires before. @returns null where the claim was lost */
  retry(mail: ClaimedMail, pauseMs: number, error: string): Promise<'queued' | 'failed' | null>;
  /** Settles what senders left that died, and what expired. @returns the mails that ended by it */
  recover(): Promise<{ id: Uuid; kind: string; state: MailEnd }[]>;
  /** Gives up what expired, also where no process sends mail; deletes mails 30 days after they were settled. */
  prune(): Promise<void>;
}

const TWO_DAYS_MS = 2 * 86_400_000;
/** A claim lasts longer than an attempt may take until its content is sent (mail-sender.ts). */
const LEASE = "interval '2 minutes'";
/** From then on longer than a mail server may take to answer: ten minutes (RFC 5321, section 4.5.3.2.6). */
const SUBMITTED_LEASE = "interval '11 minutes'";
const KEPT = "interval '30 days'";
/** Of a settled mail neither the address nor the content stays. */
const ERASED = 'settled_at = now(), message = null, to_address = null, lease_until = null';

const ENQUEUE = {
  name: 'mail.enqueue',
  text: `insert into mail (id, workspace_id, kind, key, user_id, object_id, to_address, message, due_at, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6,
                 $7, $8, now(), now() + $9 * interval '1 millisecond', now())
         on conflict (key) do nothing`,
};

/** What was queued a moment ago is due: times are stored to the millisecond, and may be rounded up. */
function claimStatement(conditions: readonly MailCondition[]): string {
  const cancelling = conditions.filter(({ otherwise }) => otherwise === 'cancel');
  const waiting = conditions.filter(({ otherwise }) => otherwise === 'wait');
  const reason = cancelling.map(({ name, holds }) => `when not (${holds}) then '${name}'`).join(' ');
  return `
with due as (
  select m.id, ${reason === '' ? 'null::text' : `case ${reason} end`} as cancelled
  from mail m
  where m.state = 'queued' and m.due_at <= now() + interval '1 millisecond' and m.expires_at > now()
    ${waiting.map(({ holds }) => `and coalesce((${holds}), true)`).join(' ')}
  order by m.due_at, m.id limit 1 for update of m skip locked
)
update mail m set
  state = case when d.cancelled is null then 'sending' else 'cancelled' end,
  claim = $1, submitted_at = null, attempts = m.attempts + 1,
  message_id = coalesce(m.message_id, m.id || '@' || $2),
  lease_until = case when d.cancelled is null then now() + ${LEASE} end,
  settled_at = case when d.cancelled is not null then now() end,
  message = case when d.cancelled is null then m.message end,
  to_address = case when d.cancelled is null then m.to_address end,
  last_error = coalesce(d.cancelled, m.last_error)
from due d where m.id = d.id
returning m.id, m.claim, m.kind, m.attempts, m.workspace_id, m.message, m.message_id as "messageId", m.created_at`;
}

const MARK_SUBMITTED = `
update mail set submitted_at = now(), lease_until = now() + ${SUBMITTED_LEASE}
where id = $1 and claim = $2 and state = 'sending'`;

/** Also after `recover` made it unknown: nobody else claims such a mail, and its sender knows better. */
const SETTLE = `
update mail set state = $3, last_error = $4, ${ERASED}
where id = $1 and claim = $2 and state in ('sending', 'unknown')`;

const RETRY = `
update mail m set state = r.state, last_error = $4, claim = null, lease_until = null, submitted_at = null,
  due_at = r.due_at,
  settled_at = case r.state when 'failed' then now() end,
  message = case r.state when 'queued' then m.message end,
  to_address = case r.state when 'queued' then m.to_address end
from (
  select id, due_at, case when due_at < expires_at then 'queued' else 'failed' end as state
  from (select id, expires_at, now() + $3 * interval '1 millisecond' as due_at from mail where id = $1) t
) r
where m.id = r.id and m.claim = $2 and m.state = 'sending'
returning m.state`;

const REQUEUE_ABANDONED = `
update mail set state = 'queued', claim = null, lease_until = null
where state = 'sending' and lease_until <= now() and submitted_at is null`;

const END_ABANDONED = `
update mail set state = 'unknown', last_error = 'its sender ended before the mail server answered', ${ERASED}
where state = 'sending' and lease_until <= now() and submitted_at is not null
returning id, kind, state`;

const END_EXPIRED = `
update mail set state = 'failed', last_error = coalesce(last_error, 'not sent in time'), ${ERASED}
where state = 'queued' and expires_at <= now()
returning id, kind, state`;

/** @param parts.conditions rules that mails must meet to be sent, such as a list of suppressed addresses */
export function makeMailQueue({
  db,
  sealer,
  newId,
  conditions,
}: {
  db: Database;
  sealer: Sealer;
  newId: () => Uuid;
  conditions: readonly MailCondition[];
}): MailQueue {
  const claimText = claimStatement(conditions);
  const listeners: (() => void)[] = [];
  const count = async (text: string, values: unknown[]) => (await db.pool.query(text, values)).rowCount ?? 0;

  return {
    async enqueue(trx, { key, kind, workspaceId, userId, objectId, message, lifetimeMs = TWO_DAYS_MS }) {
      checkMessage(message);
      const sealed = sealer.seal(placeOf(workspaceId), JSON.stringify(message));
      await query(trx, ENQUEUE, [
        newId(),
        workspaceId,
        kind,
        key,
        userId ?? null,
        objectId ?? null,
        message.to.address,
        sealed,
        lifetimeMs,
      ]);
    },

    notify() {
      for (const listener of listeners) listener();
    },

    onNotify: (listener) => void listeners.push(listener),

    async claim(domain) {
      for (;;) {
        const { rows } = await db.pool.query<ClaimedRow>(claimText, [randomUUID(), domain]);
        if (!rows[0]) return null;
        const { workspace_id: workspaceId, message, ...mail } = rows[0];
        if (!message) continue;
        try {
          return { ...mail, message: JSON.parse(sealer.open(placeOf(workspaceId), message)) as MailMessage };
        } catch {
          await count(SETTLE, [mail.id, mail.claim, 'failed', 'its message cannot be opened']);
        }
      }
    },

    markSubmitted: async ({ id, claim }) => (await count(MARK_SUBMITTED, [id, claim])) > 0,

    settle: async ({ id, claim }, end, error) => (await count(SETTLE, [id, claim, end, error])) > 0,

    async retry({ id, claim }, pauseMs, error) {
      const { rows } = await db.pool.query<{ state: 'queued' | 'failed' }>(RETRY, [
        id,
        claim,
        pauseMs,
        error,
      ]);
      return rows[0]?.state ?? null;
    },

    async recover() {
      await db.pool.query(REQUEUE_ABANDONED);
      const ended = [];
      for (const text of [END_ABANDONED, END_EXPIRED])
        ended.push(...(await db.pool.query<{ id: Uuid; kind: string; state: MailEnd }>(text)).rows);
      return ended;
    },

    async prune() {
      await db.pool.query(END_EXPIRED);
      await db.pool.query(`delete from mail where settled_at < now() - ${KEPT}`);
    },
  };
}

type ClaimedRow = Omit<ClaimedMail, 'message'> & {
  workspace_id: Uuid | null;
  /** Null where it was cancelled. */
  message: Buffer | null;
};

function placeOf(workspaceId: Uuid | null) {
  return { workspaceId: workspaceId ?? '', table: 'mail', column: 'message' };
}
