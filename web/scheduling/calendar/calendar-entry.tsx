import type { CSSProperties } from 'react';
import type { Appointment } from '../../api/appointment-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { clockText, hoursText } from '../appointments/appointment-time.ts';
import classes from './calendar.module.css';

/** The colours of an entry, by the colour of its host. */
export function hostStyle(color: string): CSSProperties {
  return {
    '--entry-line': `var(--mantine-color-${color}-filled)`,
    '--entry-fill': `var(--mantine-color-${color}-light)`,
  } as CSSProperties;
}

interface FaceProps {
  appointment: Appointment;
  /** The start alone, on one line with the title. */
  isShort?: boolean;
  /** Where the place shows the time already. */
  isTimeLast?: boolean;
}

/** What an entry says, as a link to the appointment. */
export function EntryFace({ appointment, isShort = false, isTimeLast = false }: FaceProps) {
  const time = (
    <span className={classes.entryTime}>
      {isShort ? clockText(appointment.starts_at) : hoursText(appointment)}
    </span>
  );
  return (
    <>
      {!isTimeLast && time}{' '}
      <TextLink
        {...paths.record('appointments', appointment.id)}
        className={classes.entryTitle}
        // The browser's own drag of a link would take the place of a move.
        draggable={false}
      >
        {labelOf(appointment)}
      </TextLink>
      {isTimeLast && <> {time}</>}
      {appointment.status === 'pending' && <span className={classes.entryNote}> (needs confirmation)</span>}
    </>
  );
}

/** The guest first: titles of a booking page begin alike, and a narrow entry shows only the beginning. */
function labelOf({ title, guest_name: guest }: Appointment): string {
  const isLast = guest !== null && title.endsWith(`: ${guest}`);
  return isLast ? `${guest}: ${title.slice(0, -guest.length - 2)}` : title;
}
