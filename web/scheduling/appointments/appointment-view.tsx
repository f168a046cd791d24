import { Anchor } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { Appointment } from '../../api/appointment-queries.ts';
import { PersonName } from '../../record/person.tsx';
import { viewOf } from '../../record/object-view.ts';
import { workspaceTimeZone } from '../../ui/format.ts';
import { AppointmentStatus } from './appointment-status.tsx';
import { startText, zoneText } from './appointment-time.ts';

/** Loaded on demand: a list needs no page, and the page of an appointment has no calendar. */
const AppointmentList = lazy(async () => ({
  default: (await import('./appointment-list.tsx')).AppointmentList,
}));
const AppointmentActions = lazy(async () => ({
  default: (await import('./appointment-actions.tsx')).AppointmentActions,
}));
const AppointmentWhen = lazy(async () => ({
  default: (await import('./appointment-when.tsx')).AppointmentWhen,
}));
const AppointmentAnswers = lazy(async () => ({
  default: (await import('./appointment-answers.tsx')).AppointmentAnswers,
}));
const BookingPageName = lazy(async () => ({
  default: (await import('./appointment-answers.tsx')).BookingPageName,
}));

const HIDDEN = { Input: null, Cell: null, Value: null, Filter: null };
/** Set by buttons, and shown by the part of the page that has them. */
const BY_BUTTON = { Input: null, Value: null };

/** An appointment is moved, canceled and confirmed by the buttons on its page, not in its form. */
export const appointmentView = viewOf<Appointment>({
  isNameEnough: false,
  fields: {
    title: { column: { width: '24%' } },
    starts_at: {
      label: 'When',
      Cell: ({ record }) => startText(record),
      Value: null,
      column: { width: '11.5rem', desktopOnly: false },
    },
    ends_at: { Value: null, Filter: null },
    blocked_from: HIDDEN,
    blocked_until: HIDDEN,
    time_zone: {
      label: 'Host’s time zone',
      isShown: ({ time_zone: zone }) => zone !== workspaceTimeZone(),
      Input: null,
      Value: ({ value }) => zoneText(String(value)),
    },
    guest_time_zone: {
      label: 'Guest’s time zone',
      isRare: true,
      Value: ({ value }) => zoneText(String(value)),
    },
    status: {
      Input: null,
      Cell: ({ record: { status } }) => <AppointmentStatus status={status} />,
      Value: null,
      column: { width: '10.5rem' },
    },
    host_id: { column: { width: '8.5rem' } },
    co_host_ids: {
      isRare: true,
      Value: ({ record }) =>
        record.co_host_ids.map((id, at) => (
          <span key={id}>
            {at > 0 && ', '}
            <PersonName id={id} />
          </span>
        )),
    },
    contact_id: { column: { width: '9rem' } },
    booking_page_id: {
      Cell: ({ value }) => (
        <Suspense>
          <BookingPageName id={String(value)} />
        </Suspense>
      ),
      Value: ({ value }) => (
        <Suspense>
          <BookingPageName id={String(value)} isLink />
        </Suspense>
      ),
      Filter: null,
    },
    guests: { isRare: true },
    location: {
      // A long link would leave no room for the title.
      Cell: null,
      Value: ({ value }) => <Location text={String(value)} />,
    },
    answers: {
      Input: null,
      isShown: ({ answers }) => Object.keys(answers).length > 0,
      Value: ({ record }) => (
        <Suspense>
          <AppointmentAnswers appointment={record} />
        </Suspense>
      ),
    },
    source: { Filter: null },
    external_id: { isRare: true },
    ical_uid: HIDDEN,
    sequence: HIDDEN,
    reschedule_count: {
      label: 'Moved',
      isShown: ({ reschedule_count: count }) => count > 0,
      Value: ({ record: { reschedule_count: count } }) => (count === 1 ? 'Once' : `${count} times`),
    },
    rescheduled_by: { label: 'Moved by' },
    reschedule_reason: { label: 'Reason of the move', Input: null, isRare: true },
    canceled_at: { label: 'Canceled' },
    canceled_by: BY_BUTTON,
    cancel_reason: BY_BUTTON,
  },
  emptyText: 'Guests book them on a booking page. You can also create one here.',
  isDone: ({ status }) => status === 'canceled',
  Badge: ({ record: { status } }) => <AppointmentStatus status={status} />,
  Actions: ({ record }) => (
    <Suspense>
      <AppointmentActions appointment={record} />
    </Suspense>
  ),
  Progress: ({ record }) => (
    <Suspense>
      <AppointmentWhen appointment={record} />
    </Suspense>
  ),
  List: AppointmentList,
});

/** An address, a telephone number or a link. */
function Location({ text }: { text: string }) {
  if (!/^https?:\/\/\S+$/.test(text)) return text;
  return (
    <Anchor href={text} target="_blank" rel="noopener noreferrer" inherit>
      {text}
    </Anchor>
  );
}
