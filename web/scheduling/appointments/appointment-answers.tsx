import { useQuery } from '@tanstack/react-query';
import type { Appointment } from '../../api/appointment-queries.ts';
import { bookingPageQuery } from '../../api/booking-page-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { TextLink } from '../../ui/router-links.tsx';
import classes from './appointment-page.module.css';

/** The booking page of an appointment, while it exists. */
function usePage(id: string | null) {
  const mayRead = useHasScope('booking:read');
  return useQuery({ ...bookingPageQuery(id ?? ''), enabled: mayRead && id !== null, retry: false }).data;
}

/** The answers of the guest under the questions of the page. */
export function AppointmentAnswers({ appointment }: { appointment: Appointment }) {
  const page = usePage(appointment.booking_page_id);
  const labelOf = (key: string) => page?.questions.find((item) => item.key === key)?.label ?? fieldLabel(key);
  const placeOf = (key: string) => page?.questions.findIndex((item) => item.key === key) ?? -1;
  const entries = Object.entries(appointment.answers).sort(([a], [b]) => placeOf(a) - placeOf(b));
  if (entries.length === 0) return '—';
  return (
    <dl className={classes.answers}>
      {entries.map(([key, value]) => (
        <div key={key}>
          <dt>{labelOf(key)}</dt>
          <dd>{typeof value === 'boolean' ? (value ? 'Yes' : 'No') : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The name of a booking page, which links to its editor. */
export function BookingPageName({ id, isLink = false }: { id: string; isLink?: boolean }) {
  const page = usePage(id);
  const mayManage = useHasScope('booking:manage');
  if (!page) return 'Deleted page';
  return isLink && mayManage ? <TextLink {...paths.bookingPage(id)}>{page.title}</TextLink> : page.title;
}
