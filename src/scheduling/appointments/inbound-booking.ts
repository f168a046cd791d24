import { isoTime, type Clock } from '../../base/clock.ts';
import type { Uuid } from '../../base/id.ts';
import { isUniqueViolation } from '../../db/failure.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Transaction } from '../../db/query.ts';
import { sql } from '../../db/sql.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { Answers } from '../../record/fields/answers.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import { bookWithin, prepareGuest, type Guest } from './appointment-create.ts';
import type { ActedBy, AppointmentResolution } from './appointment-state.ts';
import { appointment, type Appointment, type AppointmentInput } from './appointment.ts';
import { hostsOf, isOverlapping, lockHosts } from './host-lock.ts';
import type { OverlapConstraint } from './overlap-constraint.ts';

/** A booking as another system reports it. */
export interface InboundBooking {
  /** The name of the integration. */
  source: string;
  /** The system's id of the booking. */
  externalId: string;
  /** The id that it had before it was moved. */
  previousId: string | null;
  status: 'booked' | 'pending' | 'canceled';
  title: string;
  /** ISO 8601. */
  startsAt: string;
  endsAt: string;
  timeZone: string | null;
  guestTimeZone: string | null;
  guest: Guest;
  guests: readonly string[];
  /** The host is the member with this address. */
  hostEmail: string | null;
  location: string | null;
  description: string | null;
  answers: Answers;
  /** Who moved or canceled it, and why. */
  by: ActedBy;
  reason: string | null;
}

export interface TakenBooking {
  outcome: 'accepted' | 'duplicate' | 'ignored';
  /** The appointment; null if there is none. */
  id: Uuid | null;
  reason?: string;
}

export interface InboundBookings {
  /** Books, moves or cancels the appointment of a booking. The same report again changes nothing. */
  take(workspaceId: Uuid, booking: InboundBooking): Promise<TakenBooking>;
}

export interface InboundBookingParts {
  db: Database;
  clock: Clock;
  notify(lanes: LaneKey[]): void;
  appointments: RecordService<Appointment, AppointmentInput>;
  people: PersonDirectory;
  constraint: OverlapConstraint;
  uidDomain(): string;
}

const HOST = {
  name: 'appointment.host-by-email',
  text: `select u.id, w.time_zone from workspace w
         left join member m on m.workspace_id = w.id
              and exists (select from app_user u where u.id = m.user_id and lower(u.email) = lower($2))
         left join app_user u on u.id = m.user_id
         where w.id = $1 limit 1`,
};

/** Two reports at once may both find no appointment. */
const ATTEMPTS = 2;

export function makeInboundBookings(parts: InboundBookingParts): InboundBookings {
  async function takeOnce(workspaceId: Uuid, booking: InboundBooking): Promise<TakenBooking> {
    const existing = await find(parts.db, workspaceId, booking);
    if (existing) return update(parts, workspaceId, existing, booking);
    if (booking.status === 'canceled')
      return { outcome: 'ignored', id: null, reason: 'There is no appointment of this booking.' };
    return create(parts, workspaceId, booking);
  }

  return {
    async take(workspaceId, booking) {
      await parts.constraint.require();
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await takeOnce(workspaceId, booking);
        } catch (error) {
          if (attempt === ATTEMPTS || !isUniqueViolation(error)) throw error;
        }
      }
    },
  };
}

/** By its present id, else by the one that it had before. */
async function find(
  db: Database,
  workspaceId: Uuid,
  { source, externalId, previousId }: InboundBooking,
): Promise<Appointment | undefined> {
  const rows = await query<Appointment>(
    db.pool,
    sql`select * from appointment
        where workspace_id = ${workspaceId} and source = ${source} and deleted_at is null
          and external_id in (${externalId}, ${previousId ?? externalId})
        order by external_id = ${externalId} desc limit 1`,
  );
  return rows[0];
}

async function create(
  parts: InboundBookingParts,
  workspaceId: Uuid,
  booking: InboundBooking,
): Promise<TakenBooking> {
  const { db, appointments, people, notify, uidDomain } = parts;
  const { source, externalId, guest } = booking;
  const writer: Writer = { workspaceId, actor: `door:${source}` };
  const [host] = await db.read<{ id: Uuid | null; time_zone: string }>(HOST, [
    workspaceId,
    booking.hostEmail ?? '',
  ]);
  const person = await prepareGuest(people, writer, guest, source);
  const input: AppointmentInput = {
    title: booking.title,
    starts_at: booking.startsAt,
    ends_at: booking.endsAt,
    time_zone: booking.timeZone ?? host!.time_zone,
    guest_time_zone: booking.guestTimeZone,
    status: booking.status,
    host_id: host!.id,
    guest_name: guest.name,
    guest_email: guest.email,
    guest_phone: guest.phone,
    guests: [...booking.guests],
    location: booking.location,
    description: booking.description,
    answers: booking.answers,
    // The other system invites and reminds.
    sends_mail: false,
  };
  const planOf = (blocks: boolean) => {
    const resolved: AppointmentResolution = {
      hasEnd: true,
      blocks,
      uidDomain: uidDomain(),
      origin: { source, external_id: externalId },
    };
    const { before: _locked, ...plan } = appointments.planEnriched(writer, input, {
      resolved: { ...resolved },
    });
    return plan;
  };
  const { id, lanes } = await db.transaction(async (trx) => {
    const plan = planOf(true);
    await lockHosts(trx, workspaceId, hostsOf(plan.record));
    // It exists in the other system, whatever else the host has at this time.
    const isFree = !(await isOverlapping(trx, workspaceId, plan.record));
    const taken = isFree ? plan : planOf(false);
    const booked = await bookWithin(parts, trx, writer, {
      plan: taken,
      person,
      answer: { status: 201, body: taken.id },
    });
    return { id: taken.id, lanes: booked.lanes };
  });
  notify(lanes);
  return { outcome: 'accepted', id };
}

/** Moves, confirms or cancels it; what the report does not change stays. */
async function update(
  { db, clock, appointments, notify }: InboundBookingParts,
  workspaceId: Uuid,
  { id }: Appointment,
  booking: InboundBooking,
): Promise<TakenBooking> {
  const { status, startsAt, endsAt, externalId, by, reason } = booking;
  const writer: Writer = { workspaceId, actor: `door:${booking.source}` };
  const { isChanged, lanes } = await db.transaction(async (trx) => {
    const current = await lockCurrent(trx, workspaceId, id);
    if (!current) return { isChanged: false, lanes: [] };
    const change: Partial<AppointmentInput> = {
      ...(status === 'canceled'
        ? current.status !== 'canceled' && { status, cancel_reason: reason }
        : { starts_at: startsAt, ends_at: endsAt, ...movedBecause(current, booking) }),
      ...(status === 'booked' && current.status === 'pending' && { status }),
    };
    const isOver = current.status === 'canceled' && status !== 'canceled';
    if (isOver) return { isChanged: false, lanes: [] };
    const origin = status === 'canceled' ? {} : { external_id: externalId };
    const resolvedFor = (blocks: boolean): AppointmentResolution => ({ hasEnd: true, by, blocks, origin });
    const context = { at: isoTime(clock.now()), actor: writer.actor };
    const planned = appointment.update(current, change, { ...context, resolved: { ...resolvedFor(true) } });
    const isFree = !(await isOverlapping(trx, workspaceId, planned));
    const resolved = { ...resolvedFor(isFree) };
    const written = await appointments.changeWithin(
      trx,
      {
        writer,
        id,
        expected: null,
        mutation: {
          apply: (record, at) => appointment.update(record, change, { ...at, resolved }),
          fires: appointment.fires,
        },
        answer: (record) => ({ status: 200, body: String(record.version) }),
      },
      [],
    );
    return { isChanged: written.answer.body !== String(current.version), lanes: written.lanes };
  });
  notify(lanes);
  return { outcome: isChanged ? 'accepted' : 'duplicate', id };
}

function movedBecause(current: Appointment, { startsAt, endsAt, reason }: InboundBooking) {
  const isMoved =
    Date.parse(current.starts_at) !== Date.parse(startsAt) ||
    Date.parse(current.ends_at) !== Date.parse(endsAt);
  return isMoved ? { reschedule_reason: reason } : {};
}

/** Its hosts are locked before its row, as in every change. */
async function lockCurrent(trx: Transaction, workspaceId: Uuid, id: Uuid): Promise<Appointment | undefined> {
  const read = async () =>
    (
      await query<Appointment>(
        trx,
        sql`select * from appointment where workspace_id = ${workspaceId} and id = ${id} and deleted_at is null`,
      )
    )[0];
  const before = await read();
  if (!before) return undefined;
  await lockHosts(trx, workspaceId, hostsOf(before));
  return read();
}
