import { isoTime } from '../../../base/clock.ts';
import { floorId, type Uuid } from '../../../base/id.ts';
import type { Database } from '../../../db/pool.ts';
import { query, type Transaction } from '../../../db/query.ts';

const DAY_MS = 86_400_000;

/**
 * A lead's id begins with its creation time, so the primary key finds the leads of a time range without reading others.
 * Id and time are taken one after the other, hence a minute of slack at both ends.
 */
export const SLACK_MS = 60_000;

/** Which leads are counted. */
export interface LeadAnalyticsQuery {
  workspaceId: Uuid;
  /** ISO 8601; from inclusive, until exclusive. */
  from: string;
  until: string;
  interval: 'day' | 'week' | 'month';
  source: string | null;
  ownerId: Uuid | null;
  /** Keys of the statuses of kind `won`. */
  won: readonly string[];
}

/** A day in UTC, or the part of it in a range; milliseconds, from inclusive, until exclusive. */
export interface Span {
  day: string;
  from: number;
  until: number;
}

/** A group of one kind: its key, the number of leads, and how many of them were won or converted. */
export type Entry = [key: string | null, leads: number, converted: number];

/** The result of SQL's `grouping` for each set: one bit for every column not in the set, the first column highest. */
export const KIND = { source: 0b0111, event_type: 0b1011, status: 0b1101, owner: 0b1110 } as const;

/** The counts of one span. */
export interface DayCount {
  day: string;
  /** By kind; null if there is no lead. */
  tallies: Record<number, Entry[]> | null;
  /** Seconds until first contact as consecutive doubles; null if no lead was contacted. */
  contacted: Buffer | null;
}

/** Splits a range into days and parts of days. */
export function spansOf(from: number, until: number): Span[] {
  const spans: Span[] = [];
  for (let at = from; at < until;) {
    const next = (Math.floor(at / DAY_MS) + 1) * DAY_MS;
    spans.push({ day: new Date(at).toISOString().slice(0, 10), from: at, until: Math.min(next, until) });
    at = next;
  }
  return spans;
}

/**
 * Tables that invalidate the count of a day when one of its leads is written, by storing the feed position of the change.
 * They come after the event: a transaction that locks a day's row has locked the workspace's counter before, and days are
 * locked in order, so there is no deadlock.
 */
export function rollupTables(kind: 'insert' | 'update'): string {
  const madeAt = kind === 'insert' ? 'f.at' : `(f.record->>'created_at')::timestamptz`;
  return `
days as (
  insert into lead_day (workspace_id, day, changed)
  select f.workspace_id, (${madeAt} at time zone 'UTC')::date, max(c.base + f.nth)
  from fired f join counter c on c.workspace_id = f.workspace_id
  group by 1, 2 order by 1, 2
  on conflict (workspace_id, day) do update set changed = excluded.changed
)`;
}

const RECOUNT_DAYS = {
  name: 'lead_day.recount',
  text: `insert into lead_day (workspace_id, day, changed)
         select distinct l.workspace_id, (l.created_at at time zone 'UTC')::date, c.event_seq
         from lead l join workspace_counter c on c.workspace_id = l.workspace_id
         where l.workspace_id = $1 and l.id = any($2::uuid[])
         order by 1, 2
         on conflict (workspace_id, day) do update set changed = excluded.changed`,
};

/** Counts the days of leads again that changed without an event. The transaction has locked the feed's counter. */
export async function recountDays(trx: Transaction, workspaceId: Uuid, ids: readonly Uuid[]): Promise<void> {
  await query(trx, RECOUNT_DAYS, [workspaceId, ids]);
}

const KNOWN = {
  name: 'lead_day.known',
  text: `select day::text, tallies, contacted from lead_day
         where workspace_id = $1 and day >= $2 and day <= $3 and counted >= changed and won = $4::text[]`,
};

/** Counts all kinds in one pass, with the feed position that the statement's snapshot includes. */
function counting({ source, ownerId }: Pick<LeadAnalyticsQuery, 'source' | 'ownerId'>) {
  const filters = [
    {
      name: 'source',
      value: source,
      // In every spelling that the workspace has.
      where: (
        p: string,
      ) => `lower(l.source) = any(array[lower(${p}), lower(normalize(${p}, NFC)), lower(normalize(${p}, NFD))]
        || array(select lower(s.name) from lead_source s where s.workspace_id = $1 and folded_text(s.name) = folded_text(${p})))`,
    },
    { name: 'owner', value: ownerId, where: (p: string) => `l.owner_id = ${p}` },
  ].filter(({ value }) => value !== null);
  return {
    values: filters.map(({ value }) => value),
    name: ['lead.count', ...filters.map(({ name }) => name)].join('.'),
    text: `
with l as materialized (
  select d.n, l.source, l.event_type, l.status, l.owner_id,
         l.status = any($2::text[]) or l.converted_at is not null as is_converted,
         extract(epoch from l.first_contacted_at - l.created_at)::float8 as seconds
  from unnest($3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::uuid[]) with ordinality
    as d(begins, ends, low, high, n)
  join lead l on l.workspace_id = $1 and l.id >= d.low and l.id < d.high
    and l.created_at >= d.begins and l.created_at < d.ends and l.deleted_at is null
    ${filters.map(({ where }, at) => `and ${where(`$${at + 7}`)}`).join(' ')}
),
groups as (
  select l.n, grouping(l.source, l.event_type, l.status, l.owner_id) as kind,
         coalesce(l.source, l.event_type, l.status, l.owner_id::text) as key,
         count(*) as leads, count(*) filter (where l.is_converted) as converted
  from l group by grouping sets ((l.n, l.source), (l.n, l.event_type), (l.n, l.status), (l.n, l.owner_id))
),
kinds as (
  select n, kind, json_agg(json_build_array(key, leads, converted)) as entries from groups group by n, kind
),
tallied as (
  select n, json_object_agg(kind, entries) as tallies from kinds group by n
),
contacts as (
  select n, string_agg(float8send(seconds), '') as contacted from l where seconds is not null group by n
)
select (select event_seq from workspace_counter where workspace_id = $1) as seq, t.tallies, c.contacted
from generate_series(1, cardinality($3::timestamptz[])) s(n)
left join tallied t on t.n = s.n left join contacts c on c.n = s.n
order by s.n`,
  };
}

const STORE = {
  name: 'lead_day.store',
  text: `
insert into lead_day (workspace_id, day, counted, won, tallies, contacted)
select $1, d.day, $2, $3, d.tallies, d.contacted
from unnest($4::date[], $5::json[], $6::bytea[]) as d(day, tallies, contacted) order by d.day
on conflict (workspace_id, day) do update
set counted = excluded.counted, won = excluded.won, tallies = excluded.tallies, contacted = excluded.contacted
where lead_day.changed <= excluded.counted and (lead_day.counted is null or lead_day.counted <= excluded.counted)`,
};

/**
 * Counts leads by day. The count of a whole day is stored, and made again after one of its leads changed.
 * @param spans in order; those without a lead may be missing from the result
 */
export async function countDays(
  db: Database,
  question: LeadAnalyticsQuery,
  spans: Span[],
): Promise<DayCount[]> {
  const { workspaceId, won, source, ownerId } = question;
  const first = spans[0];
  const last = spans.at(-1);
  if (!first || !last) return [];
  const isFiltered = source !== null || ownerId !== null;
  const known = isFiltered ? [] : await db.read<DayCount>(KNOWN, [workspaceId, first.day, last.day, won]);
  const byDay = new Map(known.map((count) => [count.day, count]));
  const isWholeDay = (span: Span) => span.until - span.from === DAY_MS;
  const isStored = (span: Span) => isWholeDay(span) && byDay.has(span.day);
  const existing = spans.filter(isStored).map(({ day }) => byDay.get(day)!);
  const missing = spans.filter((span) => !isStored(span));
  if (missing.length === 0) return existing;

  const { values, ...statement } = counting(question);
  const rows = await db.read<Omit<DayCount, 'day'> & { seq: number }>(statement, [
    workspaceId,
    won,
    missing.map(({ from }) => isoTime(from)),
    missing.map(({ until }) => isoTime(until)),
    missing.map(({ from }) => floorId(from - SLACK_MS)),
    missing.map(({ until }) => floorId(until + SLACK_MS)),
    ...values,
  ]);
  const counted = rows.map((row, at) => ({ ...row, day: missing[at]!.day }));
  if (!isFiltered)
    await store(
      db,
      question,
      counted.filter((_, at) => isWholeDay(missing[at]!)),
    );
  return [...existing, ...counted];
}

/** Stores counts for the next request; if that fails, the next request counts again. */
async function store(
  db: Database,
  { workspaceId, won }: LeadAnalyticsQuery,
  days: (DayCount & { seq: number })[],
): Promise<void> {
  if (days.length === 0) return;
  const values = [
    workspaceId,
    days[0]!.seq,
    won,
    days.map(({ day }) => day),
    days.map(({ tallies }) => tallies && JSON.stringify(tallies)),
    days.map(({ contacted }) => contacted),
  ];
  await db.pool.query({ ...STORE, values }).catch(() => {});
}

const BOUNDS = {
  name: 'lead.bounds',
  text: `select (select id from lead where workspace_id = $1 order by id limit 1) as first,
                (select id from lead where workspace_id = $1 order by id desc limit 1) as last`,
};

/** The ids of a workspace's first and last lead; null where it has none. */
export async function leadBounds(
  db: Database,
  workspaceId: Uuid,
): Promise<{ first: Uuid; last: Uuid } | null> {
  const [row] = await db.read<{ first: Uuid | null; last: Uuid | null }>(BOUNDS, [workspaceId]);
  return row?.first && row.last ? { first: row.first, last: row.last } : null;
}
