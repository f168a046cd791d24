import type { Uuid } from '../../base/id.ts';
import { isoTime } from '../../base/clock.ts';
import { query, type Queryable } from '../../db/query.ts';
import type { Interval } from './interval.ts';
import { defaultHours, type WorkingHours } from './schedule.ts';
import type { HostAvailability } from './slots.ts';
import { DAY_MS } from './zone-rules.ts';

/** An appointment that takes the time of its host: pending or booked. */
export interface HostAppointment {
  host_id: Uuid;
  page_id: Uuid | null;
  starts_at: string;
  /** With its own buffers. */
  block_starts_at: string;
  block_ends_at: string;
}

/** Whose time, and when: appointments whose block overlaps `[from, to)`. */
export interface AppointmentQuery {
  workspaceId: Uuid;
  hostIds: readonly Uuid[];
  from: string;
  to: string;
  /** An appointment that is being moved: its own time is free. */
  except: Uuid | null;
}

/** Reads the appointments of hosts; scheduling/appointments/ has it. */
export type AppointmentReader = (on: Queryable, wanted: AppointmentQuery) => Promise<HostAppointment[]>;

/** A host, and the schedule that counts: null is the host's default one. */
export interface WantedHost {
  user_id: Uuid;
  schedule_id: Uuid | null;
}

export interface AvailabilityQuery {
  workspaceId: Uuid;
  /** The workspace's, for hosts without a schedule. */
  timeZone: string;
  hosts: readonly WantedHost[];
  /** Counts toward the limits; null for none. */
  pageId: Uuid | null;
  range: Interval;
  except?: Uuid | null;
}

/** Only members: a host who left the workspace has no availability. */
const HOURS = {
  name: 'schedule.for-hosts',
  text: `select h.user_id, s.time_zone, s.rules, s.overrides
         from unnest($2::uuid[], $3::uuid[]) with ordinality h (user_id, schedule_id, position)
         join member m on m.workspace_id = $1 and m.user_id = h.user_id
         left join schedule s on s.workspace_id = $1 and s.user_id = h.user_id
              and case when h.schedule_id is null then s.is_default else s.id = h.schedule_id end
         order by h.position`,
};

/** Busy times of a calendar that is switched off do not count. */
const BLOCKED = {
  name: 'busy_time.for-hosts',
  text: `select t.user_id, t.starts_at, t.ends_at from time_off t
         where t.workspace_id = $1 and t.user_id = any($2::uuid[]) and t.starts_at < $4 and t.ends_at > $3
         union all
         select b.user_id, b.starts_at, b.ends_at from busy_time b
         join connection c on c.workspace_id = b.workspace_id and c.id = b.connection_id and c.active
         where b.workspace_id = $1 and b.user_id = any($2::uuid[]) and b.starts_at < $4 and b.ends_at > $3`,
};

/** What is beyond the range counts too: buffers, and the rest of a week that has a limit. */
const MARGIN_MS = 8 * DAY_MS;

/** The availability of hosts who are members, in the order of the query. */
export async function readAvailability(
  on: Queryable,
  { workspaceId, timeZone, hosts, pageId, range, except = null }: AvailabilityQuery,
  appointmentsFor: AppointmentReader,
): Promise<HostAvailability[]> {
  const hostIds = hosts.map(({ user_id }) => user_id);
  const from = isoTime(range.start - MARGIN_MS);
  const to = isoTime(range.end + MARGIN_MS);
  const hours = await query<{ user_id: Uuid } & { [Name in keyof WorkingHours]: WorkingHours[Name] | null }>(
    on,
    HOURS,
    [workspaceId, hostIds, hosts.map(({ schedule_id }) => schedule_id)],
  );
  const blocked = await query<{ user_id: Uuid; starts_at: string; ends_at: string }>(on, BLOCKED, [
    workspaceId,
    hostIds,
    from,
    to,
  ]);
  const appointments = await appointmentsFor(on, { workspaceId, hostIds, from, to, except });
  return hours.map(({ user_id: userId, time_zone, rules, overrides }) => ({
    userId,
    hours: time_zone && rules && overrides ? { time_zone, rules, overrides } : defaultHours(timeZone),
    blocked: [
      ...blocked
        .filter((item) => item.user_id === userId)
        .map(({ starts_at, ends_at }) => interval(starts_at, ends_at)),
      ...appointments
        .filter(({ host_id }) => host_id === userId)
        .map(({ block_starts_at, block_ends_at }) => interval(block_starts_at, block_ends_at)),
    ],
    appointmentStarts: appointments
      .filter(({ host_id, page_id }) => host_id === userId && page_id === pageId && pageId !== null)
      .map(({ starts_at }) => Date.parse(starts_at)),
  }));
}

function interval(start: string, end: string): Interval {
  return { start: Date.parse(start), end: Date.parse(end) };
}
