import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { appointmentsBetween } from '../api/appointment-queries.ts';
import { useSession } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { AppointmentStatus } from '../scheduling/appointments/appointment-status.tsx';
import { clockText, startText } from '../scheduling/appointments/appointment-time.ts';
import { localOf, today, utcOf } from '../ui/format.ts';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const DAYS = 7;
const MAX_SHOWN = 6;

/** The user's appointments of today and of the next days. Nothing if there are none. */
export function NextAppointments() {
  const { user } = useSession();
  const start = utcOf(`${today()} 00:00:00`);
  const end = new Date(Date.parse(start) + DAYS * 86_400_000).toISOString();
  const { data = [] } = useQuery(appointmentsBetween(start, end, { host_id: user.id }));
  const next = data.filter(({ status }) => status === 'booked' || status === 'pending');
  if (next.length === 0) return null;
  return (
    <HomeSection
      title="My appointments"
      count={next.length}
      link={
        <TextLink {...paths.records('appointments')} search={{ host_id: user.id }} size="sm">
          Calendar
        </TextLink>
      }
      isLoaded
      empty=""
    >
      {next.slice(0, MAX_SHOWN).map((appointment) => {
        const isToday = localOf(appointment.starts_at).startsWith(today());
        return (
          <li key={appointment.id}>
            <TextLink {...paths.record('appointments', appointment.id)} className={classes.name}>
              {appointment.title}
            </TextLink>
            {appointment.status === 'pending' && <AppointmentStatus status="pending" />}
            <Text component="span" className={classes.aside}>
              {isToday ? `Today, ${clockText(appointment.starts_at)}` : startText(appointment)}
            </Text>
          </li>
        );
      })}
    </HomeSection>
  );
}
