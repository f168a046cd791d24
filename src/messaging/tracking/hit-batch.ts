import { isoTime } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import type { Transaction } from '../../db/query.ts';
import {
  BURST_MS,
  HONEYPOT_MS,
  judgeHit,
  type Hit,
  type Judgement,
  type NeighbourHit,
} from './hit-verdict.ts';
import {
  hitStore,
  type CounterChange,
  type LockedLink,
  type StoredHit,
  type TrackedEmail,
} from './hit-store.ts';
import { HONEYPOT_LINK } from './tracked-html.ts';
import { describeAgent } from './user-agent.ts';

/** A hit that waits to be written. */
export interface TakenHit extends Hit {
  id: Uuid;
  emailId: Uuid;
  /** A keyed hash of the mail and the network, in base64. */
  visitor: string;
  visitorKey: string;
  isHoneypot: boolean;
  /** The hash of the session token that it came with. */
  session: Buffer | null;
}

/** An event that a hit fires. */
export interface HitEvent {
  emailId: Uuid;
  link: number;
  type: 'email.opened' | 'email.clicked';
  at: number;
  context: Judgement & { link?: string | null };
}

/** What a batch has written. */
export interface WrittenBatch {
  emails: readonly TrackedEmail[];
  /** In the order of time. */
  events: readonly HitEvent[];
}

type JudgedHit = TakenHit & Judgement;

/** Further hits of a mail are counted, and not stored. */
const MAX_STORED = 1_000;

/**
 * Judges and writes a batch of hits: their rows, the counters of their mails, and which links have fired. The caller
 * appends the events, last in the transaction.
 * @param held hits that are written later, as evidence for these
 */
export async function writeHits(
  trx: Transaction,
  hits: readonly TakenHit[],
  held: readonly TakenHit[],
): Promise<WrittenBatch> {
  const ids = [...new Set(hits.map(({ emailId }) => emailId))].toSorted();
  const emails = await hitStore.lockEmails(trx, ids);
  const byId = new Map(emails.map((email) => [email.emailId, email]));
  const known = hits.filter(({ emailId }) => byId.has(emailId)).toSorted((a, b) => a.at - b.at);
  if (known.length === 0) return { emails: [], events: [] };
  const links = await hitStore.lockLinks(trx, ids, [...new Set(known.map(({ link }) => link))]);
  const stored = await nearbyHits(trx, known);
  const members = await membersOf(trx, known);
  const evidence = groupByVisitor<Neighbour>([...stored, ...known, ...held]);
  const judged = known.map((hit): JudgedHit => {
    const email = byId.get(hit.emailId)!;
    const { verdict, reason } = judgeHit(hit, {
      sentAt: email.sentAt,
      deliveredAt: email.deliveredAt,
      isHoneypot: hit.isHoneypot,
      isSelf: hit.session !== null && members(hit.session, email.workspaceId),
      neighbours: evidence.get(hit.visitorKey)!,
    });
    return { ...hit, verdict, reason };
  });
  const rejudged = findRejudged(stored, groupByVisitor(judged));
  const at = isoTime(known.at(-1)!.at);
  await insertHits(trx, judged, byId);
  if (rejudged.length > 0)
    await hitStore.rejudge(
      trx,
      rejudged.map(({ hit: { id, emailId }, reason }) => ({
        id,
        workspace_id: byId.get(emailId)!.workspaceId,
        reason,
      })),
    );
  await hitStore.count(trx, countersOf(judged, rejudged, byId), at);
  const events = eventsOf(judged, links, byId);
  if (events.length > 0) await hitStore.markFired(trx, events, at);
  return { emails, events };
}

async function nearbyHits(trx: Transaction, hits: readonly TakenHit[]): Promise<StoredHit[]> {
  const visitors = [...groupByVisitor(hits).values()].map((group) => {
    const links = group.flatMap(({ kind, link }) => (kind === 'click' ? link : []));
    const { emailId, visitor } = group[0]!;
    return {
      email_id: emailId,
      visitor,
      only_link: new Set(links).size <= 1 ? (links[0] ?? null) : null,
      has_honeypot: group.some(({ isHoneypot }) => isHoneypot),
    };
  });
  return hitStore.listNearby(trx, visitors, isoTime(hits[0]!.at), isoTime(hits.at(-1)!.at));
}

/** Whether a session belongs to a member of a workspace. */
async function membersOf(trx: Transaction, hits: readonly TakenHit[]) {
  const sessions = hits.flatMap(({ session }) => session ?? []);
  const rows = sessions.length > 0 ? await hitStore.listMembers(trx, sessions) : [];
  const found = new Set(rows.map(({ session, workspaceId }) => `${session} ${workspaceId}`));
  return (session: Buffer, workspaceId: Uuid) => found.has(`${session.toString('base64')} ${workspaceId}`);
}

type Neighbour = NeighbourHit & { visitorKey: string };

function groupByVisitor<T extends { visitorKey: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.visitorKey);
    if (group) group.push(item);
    else groups.set(item.visitorKey, [item]);
  }
  return groups;
}

interface Rejudged {
  hit: StoredHit;
  reason: 'honeypot' | 'burst';
}

/** Stored hits of people that new ones prove to be a machine's. An event that was fired for one stays. */
function findRejudged(stored: readonly StoredHit[], byVisitor: ReadonlyMap<string, JudgedHit[]>): Rejudged[] {
  return stored.flatMap((hit): Rejudged[] => {
    if (hit.verdict !== 'human' && hit.verdict !== 'unknown') return [];
    const others = byVisitor.get(hit.visitorKey) ?? [];
    const within = (other: JudgedHit, ms: number) => Math.abs(other.at - hit.at) <= ms;
    if (others.some((other) => other.isHoneypot && within(other, HONEYPOT_MS)))
      return [{ hit, reason: 'honeypot' }];
    const isBurst = (other: JudgedHit) =>
      other.kind === 'click' && other.link !== hit.link && within(other, BURST_MS);
    return hit.kind === 'click' && others.some(isBurst) ? [{ hit, reason: 'burst' }] : [];
  });
}

async function insertHits(
  trx: Transaction,
  judged: readonly JudgedHit[],
  emails: ReadonlyMap<Uuid, TrackedEmail>,
): Promise<void> {
  const counts = new Map<Uuid, number>();
  const rows = judged.flatMap((hit) => {
    const { workspaceId, hits } = emails.get(hit.emailId)!;
    const count = counts.get(hit.emailId) ?? hits;
    counts.set(hit.emailId, count + 1);
    if (count >= MAX_STORED) return [];
    const { id, emailId, kind, link, verdict, reason, visitor } = hit;
    const { family } = describeAgent(hit.userAgent);
    const times = { at: isoTime(hit.at), agent: family, visitor };
    return [{ workspace_id: workspaceId, id, email_id: emailId, kind, link, verdict, reason, ...times }];
  });
  if (rows.length > 0) await hitStore.insert(trx, rows);
}

function countersOf(
  judged: readonly JudgedHit[],
  rejudged: readonly Rejudged[],
  emails: ReadonlyMap<Uuid, TrackedEmail>,
): CounterChange[] {
  const changes = new Map<Uuid, CounterChange>();
  const changeOf = (emailId: Uuid) => {
    let change = changes.get(emailId);
    if (!change) {
      change = {
        workspace_id: emails.get(emailId)!.workspaceId,
        id: emailId,
        opens: 0,
        human_opens: 0,
        clicks: 0,
        human_clicks: 0,
        first_opened_at: null,
        first_clicked_at: null,
      };
      changes.set(emailId, change);
    }
    return change;
  };
  for (const { emailId, kind, verdict, at } of judged) {
    if (verdict === 'ignored') continue;
    const change = changeOf(emailId);
    const isHuman = verdict === 'human';
    if (kind === 'open') {
      change.opens += 1;
      if (isHuman) change.human_opens += 1;
      if (isHuman) change.first_opened_at ??= isoTime(at);
    } else {
      change.clicks += 1;
      if (isHuman) change.human_clicks += 1;
      if (isHuman) change.first_clicked_at ??= isoTime(at);
    }
  }
  for (const { hit } of rejudged) {
    if (hit.verdict !== 'human') continue;
    const change = changeOf(hit.emailId);
    if (hit.kind === 'open') change.human_opens -= 1;
    else change.human_clicks -= 1;
  }
  return [...changes.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The events of a batch: one for each link that has fired none, unless the workspace wants every hit. */
function eventsOf(
  judged: readonly JudgedHit[],
  links: readonly LockedLink[],
  emails: ReadonlyMap<Uuid, TrackedEmail>,
): HitEvent[] {
  const byLink = new Map(links.map((link) => [`${link.emailId} ${link.link}`, link]));
  const fired = new Set(
    links.filter(({ hasFired }) => hasFired).map(({ emailId, link }) => `${emailId} ${link}`),
  );
  return judged.flatMap((hit): HitEvent[] => {
    const { emailId, link, kind, at, verdict, reason } = hit;
    const key = `${emailId} ${link}`;
    const { events } = emails.get(emailId)!;
    const row = byLink.get(key);
    if (!row || link === HONEYPOT_LINK || verdict === 'ignored') return [];
    if (events === 'first_human' && verdict !== 'human') return [];
    if (events !== 'every' && fired.has(key)) return [];
    fired.add(key);
    const type = kind === 'open' ? 'email.opened' : 'email.clicked';
    return [
      { emailId, link, type, at, context: { verdict, reason, ...(row.url !== null && { link: row.url }) } },
    ];
  });
}
