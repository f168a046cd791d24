import { AlreadyAnswered, type Idempotency, type IdempotencyClaim } from '../../account/idempotency.ts';
import { isoTime, type Clock } from '../../base/clock.ts';
import { ApiError } from '../../base/errors.ts';
import { sha256 } from '../../base/hmac.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query, type Queryable, type Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { PersonDirectory } from '../../record/person-directory.ts';
import type { RecordService } from '../../record/record-service.ts';
import { bookWithin, prepareGuest } from '../appointments/appointment-create.ts';
import type { AppointmentResolution } from '../appointments/appointment-state.ts';
import type { Appointment, AppointmentInput } from '../appointments/appointment.ts';
import { lockHosts, slotTaken } from '../appointments/host-lock.ts';
import type { OverlapConstraint } from '../appointments/overlap-constraint.ts';
import type { SlotFinder } from '../availability/slot-finder.ts';
import type { Slot } from '../availability/slots.ts';
import type { BookingPage } from '../booking-pages/booking-page.ts';
import type { GuestLinks } from '../invitations/guest-link.ts';
import type { GuestInput } from './guest-input.ts';
import { makeTurns } from './turns.ts';

/** A booking page that a guest visits. */
export interface VisitedPage {
  workspaceId: Uuid;
  page: BookingPage;
}

export interface GuestBookingParts {
  db: Database;
  clock: Clock;
  idempotency: Idempotency;
  notify(lanes: LaneKey[]): void;
  appointments: RecordService<Appointment, AppointmentInput>;
  people: PersonDirectory;
  slots: SlotFinder;
  constraint: OverlapConstraint;
  links: GuestLinks;
  uidDomain(): string;
}

export interface GuestBookings {
  /**
   * Books a slot: the contact, the appointment and its event in one transaction. Throws `slot_taken`, and `not_found` if
   * the page was deleted or switched off meanwhile.
   * @param nonce a booking that is sent twice with the same one is one appointment; null: each is its own
   * @param isSuspect it waits for confirmation, also on a page that confirms at once
   */
  book(
    visited: VisitedPage,
    input: GuestInput,
    options: { nonce: string | null; isSuspect: boolean },
  ): Promise<{ id: Uuid; isRepeat: boolean }>;
}

const ACTIVE = {
  name: 'booking_page.still-active',
  text: 'select from booking_page where workspace_id = $1 and id = $2 and active and deleted_at is null for share',
};

const ANSWERED = {
  name: 'appointment.answered',
  text: 'select from idempotency where workspace_id = $1 and api_key_id = $2 and key = $3',
};

/** Of the last 30 days: bookings and the last one, by host. */
const TURNS = {
  name: 'appointment.turns',
  text: `select h.user_id, count(a.id)::int as bookings, max(a.created_at) as last_at
         from unnest($3::uuid[]) h(user_id)
         left join appointment a on a.workspace_id = $1 and a.booking_page_id = $2 and a.host_id = h.user_id
              and a.created_at > $4::timestamptz - interval '30 days' and a.status <> 'canceled' and a.deleted_at is null
         group by h.user_id`,
};

/** The time zone of the first host of a page who is a member, or else of the workspace. */
export async function hostZoneOf(db: Database, { workspaceId, page }: VisitedPage): Promise<string> {
  const hostIds = page.hosts.map(({ user_id: id }) => id);
  const [first] = await db.read<{ user_id: Uuid }>(FIRST_MEMBER, [workspaceId, hostIds]);
  const values = [workspaceId, page.id, first?.user_id ?? null];
  const [zone] = await db.read<{ time_zone: string }>(HOST_ZONE, values);
  return zone!.time_zone;
}

export function makeGuestBookings(parts: GuestBookingParts): GuestBookings {
  const { db, clock, idempotency, people, constraint, notify } = parts;
  const turns = makeTurns();

  return {
    async book(visited, input, { nonce, isSuspect }) {
      const { workspaceId, page } = visited;
      const claim = nonce === null ? null : claimOf(visited, nonce, input);
      const before = claim && (await idempotency.stored(claim, clock.now()));
      if (before) return { id: (JSON.parse(before.body) as { id: Uuid }).id, isRepeat: true };
      await constraint.require();
      const writer = { workspaceId, actor: `booking_page:${page.id}`, ...(claim && { claim }) };
      const person = await prepareGuest(people, writer, input, 'booking page');
      const status = isSuspect || page.confirmation === 'manual' ? 'pending' : 'booked';
      try {
        // Most of those who are late learn it here, without waiting for the lock.
        await slotOrRefusal(parts, db.pool, visited, input);
        // In turn, so that those who wait for a host do not take all connections.
        const { id, lanes } = await turns.take(workspaceId, () =>
          db.transaction(async (trx) => {
            await lockHosts(
              trx,
              workspaceId,
              page.hosts.map((host) => host.user_id),
            );
            if (claim && (await isAnswered(trx, claim))) throw new AlreadyAnswered();
            const slot = await slotOrRefusal(parts, trx, visited, input);
            const hosts = await chooseHosts(parts, trx, visited, slot);
            const plan = planOf(parts, writer, visited, { input, hosts, status, at: slot });
            const answer = { status: 201, body: JSON.stringify({ id: plan.id }) };
            const booked = await bookWithin(parts, trx, writer, { plan, person, answer });
            await parts.links.open(trx, workspaceId, plan.id);
            return { id: plan.id, lanes: booked.lanes };
          }),
        );
        notify(lanes);
        return { id, isRepeat: false };
      } catch (error) {
        // The first of two requests at once may have taken the slot since `before`.
        const stored = claim && (await idempotency.stored(claim, clock.now()));
        if (!stored) throw error;
        return { id: (JSON.parse(stored.body) as { id: Uuid }).id, isRepeat: true };
      }
    },
  };
}

/** The same nonce with other answers is another booking: the page was gone back to. */
function claimOf({ workspaceId, page }: VisitedPage, nonce: string, input: GuestInput): IdempotencyClaim {
  const hash = sha256(JSON.stringify([nonce, input])).toString('hex');
  return { workspaceId, identity: page.id, key: hash, requestHash: hash };
}

async function isAnswered(
  trx: Transaction,
  { workspaceId, identity, key }: IdempotencyClaim,
): Promise<boolean> {
  return (await query(trx, ANSWERED, [workspaceId, identity, key])).length > 0;
}

async function slotOrRefusal(
  { slots }: GuestBookingParts,
  on: Queryable,
  { workspaceId, page }: VisitedPage,
  { start, durationMin }: GuestInput,
): Promise<Slot> {
  const active = await query(on, { name: ACTIVE.name, text: ACTIVE.text }, [workspaceId, page.id]);
  if (active.length === 0)
    throw new ApiError('not_found', 'This page does not exist or is no longer active.');
  const slot = await slots.at(on, workspaceId, page, { durationMin, start });
  if (!slot) throw slotTaken();
  return slot;
}

interface ChosenHosts {
  hostId: Uuid;
  others: Uuid[];
  /** Of the host's schedule. */
  timeZone: string;
}

const FIRST_MEMBER = {
  name: 'booking_page_host.first-member',
  text: `select h.user_id from unnest($2::uuid[]) with ordinality h(user_id, position)
         join member m on m.workspace_id = $1 and m.user_id = h.user_id
         order by h.position limit 1`,
};

const HOST_ZONE = {
  name: 'booking_page_host.time-zone',
  text: `select coalesce(s.time_zone, w.time_zone) as time_zone
         from workspace w
         left join booking_page_host h on h.workspace_id = w.id and h.page_id = $2 and h.user_id = $3
         left join schedule s on s.workspace_id = w.id and s.user_id = $3
              and case when h.schedule_id is null then s.is_default else s.id = h.schedule_id end
         where w.id = $1`,
};

async function chooseHosts(
  parts: GuestBookingParts,
  trx: Transaction,
  visited: VisitedPage,
  { hostIds }: Slot,
): Promise<ChosenHosts> {
  const { workspaceId, page } = visited;
  const isCollective = page.host_mode === 'collective';
  const hostId = isCollective ? hostIds[0]! : await hostInTurn(parts, trx, visited, hostIds);
  const [zone] = await query<{ time_zone: string }>(trx, HOST_ZONE, [workspaceId, page.id, hostId]);
  return { hostId, others: isCollective ? hostIds.slice(1) : [], timeZone: zone!.time_zone };
}

/** The host with the fewest bookings by weight, then the one whose last booking is the longest ago. */
async function hostInTurn(
  { clock }: GuestBookingParts,
  trx: Transaction,
  { workspaceId, page }: VisitedPage,
  hostIds: readonly Uuid[],
): Promise<Uuid> {
  if (hostIds.length === 1) return hostIds[0]!;
  const rows = await query<{ user_id: Uuid; bookings: number; last_at: string | null }>(trx, TURNS, [
    workspaceId,
    page.id,
    hostIds,
    isoTime(clock.now()),
  ]);
  const share = ({ user_id: id, bookings }: { user_id: Uuid; bookings: number }) =>
    bookings / (page.hosts.find((host) => host.user_id === id)?.weight ?? 1);
  const inTurn = rows.toSorted(
    (a, b) =>
      share(a) - share(b) ||
      (a.last_at ?? '').localeCompare(b.last_at ?? '') ||
      hostIds.indexOf(a.user_id) - hostIds.indexOf(b.user_id),
  );
  return inTurn[0]!.user_id;
}

function planOf(
  { appointments, uidDomain }: GuestBookingParts,
  writer: { workspaceId: Uuid; actor: string },
  { page }: VisitedPage,
  {
    input,
    hosts: { hostId, others, timeZone },
    status,
    at,
  }: { input: GuestInput; hosts: ChosenHosts; status: 'pending' | 'booked'; at: Slot },
) {
  const resolved: AppointmentResolution = {
    buffers: { beforeMin: page.buffer_before_min, afterMin: page.buffer_after_min },
    hasEnd: true,
    uidDomain: uidDomain(),
    origin: { booking_page_id: page.id, source: 'booking_page', co_host_ids: others },
  };
  return appointments.planEnriched(
    writer,
    {
      title: titleOf(page, input),
      starts_at: isoTime(at.start),
      ends_at: isoTime(at.end),
      time_zone: timeZone,
      guest_time_zone: input.timeZone,
      status,
      host_id: hostId,
      guest_name: input.name,
      guest_email: input.email,
      guest_phone: input.phone,
      guests: input.guests,
      location: locationOf(page, input),
      answers: input.answers,
    },
    { resolved: { ...resolved } },
  );
}

const MAX_TITLE = 200;

function titleOf({ title }: BookingPage, { name }: GuestInput): string {
  return `${title}: ${name}`.slice(0, MAX_TITLE).toWellFormed();
}

function locationOf(
  { location_kind: kind, location_text: text }: BookingPage,
  input: GuestInput,
): string | null {
  if (kind === 'ask') return input.location;
  return kind === 'phone' && text === null ? input.phone : text;
}
