import { answers } from '../../record/fields/answers.ts';
import { boolean } from '../../record/fields/boolean.ts';
import { datetime } from '../../record/fields/datetime.ts';
import { email } from '../../record/fields/email.ts';
import { emails } from '../../record/fields/emails.ts';
import { longText } from '../../record/fields/long-text.ts';
import { number } from '../../record/fields/number.ts';
import { phone } from '../../record/fields/phone.ts';
import { record } from '../../record/fields/record.ts';
import { select } from '../../record/fields/select.ts';
import { text } from '../../record/fields/text.ts';
import { user } from '../../record/fields/user.ts';
import { users } from '../../record/fields/users.ts';
import { defineNoun, type InputOfNoun, type Noun, type RecordOfNoun } from '../../record/noun.ts';
import { APPOINTMENT_CONTEXTS, APPOINTMENT_EVENTS } from './appointment-event.ts';
import { appointmentAfter, appointmentEvents } from './appointment-state.ts';

/** Who moved or canceled an appointment. */
const ACTED_BY = { guest: 'Guest', host: 'Host', api: 'API', system: 'System' } as const;
const MAX_REASON = 1000;
const MAX_COUNT = 2_000_000_000;

const defined = defineNoun({
  name: 'appointment',
  plural: 'appointments',
  label: 'Appointment',
  pluralLabel: 'Appointments',
  title: ['title'],
  listed: ['starts_at', 'status', 'host_id', 'contact_id', 'location'],
  subtitle: ['starts_at', 'status', 'contact_id'],
  fields: {
    title: text({
      label: 'Title',
      description: 'Title; default: `Appointment`, with the name of the guest',
      max: 200,
      assigned: true,
      sample: 'Introduction: Jane Doe',
      search: true,
    }),
    starts_at: datetime({
      label: 'Starts at',
      description:
        'Start. A change fires `appointment.rescheduled`, and keeps the duration unless `ends_at` is sent',
      required: true,
      sample: '2026-06-10T09:00:00.000Z',
      filter: { isRange: true },
      summary: 'value',
    }),
    ends_at: datetime({
      label: 'Ends at',
      description: 'End; default: 30 minutes after the start',
      assigned: true,
      sample: '2026-06-10T09:30:00.000Z',
      filter: { isRange: true },
      summary: 'value',
    }),
    blocked_from: datetime({
      label: 'Blocked from',
      description:
        'Start with the buffer before it: from then on the host cannot be booked; null if it does not block',
      readOnly: true,
      sample: '2026-06-10T09:00:00.000Z',
    }),
    blocked_until: datetime({
      label: 'Blocked until',
      description: 'End with the buffer after it',
      readOnly: true,
      sample: '2026-06-10T09:30:00.000Z',
    }),
    time_zone: text({
      label: 'Time zone',
      description: 'Time zone of the host (IANA); default: that of the workspace',
      max: 64,
      assigned: true,
      sample: 'Europe/Berlin',
    }),
    guest_time_zone: text({
      label: "Guest's time zone",
      description: 'Time zone of the guest (IANA)',
      max: 64,
      sample: 'America/New_York',
    }),
    status: select({
      label: 'Status',
      description: 'State; `pending` waits for confirmation',
      options: {
        pending: 'Pending',
        booked: 'Booked',
        canceled: 'Canceled',
        completed: 'Completed',
        no_show: 'No-show',
      },
      default: 'booked',
      filter: true,
      summary: 'value',
    }),
    host_id: user({
      label: 'Host',
      description: 'Host (user id); default: the signed-in user',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c71',
      filter: true,
      summary: 'presence',
    }),
    co_host_ids: users({
      label: 'Further hosts',
      description: 'Further hosts (user ids), of a collective page',
    }),
    contact_id: record({
      label: 'Contact',
      description: 'Contact id; default: the contact with `guest_email`, which is created if there is none',
      to: 'contact',
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
      filter: true,
      summary: 'presence',
      search: true,
    }),
    company_id: record({ label: 'Company', to: 'company', filter: true, summary: 'presence', search: true }),
    deal_id: record({ label: 'Deal', to: 'deal', filter: true, summary: 'presence', search: true }),
    booking_page_id: record({
      label: 'Booking page',
      description: 'Booking page id; null if it was not booked through one',
      to: 'booking_page',
      readOnly: true,
      filter: true,
      summary: 'presence',
    }),
    guest_name: text({ label: "Guest's name", max: 200, sample: 'Jane Doe', search: true }),
    guest_email: email({ label: "Guest's email", sample: 'jane@example.com', search: true }),
    guest_phone: phone({ label: "Guest's phone", sample: '+15551234567' }),
    guests: emails({ label: 'Further guests', description: 'Email addresses of further guests' }),
    location: text({
      label: 'Location',
      description: 'An address, a telephone number or a link',
      max: 1000,
      sample: 'https://meet.example.com/harbour',
    }),
    description: longText({ label: 'Description', search: true }),
    answers: answers({ label: 'Answers', description: 'Answers to the questions of the page, by key' }),
    sends_mail: boolean({
      label: 'Sends mail',
      description: 'Whether host and guests get invitations and reminders',
      default: true,
    }),
    source: text({
      label: 'Source',
      description: '`manual`, `booking_page`, or the name of the integration that it came from',
      max: 40,
      readOnly: true,
      default: 'manual',
      sample: 'booking_page',
      filter: true,
      summary: 'value',
    }),
    external_id: text({
      label: 'External id',
      description: 'Id of the booking in the other system',
      max: 200,
      readOnly: true,
    }),
    ical_uid: text({
      label: 'iCalendar UID',
      description: 'UID in calendars; it never changes',
      max: 300,
      readOnly: true,
      assigned: true,
      sample: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7cc1@crm.example.com',
    }),
    sequence: number({
      label: 'Sequence',
      description: 'Number of the version in calendars; it rises with every change that calendars show',
      min: 0,
      max: MAX_COUNT,
      readOnly: true,
      default: 0,
    }),
    reschedule_count: number({
      label: 'Reschedule count',
      description: 'How often it was moved',
      min: 0,
      max: MAX_COUNT,
      readOnly: true,
      default: 0,
    }),
    rescheduled_by: select({ label: 'Rescheduled by', options: ACTED_BY, readOnly: true }),
    reschedule_reason: text({ label: 'Reschedule reason', max: MAX_REASON }),
    canceled_at: datetime({ label: 'Canceled at', readOnly: true }),
    canceled_by: select({ label: 'Canceled by', options: ACTED_BY, readOnly: true }),
    cancel_reason: text({ label: 'Cancel reason', max: MAX_REASON }),
  },

  derive: (next, before, context) => appointmentAfter(next, before, context),

  descriptions: {
    updated: 'At least one field of an appointment changed, other than its times and its status.',
  },
  events: APPOINTMENT_EVENTS,
  contexts: APPOINTMENT_CONTEXTS,
  firesOnCreate: ({ status }) => [status === 'pending' ? 'appointment.requested' : 'appointment.booked'],
  fires: (before, after) => appointmentEvents(before, after),

  sample: { id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7cc1' },
});

const { booked, created: _replaced, ...others } = defined.events;

/**
 * A time that a host keeps for a guest (BK1–BK4). A new one fires `appointment.booked`, or `appointment.requested` if it
 * waits for confirmation; there is no `appointment.created`.
 */
export const appointment = {
  ...defined,
  events: { created: booked!, ...others } as Noun['events'],
};

export type Appointment = RecordOfNoun<typeof defined>;
export type AppointmentInput = InputOfNoun<typeof defined>;
export type AppointmentStatus = Appointment['status'];
