import { z } from 'zod';

/**
 * The context of events of appointments: names and addresses at the time of the event. `f` is the event
 * (events/outbox.ts).
 */
const PEOPLE = `
    'host', (select json_build_object('id', u.id, 'name', u.name, 'email', u.email) from app_user u
      where u.id = (f.record->>'host_id')::uuid),
    'contact', (select json_build_object('id', c.id, 'first_name', c.first_name, 'last_name', c.last_name,
        'email', c.email, 'phone', c.phone)
      from contact c where c.workspace_id = f.workspace_id and c.id = (f.record->>'contact_id')::uuid),
    'booking_page', (select p.title from booking_page p
      where p.workspace_id = f.workspace_id and p.id = (f.record->>'booking_page_id')::uuid)`;

const RESCHEDULED = `${PEOPLE},
    'previous_start', coalesce(f.changed->>'starts_at', f.record->>'starts_at'),
    'previous_end', coalesce(f.changed->>'ends_at', f.record->>'ends_at'),
    'by', f.record->>'rescheduled_by',
    'reason', f.record->>'reschedule_reason'`;

const CANCELED = `${PEOPLE},
    'by', f.record->>'canceled_by',
    'reason', f.record->>'cancel_reason'`;

const object = (pairs: string) => `json_build_object(${pairs})`;

/** SQL by event type; see `Noun.contexts`. */
export const APPOINTMENT_CONTEXTS = {
  'appointment.booked': object(PEOPLE),
  'appointment.requested': object(PEOPLE),
  'appointment.rescheduled': object(RESCHEDULED),
  'appointment.canceled': object(CANCELED),
  'appointment.completed': object(PEOPLE),
  'appointment.no_show': object(PEOPLE),
};

const people = {
  host: z
    .object({
      id: z.uuid().meta({ description: 'User id' }),
      name: z.string().nullable().meta({ description: 'Name' }),
      email: z.string().meta({ description: 'Email address' }),
    })
    .nullable()
    .meta({ description: 'Host' }),
  contact: z
    .object({
      id: z.uuid().meta({ description: 'Contact id' }),
      first_name: z.string().nullable().meta({ description: 'First name' }),
      last_name: z.string().nullable().meta({ description: 'Last name' }),
      email: z.string().nullable().meta({ description: 'Email address' }),
      phone: z.string().nullable().meta({ description: 'Phone' }),
    })
    .nullable()
    .meta({ description: 'Contact' }),
  booking_page: z.string().nullable().meta({ description: 'Title of the booking page' }),
};

const by = z
  .enum(['guest', 'host', 'api', 'system'])
  .nullable()
  .meta({ description: '`guest`, `host`, `api` or `system`' });
const reason = z.string().nullable().meta({ description: 'Reason' });

const peopleOutput = z.object(people);
const rescheduledOutput = z.object({
  ...people,
  previous_start: z.string().meta({ description: 'Start before the change' }),
  previous_end: z.string().meta({ description: 'End before the change' }),
  by,
  reason,
});
const canceledOutput = z.object({ ...people, by, reason });

const peopleSample = {
  host: {
    id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71',
    name: 'Sam Seller',
    email: 'sam@acme.example',
  },
  contact: {
    id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
    first_name: 'Jane',
    last_name: 'Doe',
    email: 'jane@example.com',
    phone: '+15551234567',
  },
  booking_page: 'Introduction',
};

/** Events of appointments besides updated, deleted and restored. */
export const APPOINTMENT_EVENTS = {
  booked: {
    description: 'An appointment was booked: through a booking page, by hand or by another system.',
    sample: { version: 1, updated_at: '2026-06-01T12:00:00.000Z' },
    context: peopleSample,
    contextOutput: peopleOutput,
  },
  requested: {
    description: 'An appointment was requested through a booking page, and waits for confirmation.',
    sample: { version: 1, status: 'pending' as const, updated_at: '2026-06-01T12:00:00.000Z' },
    context: peopleSample,
    contextOutput: peopleOutput,
  },
  rescheduled: {
    description: 'An appointment was moved to another time.',
    sample: {
      starts_at: '2026-06-11T13:00:00.000Z',
      ends_at: '2026-06-11T13:30:00.000Z',
      sequence: 1,
      reschedule_count: 1,
      rescheduled_by: 'guest' as const,
    },
    context: {
      ...peopleSample,
      previous_start: '2026-06-10T09:00:00.000Z',
      previous_end: '2026-06-10T09:30:00.000Z',
      by: 'guest',
      reason: null,
    },
    contextOutput: rescheduledOutput,
  },
  canceled: {
    description: 'An appointment was canceled.',
    sample: {
      status: 'canceled' as const,
      sequence: 1,
      canceled_at: '2026-06-02T09:00:00.000Z',
      canceled_by: 'guest' as const,
      cancel_reason: 'I am ill.',
    },
    context: { ...peopleSample, by: 'guest', reason: 'I am ill.' },
    contextOutput: canceledOutput,
  },
  completed: {
    description: 'An appointment took place.',
    sample: { status: 'completed' as const },
    context: peopleSample,
    contextOutput: peopleOutput,
  },
  no_show: {
    description: 'The guest of an appointment did not come.',
    sample: { status: 'no_show' as const },
    context: peopleSample,
    contextOutput: peopleOutput,
  },
};
