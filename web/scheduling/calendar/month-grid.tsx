import {
  DndContext,
  MouseSensor,
  TouchSensor,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import type { MouseEvent } from 'react';
import type { Appointment } from '../../api/appointment-queries.ts';
import { styledText, today } from '../../ui/format.ts';
import { EntryFace, hostStyle } from './calendar-entry.tsx';
import { partsOf, placeOf, timeAt } from './calendar-days.ts';
import classes from './calendar.module.css';
import type { CalendarActions } from './time-grid.tsx';

/** As many as a cell has room for. */
const MAX_SHOWN = 3;
/** A new appointment starts at nine. */
const NEW_AT_MINUTE = 540;

interface MonthProps extends CalendarActions {
  days: readonly string[];
  /** `YYYY-MM`; the days of other months are dimmed. */
  month: string;
  appointments: readonly Appointment[];
  colorOf: (hostId: string | null) => string;
  onDay: (day: string) => void;
}

/** The weeks of a month. An appointment that is dragged to another day keeps its time of day. */
export function MonthGrid({ days, month, appointments, colorOf, onDay, onMove, onCreate }: MonthProps) {
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
  );
  return (
    <DndContext
      sensors={sensors}
      onDragEnd={({ active, over }) => {
        const appointment = active.data.current as Appointment;
        const { day, minute } = placeOf(appointment.starts_at);
        if (over && over.id !== day) onMove?.(appointment, timeAt(String(over.id), minute));
      }}
    >
      <div className={classes.month}>
        {days.slice(0, 7).map((day) => (
          <span key={day} className={classes.weekday}>
            {styledText(Date.parse(day), { weekday: 'short', timeZone: 'UTC' })}
          </span>
        ))}
        {days.map((day) => (
          <MonthDay
            key={day}
            day={day}
            isOther={!day.startsWith(month)}
            appointments={partsOf(day, appointments, ({ starts_at: start, ends_at: end }) => ({
              start,
              end,
            })).map(({ item }) => item)}
            colorOf={colorOf}
            onDay={onDay}
            onMove={onMove}
            onCreate={onCreate}
          />
        ))}
      </div>
    </DndContext>
  );
}

function MonthDay({
  day,
  isOther,
  appointments,
  colorOf,
  onDay,
  onMove,
  onCreate,
}: Omit<MonthProps, 'days' | 'month'> & { day: string; isOther: boolean }) {
  const { setNodeRef, isOver } = useDroppable({ id: day });
  const create = ({ target, currentTarget }: MouseEvent) => {
    if (target === currentTarget) onCreate?.(timeAt(day, NEW_AT_MINUTE));
  };
  const more = appointments.length - MAX_SHOWN;
  return (
    // The button "New appointment" does the same by keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
    <div
      ref={setNodeRef}
      className={classes.monthDay}
      data-other={isOther || undefined}
      data-over={isOver || undefined}
      data-today={day === today() || undefined}
      onClick={create}
    >
      <button
        type="button"
        className={classes.dayNumber}
        aria-label={styledText(Date.parse(day), { dateStyle: 'full', timeZone: 'UTC' })}
        onClick={() => onDay(day)}
      >
        {Number(day.slice(8))}
      </button>
      {appointments.slice(0, more === 1 ? MAX_SHOWN + 1 : MAX_SHOWN).map((appointment) => (
        <MonthEntry
          key={appointment.id}
          appointment={appointment}
          color={colorOf(appointment.host_id)}
          isMovable={onMove !== undefined}
        />
      ))}
      {more > 1 && (
        <button type="button" className={classes.more} onClick={() => onDay(day)}>
          {more} more
        </button>
      )}
    </div>
  );
}

function MonthEntry({
  appointment,
  color,
  isMovable,
}: {
  appointment: Appointment;
  color: string;
  isMovable: boolean;
}) {
  const { status } = appointment;
  const { setNodeRef, listeners, transform, isDragging } = useDraggable({
    id: appointment.id,
    data: appointment,
    disabled: !isMovable || (status !== 'booked' && status !== 'pending'),
  });
  return (
    // The page of the appointment moves it by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={setNodeRef}
      className={classes.monthEntry}
      data-status={status}
      data-dragging={isDragging || undefined}
      style={{
        ...hostStyle(color),
        ...(transform && { transform: `translate(${transform.x}px, ${transform.y}px)` }),
      }}
      onMouseDown={listeners?.['onMouseDown'] as React.MouseEventHandler}
      onTouchStart={listeners?.['onTouchStart'] as React.TouchEventHandler}
    >
      <EntryFace appointment={appointment} isShort />
    </div>
  );
}
