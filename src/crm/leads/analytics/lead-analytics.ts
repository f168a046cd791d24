import { timeOf, type Uuid } from '../../../base/id.ts';
import type { Database } from '../../../db/pool.ts';
import {
  countDays,
  KIND,
  leadBounds,
  SLACK_MS,
  spansOf,
  type DayCount,
  type Entry,
  type LeadAnalyticsQuery,
} from './lead-daily-rollup.ts';

/** How many leads, and how many of them were won or converted. */
export interface Tally {
  leads: number;
  converted: number;
}

export interface LeadFigures extends Tally {
  conversion_rate: number | null;
  /** In seconds from creation; null if no lead was contacted. */
  first_contact: { leads: number; median_s: number | null; p90_s: number | null };
  by_source: (Tally & { source: string | null })[];
  by_event_type: (Tally & { event_type: string | null })[];
  by_status: (Tally & { status: string })[];
  by_owner: (Tally & { owner_id: Uuid | null; name: string | null })[];
  /** Every interval of the range, by its first date in UTC. */
  by_time: (Tally & { start: string })[];
}

/** Groups of one kind in the result; the largest are kept. */
const MAX_GROUPS = 200;

/** Counts the leads of a time range (docs/requirements.md, section 4). */
export async function leadFigures(db: Database, question: LeadAnalyticsQuery): Promise<LeadFigures> {
  const days = await countDays(db, question, spansOf(...(await rangeWithLeads(db, question))));
  const all = (kind: keyof typeof KIND) => summed(days.flatMap(({ tallies }) => tallies?.[KIND[kind]] ?? []));
  const most = (kind: keyof typeof KIND) => all(kind).toSorted(byLeads).slice(0, MAX_GROUPS);
  const total = totalOf(all('status'));
  const owners = most('owner');
  const names = await namesOf(db, owners);

  return {
    ...total,
    conversion_rate: total.leads === 0 ? null : total.converted / total.leads,
    first_contact: firstContact(days),
    by_source: most('source').map(({ key, ...tally }) => ({ source: key, ...tally })),
    by_event_type: most('event_type').map(({ key, ...tally }) => ({ event_type: key, ...tally })),
    by_status: most('status').map(({ key, ...tally }) => ({ status: key!, ...tally })),
    by_owner: owners.map(({ key, ...tally }) => ({
      owner_id: key,
      name: names.get(key) ?? null,
      ...tally,
    })),
    by_time: byTime(days, question),
  };
}

interface Group extends Tally {
  key: string | null;
}

/** The part of the requested range that can have leads. */
async function rangeWithLeads(
  db: Database,
  question: LeadAnalyticsQuery,
): Promise<[from: number, until: number]> {
  const bounds = await leadBounds(db, question.workspaceId);
  if (!bounds) return [0, 0];
  return [
    Math.max(Date.parse(question.from), timeOf(bounds.first) - SLACK_MS),
    Math.min(Date.parse(question.until), timeOf(bounds.last) + SLACK_MS),
  ];
}

function summed(entries: Entry[]): Group[] {
  const groups = new Map<string | null, Group>();
  for (const [key, leads, converted] of entries) {
    const group = groups.get(key);
    if (!group) groups.set(key, { key, leads, converted });
    else {
      group.leads += leads;
      group.converted += converted;
    }
  }
  return [...groups.values()];
}

/** Largest first, then by name, with the group without a name last. */
function byLeads(a: Group, b: Group): number {
  if (a.leads !== b.leads) return b.leads - a.leads;
  return a.key === null ? 1 : b.key === null ? -1 : a.key < b.key ? -1 : 1;
}

function totalOf(groups: Tally[]): Tally {
  return {
    leads: groups.reduce((sum, { leads }) => sum + leads, 0),
    converted: groups.reduce((sum, { converted }) => sum + converted, 0),
  };
}

const DOUBLE = 8;

function firstContact(days: DayCount[]): LeadFigures['first_contact'] {
  const bytes = Buffer.concat(days.flatMap(({ contacted }) => contacted ?? []));
  const seconds = new Float64Array(bytes.length / DOUBLE);
  for (let at = 0; at < seconds.length; at++) seconds[at] = bytes.readDoubleBE(at * DOUBLE);
  seconds.sort();
  return { leads: seconds.length, median_s: quantile(seconds, 0.5), p90_s: quantile(seconds, 0.9) };
}

/** Interpolates between the two nearest values. */
function quantile(sorted: Float64Array, part: number): number | null {
  if (sorted.length === 0) return null;
  const at = part * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

async function namesOf(db: Database, owners: Group[]): Promise<Map<Uuid | null, string>> {
  const ids = owners.flatMap((group) => group.key ?? []);
  if (ids.length === 0) return new Map();
  const rows = await db.read<{ id: Uuid; name: string }>(
    { name: 'lead.owner-names', text: 'select id, name from app_user where id = any($1::uuid[])' },
    [ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Sums by status, since every lead has exactly one. Includes intervals without leads, so that charts have no gaps. */
function byTime(days: DayCount[], question: LeadAnalyticsQuery): LeadFigures['by_time'] {
  const known = new Map<string, Tally>();
  for (const { day, tallies } of days) {
    const start = startOf(new Date(day), question.interval);
    const tallied = (tallies?.[KIND.status] ?? []).map(([, leads, converted]) => ({ leads, converted }));
    known.set(start, totalOf([known.get(start) ?? NOTHING, ...tallied]));
  }
  return startsOf(question).map((start) => ({ start, ...(known.get(start) ?? NOTHING) }));
}

const NOTHING: Tally = { leads: 0, converted: 0 };

/** The first dates of the intervals of a range. */
export function startsOf({
  from,
  until,
  interval,
}: Pick<LeadAnalyticsQuery, 'from' | 'until' | 'interval'>): string[] {
  const at = new Date(startOf(new Date(from), interval));
  const starts: string[] = [];
  while (at.getTime() < Date.parse(until)) {
    starts.push(at.toISOString().slice(0, 10));
    if (interval === 'month') at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setUTCDate(at.getUTCDate() + (interval === 'week' ? 7 : 1));
  }
  return starts;
}

/** The first date of the interval that holds this time; weeks begin on Monday. */
function startOf(moment: Date, interval: LeadAnalyticsQuery['interval']): string {
  const at = new Date(moment);
  at.setUTCHours(0, 0, 0, 0);
  if (interval === 'week') at.setUTCDate(at.getUTCDate() - ((at.getUTCDay() + 6) % 7));
  if (interval === 'month') at.setUTCDate(1);
  return at.toISOString().slice(0, 10);
}
