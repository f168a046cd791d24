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

/** What an entry says, as a link to the appointment. @param isShort the start alone, on one line with the title */
export function EntryFace({ appointment, isShort = false }: { appointment: Appointment; isShort?: boolean }) {
  return (
    <>
      <span className={classes.entryTime}>
        {isShort ? clockText(appointment.starts_at) : hoursText(appointment)}
      </span>{' '}
      <TextLink
        {...paths.record('appointments', appointment.id)}
        className={classes.entryTitle}
        // The browser's own drag of a link would take the place of a move.
        draggable={false}
      >
        {appointment.title}
      </TextLink>
      {appointment.status === 'pending' && <span className={classes.entryNote}> (needs confirmation)</span>}
    </>
  );
}
