import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { agendaQuery } from '../api/agenda-queries.ts';
import { useSession } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { AppointmentStatus } from '../scheduling/appointments/appointment-status.tsx';
import { clockText, startText } from '../scheduling/appointments/appointment-time.ts';
import { localOf, today } from '../ui/format.ts';
import { TextLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';
import { HomeSection } from './home-section.tsx';

const MAX_SHOWN = 6;

/** The user's appointments of today and of the next days. Nothing if there are none. */
export function NextAppointments() {
  const { user } = useSession();
  const { data } = useQuery(agendaQuery);
  const next = data?.appointments;
  if (!next || next.total_count === 0) return null;
  return (
    <HomeSection
      title="My appointments"
      count={next.total_count}
      link={
        <TextLink {...paths.records('appointments')} search={{ host_id: user.id }} size="sm">
          Calendar
        </TextLink>
      }
      isLoaded
      empty=""
    >
      {next.data.slice(0, MAX_SHOWN).map((appointment) => {
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
