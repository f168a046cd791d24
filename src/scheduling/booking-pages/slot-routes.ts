import { z } from 'zod';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { Clock } from '../../base/clock.ts';
import { invalid } from '../../base/errors.ts';
import { route, type Route } from '../../http/route.ts';
import { slotListShape, slotQuery, slotRange, slotsByDate } from '../availability/slot-days.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import { findPage } from './booking-page-routes.ts';
import type { BookingPageStore } from './booking-page-store.ts';
import type { BookingPage } from './booking-page.ts';

const query = z.strictObject(slotQuery);

export interface SlotRouteParts {
  clock: Clock;
  pages: BookingPageStore;
  slots: SlotFinder;
  workspaceSettings: WorkspaceSettingsStore;
}

/** The slots of a page for members: they name the free hosts. */
export function slotRoutes({ clock, pages, slots, workspaceSettings }: SlotRouteParts): Route[] {
  return [
    route<undefined, z.output<typeof query>>({
      method: 'GET',
      path: '/api/v1/booking-pages/:id/slots',
      scope: 'booking:read',
      tag: 'booking-pages',
      summary: 'List the slots of a booking page',
      description: 'The times that can be booked now. A page that is not active has slots too.',
      query,
      answers: { 200: slotListShape },
      async handle({ caller: { workspaceId }, params, query: { from, to, time_zone, duration } }) {
        const page = await findPage(pages, workspaceId, params['id']!);
        const zone = time_zone ?? (await workspaceSettings.recent(workspaceId)).time_zone;
        const durationMin = pageDuration(page, duration);
        const { start, end } = slotRange(zone, { from, to }, clock.now());
        const found = await slots.list(workspaceId, page, { durationMin, from: start, to: end });
        return {
          status: 200,
          body: { time_zone: zone, duration: durationMin, slots: slotsByDate(found, zone, true) },
        };
      },
    }),
  ];
}

/** The requested duration, in minutes, or the page's default. Throws `validation_error` for one that it does not have. */
export function pageDuration(
  { duration_min: durations }: BookingPage,
  requested: number | undefined,
): number {
  const durationMin = requested ?? durations[0]!;
  if (!durations.includes(durationMin)) throw invalid('duration', `must be one of ${durations.join(', ')}`);
  return durationMin;
}
