import { Title } from '@mantine/core';
import { IconCalendarEvent } from '@tabler/icons-react';
import type { Appointment } from '../../api/appointment-queries.ts';
import { PersonName } from '../../record/person.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { styledText, today } from '../../ui/format.ts';
import { EntryFace, hostStyle } from './calendar-entry.tsx';
import { partsOf } from './calendar-days.ts';
import classes from './calendar.module.css';

/** The appointments of several days, as a list under each day that has any. */
export function DayAgenda({
  days,
  appointments,
  colorOf,
}: {
  days: readonly string[];
  appointments: readonly Appointment[];
  colorOf: (hostId: string | null) => string;
}) {
  const filled = days
    .map((day) => ({
      day,
      items: partsOf(day, appointments, ({ starts_at: start, ends_at: end }) => ({ start, end })).map(
        ({ item }) => item,
      ),
    }))
    .filter(({ items }) => items.length > 0);
  if (filled.length === 0)
    return (
      <EmptyState icon={IconCalendarEvent} title="No appointments">
        There are none in these {days.length} days.
      </EmptyState>
    );
  return (
    <div className={classes.agenda}>
      {filled.map(({ day, items }) => (
        <section key={day} aria-label={dayName(day)}>
          <Title order={2}>{day === today() ? `Today, ${dayName(day)}` : dayName(day)}</Title>
          <ul>
            {items.map((appointment) => (
              <li
                key={appointment.id}
                data-status={appointment.status}
                style={hostStyle(colorOf(appointment.host_id))}
              >
                <EntryFace appointment={appointment} />
                <span className={classes.entryNote}>
                  <PersonName id={appointment.host_id} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function dayName(day: string): string {
  return styledText(Date.parse(day), { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
}
