import type { Uuid } from '../../base/id.ts';
import { floorId } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';

/** What is counted, and over what. */
export interface LeadQuestion {
  workspaceId: Uuid;
  /** ISO 8601; from inclusive, until exclusive. */
  from: string;
  until: string;
  interval: 'day' | 'week' | 'month';
  source: string | null;
  ownerId: Uuid | null;
  /** The keys of the statuses that are won. */
  won: readonly string[];
}

/** How many leads, and how many of them were won or converted. */
export interface Tally {
  leads: number;
  converted: number;
}

export interface LeadFigures extends Tally {
  conversion_rate: number | null;
  /** In seconds, from the arrival; null where no lead was contacted. */
  first_contact: { leads: number; median_s: number | null; p90_s: number | null };
  by_source: (Tally & { source: string | null })[];
  by_event_type: (Tally & { event_type: string | null })[];
  by_status: (Tally & { status: string })[];
  by_owner: (Tally & { owner_id: Uuid | null; name: string | null })[];
  /** Every interval of the range, by the date in UTC on which it begins. */
  by_time: (Tally & { start: string })[];
}

/** The most groups of one kind that are told, those with most leads. */
const MOST_GROUPS = 200;

/**
 * A lead's id begins with when it was made, so the primary key finds those of a time, and nothing outside it is read.
 * Ids and times are taken one after the other, hence the minute at both ends.
 */
const SLACK_MS = 60_000;
const OF_RANGE = `
from lead l
where l.workspace_id = $1 and l.id >= $2 and l.id < $3 and l.created_at >= $4 and l.created_at < $5
  and l.deleted_at is null and ($6::text is null or lower(l.source) = lower($6))
  and ($7::uuid is null or l.owner_id = $7)`;

/** All groups in one reading. */
const GROUPS = `
select grouping(l.source, l.event_type, l.status, l.owner_id, l.bucket) as kind,
       l.source, l.event_type, l.status, l.owner_id, l.bucket::date::text as start,
       count(*)::int as leads, count(*) filter (where l.is_converted)::int as converted
from (
  select l.source, l.event_type, l.status, l.owner_id,
         date_trunc($8, l.created_at at time zone 'UTC') as bucket,
         l.status = any($9::text[]) or l.converted_at is not null as is_converted
  ${OF_RANGE}
) l
group by grouping sets ((l.source), (l.event_type), (l.status), (l.owner_id), (l.bucket))`;

/** What `grouping` says of each set: a bit for every column that is not in it, the first one the highest. */
const KIND = {
  source: 0b01111,
  event_type: 0b10111,
  status: 0b11011,
  owner: 0b11101,
  time: 0b11110,
};

const FIRST_CONTACT = `
select count(*)::int as leads,
       percentile_cont(0.5) within group (order by t.seconds) as median_s,
       percentile_cont(0.9) within group (order by t.seconds) as p90_s
from (
  select extract(epoch from l.first_contacted_at - l.created_at)::float8 as seconds
  ${OF_RANGE} and l.first_contacted_at is not null
) t`;

interface Group extends Tally {
  kind: number;
  source: string | null;
  event_type: string | null;
  status: string;
  owner_id: Uuid | null;
  start: string;
}

/** Counts the leads of a time (contracts section 4, and what the pages show). */
export async function leadFigures(db: Database, question: LeadQuestion): Promise<LeadFigures> {
  const { workspaceId, from, until, interval, source, ownerId, won } = question;
  const range = [
    workspaceId,
    floorId(Date.parse(from) - SLACK_MS),
    floorId(Date.parse(until) + SLACK_MS),
    from,
    until,
    source,
    ownerId,
  ];
  const [groups, contact] = await Promise.all([
    db.read<Group>({ name: 'lead.figures', text: GROUPS }, [...range, interval, won]),
    db.read<LeadFigures['first_contact']>({ name: 'lead.first-contact', text: FIRST_CONTACT }, range),
  ]);
  const all = (kind: keyof typeof KIND) => groups.filter((group) => group.kind === KIND[kind]);
  const most = (kind: keyof typeof KIND) =>
    all(kind)
      .toSorted((a, b) => b.leads - a.leads)
      .slice(0, MOST_GROUPS);
  // Every lead has one status.
  const total = all('status').reduce((sum, group) => plus(sum, group), NOTHING);
  const owners = most('owner');
  const names = await namesOf(db, owners);

  return {
    ...total,
    conversion_rate: total.leads === 0 ? null : total.converted / total.leads,
    first_contact: contact[0]!,
    by_source: most('source').map((group) => ({ source: group.source, ...tally(group) })),
    by_event_type: most('event_type').map((group) => ({ event_type: group.event_type, ...tally(group) })),
    by_status: most('status').map((group) => ({ status: group.status, ...tally(group) })),
    by_owner: owners.map((group) => ({
      owner_id: group.owner_id,
      name: names.get(group.owner_id) ?? null,
      ...tally(group),
    })),
    by_time: filled(all('time'), question),
  };
}

const NOTHING: Tally = { leads: 0, converted: 0 };

function tally({ leads, converted }: Tally): Tally {
  return { leads, converted };
}

function plus(a: Tally, b: Tally): Tally {
  return { leads: a.leads + b.leads, converted: a.converted + b.converted };
}

async function namesOf(db: Database, owners: Group[]): Promise<Map<Uuid | null, string>> {
  const ids = owners.flatMap((group) => group.owner_id ?? []);
  if (ids.length === 0) return new Map();
  const rows = await db.read<{ id: Uuid; name: string }>(
    { name: 'lead.owner-names', text: 'select id, name from app_user where id = any($1::uuid[])' },
    [ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Intervals without a lead are told too: a chart has no gaps. */
function filled(groups: Group[], question: LeadQuestion): LeadFigures['by_time'] {
  const known = new Map(groups.map((group) => [group.start, tally(group)]));
  return startsOf(question).map((start) => ({ start, ...(known.get(start) ?? NOTHING) }));
}

/** The dates on which the intervals of a range begin; weeks on Mondays, as PostgreSQL has them. */
export function startsOf({
  from,
  until,
  interval,
}: Pick<LeadQuestion, 'from' | 'until' | 'interval'>): string[] {
  const at = new Date(from);
  at.setUTCHours(0, 0, 0, 0);
  if (interval === 'week') at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  if (interval === 'month') at.setUTCDate(1);
  const starts: string[] = [];
  while (at.getTime() < Date.parse(until)) {
    starts.push(at.toISOString().slice(0, 10));
    if (interval === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setUTCDate(at.getUTCDate() + (interval === 'week' ? 7 : 1));
  }
  return starts;
}
