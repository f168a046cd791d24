import { randomUUID } from 'node:crypto';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { IS_RECIPIENT_OPTED_OUT } from './consent.ts';

/** A message that one sender has claimed; `claim` is its fence token. */
export interface ClaimedMessage {
  workspaceId: Uuid;
  id: Uuid;
  connectionId: Uuid;
  claim: string;
  from: string;
  to: string;
  body: string | null;
  mediaCount: number;
  isOptedOut: boolean;
  /** It was deleted, or the provider has reported that it was sent: the row of the queue ends. */
  isOver: boolean;
}

/** One whose request was made, and whose outcome is not known. */
export interface UnsettledMessage extends ClaimedMessage {
  submittedAt: string;
  /** How often the provider was asked, this time included. */
  lookUps: number;
}

/** The queue of messages to be sent; any number of senders share it. */
export interface MessageQueue {
  /** Queues a message in the transaction that creates it. @param dueAt ISO 8601; null: now */
  enqueue(
    trx: Transaction,
    message: { workspaceId: Uuid; id: Uuid; connectionId: Uuid; number: string; dueAt: string | null },
  ): Promise<void>;
  /** Notifies the senders of this process that something was queued. */
  notify(): void;
  onNotify(listener: () => void): void;
  /** Claims the message that is due first and whose number may send now; the number then pauses by its rate. */
  claim(): Promise<ClaimedMessage | null>;
  /** Called right before the request. @returns false where the claim was lost: it must not be sent */
  markSubmitted(message: ClaimedMessage): Promise<boolean>;
  /** Ends the claim in the transaction of what became of the message. @returns false where it was lost */
  settle(trx: Transaction, message: Pick<ClaimedMessage, 'workspaceId' | 'id' | 'claim'>): Promise<boolean>;
  /** It was not sent: it is due again after the pause, and its number sends nothing before. */
  defer(message: ClaimedMessage, pauseMs: number): Promise<void>;
  /** Its outcome is not known: the provider is asked after the pause. */
  askLater(message: Pick<ClaimedMessage, 'workspaceId' | 'id' | 'claim'>, pauseMs: number): Promise<void>;
  /** Queues again what senders left before they made the request. */
  recover(): Promise<void>;
  /** Claims a message whose outcome is not known, and whose provider is to be asked now. */
  claimUnsettled(): Promise<UnsettledMessage | null>;
  /** Takes a message out that no sender has. @returns whether it was waiting */
  cancel(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<boolean>;
}

/** Longer than an attempt takes until its request is made, and than a request may take (message-sender.ts). */
const LEASE = "interval '1 minute'";
/** What was queued a moment ago is due: times are stored to the millisecond, and may be rounded up. */
const NOW = "now() + interval '1 millisecond'";

/** No pause is this long: the clock was set back since. */
const IS_AHEAD = "l.next_at > now() + interval '2 hours'";
const IS_LANE_FREE = `(l.next_at <= ${NOW} or ${IS_AHEAD})`;

const ENQUEUE = {
  name: 'message_send.enqueue',
  text: `
with lane as (
  insert into phone_lane (workspace_id, connection_id, number, next_at) values ($1, $3, $4, now())
  on conflict do nothing
)
insert into message_send (workspace_id, message_id, connection_id, number, due_at)
values ($1, $2, $3, $4, coalesce($5::timestamptz, now()))`,
};

const CLAIMED = `s.workspace_id as "workspaceId", s.message_id as id, s.connection_id as "connectionId", s.claim,
  m."from", m."to", m.body, m.media_count as "mediaCount",
  m.deleted_at is not null or m.sent_at is not null as "isOver"`;

/**
 * The rate of a number is a setting of its connection, in messages a second. What a deleted connection has left is
 * claimed too, so that it ends.
 */
const CLAIM = {
  name: 'message_send.claim',
  text: `
with due as (
  select s.workspace_id, s.message_id,
         ${IS_RECIPIENT_OPTED_OUT} or m.deleted_at is not null or m.sent_at is not null as is_dropped,
         1 / greatest(coalesce((c.settings->>'per_second')::float8, 1), 0.001) as pause_s,
         ${IS_RECIPIENT_OPTED_OUT} as is_opted_out
  from message_send s
  join message m on m.workspace_id = s.workspace_id and m.id = s.message_id
  left join connection c on c.workspace_id = s.workspace_id and c.id = s.connection_id
  join phone_lane l
    on l.workspace_id = s.workspace_id and l.connection_id = s.connection_id and l.number = s.number
  where s.claim is null and coalesce(c.active, true) and s.due_at <= ${NOW} and ${IS_LANE_FREE}
  order by s.due_at, s.message_id limit 1 for update of s, l skip locked
), paced as (
  update phone_lane l
  set next_at = case when ${IS_AHEAD} then now() else greatest(l.next_at, now()) end + due.pause_s * interval '1 second'
  from due, message_send s
  where not due.is_dropped and s.workspace_id = due.workspace_id and s.message_id = due.message_id
    and l.workspace_id = s.workspace_id and l.connection_id = s.connection_id and l.number = s.number
)
update message_send s
set claim = $1, lease_until = now() + ${LEASE}, submitted_at = null, attempts = s.attempts + 1
from due, message m
where s.workspace_id = due.workspace_id and s.message_id = due.message_id
  and m.workspace_id = s.workspace_id and m.id = s.message_id
returning ${CLAIMED}, due.is_opted_out as "isOptedOut"`,
};

const MARK_SUBMITTED = {
  name: 'message_send.mark-submitted',
  text: `update message_send set submitted_at = now(), lease_until = now() + ${LEASE}
         where workspace_id = $1 and message_id = $2 and claim = $3 and lease_until > now() returning message_id`,
};
const SETTLE = {
  name: 'message_send.settle',
  text: `delete from message_send where workspace_id = $1 and message_id = $2 and claim = $3 returning message_id`,
};
const DEFER = {
  name: 'message_send.defer',
  text: `
with sent as (
  update message_send set claim = null, lease_until = null, submitted_at = null,
    due_at = now() + $4 * interval '1 millisecond'
  where workspace_id = $1 and message_id = $2 and claim = $3
  returning workspace_id, connection_id, number
)
update phone_lane l set next_at = greatest(l.next_at, now() + $4 * interval '1 millisecond')
from sent s where l.workspace_id = s.workspace_id and l.connection_id = s.connection_id and l.number = s.number`,
};
const ASK_LATER = {
  name: 'message_send.ask-later',
  text: `update message_send set lease_until = now() + $4 * interval '1 millisecond'
         where workspace_id = $1 and message_id = $2 and claim = $3`,
};
const RECOVER = {
  name: 'message_send.recover',
  text: `update message_send set claim = null, lease_until = null
         where claim is not null and lease_until <= now() and submitted_at is null`,
};
const CLAIM_UNSETTLED = {
  name: 'message_send.claim-unsettled',
  text: `
with due as (
  select workspace_id, message_id from message_send
  where claim is not null and lease_until <= ${NOW} and submitted_at is not null
  order by lease_until limit 1 for update skip locked
)
update message_send s set claim = $1, lease_until = now() + ${LEASE}, look_ups = s.look_ups + 1
from due, message m
where s.workspace_id = due.workspace_id and s.message_id = due.message_id
  and m.workspace_id = s.workspace_id and m.id = s.message_id
returning ${CLAIMED}, false as "isOptedOut", s.submitted_at as "submittedAt", s.look_ups as "lookUps"`,
};
const CANCEL = {
  name: 'message_send.cancel',
  text: `delete from message_send where workspace_id = $1 and message_id = $2 and claim is null returning message_id`,
};

export function makeMessageQueue(db: Database): MessageQueue {
  const listeners: (() => void)[] = [];
  return {
    async enqueue(trx, { workspaceId, id, connectionId, number, dueAt }) {
      await query(trx, ENQUEUE, [workspaceId, id, connectionId, number, dueAt]);
    },
    notify() {
      for (const listener of listeners) listener();
    },
    onNotify: (listener) => void listeners.push(listener),
    claim: async () => (await query<ClaimedMessage>(db.pool, CLAIM, [randomUUID()]))[0] ?? null,
    markSubmitted: async ({ workspaceId, id, claim }) =>
      (await query(db.pool, MARK_SUBMITTED, [workspaceId, id, claim])).length > 0,
    settle: async (trx, { workspaceId, id, claim }) =>
      (await query(trx, SETTLE, [workspaceId, id, claim])).length > 0,
    async defer({ workspaceId, id, claim }, pauseMs) {
      await query(db.pool, DEFER, [workspaceId, id, claim, pauseMs]);
    },
    async askLater({ workspaceId, id, claim }, pauseMs) {
      await query(db.pool, ASK_LATER, [workspaceId, id, claim, pauseMs]);
    },
    async recover() {
      await query(db.pool, RECOVER, []);
    },
    claimUnsettled: async () =>
      (await query<UnsettledMessage>(db.pool, CLAIM_UNSETTLED, [randomUUID()]))[0] ?? null,
    cancel: async (trx, workspaceId, id) => (await query(trx, CANCEL, [workspaceId, id])).length > 0,
  };
}
