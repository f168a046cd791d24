import type { Clock } from '../../base/clock.ts';
import { isoTime } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { Change } from '../../record/noun.ts';
import type { RecordService } from '../../record/record-service.ts';
import { GUEST } from '../appointments/appointment-state.ts';
import type { Appointment, AppointmentInput } from '../appointments/appointment.ts';
import { slotTaken } from '../appointments/host-lock.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import type { BookingPageStore } from '../booking-pages/booking-page-store.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';
import type { GuestLinks } from '../invitations/guest-link.ts';

/** An appointment as its guest sees it. */
export interface ShownAppointment {
  id: Uuid;
  title: string;
  start: string;
  end: string;
  time_zone: string;
  status: Appointment['status'];
  location: string | null;
  host: string | null;
  manage_url: string;
}

/** An appointment that a guest came to by its link. */
export interface ManagedAppointment {
  workspaceId: Uuid;
  appointment: Appointment;
  /**
   * The page that it was booked through, with the host that the appointment has by now; null if there is none, or it was
   * deleted or switched off.
   */
  page: BookingPage | null;
  /** Null for one who has left. */
  hostName: string | null;
}

/** What guests do with the link of their appointment. */
export interface GuestAppointments {
  shown(workspaceId: Uuid, id: Uuid): Promise<ShownAppointment>;
  /** Throws `not_found`, also for a link whose time is over. */
  find(token: string): Promise<ManagedAppointment>;
  /** Throws `conflict` if it is too late, or if it is over. Twice is once. */
  cancel(managed: ManagedAppointment, reason: string | null): Promise<ShownAppointment>;
  /** Throws `conflict` as `cancel`, or without a page to choose a time from, and `slot_taken`. */
  reschedule(
    managed: ManagedAppointment,
    to: { start: number; durationMin: number; reason: string | null },
  ): Promise<ShownAppointment>;
  /** Why a guest cannot change it; null if they can. */
  obstacle(managed: ManagedAppointment): string | null;
}

export interface GuestAppointmentParts {
  db: Database;
  clock: Clock;
  appointments: RecordService<Appointment, AppointmentInput>;
  pages: Pick<BookingPageStore, 'get'>;
  slots: SlotFinder;
  links: GuestLinks;
}

const MINUTE_MS = 60_000;
const NO_LINK = 'This link does not exist or is no longer valid.';

const HOST = {
  name: 'appointment.host-name',
  text: `select u.name from member m join app_user u on u.id = m.user_id where m.workspace_id = $1 and m.user_id = $2`,
};

export function makeGuestAppointments(parts: GuestAppointmentParts): GuestAppointments {
  const { db, clock, appointments, pages, slots, links } = parts;

  async function hostName(workspaceId: Uuid, id: Uuid | null): Promise<string | null> {
    if (id === null) return null;
    const [row] = await query<{ name: string }>(db.pool, HOST, [workspaceId, id]);
    return row?.name ?? null;
  }

  function show(workspaceId: Uuid, appointment: Appointment, host: string | null): ShownAppointment {
    const {
      id,
      title,
      starts_at: start,
      ends_at: end,
      time_zone: zone,
      guest_time_zone: guestZone,
    } = appointment;
    const { status, location } = appointment;
    return {
      id,
      title,
      start,
      end,
      time_zone: guestZone ?? zone,
      status,
      // Only who has booked needs it, and only once it is certain.
      location: status === 'pending' ? null : location,
      host,
      manage_url: links.url(workspaceId, id),
    };
  }

  async function change(
    { workspaceId, appointment }: ManagedAppointment,
    fields: Change<AppointmentInput>,
  ): Promise<ShownAppointment> {
    const { body } = await appointments.update(
      {
        writer: { workspaceId, actor: GUEST },
        id: appointment.id,
        expected: null,
        answer: (record) => ({ status: 200, body: JSON.stringify(record) }),
      },
      {
        change: fields,
        source: {
          sent: fields,
          sentText: () => JSON.stringify(fields),
          client: { address: '', referrer: undefined },
        },
      },
    );
    const changed = JSON.parse(body) as Appointment;
    return show(workspaceId, changed, await hostName(workspaceId, changed.host_id));
  }

  const guestAppointments: GuestAppointments = {
    async shown(workspaceId, id) {
      const appointment = await appointments.store.get(workspaceId, id);
      if (!appointment) throw new ApiError('not_found', NO_LINK);
      return show(workspaceId, appointment, await hostName(workspaceId, appointment.host_id));
    },

    async find(token) {
      const found = await links.find(token);
      const appointment = found && (await appointments.store.get(found.workspaceId, found.appointmentId));
      if (!found || !appointment) throw new ApiError('not_found', NO_LINK);
      const { workspaceId } = found;
      const pageId = appointment.booking_page_id;
      const page = pageId === null ? undefined : await pages.get(workspaceId, pageId);
      const name = await hostName(workspaceId, appointment.host_id);
      return {
        workspaceId,
        appointment,
        page: page?.active ? withHost(page, name === null ? null : appointment.host_id) : null,
        hostName: name,
      };
    },

    obstacle: ({ appointment, page }) => obstacleOf(appointment, page, clock.now()),

    async cancel(managed, reason) {
      const { workspaceId, appointment, hostName: host } = managed;
      if (appointment.status === 'canceled') return show(workspaceId, appointment, host);
      checkChangeable(managed, clock.now());
      return change(managed, { status: 'canceled', cancel_reason: reason });
    },

    async reschedule(managed, { start, durationMin, reason }) {
      const { workspaceId, appointment, hostName: host, page } = managed;
      checkChangeable(managed, clock.now());
      if (page === null)
        throw new ApiError(
          'conflict',
          'The page of the appointment no longer exists; cancel it, or ask the host.',
        );
      const end = start + durationMin * MINUTE_MS;
      if (start === Date.parse(appointment.starts_at) && end === Date.parse(appointment.ends_at))
        return show(workspaceId, appointment, host);
      const slot = await slots.at(db.pool, workspaceId, page, { durationMin, start, except: appointment.id });
      if (!slot) throw slotTaken();
      const { host_id: hostId } = appointment;
      const keepsHost = hostId !== null && slot.hostIds.includes(hostId);
      return change(managed, {
        starts_at: isoTime(start),
        ends_at: isoTime(end),
        reschedule_reason: reason,
        ...(!keepsHost && { host_id: slot.hostIds[0]! }),
      });
    },
  };
  return guestAppointments;
}

/** The page with the times of a host whom the appointment was given to by hand. One who has left has no times. */
function withHost(page: BookingPage, hostId: Uuid | null): BookingPage {
  if (hostId === null || page.hosts.some(({ user_id: id }) => id === hostId)) return page;
  return { ...page, host_mode: 'one', hosts: [{ user_id: hostId, weight: 1, schedule_id: null }] };
}

function checkChangeable({ appointment, page }: ManagedAppointment, now: number): void {
  const obstacle = obstacleOf(appointment, page, now);
  if (obstacle !== null) throw new ApiError('conflict', obstacle);
}

function obstacleOf(
  { status, starts_at: start }: Appointment,
  page: BookingPage | null,
  now: number,
): string | null {
  if (status === 'canceled') return 'The appointment is canceled.';
  if (status !== 'pending' && status !== 'booked') return 'The appointment is over.';
  if (Date.parse(start) <= now) return 'The appointment has begun.';
  const noticeMin = page?.cancel_notice_min ?? 0;
  if (Date.parse(start) - noticeMin * MINUTE_MS >= now) return null;
  return 'It is too late to move or cancel the appointment here. Please write to the host.';
}
