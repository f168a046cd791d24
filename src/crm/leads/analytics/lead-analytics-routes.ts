import { z } from 'zod';
import { isoTime, type Clock } from '../../../base/clock.ts';
import { invalid } from '../../../base/errors.ts';
import type { Database } from '../../../db/pool.ts';
import { route, type Route } from '../../../http/route.ts';
import { instantOrDate } from '../../../base/values/time.ts';
import { leadFigures } from './lead-analytics.ts';
import type { LeadStatuses } from '../options/lead-status.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const INTERVAL_DAYS = { day: 1, week: 7, month: 28 } as const;
const MAX_INTERVALS = 1000;

const query = z.strictObject({
  'created_at[gte]': instantOrDate.optional().meta({ description: 'Default: 30 days before the end.' }),
  'created_at[lt]': instantOrDate.optional().meta({ description: 'Default: now.' }),
  interval: z
    .enum(['day', 'week', 'month'])
    .default('day')
    .meta({ description: 'Interval of `by_time`, in UTC.' }),
  source: z.string().max(1000).optional().meta({ description: 'Only leads with this source.' }),
  owner_id: z.uuid().toLowerCase().optional().meta({ description: 'Only leads of this owner.' }),
});

const tally = {
  leads: z.int(),
  converted: z.int().meta({ description: 'Leads that were won or converted.' }),
};
const seconds = z.number().nullable();

const shape = z
  .object({
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    interval: z.enum(['day', 'week', 'month']),
    ...tally,
    conversion_rate: z.number().nullable().meta({ description: 'converted / leads; null without leads.' }),
    first_contact: z
      .object({
        leads: z.int().meta({ description: 'Leads that were contacted.' }),
        median_s: seconds,
        p90_s: seconds,
      })
      .meta({
        description:
          'Time from creation until the status first left `new` or a member first changed the lead, in seconds.',
      }),
    by_source: z.array(z.object({ source: z.string().nullable(), ...tally })),
    by_event_type: z.array(z.object({ event_type: z.string().nullable(), ...tally })),
    by_status: z.array(z.object({ status: z.string(), ...tally })),
    by_owner: z.array(z.object({ owner_id: z.uuid().nullable(), name: z.string().nullable(), ...tally })),
    by_time: z.array(z.object({ start: z.iso.date(), ...tally })),
  })
  .meta({ id: 'LeadFigures' });

/** Figures about the leads of a time range. */
export function leadAnalyticsRoutes(db: Database, clock: Clock, statuses: LeadStatuses): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/analytics/leads',
      scope: 'leads:read',
      tag: 'leads',
      summary: 'Get lead analytics',
      description:
        'Counts the leads of a time range by source, event type, status and owner (the 200 largest groups of each), and over time. Includes conversions and time to first contact. Deleted leads do not count.',
      query,
      answers: { 200: shape },
      async handle({ caller, query: requested }) {
        const { interval } = requested;
        const until = timeOf(requested['created_at[lt]']) ?? clock.now();
        const from = timeOf(requested['created_at[gte]']) ?? until - DEFAULT_DAYS * DAY_MS;
        if (from >= until) throw invalid('created_at[gte]', 'must be before created_at[lt]');
        if ((until - from) / DAY_MS / INTERVAL_DAYS[interval] > MAX_INTERVALS)
          throw invalid('interval', `must be longer: the range has more than ${MAX_INTERVALS} intervals`);
        const all = await statuses.listFor(caller.workspaceId);
        const range = { from: isoTime(from), until: isoTime(until), interval };
        const figures = await leadFigures(db, {
          ...range,
          workspaceId: caller.workspaceId,
          source: requested.source ?? null,
          ownerId: requested.owner_id ?? null,
          won: all
            .filter(({ kind }) => kind === 'won')
            .map(({ key }) => key)
            .toSorted(),
        });
        return { status: 200, body: { ...range, ...figures } };
      },
    }),
  ];
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
