import type { TrackingEvents } from '../../account/workspace-settings.ts';
import type { Uuid } from '../../base/id.ts';
import { query, type Transaction } from '../../db/query.ts';
import type { NeighbourHit, Verdict } from './hit-verdict.ts';
import type { HitKind } from './tracking-token.ts';
import { BURST_MS, HONEYPOT_MS } from './hit-verdict.ts';
import { HONEYPOT_LINK } from './tracked-html.ts';

/** A mail that was hit. */
export interface TrackedEmail {
  workspaceId: Uuid;
  emailId: Uuid;
  /** Milliseconds. */
  sentAt: number | null;
  deliveredAt: number | null;
  /** All hits, also those that are not stored. */
  hits: number;
  events: TrackingEvents;
}

/** A link whose row the transaction has locked. */
export interface LockedLink {
  emailId: Uuid;
  link: number;
  url: string | null;
  hasFired: boolean;
}

/** A stored hit near a new one. */
export interface StoredHit extends NeighbourHit {
  id: Uuid;
  emailId: Uuid;
  visitorKey: string;
  verdict: Verdict;
}

/** Hits of one visitor of one mail prove something about one another. @param visitor base64 */
export function visitorKeyOf(emailId: Uuid, visitor: string): string {
  return `${emailId} ${visitor}`;
}

interface NearbyVisitor {
  email_id: Uuid;
  visitor: string;
  only_link: number | null;
  has_honeypot: boolean;
}

/** A row of `email_hit`. */
export interface NewHit {
  workspace_id: Uuid;
  id: Uuid;
  email_id: Uuid;
  kind: HitKind;
  link: number;
  /** ISO 8601. */
  at: string;
  verdict: Verdict;
  reason: string;
  agent: string;
  /** Base64. */
  visitor: string;
}

/** What a mail's counters change by. */
export interface CounterChange {
  workspace_id: Uuid;
  id: Uuid;
  opens: number;
  human_opens: number;
  clicks: number;
  human_clicks: number;
  /** ISO 8601; the earliest by a person. */
  first_opened_at: string | null;
  first_clicked_at: string | null;
}

/** Mails in the order in which every process locks them. */
const LOCK_EMAILS = {
  name: 'email_hit.lock-emails',
  text: `
select t.workspace_id as "workspaceId", t.email_id as "emailId",
       (extract(epoch from e.sent_at) * 1000)::bigint as "sentAt",
       (extract(epoch from e.delivered_at) * 1000)::bigint as "deliveredAt",
       e.opens + e.clicks as hits, w.tracking_events as events
from email_tracking t
join email e on e.workspace_id = t.workspace_id and e.id = t.email_id
join workspace w on w.id = t.workspace_id
where t.email_id = any($1::uuid[]) and e.deleted_at is null
order by t.workspace_id, t.email_id for no key update of e`,
};
const LOCK_LINKS = {
  name: 'email_hit.lock-links',
  text: `
select email_id as "emailId", link, url, fired_at is not null as "hasFired" from email_link
where email_id = any($1::uuid[]) and link = any($2::integer[]) order by email_id, link for no key update`,
};
/** Stored hits that prove something about new ones, or the reverse. */
const LIST_NEARBY = {
  name: 'email_hit.list-nearby',
  text: `
select h.id, h.email_id as "emailId", v.visitor, h.kind, h.link, h.verdict, (extract(epoch from h.at) * 1000)::bigint as at
from json_to_recordset($1::json) as v(email_id uuid, visitor text, only_link integer, has_honeypot boolean)
join email_hit h on h.email_id = v.email_id and h.visitor = decode(v.visitor, 'base64')
where h.at between $2::timestamptz - ${HONEYPOT_MS} * interval '1 ms'
               and $3::timestamptz + ${HONEYPOT_MS} * interval '1 ms'
  and (v.has_honeypot or h.link = ${HONEYPOT_LINK}
       or h.link is distinct from v.only_link and h.at between $2::timestamptz - ${BURST_MS} * interval '1 ms'
                                                           and $3::timestamptz + ${BURST_MS} * interval '1 ms')`,
};
const LIST_MEMBERS = {
  name: 'email_hit.list-members',
  text: `
select encode(s.hash, 'base64') as session, m.workspace_id as "workspaceId" from session s
join member m on m.user_id = s.user_id
where s.hash = any($1::bytea[]) and s.expires_at > now()`,
};
const INSERT = {
  name: 'email_hit.insert',
  text: `
insert into email_hit (workspace_id, id, email_id, kind, link, at, verdict, reason, agent, visitor)
select workspace_id, id, email_id, kind, link, at, verdict, reason, agent, decode(visitor, 'base64')
from json_to_recordset($1::json) as r(workspace_id uuid, id uuid, email_id uuid, kind text, link integer, at timestamptz,
  verdict text, reason text, agent text, visitor text)`,
};
const REJUDGE = {
  name: 'email_hit.rejudge',
  text: `
update email_hit h set verdict = 'machine', reason = r.reason
from json_to_recordset($1::json) as r(workspace_id uuid, id uuid, reason text)
where h.workspace_id = r.workspace_id and h.id = r.id`,
};
/** The version rises, so that a change that was read before does not take the counters back. No event is fired by it. */
const COUNT = {
  name: 'email_hit.count',
  text: `
update email e set version = e.version + 1, updated_at = $2,
  opens = e.opens + r.opens, clicks = e.clicks + r.clicks,
  human_opens = greatest(e.human_opens + r.human_opens, 0),
  human_clicks = greatest(e.human_clicks + r.human_clicks, 0),
  first_opened_at = least(e.first_opened_at, r.first_opened_at),
  first_clicked_at = least(e.first_clicked_at, r.first_clicked_at)
from json_to_recordset($1::json) as r(workspace_id uuid, id uuid, opens integer, human_opens integer, clicks integer,
  human_clicks integer, first_opened_at timestamptz, first_clicked_at timestamptz)
where e.workspace_id = r.workspace_id and e.id = r.id`,
};
const MARK_FIRED = {
  name: 'email_link.mark-fired',
  text: `
update email_link l set fired_at = $2
from json_to_recordset($1::json) as r("emailId" uuid, link integer)
where l.email_id = r."emailId" and l.link = r.link and l.fired_at is null`,
};

/** The rows of hits, in the transaction that writes a batch. Mails are locked before links. */
export const hitStore = {
  lockEmails: (trx: Transaction, emailIds: readonly Uuid[]) =>
    query<TrackedEmail>(trx, LOCK_EMAILS, [emailIds]),

  lockLinks: (trx: Transaction, emailIds: readonly Uuid[], links: readonly number[]) =>
    query<LockedLink>(trx, LOCK_LINKS, [emailIds, links]),

  /**
   * Hits of these visitors, near the first and the last time: those of the honeypot within a minute, others within a burst.
   * @param visitors `only_link`: the only one that the new hits click, so that its stored ones prove nothing;
   *   `has_honeypot`: a new hit proves all within a minute to be a machine's
   */
  async listNearby(
    trx: Transaction,
    visitors: readonly NearbyVisitor[],
    from: string,
    to: string,
  ): Promise<StoredHit[]> {
    const rows = await query<StoredHit & { visitor: string }>(trx, LIST_NEARBY, [
      JSON.stringify(visitors),
      from,
      to,
    ]);
    return rows.map((row) => ({
      ...row,
      visitorKey: visitorKeyOf(row.emailId, row.visitor),
      isHoneypot: row.link === HONEYPOT_LINK,
    }));
  },

  /** The workspaces of signed-in people. @param sessions hashes of session tokens */
  listMembers: (trx: Transaction, sessions: readonly Buffer[]) =>
    query<{ session: string; workspaceId: Uuid }>(trx, LIST_MEMBERS, [sessions]),

  insert: (trx: Transaction, hits: readonly NewHit[]) => query(trx, INSERT, [JSON.stringify(hits)]),

  rejudge: (trx: Transaction, hits: readonly { workspace_id: Uuid; id: Uuid; reason: string }[]) =>
    query(trx, REJUDGE, [JSON.stringify(hits)]),

  count: (trx: Transaction, changes: readonly CounterChange[], at: string) =>
    query(trx, COUNT, [JSON.stringify(changes), at]),

  markFired: (trx: Transaction, links: readonly Pick<LockedLink, 'emailId' | 'link'>[], at: string) =>
    query(trx, MARK_FIRED, [JSON.stringify(links), at]),
};
