import type { FastifyInstance } from 'fastify';
import { makePageTokens } from '../../http/public/page-session.ts';
import { makePageVisits } from '../../http/public/page-visits.ts';
import { makeProofsOfWork } from '../../http/public/proof-of-work.ts';
import { messagePage } from '../../http/public/public-page.ts';
import { PublicRoutes } from '../../http/public/public-routes.ts';
import type { Records } from '../../record/records.ts';
import type { AppointmentParts, PreparedAppointments } from '../appointments/appointments.ts';
import { appointment } from '../appointments/appointment.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import type { BookingPageStore } from '../booking-pages/booking-page-store.ts';
import { makeBookingHandler } from './booking-handler.ts';
import { makeBookingLimit } from './booking-limit.ts';
import { BookingSite } from './booking-site.ts';
import { BOOKING_FILES } from './booking-view.ts';
import { makeGuestAppointments } from './guest-appointment.ts';
import { makeGuestBookings } from './guest-booking.ts';
import { ManageSite } from './manage-site.ts';

export interface PublicBookingParts extends AppointmentParts {
  pages: BookingPageStore;
  slots: SlotFinder;
}

const PATH = '/book/:workspace/:slug';
const MANAGE_PATH = '/book/manage/:token';

const TITLES: Readonly<Record<number, string>> = {
  404: 'Page not found',
  409: 'This is not possible',
  429: 'Too many bookings',
};

/** @returns adds the public pages of booking and of the guests' links */
export function makePublicBooking(
  parts: PublicBookingParts,
  prepared: PreparedAppointments,
  records: Records,
): (app: FastifyInstance) => void {
  const { clock, sealer, publicUrl } = parts;
  const appointments = records.serviceOf(appointment);
  const limit = makeBookingLimit(parts);
  const tokens = makePageTokens(sealer.derive('booking token'), clock);
  const proofs = makeProofsOfWork(sealer.derive('booking proof'));
  // Visits only open pages here: bookings are limited by those made.
  const visits = makePageVisits({ tokens, proofs, limit: { count: () => Promise.resolve(0) }, clock });
  const common = { ...parts, ...prepared, appointments, people: records.people };
  const guestAppointments = makeGuestAppointments(common);
  const handler = makeBookingHandler({ bookings: makeGuestBookings(common), tokens, proofs, limit });

  return (app) => {
    const routes = new PublicRoutes(app, {
      publicUrl,
      refusalPage: ({ status }, message) =>
        messagePage(TITLES[status] ?? 'The appointment was not booked', message, BOOKING_FILES),
      forbiddenSite: 'The page does not accept bookings from this site (Origin).',
    });
    const site = new BookingSite(routes, { ...parts, visits, handler, guestAppointments });
    const manage = new ManageSite({ ...parts, guestAppointments });
    const pageOf = async (...request: Parameters<typeof site.findPage>) =>
      (await site.findPage(...request)).page;

    routes.page(MANAGE_PATH, (request, reply) => manage.open(request, reply));
    routes.page(`${MANAGE_PATH}/reschedule`, (request, reply) => manage.openMove(request, reply));
    routes.submission(`${MANAGE_PATH}/reschedule`, {
      form: (request, reply) => manage.move(request, reply),
      json: (request, reply) => manage.moveJson(request, reply),
    });
    routes.submission(`${MANAGE_PATH}/cancel`, {
      form: (request, reply) => manage.cancel(request, reply),
      json: (request, reply) => manage.cancelJson(request, reply),
    });
    routes.page(PATH, (request, reply) => site.openPage(request, reply));
    routes.data(`${PATH}/slots`, (request, reply) => site.listSlots(request, reply));
    routes.data(`${PATH}/session`, (request, reply) => site.openSession(request, reply));
    routes.data(`${PATH}/embed.js`, async (request, reply) => {
      await site.findPage(request);
      return routes.sendAsset('embed.js', request, reply);
    });
    routes.preflight(PATH, pageOf);
    routes.preflight(`${PATH}/session`, pageOf);
    routes.preflight(`${PATH}/slots`, pageOf);
    routes.submission(PATH, {
      form: (request, reply) => site.submitPage(request, reply),
      json: (request, reply) => site.submitJson(request, reply),
    });
  };
}
