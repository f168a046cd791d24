import type { MadeModule, Module, PreparedModule } from '../record/module.ts';
import type { Noun } from '../record/noun.ts';
import type { Records } from '../record/records.ts';
import { appointment } from './appointments/appointment.ts';
import {
  makeAppointments,
  prepareAppointments,
  type AppointmentParts,
  type PreparedAppointments,
} from './appointments/appointments.ts';
import { GUEST_ERASURE } from './appointments/guest-erasure.ts';
import { readHostAppointments as appointmentsFor } from './appointments/host-appointments.ts';
import { notifyOfDeparture } from './appointments/host-departure.ts';
import { makeInboundBookings, type InboundBookings } from './appointments/inbound-booking.ts';
import { calendarSyncJob, type CalendarSyncParts } from './availability/calendar-sync-job.ts';
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
import { makePublicBooking } from './public-booking/public-booking.ts';

export interface SchedulingParts
  extends AppointmentParts, Pick<CalendarSyncParts, 'connections' | 'http' | 'calendarReaders'> {}

export interface Scheduling extends MadeModule {
  /** Bookings that other systems report. */
  inboundBookings: InboundBookings;
}

function prepareScheduling(parts: SchedulingParts): PreparedModule<Scheduling> {
  const prepared = prepareAppointments(parts);
  return {
    records: { services: prepared.services },
    make: (records) => makeScheduling(parts, prepared, records),
  };
}

function makeScheduling(
  parts: SchedulingParts,
  prepared: PreparedAppointments,
  records: Records,
): Scheduling {
  const pages = makeBookingPageStore(parts);
  const schedules = makeScheduleStore(parts);
  const slots = makeSlotFinder({ ...parts, appointmentsFor });
  const appointments = makeAppointments(parts, prepared, records);
  const mountBooking = makePublicBooking({ ...parts, pages, slots }, prepared, records);
  return {
    ...appointments,
    afterRemoval: (trx, member) => notifyOfDeparture(trx, parts, member),
    inboundBookings: makeInboundBookings({
      ...parts,
      ...prepared,
      appointments: records.serviceOf(appointment),
      people: records.people,
    }),
    routes: [
      ...appointments.routes,
      ...bookingPageRoutes({ ...parts, pages }),
      ...slotRoutes({ ...parts, pages, slots }),
      ...scheduleRoutes({ ...parts, schedules }),
      ...timeOffRoutes({ ...parts, timeOff: makeTimeOffStore(parts) }),
      ...memberAvailabilityRoutes({ ...parts, schedules, appointmentsFor }),
    ],
    recurring: [calendarSyncJob(parts)],
    mountPages(app) {
      appointments.mountPages(app);
      mountBooking(app);
    },
  };
}

/** Appointments, the pages through which guests book them, and when their hosts are available (BK1–BK5). */
export const scheduling: Module<SchedulingParts, Scheduling> = {
  nouns: [appointment as unknown as Noun],
  scopes: BOOKING_SCOPES,
  eventTypes: [],
  eventObjects: [],
  erasureRules: { contact: GUEST_ERASURE },
  maintenance: () => [],
  prepare: prepareScheduling,
};
