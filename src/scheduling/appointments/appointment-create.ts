import { requireChecked } from '../../account/caller-check.ts';
import type { Caller } from '../../account/caller.ts';
import type { StoredAnswer } from '../../account/idempotency.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Transaction } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { NewPerson, PersonDirectory, PreparedPerson } from '../../record/person-directory.ts';
import type { CreateOptions } from '../../record/record-create-routes.ts';
import type { Plan, Writer } from '../../record/record-plan.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Appointment, AppointmentInput } from './appointment.ts';

export interface AppointmentCreateParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
  appointments: RecordService<Appointment, AppointmentInput>;
  people: PersonDirectory;
}

/** Who an appointment is with. */
export interface Guest {
  name: string | null;
  email: string | null;
  phone: string | null;
}

/** Where a contact that a booking creates comes from. */
export const CONTACT_SOURCE = 'appointment';

/** The contact that a guest is, or becomes; null for one without a name and an address. */
export async function prepareGuest(
  people: PersonDirectory,
  { workspaceId, actor }: Writer,
  { name, email, phone }: Guest,
  source = CONTACT_SOURCE,
): Promise<PreparedPerson | null> {
  if (name === null && email === null) return null;
  const [, first = null, last = null] = /^(\S+)\s+(.+)$/s.exec(name ?? '') ?? [null, name];
  const person: NewPerson = { first_name: first, last_name: last, email, phone, source };
  return people.prepare({ workspaceId, actor }, person);
}

/**
 * Writes an appointment in the caller's transaction: first the lock of its host, then its contact, then the appointment.
 * The feed's counter is locked from the contact on, so that nothing waits for a host with it.
 */
export async function bookWithin(
  { appointments, people }: Pick<AppointmentCreateParts, 'appointments' | 'people'>,
  trx: Transaction,
  writer: Writer,
  { plan, person, answer }: { plan: Plan<Appointment>; person: PreparedPerson | null; answer: StoredAnswer },
): Promise<{ contactId: Uuid | null; lanes: LaneKey[] }> {
  const { before, ...rest } = plan;
  await before?.(trx);
  const found = person && (await people.findOrCreate(trx, person));
  const booked = found ? withContact(rest, found.id) : rest;
  const lanes = await appointments.store.createWithin(trx, writer, [booked], answer);
  return { contactId: booked.record.contact_id, lanes: [...(found?.lanes ?? []), ...lanes] };
}

/** How the API creates appointments: with the contact of the guest, where the caller may create contacts. */
export function appointmentCreateOptions(parts: AppointmentCreateParts): CreateOptions<AppointmentInput> {
  const { db, appointments, people, notify } = parts;
  return {
    description:
      'Books it by hand. Fires `appointment.booked`, or `appointment.requested` with the status `pending`. Without `contact_id`, the contact with `guest_email` or `guest_phone` is found or created (`contact.created`), if the caller has the scope `contacts:write`; a batch does not do that. 409 `slot_taken` if the host has another appointment at this time.',

    async createWithReceipt(writer, { input, caller }, source) {
      requireChecked(writer);
      // Before the appointment: the timeline is in the order of ids.
      const person = await guestOf(people, writer, input, caller);
      const plan = await appointments.plan(writer, input, source);
      const answer = { status: 201, body: JSON.stringify({ id: plan.id, status: 'created' }) };
      if (!person) return appointments.store.create(writer, [plan], answer);
      const { lanes } = await db.transaction((trx) =>
        bookWithin(parts, trx, writer, { plan, person, answer }),
      );
      notify(lanes);
      return answer;
    },
  };
}

/** The contact to be found or created; null without an address, and for callers who may not create contacts. */
function guestOf(
  people: PersonDirectory,
  writer: Writer,
  { contact_id: contactId, guest_name: name, guest_email: email, guest_phone: phone }: AppointmentInput,
  caller: Caller,
): Promise<PreparedPerson | null> {
  const hasGuest = contactId == null && (email != null || phone != null);
  if (!hasGuest || !caller.may('contacts:write')) return Promise.resolve(null);
  return prepareGuest(people, writer, { name: name ?? null, email: email ?? null, phone: phone ?? null });
}

function withContact(plan: Omit<Plan<Appointment>, 'before'>, contactId: Uuid): Plan<Appointment> {
  const record = { ...plan.record, contact_id: contactId };
  return { ...plan, record, text: JSON.stringify(record) };
}
