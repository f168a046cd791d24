import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError, invalid } from '../../base/errors.ts';
import { instant } from '../../base/values/time.ts';
import type { Database } from '../../db/pool.ts';
import { route, type Route } from '../../http/route.ts';
import type { References } from '../../record/reference.ts';
import { mayManage } from '../booking-scopes.ts';
import { readCalendars } from './calendar-sync.ts';
import { readAvailability, type AppointmentReader } from './host-availability.ts';
import { clipIntervals, mergeIntervals } from './interval.ts';
import { shownHours, workingHoursShape } from './schedule-schema.ts';
import type { ScheduleStore } from './schedule-store.ts';
import { DAY_MS } from './zone-rules.ts';

const MAX_DAYS = 62;
/** With buffers and time zones, all times are then in the years that PostgreSQL and ISO 8601 have. */
const EARLIEST = Date.parse('0002-01-01T00:00:00Z');
const LATEST = Date.parse('9998-12-31T00:00:00Z');

const query = z.strictObject({
  from: instant.optional().meta({ description: 'Default: now.' }),
  to: instant.optional().meta({ description: `At most ${MAX_DAYS} days after from; default: 14 days.` }),
});

const shape = z
  .object({
    user_id: z.uuid(),
    schedule: z.object({
      id: z
        .uuid()
        .nullable()
        .meta({ description: 'Null: the member has no schedule, so these hours count.' }),
      name: z.string().nullable(),
      ...workingHoursShape,
    }),
    busy: z.array(z.object({ start: z.iso.datetime(), end: z.iso.datetime() })).meta({
      description: 'Appointments with their buffers, time off and busy times of calendars, merged.',
    }),
    calendars: z
      .array(
        z.object({
          connection_id: z.uuid(),
          kind: z.string(),
          name: z.string(),
          active: z.boolean(),
          synced_at: z.iso.datetime().nullable().meta({ description: 'When it was last read.' }),
          problem: z
            .string()
            .nullable()
            .meta({ description: 'Why the last read failed, or what it left out, as a code.' }),
          problem_text: z.string().nullable().meta({ description: 'The same for people.' }),
          stale: z.boolean().meta({ description: 'Whether it could not be read for 30 minutes.' }),
        }),
      )
      .meta({ description: 'Empty for those who may not change the availability of the member.' }),
  })
  .meta({ id: 'MemberAvailability' });

export interface MemberAvailabilityParts {
  db: Database;
  clock: Clock;
  schedules: ScheduleStore;
  references: References;
  workspaceSettings: WorkspaceSettingsStore;
  appointmentsFor: AppointmentReader;
}

/** When a member works and is busy, and the calendars that it comes from. */
export function memberAvailabilityRoutes(parts: MemberAvailabilityParts): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/members/:id/availability',
      scope: 'booking:read',
      tag: 'schedules',
      summary: 'Get the availability of a member',
      query,
      answers: { 200: shape },
      async handle({ caller, params, query: { from, to } }) {
        const { workspaceId } = caller;
        const userId = params['id']!;
        const [missing] = await parts.references.missing(workspaceId, { id: 'member' }, { id: userId });
        if (missing) throw new ApiError('not_found', 'There is no member with this id.');
        const start = from === undefined ? parts.clock.now() : Date.parse(from);
        if (start < EARLIEST || start > LATEST)
          throw invalid('from', 'must be a time in the years 2 to 9998');
        const end = to === undefined ? start + 14 * DAY_MS : Date.parse(to);
        if (end <= start) throw invalid('to', 'must be after from');
        if (end - start > MAX_DAYS * DAY_MS)
          throw invalid('to', `must be at most ${MAX_DAYS} days after from`);
        const { time_zone: timeZone } = await parts.workspaceSettings.recent(workspaceId);
        const range = { start, end };
        const hosts = [{ user_id: userId, schedule_id: null }];
        const [host] = await readAvailability(
          parts.db.pool,
          { workspaceId, timeZone, hosts, pageId: null, range },
          parts.appointmentsFor,
        );
        if (!host) throw new ApiError('not_found', 'There is no member with this id.');
        const schedule = (await parts.schedules.list(workspaceId, userId, 200, null)).find(
          (item) => item.is_default,
        );
        const busy = clipIntervals(mergeIntervals(host.blocked), range);
        const calendars = mayManage(caller, userId)
          ? await readCalendars(parts.db, workspaceId, userId, parts.clock.now())
          : [];
        return {
          status: 200,
          body: {
            user_id: userId,
            schedule: { id: schedule?.id ?? null, name: schedule?.name ?? null, ...shownHours(host.hours) },
            busy: busy.map((item) => ({ start: isoTime(item.start), end: isoTime(item.end) })),
            calendars,
          },
        };
      },
    }),
  ];
}
