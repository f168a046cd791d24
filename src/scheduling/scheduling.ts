import type { WorkspaceSettingsStore } from '../account/workspace-settings.ts';
import type { MadeModule, Module, ModuleParts, PreparedModule } from '../record/module.ts';
import { calendarSyncJob, type CalendarSyncParts } from './availability/calendar-sync-job.ts';
import type { AppointmentReader } from './availability/host-availability.ts';
import { memberAvailabilityRoutes } from './availability/member-availability-routes.ts';
import { scheduleRoutes } from './availability/schedule-routes.ts';
import { makeScheduleStore } from './availability/schedule-store.ts';
import { makeSlotFinder } from './availability/slot-finder.ts';
import { timeOffRoutes } from './availability/time-off-routes.ts';
import { makeTimeOffStore } from './availability/time-off-store.ts';
import { bookingPageRoutes } from './booking-pages/booking-page-routes.ts';
import { makeBookingPageStore } from './booking-pages/booking-page-store.ts';
import { slotRoutes } from './booking-pages/slot-routes.ts';
import { BOOKING_SCOPES } from './booking-scopes.ts';

export interface SchedulingParts
  extends ModuleParts, Pick<CalendarSyncParts, 'connections' | 'http' | 'calendarReaders'> {
  workspaceSettings: WorkspaceSettingsStore;
}

/** No appointments yet. */
const appointmentsFor: AppointmentReader = () => Promise.resolve([]);

function prepareScheduling(parts: SchedulingParts): PreparedModule {
  return { records: {}, make: () => makeScheduling(parts) };
}

function makeScheduling(parts: SchedulingParts): MadeModule {
  const pages = makeBookingPageStore(parts);
  const schedules = makeScheduleStore(parts);
  const slots = makeSlotFinder({ ...parts, appointmentsFor });
  return {
    routes: [
      ...bookingPageRoutes({ ...parts, pages }),
      ...slotRoutes({ ...parts, pages, slots }),
      ...scheduleRoutes({ ...parts, schedules }),
      ...timeOffRoutes({ ...parts, timeOff: makeTimeOffStore(parts) }),
      ...memberAvailabilityRoutes({ ...parts, schedules, appointmentsFor }),
    ],
    jobTypes: [],
    recurring: [calendarSyncJob(parts)],
  };
}

/** Booking pages and when their hosts are available. */
export const scheduling: Module<SchedulingParts> = {
  nouns: [],
  scopes: BOOKING_SCOPES,
  eventTypes: [],
  eventObjects: [],
  maintenance: () => [],
  prepare: prepareScheduling,
};
